package proto

import "github.com/netwright/netwright/packet/layer"

// bgpOpen is RFC 4271 section 4.2, with the capabilities of RFC 5492.
var bgpOpen = []layer.Field{
	{Name: "bgp.open.version", Alias: "version", Title: "Version", Bits: 8, Default: 4},
	{Name: "bgp.open.myas", Alias: "my_as", Title: "My AS", Bits: 16},
	{Name: "bgp.open.holdtime", Alias: "hold_time", Title: "Hold Time", Bits: 16, Default: 180},
	{Name: "bgp.open.identifier", Alias: "bgp_id", Title: "BGP Identifier", Kind: layer.IPv4},
	{Name: "bgp.open.opt.len", Alias: "opt_param_len", Title: "Optional Parameters Length", Bits: 8},
	{Name: "bgp.open.opt", Title: "Optional Parameters", Kind: layer.Group, Len: "opt_param_len > rest ? rest : opt_param_len", When: "opt_param_len > 0", Sub: []layer.Field{
		{Name: "bgp.open.opt.param", Title: "Optional Parameter", Kind: layer.Group, Repeat: "*", Len: "u8(1) + 2 > rest ? rest : u8(1) + 2", Sub: []layer.Field{
			{Name: "bgp.open.opt.param.type", Alias: "param_type", Title: "Parameter Type", Bits: 8, Default: 2, Enum: layer.Enum{1: "Authentication", 2: "Capability"}},
			{Name: "bgp.open.opt.param.len", Title: "Parameter Length", Bits: 8, Auto: "total - 2"},
		}, Switch: "param_type", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "bgp.open.opt.param.auth", Title: "Authentication Data", Kind: layer.Bytes}}},
			{Of: []uint64{2}, Fields: []layer.Field{
				{Name: "bgp.cap", Title: "Capability", Kind: layer.Group, Repeat: "*", Len: "u8(1) + 2", Sub: []layer.Field{
					{Name: "bgp.cap.type", Alias: "cap_code", Title: "Type", Bits: 8, Enum: bgpCapabilities},
					{Name: "bgp.cap.length", Alias: "cap_len", Title: "Length", Bits: 8, Auto: "total - 2"},
				}, Switch: "cap_code", Cases: bgpCapability},
			}},
			{Fields: []layer.Field{{Name: "bgp.open.opt.param.unknown", Title: "Unknown", Kind: layer.Bytes}}},
		}},
	}},
}

var bgpCapability = []layer.Case{
	{Of: []uint64{1}, Fields: bgpSized("cap_len == 4", // RFC 4760
		layer.Field{Name: "bgp.cap.mp.afi", Title: "AFI", Bits: 16, Default: 1, Enum: bgpFamilies},
		layer.Field{Name: "bgp.cap.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
		layer.Field{Name: "bgp.cap.mp.safi", Title: "SAFI", Bits: 8, Default: 1, Enum: bgpSubFamilies},
	)},
	{Of: []uint64{3, 130}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{ // RFC 5291
		{Name: "bgp.cap.orf.afi", Title: "AFI", Bits: 16, Default: 1, Enum: bgpFamilies},
		{Name: "bgp.cap.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
		{Name: "bgp.cap.orf.safi", Title: "SAFI", Bits: 8, Default: 1, Enum: bgpSubFamilies},
		{Name: "bgp.cap.orf.number", Title: "Number", Bits: 8},
		{Kind: layer.Group, Repeat: "bgp.cap.orf.number", Sub: []layer.Field{
			{Name: "bgp.cap.orf.type", Title: "Type", Bits: 8},
			{Name: "bgp.cap.orf.sendreceive", Title: "Send Receive", Bits: 8, Enum: layer.Enum{1: "Receive", 2: "Send", 3: "Both"}},
		}},
	}}}},
	{Of: []uint64{5}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{ // RFC 8950
		{Name: "bgp.cap.enh.afi", Title: "AFI", Bits: 16, Default: 1, Enum: bgpFamilies},
		{Name: "bgp.cap.enh.safi", Title: "SAFI", Bits: 16, Default: 1, Enum: bgpSubFamilies},
		{Name: "bgp.cap.enh.nhafi", Title: "Next hop AFI", Bits: 16, Default: 2, Enum: bgpFamilies},
	}}}},
	{Of: []uint64{7}, Fields: bgpSized("cap_len == 3", // RFC 8205
		layer.Field{Name: "bgp.cap.bgpsec.flags", Title: "Flag", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "bgp.cap.bgpsec.version", Title: "Version", Bits: 4},
			{Name: "bgp.cap.bgpsec.sendreceive", Title: "Send/Receive", Bits: 1},
			{Name: "bgp.cap.bgpsec.reserved", Title: "Reserved", Bits: 3, Base: layer.Hex},
		}},
		layer.Field{Name: "bgp.cap.bgpsec.afi", Title: "AFI", Bits: 16, Default: 1, Enum: bgpFamilies},
	)},
	{Of: []uint64{64}, Fields: bgpSized("cap_len >= 2", // RFC 4724, RFC 8538
		layer.Field{Name: "bgp.cap.gr.timers", Title: "Restart Timers", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
			{Name: "bgp.cap.gr.timers.restart_flag", Title: "Restart state", Bits: 1, Kind: layer.Bool},
			{Name: "bgp.cap.gr.timers.notification_flag", Title: "Graceful notification", Bits: 1, Kind: layer.Bool},
			{Bits: 2},
			{Name: "bgp.cap.gr.timers.restart_time", Title: "Time", Bits: 12},
		}},
		layer.Field{Kind: layer.Group, Repeat: "rest / 4", Sub: []layer.Field{
			{Name: "bgp.cap.gr.afi", Title: "AFI", Bits: 16, Default: 1, Enum: bgpFamilies},
			{Name: "bgp.cap.gr.safi", Title: "SAFI", Bits: 8, Default: 1, Enum: bgpSubFamilies},
			{Name: "bgp.cap.gr.flag", Title: "Flag", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
				{Name: "bgp.cap.gr.flag.pfs", Title: "Preserve forwarding state", Bits: 1, Kind: layer.Bool},
				{Bits: 7},
			}},
		}},
	)},
	{Of: []uint64{65}, Fields: bgpSized("cap_len == 4", layer.Field{Name: "bgp.cap.4as", Title: "AS Number", Bits: 32})}, // RFC 6793
	{Of: []uint64{69}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "rest / 4", Sub: []layer.Field{ // RFC 7911
		{Name: "bgp.cap.ap.afi", Title: "AFI", Bits: 16, Default: 1, Enum: bgpFamilies},
		{Name: "bgp.cap.ap.safi", Title: "SAFI", Bits: 8, Default: 1, Enum: bgpSubFamilies},
		{Name: "bgp.cap.ap.sendreceive", Title: "Send/Receive", Bits: 8, Default: 3, Enum: layer.Enum{1: "Receive", 2: "Send", 3: "Both"}},
	}}}},
	{Of: []uint64{73}, Fields: bgpSized("cap_len >= 2",
		layer.Field{Name: "bgp.cap.orf.fqdn.hostname.len", Alias: "hostlen", Title: "Hostname Length", Bits: 8},
		layer.Field{Name: "bgp.cap.orf.fqdn.hostname", Title: "Hostname", Kind: layer.String, Len: "hostlen"},
		layer.Field{Name: "bgp.cap.orf.fqdn.domain_name.len", Alias: "domainlen", Title: "Domain Name Length", Bits: 8},
		layer.Field{Name: "bgp.cap.orf.fqdn.domain_name", Title: "Domain Name", Kind: layer.String, Len: "domainlen"},
	)},
	{Fields: []layer.Field{{Name: "bgp.cap.unknown", Title: "Unknown", Kind: layer.Bytes, When: "rest > 0"}}},
}

// bgpSized are the fields of a capability if it has the length it should have.
func bgpSized(right string, fields ...layer.Field) []layer.Field {
	return []layer.Field{{Kind: layer.Group, Switch: right, Cases: []layer.Case{
		{Of: []uint64{1}, Fields: fields},
		{Fields: []layer.Field{{Name: "bgp.cap.unknown", Title: "Unknown", Kind: layer.Bytes}}},
	}}}
}

// bgpCapabilities are from IANA's registry of capability codes.
var bgpCapabilities = layer.Enum{
	1: "Multiprotocol extensions capability", 2: "Route refresh capability", 3: "Cooperative route filtering capability",
	5: "Extended Next Hop Encoding", 6: "BGP-Extended Message", 7: "BGPsec capability", 8: "Multiple Labels capability", 9: "BGP Role",
	64: "Graceful Restart capability", 65: "Support for 4-octet AS number capability", 67: "Support for Dynamic capability",
	68: "Multisession BGP Capability", 69: "Support for Additional Paths", 70: "Enhanced route refresh capability",
	71: "Long-Lived Graceful Restart (LLGR) Capability", 73: "FQDN Capability", 128: "Route refresh capability (Cisco)",
	130: "Cooperative route filtering capability (Cisco)",
}
