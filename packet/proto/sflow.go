package proto

import "github.com/netwright/netwright/packet/layer"

// sflow is version 5: samples of packets and of counters, each a list of records.
var sflow = &layer.Proto{
	Name: "sflow", Title: "InMon sFlow", Alias: []string{"sFlow"}, Spec: "sflow.org, sFlow version 5",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{6343}}},
	Fields: []layer.Field{
		{Name: "sflow_245.version", Alias: "version", Title: "Datagram version", Bits: 32, Default: 5},
		{Name: "sflow_245.agenttype", Alias: "agenttype", Title: "Agent address type", Bits: 32, Default: 1, Enum: sflowAddresses},
		{Name: "sflow_245.agent", Title: "Agent address", Kind: layer.IPv4, When: "agenttype == 1"},
		{Name: "sflow_245.agent.v6", Title: "Agent address", Kind: layer.IPv6, When: "agenttype == 2"},
		{Kind: layer.Group, When: "version == 5", Sub: []layer.Field{
			{Name: "sflow_245.sub_agent_id", Title: "Sub-agent ID", Bits: 32},
			{Name: "sflow_245.sequence_number", Alias: "seq", Title: "Sequence number", Bits: 32},
			{Name: "sflow_245.sysuptime", Title: "SysUptime", Bits: 32},
			{Name: "sflow_245.numsamples", Alias: "samples", Title: "NumSamples", Bits: 32},
			{Kind: layer.Group, Repeat: "samples", Len: sflowLength, Sub: []layer.Field{
				{Bits: 32, Sub: []layer.Field{
					{Name: "sflow.enterprise", Alias: "enterprise", Title: "Enterprise", Bits: 20},
					{Name: "sflow_245.sampletype", Alias: "kind", Title: "sFlow sample type", Bits: 12, When: "enterprise == 0", Enum: layer.Enum{
						1: "Flow sample", 2: "Counters sample", 3: "Expanded flow sample", 4: "Expanded counters sample",
					}},
				}},
				{Name: "sflow_5.sample_length", Title: "Sample length (byte)", Bits: 32, Auto: "total - 8", When: "enterprise == 0"},
				{Name: "sflow.enterprise.length", Title: "Length", Bits: 32, Auto: "total - 8", When: "enterprise != 0"},
			}, Switch: "enterprise == 0 ? kind : 0", Cases: []layer.Case{
				{Of: []uint64{1}, Fields: append(sflowFlow(false), sflowRecord)},
				{Of: []uint64{2}, Fields: append(sflowCounters(false), sflowCounter)},
				{Of: []uint64{3}, Fields: append(sflowFlow(true), sflowRecord)},
				{Of: []uint64{4}, Fields: append(sflowCounters(true), sflowCounter)},
			}},
		}},
	},
	Refuse:  notSFlow,
	Summary: "v${version} ${samples} samples",
}

// notSFlow tells of what is of none of the versions that there are.
func notSFlow(b []byte) bool {
	return len(b) < 4 || string(b[:3]) != "\x00\x00\x00" || b[3] != 2 && b[3] != 4 && b[3] != 5
}

// sflowLength is the length of a sample or a record, which stands behind its type.
const sflowLength = "u32(4) + 8 > rest ? rest : u32(4) + 8"

var sflowAddresses = layer.Enum{1: "IPv4", 2: "IPv6"}

// sflowSource is where a sample was taken: of 32 bits, or expanded of 64.
func sflowSource(prefix, kind, index string, expanded bool) []layer.Field {
	first := layer.Field{Name: prefix + kind, Title: "Source ID class", Bits: 8}
	second := layer.Field{Name: prefix + index, Title: "Index", Bits: 24}
	if expanded {
		first.Bits, second.Bits = 32, 32
		return []layer.Field{first, second}
	}
	return []layer.Field{{Bits: 32, Sub: []layer.Field{first, second}}}
}

func sflowFlow(expanded bool) []layer.Field {
	const prefix = "sflow.flow_sample."
	fields := []layer.Field{{Name: prefix + "sequence_number", Title: "Sequence number", Bits: 32}}
	if expanded {
		fields = append(fields, sflowSource(prefix, "source_id_type", "source_id_index", true)...)
	} else {
		fields = append(fields, sflowSource(prefix, "source_id_class", "index", false)...)
	}
	fields = append(fields,
		layer.Field{Name: prefix + "sampling_rate", Title: "Sampling rate", Bits: 32, Default: 1},
		layer.Field{Name: prefix + "sample_pool", Title: "Sample pool", Bits: 32},
		layer.Field{Name: prefix + "dropped_packets", Title: "Dropped packets", Bits: 32},
	)
	if expanded {
		fields = append(fields,
			layer.Field{Name: prefix + "input_interface_format", Title: "Input interface format", Bits: 32},
			layer.Field{Name: prefix + "input_interface_value", Title: "Input interface value", Bits: 32},
			layer.Field{Name: prefix + "output_interface.format", Title: "Output interface format", Bits: 32},
			layer.Field{Name: prefix + "output_interface_value", Title: "Output interface value", Bits: 32},
		)
	} else {
		fields = append(fields,
			layer.Field{Name: prefix + "input_interface", Title: "Input interface (ifIndex)", Bits: 32},
			layer.Field{Name: prefix + "output_interface", Title: "Output interface", Bits: 32, Base: layer.Hex, Sub: []layer.Field{
				{Name: prefix + "output_interface_format", Title: "Output interface format", Bits: 2},
				{Name: prefix + "output_interface_value", Title: "Output interface value", Bits: 30},
			}},
		)
	}
	return append(fields, layer.Field{Name: prefix + "flow_record", Alias: "records", Title: "Flow record", Bits: 32})
}

func sflowCounters(expanded bool) []layer.Field {
	const prefix = "sflow.counters_sample."
	fields := []layer.Field{{Name: prefix + "sequence_number", Title: "Sequence number", Bits: 32}}
	fields = append(fields, sflowSource(prefix, "source_id_type", "source_id_index", expanded)...)
	return append(fields, layer.Field{Name: prefix + "counters_records", Alias: "records", Title: "Counters records", Bits: 32})
}

// sflowHead begins a record.
func sflowHead(format string, names layer.Enum) []layer.Field {
	return []layer.Field{
		{Bits: 32, Sub: []layer.Field{
			{Name: "sflow.enterprise", Alias: "owner", Title: "Enterprise", Bits: 20},
			{Name: format, Alias: "format", Title: "Format", Bits: 12, When: "owner == 0", Enum: names},
		}},
		{Name: "sflow_5.flow_data_length", Title: "Flow data length (byte)", Bits: 32, Auto: "total - 8", When: "owner == 0"},
		{Name: "sflow.enterprise.length", Title: "Length", Bits: 32, Auto: "total - 8", When: "owner != 0"},
	}
}

var sflowRecord = layer.Field{Kind: layer.Group, Repeat: "records", Len: sflowLength,
	Sub: sflowHead("sflow_245.flow_record_format", layer.Enum{
		1: "Raw packet header", 2: "Ethernet frame data", 3: "Packet IPv4 data", 4: "Packet IPv6 data", 1001: "Extended switch data",
		1002: "Extended router data", 1003: "Extended gateway data",
	}),
	Switch: "owner == 0 ? format : 0", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "sflow_245.header_protocol", Title: "Header protocol", Bits: 32, Default: 1, Enum: layer.Enum{1: "Ethernet", 11: "IPv4", 12: "IPv6", 13: "MPLS"}},
			{Name: "sflow_245.header.frame_length", Title: "Frame Length", Bits: 32},
			{Name: "sflow_245.header.payload_stripped", Title: "Payload stripped", Bits: 32},
			{Name: "sflow_245.header.sampled_header_length", Title: "Sampled header length", Bits: 32},
			{Name: "sflow_245.header", Title: "Header of sampled packet", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Of: []uint64{2}, Fields: []layer.Field{
			{Name: "sflow_245.ethernet.length", Title: "Length of MAC Packet", Bits: 32},
			{Name: "sflow_245.ethernet.source_mac_address", Title: "Source MAC Address", Kind: layer.MAC},
			{Bits: 16},
			{Name: "sflow_245.ethernet.destination_mac_address", Title: "Destination MAC Address", Kind: layer.MAC},
			{Bits: 16},
			{Name: "sflow_245.ethernet.packet_type", Title: "Ethernet Packet Type", Bits: 32, Enum: etherTypes},
		}},
		{Of: []uint64{1001}, Fields: sflowNumbers("sflow_245.", "vlan.in", "pri.in", "vlan.out", "pri.out")},
		{Of: []uint64{1002}, Fields: append(sflowHop, sflowNumbers("sflow_245.nexthop.", "src_mask", "dst_mask")...)},
		{Of: []uint64{1003}, Fields: append(sflowHop, sflowGateway...)},
	}}

// sflowHop is the address of the next router.
var sflowHop = []layer.Field{
	{Alias: "family", Bits: 32, Default: 1, Enum: sflowAddresses},
	{Name: "sflow_245.nexthop", Title: "Next hop", Kind: layer.IPv4, When: "family == 1"},
	{Name: "sflow_245.nexthop.v6", Title: "Next hop", Kind: layer.IPv6, When: "family == 2"},
}[:3:3]

// sflowGateway is the path that BGP has for a packet.
var sflowGateway = append(sflowNumbers("sflow_245.", "as", "srcAS", "peerAS"),
	layer.Field{Name: "sflow_245.dstASentries", Alias: "segments", Title: "AS Destinations", Bits: 32},
	layer.Field{Kind: layer.Group, Repeat: "segments", Sub: []layer.Field{
		{Name: "sflow.as_type", Title: "AS Type", Calc: "u32(0)", Len: "8", Enum: layer.Enum{1: "AS Set", 2: "AS Sequence"}},
		{Alias: "segment", Bits: 32},
		{Alias: "systems", Bits: 32},
		{Name: "sflow_245.dstAS", Title: "AS Destination", Bits: 32, Repeat: "systems"},
	}},
	layer.Field{Name: "sflow_245.communityEntries", Alias: "communities", Title: "Gateway Communities", Bits: 32},
	layer.Field{Name: "sflow_245.dstAS", Title: "Community", Bits: 32, Repeat: "communities"},
	layer.Field{Name: "sflow_245.localpref", Title: "localpref", Bits: 32},
)

var sflowCounter = layer.Field{Kind: layer.Group, Repeat: "records", Len: sflowLength,
	Sub: sflowHead("sflow_245.counters_record_format", layer.Enum{
		1: "Generic interface counters", 2: "Ethernet interface counters", 3: "Token ring counters", 4: "100 Base VG interface counters",
		5: "VLAN counters", 1001: "Processor information",
	}),
	Switch: "owner == 0 ? format : 0", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: sflowInterface},
		{Of: []uint64{2}, Fields: sflowNumbers("sflow_245.dot3Stats", "AlignmentErrors", "FCSErrors", "SingleCollisionFrames", "MultipleCollisionFrames",
			"SQETestErrors", "DeferredTransmissions", "LateCollisions", "ExcessiveCollisions", "InternalMacTransmitErrors", "CarrierSenseErrors",
			"FrameTooLongs", "InternalMacReceiveErrors", "SymbolErrors")},
		{Of: []uint64{4}, Fields: sflowNumbers("sflow_245.dot12", "InHighPriorityFrames", "+InHighPriorityOctets", "InNormPriorityFrames",
			"+InNormPriorityOctets", "InIPMErrors", "InOversizeFrameErrors", "InDataErrors", "InNullAddressedFrames", "OutHighPriorityFrames",
			"+OutHighPriorityOctets", "TransitionIntoTrainings", "+HCInHighPriorityOctets", "+HCInNormPriorityOctets", "+HCOutHighPriorityOctets")},
		{Of: []uint64{5}, Fields: sflowNumbers("sflow_245.", "vlan_id", "+octets", "ucastPkts", "multicastPkts", "broadcastPkts", "discards")},
		{Of: []uint64{1001}, Fields: sflowNumbers("sflow_5.", "cpu_5s", "cpu_1m", "cpu_5m", "+total_memory", "+free_memory")},
	}}

// sflowInterface are the counters of RFC 2233.
var sflowInterface = append(append(sflowNumbers("sflow_245.", "ifindex", "iftype", "+ifspeed", "ifdirection"),
	layer.Field{Bits: 32, Sub: []layer.Field{
		{Bits: 30},
		{Name: "sflow_245.ifoper_status", Title: "IfOperStatus", Bits: 1, Kind: layer.Bool},
		{Name: "sflow_245.ifadmin_status", Title: "IfAdminStatus", Bits: 1, Kind: layer.Bool},
	}}),
	sflowNumbers("sflow_245.", "+ifinoct", "ifinpkt", "ifinmcast", "ifinbcast", "ifindisc", "ifinerr", "ifinunk", "+ifoutoct", "ifoutpkt",
		"ifoutmcast", "ifoutbcast", "ifoutdisc", "ifouterr", "ifpromisc")...)

// sflowNumbers are numbers of 32 bits, or of 64 where the name has a + before it.
func sflowNumbers(prefix string, names ...string) []layer.Field {
	fields := make([]layer.Field, len(names))
	for i, name := range names {
		bits := 32
		if name[0] == '+' {
			bits, name = 64, name[1:]
		}
		fields[i] = layer.Field{Name: prefix + name, Title: name, Bits: bits}
	}
	return fields
}
