package proto

import "github.com/netwright/netwright/packet/layer"

// listenerMessage is what version 1 of Multicast Listener Discovery sends (RFC
// 2710).
var listenerMessage = []layer.Field{
	{Name: "icmpv6.mld.maximum_response_delay", Alias: "mrd", Title: "Maximum Response Delay [ms]", Bits: 16},
	icmpv6Reserved("2"),
	{Name: "icmpv6.mld.multicast_address", Alias: "mladdr", Title: "Multicast Address", Kind: layer.IPv6},
}

// listenerQuery and listenerReport are of version 2 (RFC 3810 section 5).
var listenerQuery = []layer.Field{
	{Name: "icmpv6.mld.maximum_response_code", Alias: "mrd", Title: "Maximum Response Code", Bits: 16, Default: 10000},
	icmpv6Reserved("2"),
	{Name: "icmpv6.mld.multicast_address", Alias: "mladdr", Title: "Multicast Address", Kind: layer.IPv6},
	{Name: "icmpv6.mld.flag", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Name: "icmpv6.mld.flag.reserved", Title: "Reserved", Bits: 4},
		{Name: "icmpv6.mld.flag.s", Title: "Suppress Router-Side Processing", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.mld.flag.qrv", Title: "QRV (Querier's Robustness Variable)", Bits: 3},
	}},
	{Name: "icmpv6.mld.qqi", Alias: "QQIC", Title: "QQIC (Querier's Query Interval Code)", Bits: 8},
	{Name: "icmpv6.mld.nb_sources", Alias: "sources_number", Title: "Number of Sources", Bits: 16},
	{Name: "icmpv6.mld.source_address", Alias: "sources", Title: "Source Address", Kind: layer.IPv6, Repeat: "nb_sources"},
}

var listenerReport = []layer.Field{
	icmpv6Reserved("2"),
	{Name: "icmpv6.mldr.nb_mcast_records", Alias: "records_number", Title: "Number of Multicast Address Records", Bits: 16},
	{Name: "icmpv6.mldr.mar", Alias: "records", Title: "Multicast Address Record", Kind: layer.Group, Repeat: "records_number", Len: "20 + u16(2) * 16 + u8(1) * 4", Sub: []layer.Field{
		{Name: "icmpv6.mldr.mar.record_type", Alias: "rtype", Title: "Record Type", Bits: 8, Default: 4, Enum: recordTypes},
		{Name: "icmpv6.mldr.mar.aux_data_len", Alias: "auxdata_len", Title: "Aux Data Len", Bits: 8},
		{Name: "icmpv6.mldr.mar.nb_sources", Title: "Number of Sources", Bits: 16},
		{Name: "icmpv6.mldr.mar.multicast_address", Title: "Multicast Address", Kind: layer.IPv6},
		{Name: "icmpv6.mldr.mar.source_address", Title: "Source Address", Kind: layer.IPv6, Repeat: "nb_sources"},
		{Name: "icmpv6.mldr.mar.auxiliary_data", Title: "Auxiliary Data", Kind: layer.Bytes, When: "rest > 0"},
	}},
}
