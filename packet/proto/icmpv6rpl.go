package proto

import "github.com/netwright/netwright/packet/layer"

// rplControl are the messages of RPL (RFC 6550 section 6), told apart by the
// code.
var rplControl = []layer.Field{{Kind: layer.Group, Switch: "code", Cases: []layer.Case{
	{Of: []uint64{2}, Fields: []layer.Field{ // destination advertisement
		{Name: "icmpv6.rpl.dao.instance", Title: "RPLInstanceID", Bits: 8},
		{Name: "icmpv6.rpl.dao.flag", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "icmpv6.rpl.dao.flag.k", Title: "DAO-ACK Request", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.rpl.dao.flag.d", Alias: "dodag", Title: "DODAGID Present", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.rpl.dao.flag.rsv", Title: "Reserved", Bits: 6},
		}},
		icmpv6Reserved("1"),
		{Name: "icmpv6.rpl.dao.sequence", Title: "DAO Sequence", Bits: 8},
		{Name: "icmpv6.rpl.dao.dodagid", Title: "DODAGID", Kind: layer.IPv6, When: "dodag"},
	}},
	{Of: []uint64{3}, Fields: []layer.Field{ // its acknowledgement
		{Name: "icmpv6.rpl.daoack.instance", Title: "RPLInstanceID", Bits: 8},
		{Name: "icmpv6.rpl.daoack.flag", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "icmpv6.rpl.daoack.flag.d", Alias: "dodag", Title: "DODAGID Present", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.rpl.daoack.flag.rsv", Title: "Reserved", Bits: 7},
		}},
		{Name: "icmpv6.rpl.daoack.sequence", Title: "DAO Sequence", Bits: 8},
		{Name: "icmpv6.rpl.daoack.status", Title: "Status", Bits: 8},
		{Name: "icmpv6.rpl.daoack.dodagid", Title: "DODAGID", Kind: layer.IPv6, When: "dodag"},
	}},
}}}
