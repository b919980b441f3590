package proto

import "github.com/netwright/netwright/packet/layer"

// cflow is NetFlow of versions 5 and 9, and IPFIX, which is version 10. Records of
// the latter two have the form that a template gives. A frame stands alone: those
// whose template is not in it stay bytes.
var cflow = &layer.Proto{
	Name: "cflow", Title: "Cisco NetFlow/IPFIX", Alias: []string{"NetflowHeader", "netflow", "ipfix"}, Spec: "RFC 3954, RFC 7011",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{2055, 9996, 4739}}},
	Fields: []layer.Field{
		{Name: "cflow.version", Alias: "version", Title: "Version", Bits: 16, Default: 5},
		{Kind: layer.Group, Switch: "version", Cases: []layer.Case{
			{Of: []uint64{5}, Fields: cflow5},
			{Of: []uint64{9}, Fields: []layer.Field{
				{Name: "cflow.count", Alias: "count", Title: "Count", Bits: 16},
				cflowUptime("cflow.sysuptime", "SysUptime"),
				{Name: "cflow.timestamp", Title: "Timestamp", Kind: layer.Group, Len: "4", Sub: []layer.Field{
					{Name: "cflow.unix_secs", Alias: "unixSecs", Title: "CurrentSecs", Bits: 32},
				}},
				{Name: "cflow.sequence", Alias: "packageSequence", Title: "FlowSequence", Bits: 32},
				{Name: "cflow.source_id", Alias: "sourceID", Title: "SourceId", Bits: 32},
				cflowSet(
					layer.Case{Of: []uint64{0}, Fields: cflowTemplates9},
					layer.Case{Of: []uint64{1}, Fields: cflowOptions9},
				),
			}},
			{Of: []uint64{10}, Fields: []layer.Field{
				{Name: "cflow.len", Title: "Length", Bits: 16, Auto: "total"},
				{Name: "cflow.timestamp", Title: "Timestamp", Kind: layer.Group, Len: "4", Sub: []layer.Field{
					{Name: "cflow.exporttime", Alias: "unixSecs", Title: "ExportTime", Bits: 32},
				}},
				{Name: "cflow.sequence", Alias: "packageSequence", Title: "FlowSequence", Bits: 32},
				{Name: "cflow.od_id", Alias: "sourceID", Title: "Observation Domain Id", Bits: 32},
				cflowSet(
					layer.Case{Of: []uint64{2}, Fields: cflowTemplates10},
					layer.Case{Of: []uint64{3}, Fields: cflowOptions10},
				),
			}},
		}},
	},
	Refuse:  notCflow,
	Total:   "u16(0) == 10 ? u16(2) : 0",
	Header:  "size",
	Summary: "v${version}",
}

// notCflow tells of what is of none of the versions here.
func notCflow(b []byte) bool {
	return len(b) < 16 || b[0] != 0 || b[1] != 5 && b[1] != 9 && b[1] != 10
}

// cflowUptime is a time since the exporter started, in milliseconds, shown in
// seconds.
func cflowUptime(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Len: "4", Code: showUptime, Sub: []layer.Field{{Name: name, Title: title, Kind: layer.Float, Bits: 64}}}
}

// cflow5 is a header and records of a fixed form.
var cflow5 = []layer.Field{
	{Name: "cflow.count", Alias: "count", Title: "Count", Bits: 16},
	cflowUptime("cflow.sysuptime", "SysUptime"),
	{Name: "cflow.timestamp", Title: "Timestamp", Kind: layer.Group, Len: "8", Sub: []layer.Field{
		{Name: "cflow.unix_secs", Alias: "unixSecs", Title: "CurrentSecs", Bits: 32},
		{Name: "cflow.unix_nsecs", Alias: "unixNanoSeconds", Title: "CurrentNSecs", Bits: 32},
	}},
	{Name: "cflow.sequence", Alias: "flowSequence", Title: "FlowSequence", Bits: 32},
	{Name: "cflow.engine_type", Alias: "engineType", Title: "EngineType", Bits: 8},
	{Name: "cflow.engine_id", Alias: "engineID", Title: "EngineId", Bits: 8},
	{Bits: 16, Sub: []layer.Field{
		{Name: "cflow.samplingmode", Title: "SamplingMode", Bits: 2},
		{Name: "cflow.samplerate", Title: "SampleRate", Bits: 14},
	}},
	{Kind: layer.Group, Alias: "records", Repeat: "count", Len: "48", Sub: []layer.Field{
		{Name: "cflow.srcaddr", Alias: "src", Title: "SrcAddr", Kind: layer.IPv4},
		{Name: "cflow.dstaddr", Alias: "dst", Title: "DstAddr", Kind: layer.IPv4},
		{Name: "cflow.nexthop", Alias: "nexthop", Title: "NextHop", Kind: layer.IPv4},
		{Name: "cflow.inputint", Alias: "input", Title: "InputInt", Bits: 16},
		{Name: "cflow.outputint", Alias: "output", Title: "OutputInt", Bits: 16},
		{Name: "cflow.packets", Alias: "dpkts", Title: "Packets", Bits: 32},
		{Name: "cflow.octets", Alias: "dOctets", Title: "Octets", Bits: 32},
		cflowUptime("cflow.timestart", "StartTime"),
		cflowUptime("cflow.timeend", "EndTime"),
		{Name: "cflow.srcport", Alias: "srcport", Title: "SrcPort", Bits: 16},
		{Name: "cflow.dstport", Alias: "dstport", Title: "DstPort", Bits: 16},
		{Name: "cflow.padding", Title: "Padding", Kind: layer.Bytes, Len: "1"},
		{Name: "cflow.tcpflags", Title: "TCP Flags", Bits: 8, Base: layer.Hex},
		{Name: "cflow.protocol", Alias: "prot", Title: "Protocol", Bits: 8, Default: 6, Enum: ipProtocols},
		{Name: "cflow.tos", Alias: "tos", Title: "IP ToS", Bits: 8, Base: layer.Hex},
		{Name: "cflow.srcas", Alias: "src_as", Title: "SrcAS", Bits: 16},
		{Name: "cflow.dstas", Alias: "dst_as", Title: "DstAS", Bits: 16},
		{Name: "cflow.srcmask", Alias: "src_mask", Title: "SrcMask", Bits: 8},
		{Name: "cflow.dstmask", Alias: "dst_mask", Title: "DstMask", Bits: 8},
		{Name: "cflow.padding", Title: "Padding", Kind: layer.Bytes, Len: "2"},
	}},
}

// cflowSet are sets: of templates, of templates for options, and of records whose
// template has the set's number.
func cflowSet(templates ...layer.Case) layer.Field {
	return layer.Field{
		Kind: layer.Group, Alias: "sets", Repeat: "*", Len: "u16(2) < 4 ? rest + 1 : u16(2)", Sub: []layer.Field{
			{Name: "cflow.flowset_id", Alias: "flowset", Title: "FlowSet Id", Bits: 16},
			{Name: "cflow.flowset_length", Title: "FlowSet Length", Bits: 16, Auto: "total"},
		}, Switch: "flowset",
		Cases: append(templates, layer.Case{Fields: []layer.Field{{Kind: layer.Group, Len: "rest", When: "flowset >= 256", Code: showRecords, Sub: cflowShown}}}),
	}
}

// cflowPadding ends a set.
var cflowPadding = layer.Field{Name: "cflow.padding", Title: "Padding", Kind: layer.Bytes, When: "rest > 0"}

var (
	cflowID    = layer.Field{Name: "cflow.template_id", Alias: "templateID", Title: "Template Id", Bits: 16, Default: 256}
	cflowCount = layer.Field{Name: "cflow.template_field_count", Alias: "fieldCount", Title: "Field Count", Bits: 16}
	cflowType  = layer.Field{Name: "cflow.template_field_type", Alias: "fieldType", Title: "Type", Bits: 16}
	cflowSize  = layer.Field{Name: "cflow.template_field_length", Alias: "fieldLength", Title: "Length", Bits: 16}
)

var cflowTemplates9 = []layer.Field{
	{Kind: layer.Group, Alias: "templates", Repeat: "*", Until: "rest < 4", Sub: []layer.Field{
		cflowID, cflowCount,
		{Kind: layer.Group, Alias: "template_fields", Repeat: "fieldCount", Sub: []layer.Field{cflowType, cflowSize}},
	}},
	cflowPadding,
}

var cflowOptions9 = []layer.Field{
	{Kind: layer.Group, Alias: "templates", Repeat: "*", Until: "rest < 6", Sub: []layer.Field{
		cflowID,
		{Name: "cflow.option_scope_length", Alias: "scopeLength", Title: "Option Scope Length", Bits: 16},
		{Name: "cflow.option_length", Alias: "optionLength", Title: "Option Length", Bits: 16},
		{Kind: layer.Group, Repeat: "scopeLength / 4", Sub: []layer.Field{
			{Name: "cflow.scope_field_type", Title: "Scope Type", Bits: 16, Default: 1, Enum: layer.Enum{1: "System", 2: "Interface", 3: "Line Card", 4: "Cache", 5: "Template"}},
			cflowSize,
		}},
		{Kind: layer.Group, Repeat: "optionLength / 4", Sub: []layer.Field{cflowType, cflowSize}},
	}},
	cflowPadding,
}

// cflowSpecifier is RFC 7011 section 3.2.
var cflowSpecifier = []layer.Field{
	{Bits: 16, Sub: []layer.Field{
		{Name: "cflow.template_ipfix_pen_provided", Alias: "enterprise", Title: "Pen provided", Bits: 1, Kind: layer.Bool},
		{Name: "cflow.template_ipfix_field_type", Alias: "fieldType", Title: "Type", Bits: 15, When: "enterprise == 0 || u32(4) == 29305"}, // which is what comes back (RFC 5103)
		{Name: "cflow.template_ipfix_field_type_enterprise", Title: "Type", Calc: "u16(0) & 0x7FFF", Len: "2", When: "enterprise && u32(4) != 9 && u32(4) != 29305"},
		{Name: "cflow.template_cisco_field_type", Title: "Type", Calc: "u16(0) & 0x7FFF", Len: "2", When: "enterprise && u32(4) == 9"},
	}},
	cflowSize,
	{Name: "cflow.template_ipfix_field_pen", Title: "PEN", Bits: 32, When: "enterprise"},
}

var cflowTemplates10 = []layer.Field{
	{Kind: layer.Group, Alias: "templates", Repeat: "*", Until: "rest < 4", Sub: []layer.Field{
		cflowID, cflowCount,
		{Kind: layer.Group, Alias: "template_fields", Repeat: "fieldCount", Sub: cflowSpecifier},
	}},
	cflowPadding,
}

var cflowOptions10 = []layer.Field{
	{Kind: layer.Group, Alias: "templates", Repeat: "*", Until: "rest < 6", Sub: []layer.Field{
		cflowID,
		{Name: "cflow.template_ipfix_total_field_count", Alias: "total_fields", Title: "Total Field Count", Bits: 16},
		{Name: "cflow.template_ipfix_scope_field_count", Title: "Scope Field Count", Bits: 16},
		{Kind: layer.Group, Repeat: "total_fields", Sub: cflowSpecifier},
	}},
	cflowPadding,
}
