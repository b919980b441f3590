package proto

import "github.com/netwright/netwright/packet/layer"

// mpls is one label; each of a stack is a layer. Behind the last, the first half
// byte tells IPv4 from IPv6.
var mpls = &layer.Proto{
	Name: "mpls", Title: "MultiProtocol Label Switching Header", Alias: []string{"MPLS"}, Spec: "RFC 3032",
	On: []layer.On{
		{Table: "eth.type", Keys: []uint64{0x8847, 0x8848}},
		{Table: "ppp.protocol", Keys: []uint64{0x0281, 0x0283}},
		{Table: "ip.proto", Keys: []uint64{137}},
		{Table: "udp.port", Keys: []uint64{6635}},
		{Table: "vxlan.next_proto", Keys: []uint64{5}},
	},
	Fields: []layer.Field{
		{Bits: 32, Default: 3<<12 | 64, Sub: []layer.Field{
			{Name: "mpls.label", Alias: "label", Title: "MPLS Label", Bits: 20, Enum: layer.Enum{
				0: "IPv4 Explicit-Null", 1: "Router Alert", 2: "IPv6 Explicit-Null", 3: "Implicit-Null", 7: "Entropy Label Indicator (ELI)", 13: "Generic Associated Channel Label (GAL)", 14: "OAM Alert",
			}},
			{Name: "mpls.exp", Alias: "cos", Title: "MPLS Experimental Bits", Bits: 3},
			{Name: "mpls.bottom", Alias: "s", Title: "MPLS Bottom Of Label Stack", Bits: 1, Auto: "last"},
			{Name: "mpls.ttl", Alias: "ttl", Title: "MPLS TTL", Bits: 8},
		}},
	},
	Header: "4",
	Next: []layer.Next{
		{When: "s == 0", Proto: "mpls"},
		{By: "u8(4) >> 4", Table: "ip.version"},
	},
	Locate:  locateMPLS,
	Summary: "label ${label}",
}

func locateMPLS(b []byte) layer.Location {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	if b[2]&1 == 0 {
		return layer.Location{Header: 4}
	}
	loc := layer.Location{Header: 4, Next: 1}
	if len(b) > 4 {
		loc.Key = uint32(b[4] >> 4)
	}
	return loc
}
