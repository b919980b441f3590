package proto

import (
	"bytes"

	"github.com/netwright/netwright/packet/layer"
)

// cdp is a list of TLVs. Their types are Cisco's; no standard says what they mean.
var cdp = &layer.Proto{
	Name: "cdp", Title: "Cisco Discovery Protocol", Alias: []string{"CDP", "CDPv2_HDR"}, Spec: "Cisco",
	On: []layer.On{
		{Table: "llc.cisco_pid", Keys: []uint64{0x2000}},
		{Table: "chdlc.protocol", Keys: []uint64{0x2000}},
		{Table: "eth.type", Keys: []uint64{0x2000}},
	},
	Fields: []layer.Field{
		{Name: "cdp.version", Alias: "vers", Title: "Version", Bits: 8, Default: 2},
		{Name: "cdp.ttl", Alias: "ttl", Title: "TTL", Bits: 8, Default: 180},
		{Name: "cdp.checksum", Alias: "cksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
		{Kind: layer.Group, Alias: "msg", Repeat: "*", Len: "u16(2) < 4 ? 4 : u16(2)", Sub: []layer.Field{
			{Name: "cdp.tlv.type", Alias: "type", Title: "Type", Bits: 16, Base: layer.Hex, Enum: cdpTypes},
			{Name: "cdp.tlv.len", Title: "Length", Bits: 16, Auto: "total"},
		}, Switch: "type", Cases: cdpValues},
	},
	Summary: "${deviceid} ${portid}",
}

var cdpValues = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{{Name: "cdp.deviceid", Title: "Device ID", Kind: layer.String}}},
	{Of: []uint64{2, 0x16}, Fields: []layer.Field{
		{Name: "cdp.number_of_addresses", Alias: "naddr", Title: "Number of addresses", Bits: 32},
		{Kind: layer.Group, Alias: "addr", Repeat: "naddr", Sub: []layer.Field{
			{Name: "cdp.protocol_type", Alias: "ptype", Title: "Protocol type", Bits: 8, Base: layer.Hex, Default: 1, Enum: layer.Enum{1: "NLPID", 2: "802.2"}},
			{Name: "cdp.protocol_length", Alias: "plen", Title: "Protocol length", Bits: 8, Default: 1},
			{Alias: "network", Calc: "ptype == 1 && plen == 1 && u8(0) == 0xCC && u16(1) == 4 ? 4 : ptype == 2 && plen == 8 && u16(6) == 0x86DD && u16(8) == 16 ? 6 : 0"},
			{Name: "cdp.protocol", Title: "Protocol", Kind: layer.Bytes, Len: "plen"},
			{Name: "cdp.address_length", Alias: "alen", Title: "Address length", Bits: 16, Default: 4},
			{Kind: layer.Group, Len: "alen", Switch: "network", Cases: []layer.Case{
				{Of: []uint64{4}, Fields: []layer.Field{{Name: "cdp.nrgyz.ip_address", Title: "IP Address", Kind: layer.IPv4}}},
				{Of: []uint64{6}, Fields: []layer.Field{{Name: "cdp.nrgyz.ipv6_address", Title: "IPv6 Address", Kind: layer.IPv6}}},
				{Fields: []layer.Field{{Name: "cdp.address", Title: "Address", Kind: layer.Bytes, When: "rest > 0"}}},
			}},
		}},
	}},
	{Of: []uint64{3}, Fields: []layer.Field{{Name: "cdp.portid", Title: "Sent through Interface", Kind: layer.String}}},
	{Of: []uint64{4}, Fields: []layer.Field{{Name: "cdp.capabilities", Title: "Capabilities", Bits: 32, Base: layer.Hex, Sub: cdpCapabilities}}},
	{Of: []uint64{5}, Fields: []layer.Field{{Kind: layer.Group, Len: "rest", Code: showCDPVersion, Sub: []layer.Field{
		{Name: "cdp.software_version", Title: "Software version", Kind: layer.String},
	}}}},
	{Of: []uint64{6}, Fields: []layer.Field{{Name: "cdp.platform", Title: "Platform", Kind: layer.String}}},
	{Of: []uint64{7}, Fields: []layer.Field{{Kind: layer.Group, Switch: "rest == 4", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "cdp.odr_default_gateway", Title: "ODR Default gateway", Kind: layer.IPv4}}},
		{Fields: []layer.Field{{Alias: "prefix", Title: "IP Prefix", Kind: layer.Bytes, Len: "5", Repeat: "rest / 5"}}},
	}}}},
	{Of: []uint64{8}, Fields: cdpHello},
	{Of: []uint64{9}, Fields: []layer.Field{{Name: "cdp.vtp_management_domain", Title: "VTP Management Domain", Kind: layer.String}}},
	{Of: []uint64{0x0A}, Fields: []layer.Field{{Name: "cdp.native_vlan", Title: "Native VLAN", Bits: 16, Default: 1}}},
	{Of: []uint64{0x0B}, Fields: []layer.Field{{Name: "cdp.duplex", Title: "Duplex", Bits: 8, Kind: layer.Bool, Default: 1}}},
	{Of: []uint64{0x0E, 0x0F}, Fields: []layer.Field{
		{Name: "cdp.data", Title: "Data", Kind: layer.Bytes, Len: "1"},
		{Name: "cdp.voice_vlan", Title: "Voice VLAN", Bits: 16, When: "rest >= 2"},
	}},
	{Of: []uint64{0x10}, Fields: []layer.Field{{Name: "cdp.power_consumption", Title: "Power Consumption", Bits: 16}}},
	{Of: []uint64{0x11}, Fields: []layer.Field{{Name: "cdp.mtu", Title: "MTU", Bits: 32}}},
	{Of: []uint64{0x12}, Fields: []layer.Field{{Name: "cdp.trust_bitmap", Title: "Trust Bitmap", Bits: 8, Base: layer.Hex}}},
	{Of: []uint64{0x13}, Fields: []layer.Field{{Name: "cdp.untrusted_port_cos", Title: "Untrusted port CoS", Bits: 8, Base: layer.Hex}}},
	{Of: []uint64{0x14}, Fields: []layer.Field{{Name: "cdp.system_name", Title: "System Name", Kind: layer.String}}},
	{Of: []uint64{0x15}, Fields: []layer.Field{{Name: "cdp.system_object_identifier", Title: "System Object Identifier", Kind: layer.Bytes}}},
	{Of: []uint64{0x17}, Fields: []layer.Field{
		{Name: "cdp.location.unknown", Title: "Unknown", Bits: 8, Base: layer.Hex},
		{Name: "cdp.location", Title: "Location", Kind: layer.String},
	}},
	{Of: []uint64{0x19}, Fields: cdpPower("cdp.power_requested", "Power Requested")},
	{Of: []uint64{0x1A}, Fields: cdpPower("cdp.power_available", "Power Available")},
	{Fields: []layer.Field{{Name: "cdp.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}}},
}

// cdpHello is another protocol's greeting: 0x0112 is that of switch clusters.
var cdpHello = []layer.Field{
	{Name: "cdp.oui", Title: "OUI", Bits: 24, Base: layer.Hex, Default: 0x0C},
	{Name: "cdp.protocol_id", Alias: "hello", Title: "Protocol ID", Bits: 16, Base: layer.Hex, Default: 0x0112},
	{Kind: layer.Group, Switch: "hello", Cases: []layer.Case{
		{Of: []uint64{0x0112}, Fields: []layer.Field{
			{Name: "cdp.cluster.master_ip", Title: "Cluster Master IP", Kind: layer.IPv4},
			{Name: "cdp.cluster.ip", Title: "IP", Kind: layer.IPv4},
			{Name: "cdp.cluster.version", Title: "Version", Bits: 8, Base: layer.Hex},
			{Name: "cdp.cluster.sub_version", Title: "Sub Version", Bits: 8, Base: layer.Hex},
			{Name: "cdp.cluster.status", Title: "Status", Bits: 8, Base: layer.Hex},
			{Name: "cdp.cluster.unknown", Title: "Unknown", Bits: 8, Base: layer.Hex},
			{Name: "cdp.cluster.commander_mac", Title: "Cluster Commander MAC", Kind: layer.MAC},
			{Name: "cdp.cluster.switch_mac", Title: "Switch's MAC", Kind: layer.MAC},
			{Name: "cdp.cluster.unknown", Title: "Unknown", Bits: 8, Base: layer.Hex},
			{Name: "cdp.cluster.management_vlan", Title: "Management VLAN", Bits: 16},
		}},
		{Fields: []layer.Field{{Name: "cdp.hello.unknown", Title: "Unknown", Kind: layer.Bytes}}},
	}},
}

// cdpPower is what a device asks for, or a port can give, in milliwatts.
func cdpPower(name, title string) []layer.Field {
	return []layer.Field{
		{Name: "cdp.request_id", Title: "Request-ID", Bits: 16},
		{Name: "cdp.management_id", Title: "Management-ID", Bits: 16},
		{Name: name, Title: title, Bits: 32, Repeat: "rest / 4"},
	}
}

// showCDPVersion shows a text of several lines line by line.
func showCDPVersion(w *layer.Walker) {
	for b := w.Rest(); len(b) > 0; b = w.Rest() {
		text, size := b, len(b)
		if n := bytes.IndexByte(b, '\n'); n >= 0 {
			text, size = b[:n], n+1
		}
		if !w.Emit(0, w.Offset(), size, uint64(size), text) || !w.Move(size) {
			return
		}
	}
}

var cdpCapabilities = []layer.Field{
	{Bits: 21},
	{Name: "cdp.capabilities.mac_relay", Title: "Two Port Mac Relay", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.cvta", Title: "CVTA/STP Dispute Resolution/Cisco VT Camera", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.remote", Title: "Remotely Managed Device", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.voip_phone", Title: "VoIP Phone", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.repeater", Title: "Repeater", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.igmp_capable", Title: "IGMP capable", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.host", Title: "Host", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.switch", Title: "Switch", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.src_bridge", Title: "Source Route Bridge", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.trans_bridge", Title: "Transparent Bridge", Bits: 1, Kind: layer.Bool},
	{Name: "cdp.capabilities.router", Title: "Router", Bits: 1, Kind: layer.Bool},
}

var cdpTypes = layer.Enum{
	0x01: "Device ID", 0x02: "Addresses", 0x03: "Port ID", 0x04: "Capabilities", 0x05: "Software version", 0x06: "Platform",
	0x07: "IP Prefix", 0x08: "Protocol Hello", 0x09: "VTP Management Domain", 0x0A: "Native VLAN", 0x0B: "Duplex",
	0x0E: "VoIP VLAN Reply", 0x0F: "VoIP VLAN Query", 0x10: "Power consumption", 0x11: "MTU", 0x12: "Trust Bitmap",
	0x13: "Untrusted Port CoS", 0x14: "System Name", 0x15: "System Object ID", 0x16: "Management Addresses", 0x17: "Location",
	0x18: "External Port-ID", 0x19: "Power Requested", 0x1A: "Power Available", 0x1B: "Unidirectional Mode",
}
