package proto

import "github.com/netwright/netwright/packet/layer"

var radius = &layer.Proto{
	Name: "radius", Title: "RADIUS Protocol", Alias: []string{"Radius", "RADIUS"}, Spec: "RFC 2865 section 3",
	On:     []layer.On{{Table: "udp.port", Keys: []uint64{1645, 1646, 1700, 1812, 1813, 3799}}},
	Refuse: notRADIUS,
	Fields: []layer.Field{
		{Name: "radius.code", Alias: "code", Title: "Code", Bits: 8, Default: 1, Enum: radiusCodes},
		{Name: "radius.id", Alias: "id", Title: "Identifier", Bits: 8},
		{Name: "radius.length", Alias: "len", Title: "Length", Bits: 16, Auto: "total"},
		{Name: "radius.authenticator", Alias: "authenticator", Title: "Authenticator", Kind: layer.Bytes, Len: "16"},
		{Name: "radius.avp", Alias: "attributes", Title: "AVP", Kind: layer.Bytes, Repeat: "*", Len: "u8(1) < 2 ? rest + 1 : u8(1)", Sub: []layer.Field{
			{Name: "radius.avp.type", Alias: "type", Title: "Type", Bits: 8, Enum: radiusAttributes},
			{Name: "radius.avp.length", Alias: "alen", Title: "Length", Bits: 8},
			{Kind: layer.Group, Len: "alen - 2", Switch: "type", Cases: radiusValues},
		}},
	},
	Total:  "len",
	Header: "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {
		{Ask: 1, Answer: 2}, {Ask: 1, Answer: 3}, {Ask: 1, Answer: 11}, {Ask: 4, Answer: 5}, {Ask: 12, Answer: 2}, {Ask: 40, Answer: 41},
		{Ask: 40, Answer: 42}, {Ask: 43, Answer: 44}, {Ask: 43, Answer: 45},
	}}},
	Summary: "${code} id ${id}",
}

// notRADIUS tells that a payload has a code or a length that no packet has (RFC
// 2865 section 3).
func notRADIUS(b []byte) bool {
	if len(b) < 20 || be16(b[2:]) < 20 || be16(b[2:]) > 4096 {
		return true
	}
	_, known := radiusCodes[uint64(b[0])]
	return !known
}

// radiusValues are what attributes hold (RFC 2865 section 5, RFC 2866 section 5,
// RFC 2869 section 5 and later ones).
var radiusValues = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{{Name: "radius.User_Name", Title: "User-Name", Kind: layer.String}}},
	{Of: []uint64{2}, Fields: []layer.Field{{Name: "radius.User_Password_encrypted", Title: "User-Password (encrypted)", Kind: layer.Bytes}}},
	{Of: []uint64{3}, Fields: []layer.Field{{Name: "radius.CHAP_Password", Title: "CHAP-Password", Kind: layer.Bytes}}},
	{Of: []uint64{4}, Fields: []layer.Field{{Name: "radius.NAS_IP_Address", Title: "NAS-IP-Address", Kind: layer.IPv4}}},
	{Of: []uint64{5}, Fields: []layer.Field{{Name: "radius.NAS_Port", Title: "NAS-Port", Bits: 32}}},
	{Of: []uint64{6}, Fields: []layer.Field{{Name: "radius.Service_Type", Title: "Service-Type", Bits: 32, Enum: radiusServices}}},
	{Of: []uint64{7}, Fields: []layer.Field{{Name: "radius.Framed_Protocol", Title: "Framed-Protocol", Bits: 32}}},
	{Of: []uint64{8}, Fields: []layer.Field{{Name: "radius.Framed-IP-Address", Title: "Framed-IP-Address", Kind: layer.IPv4}}},
	{Of: []uint64{9}, Fields: []layer.Field{{Name: "radius.Framed_IP_Netmask", Title: "Framed-IP-Netmask", Kind: layer.IPv4}}},
	{Of: []uint64{10}, Fields: []layer.Field{{Name: "radius.Framed_Routing", Title: "Framed-Routing", Bits: 32}}},
	{Of: []uint64{11}, Fields: []layer.Field{{Name: "radius.Filter_Id", Title: "Filter-Id", Kind: layer.String}}},
	{Of: []uint64{12}, Fields: []layer.Field{{Name: "radius.Framed_MTU", Title: "Framed-MTU", Bits: 32}}},
	{Of: []uint64{13}, Fields: []layer.Field{{Name: "radius.Framed_Compression", Title: "Framed-Compression", Bits: 32}}},
	{Of: []uint64{14}, Fields: []layer.Field{{Name: "radius.Login_IP_Host", Title: "Login-IP-Host", Kind: layer.IPv4}}},
	{Of: []uint64{15}, Fields: []layer.Field{{Name: "radius.Login_Service", Title: "Login-Service", Bits: 32}}},
	{Of: []uint64{16}, Fields: []layer.Field{{Name: "radius.Login_TCP_Port", Title: "Login-TCP-Port", Bits: 32}}},
	{Of: []uint64{18}, Fields: []layer.Field{{Name: "radius.Reply_Message", Title: "Reply-Message", Kind: layer.String}}},
	{Of: []uint64{19}, Fields: []layer.Field{{Name: "radius.Callback_Number", Title: "Callback-Number", Kind: layer.String}}},
	{Of: []uint64{20}, Fields: []layer.Field{{Name: "radius.Callback_Id", Title: "Callback-Id", Kind: layer.String}}},
	{Of: []uint64{22}, Fields: []layer.Field{{Name: "radius.Framed_Route", Title: "Framed-Route", Kind: layer.String}}},
	{Of: []uint64{24}, Fields: []layer.Field{{Name: "radius.State", Title: "State", Kind: layer.Bytes}}},
	{Of: []uint64{25}, Fields: []layer.Field{{Name: "radius.Class", Title: "Class", Kind: layer.Bytes}}},
	{Of: []uint64{27}, Fields: []layer.Field{{Name: "radius.Session_Timeout", Title: "Session-Timeout", Bits: 32}}},
	{Of: []uint64{28}, Fields: []layer.Field{{Name: "radius.Idle_Timeout", Title: "Idle-Timeout", Bits: 32}}},
	{Of: []uint64{29}, Fields: []layer.Field{{Name: "radius.Termination_Action", Title: "Termination-Action", Bits: 32}}},
	{Of: []uint64{30}, Fields: []layer.Field{{Name: "radius.Called_Station_Id", Title: "Called-Station-Id", Kind: layer.String}}},
	{Of: []uint64{31}, Fields: []layer.Field{{Name: "radius.Calling_Station_Id", Title: "Calling-Station-Id", Kind: layer.String}}},
	{Of: []uint64{32}, Fields: []layer.Field{{Name: "radius.NAS_Identifier", Title: "NAS-Identifier", Kind: layer.String}}},
	{Of: []uint64{33}, Fields: []layer.Field{{Name: "radius.Proxy_State", Title: "Proxy-State", Kind: layer.Bytes}}},
	{Of: []uint64{40}, Fields: []layer.Field{{Name: "radius.Acct_Status_Type", Title: "Acct-Status-Type", Bits: 32, Enum: radiusStatus}}},
	{Of: []uint64{41}, Fields: []layer.Field{{Name: "radius.Acct_Delay_Time", Title: "Acct-Delay-Time", Bits: 32}}},
	{Of: []uint64{42}, Fields: []layer.Field{{Name: "radius.Acct_Input_Octets", Title: "Acct-Input-Octets", Bits: 32}}},
	{Of: []uint64{43}, Fields: []layer.Field{{Name: "radius.Acct_Output_Octets", Title: "Acct-Output-Octets", Bits: 32}}},
	{Of: []uint64{44}, Fields: []layer.Field{{Name: "radius.Acct_Session_Id", Title: "Acct-Session-Id", Kind: layer.String}}},
	{Of: []uint64{45}, Fields: []layer.Field{{Name: "radius.Acct_Authentic", Title: "Acct-Authentic", Bits: 32}}},
	{Of: []uint64{46}, Fields: []layer.Field{{Name: "radius.Acct_Session_Time", Title: "Acct-Session-Time", Bits: 32}}},
	{Of: []uint64{47}, Fields: []layer.Field{{Name: "radius.Acct_Input_Packets", Title: "Acct-Input-Packets", Bits: 32}}},
	{Of: []uint64{48}, Fields: []layer.Field{{Name: "radius.Acct_Output_Packets", Title: "Acct-Output-Packets", Bits: 32}}},
	{Of: []uint64{49}, Fields: []layer.Field{{Name: "radius.Acct_Terminate_Cause", Title: "Acct-Terminate-Cause", Bits: 32}}},
	{Of: []uint64{50}, Fields: []layer.Field{{Name: "radius.Acct_Multi_Session_Id", Title: "Acct-Multi-Session-Id", Kind: layer.String}}},
	{Of: []uint64{51}, Fields: []layer.Field{{Name: "radius.Acct_Link_Count", Title: "Acct-Link-Count", Bits: 32}}},
	{Of: []uint64{52}, Fields: []layer.Field{{Name: "radius.Acct_Input_Gigawords", Title: "Acct-Input-Gigawords", Bits: 32}}},
	{Of: []uint64{53}, Fields: []layer.Field{{Name: "radius.Acct_Output_Gigawords", Title: "Acct-Output-Gigawords", Bits: 32}}},
	{Of: []uint64{55}, Fields: []layer.Field{{Name: "radius.Event_Timestamp", Title: "Event-Timestamp", Kind: layer.Seconds, Bits: 32}}},
	{Of: []uint64{57}, Fields: []layer.Field{{Name: "radius.Ingress_Filters", Title: "Ingress-Filters", Bits: 32}}},
	{Of: []uint64{59}, Fields: []layer.Field{{Name: "radius.User_Priority_Table", Title: "User-Priority-Table", Kind: layer.Bytes}}},
	{Of: []uint64{60}, Fields: []layer.Field{{Name: "radius.CHAP_Challenge", Title: "CHAP-Challenge", Kind: layer.Bytes}}},
	{Of: []uint64{61}, Fields: []layer.Field{{Name: "radius.NAS_Port_Type", Title: "NAS-Port-Type", Bits: 32, Enum: radiusPorts}}},
	{Of: []uint64{62}, Fields: []layer.Field{{Name: "radius.Port_Limit", Title: "Port-Limit", Bits: 32}}},
	{Of: []uint64{77}, Fields: []layer.Field{{Name: "radius.Connect_Info", Title: "Connect-Info", Kind: layer.String}}},
	{Of: []uint64{79}, Fields: []layer.Field{{Name: "radius.eap_fragment", Title: "eap-fragment", Kind: layer.Bytes}}},
	{Of: []uint64{80}, Fields: []layer.Field{{Name: "radius.Message_Authenticator", Title: "Message-Authenticator", Kind: layer.Bytes}}},
	{Of: []uint64{85}, Fields: []layer.Field{{Name: "radius.Acct_Interim_Interval", Title: "Acct-Interim-Interval", Bits: 32}}},
	{Of: []uint64{87}, Fields: []layer.Field{{Name: "radius.NAS_Port_Id", Title: "NAS-Port-Id", Kind: layer.String}}},
	{Of: []uint64{88}, Fields: []layer.Field{{Name: "radius.Framed_Pool", Title: "Framed-Pool", Kind: layer.String}}},
	{Of: []uint64{95}, Fields: []layer.Field{{Name: "radius.NAS_IPv6_Address", Title: "NAS-IPv6-Address", Kind: layer.IPv6}}},
	{Of: []uint64{96}, Fields: []layer.Field{{Name: "radius.Framed_Interface_Id", Title: "Framed-Interface-Id", Kind: layer.Bytes}}},
	{Of: []uint64{101}, Fields: []layer.Field{{Name: "radius.Error_Cause", Title: "Error-Cause", Bits: 32, Enum: radiusCauses}}},
	{Of: []uint64{127}, Fields: []layer.Field{{Name: "radius.Location_Information", Title: "Location-Information", Kind: layer.Bytes}}},
	{Of: []uint64{128}, Fields: []layer.Field{{Name: "radius.Location_Data", Title: "Location-Data", Kind: layer.Bytes}}},
	{Of: []uint64{129}, Fields: []layer.Field{{Name: "radius.Basic_Location_Policy_Rules", Title: "Basic-Location-Policy-Rules", Kind: layer.Bytes}}},
	{Of: []uint64{56}, Fields: []layer.Field{ // RFC 4675
		{Bits: 32, Sub: []layer.Field{
			{Name: "radius.egress_vlanid_tag", Title: "Tag", Bits: 8, Base: layer.Hex},
			{Name: "radius.egress_vlanid_pad", Title: "Pad", Bits: 12, Base: layer.Hex},
			{Name: "radius.egress_vlanid", Title: "Egress-VLANID", Bits: 12},
		}},
	}},
	{Of: []uint64{26}, Fields: []layer.Field{
		{Name: "radius.avp.vendor_id", Title: "Vendor ID", Bits: 32},
	}},
}

// The values are from IANA's registry.
var radiusCodes = layer.Enum{
	1: "Access-Request", 2: "Access-Accept", 3: "Access-Reject", 4: "Accounting-Request", 5: "Accounting-Response", 11: "Access-Challenge",
	12: "Status-Server", 13: "Status-Client", 40: "Disconnect-Request", 41: "Disconnect-ACK", 42: "Disconnect-NAK", 43: "CoA-Request",
	44: "CoA-ACK", 45: "CoA-NAK",
}

var radiusAttributes = layer.Enum{
	1: "User-Name", 2: "User-Password", 3: "CHAP-Password", 4: "NAS-IP-Address", 5: "NAS-Port", 6: "Service-Type", 7: "Framed-Protocol", 8: "Framed-IP-Address", 9: "Framed-IP-Netmask", 10: "Framed-Routing", 11: "Filter-Id", 12: "Framed-MTU", 13: "Framed-Compression", 14: "Login-IP-Host", 15: "Login-Service", 16: "Login-TCP-Port", 18: "Reply-Message", 19: "Callback-Number", 20: "Callback-Id", 22: "Framed-Route", 24: "State", 25: "Class", 27: "Session-Timeout", 28: "Idle-Timeout", 29: "Termination-Action", 30: "Called-Station-Id", 31: "Calling-Station-Id", 32: "NAS-Identifier", 33: "Proxy-State", 40: "Acct-Status-Type", 41: "Acct-Delay-Time", 42: "Acct-Input-Octets", 43: "Acct-Output-Octets", 44: "Acct-Session-Id", 45: "Acct-Authentic", 46: "Acct-Session-Time", 47: "Acct-Input-Packets", 48: "Acct-Output-Packets", 49: "Acct-Terminate-Cause", 50: "Acct-Multi-Session-Id", 51: "Acct-Link-Count", 52: "Acct-Input-Gigawords", 53: "Acct-Output-Gigawords", 55: "Event-Timestamp", 57: "Ingress-Filters", 59: "User-Priority-Table", 60: "CHAP-Challenge", 61: "NAS-Port-Type", 62: "Port-Limit", 77: "Connect-Info", 79: "EAP-Message", 80: "Message-Authenticator", 85: "Acct-Interim-Interval", 87: "NAS-Port-Id", 88: "Framed-Pool", 95: "NAS-IPv6-Address", 96: "Framed-Interface-Id", 101: "Error-Cause", 127: "Location-Information", 128: "Location-Data", 129: "Basic-Location-Policy-Rules",
	26: "Vendor-Specific", 56: "Egress-VLANID", 58: "Egress-VLAN-Name", 97: "Framed-IPv6-Prefix", 126: "Operator-Name",
}

var radiusServices = layer.Enum{
	1: "Login", 2: "Framed", 3: "Callback Login", 4: "Callback Framed", 5: "Outbound", 6: "Administrative", 7: "NAS Prompt",
	8: "Authenticate Only", 9: "Callback NAS Prompt", 10: "Call Check", 11: "Callback Administrative", 17: "Authorize Only",
}

var radiusStatus = layer.Enum{1: "Start", 2: "Stop", 3: "Interim-Update", 7: "Accounting-On", 8: "Accounting-Off"}

var radiusPorts = layer.Enum{0: "Async", 1: "Sync", 2: "ISDN Sync", 5: "Virtual", 15: "Ethernet", 16: "xDSL", 17: "Cable", 18: "Wireless - Other", 19: "Wireless - IEEE 802.11"}

var radiusCauses = layer.Enum{
	201: "Residual Session Context Removed", 401: "Unsupported Attribute", 402: "Missing Attribute", 403: "NAS Identification Mismatch",
	404: "Invalid Request", 405: "Unsupported Service", 406: "Unsupported Extension", 501: "Administratively Prohibited",
	503: "Session Context Not Found", 504: "Session Context Not Removable", 506: "Resources Unavailable", 507: "Request Initiated",
}
