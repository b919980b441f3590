package proto

import "github.com/netwright/netwright/packet/layer"

var llc = &layer.Proto{
	Name: "llc", Title: "Logical-Link Control", Alias: []string{"LLC", "SNAP"}, Spec: "IEEE 802.2-1998 section 3",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x8870}}},
	Fields: []layer.Field{
		{Name: "llc.dsap", Alias: "dsap", Title: "DSAP", Bits: 8, Base: layer.Hex, Default: 0xAA, Enum: accessPoints, Sub: []layer.Field{
			{Name: "llc.dsap.sap", Title: "SAP", Bits: 7},
			{Name: "llc.dsap.ig", Title: "IG Bit", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "llc.ssap", Alias: "ssap", Title: "SSAP", Bits: 8, Base: layer.Hex, Default: 0xAA, Enum: accessPoints, Sub: []layer.Field{
			{Name: "llc.ssap.sap", Title: "SAP", Bits: 7},
			{Name: "llc.ssap.cr", Alias: "answer", Title: "CR Bit", Bits: 1, Kind: layer.Bool},
		}},
		{Alias: "format", Title: "First byte of the control field", Calc: "rest == 0 ? 3 : u8(0)"},
		{Kind: layer.Group, Switch: "format & 3 == 3 ? 3 : format & 1", Cases: []layer.Case{
			{Of: []uint64{3}, Fields: []layer.Field{
				{Name: "llc.control", Alias: "ctrl", Title: "Control field", Bits: 8, Base: layer.Hex, Default: 3, Sub: []layer.Field{
					{Name: "llc.control.u_modifier_cmd", Title: "Command", Calc: "(u8(0) & 0xEC) >> 2", Len: "1", Base: layer.Hex, When: "answer == 0", Enum: unnumberedCommands},
					{Name: "llc.control.u_modifier_resp", Title: "Response", Calc: "(u8(0) & 0xEC) >> 2", Len: "1", Base: layer.Hex, When: "answer"},
					{Bits: 3},
					{Name: "llc.control.p", Title: "Poll", Bits: 1, Kind: layer.Bool, When: "answer == 0 && u8(0) & 0x10"},
					{Bits: 2},
					{Name: "llc.control.ftype", Title: "Frame type", Bits: 2, Base: layer.Hex, Enum: frameTypes},
					{Name: "llc.control.f", Title: "Final", Kind: layer.Bool, Calc: "1", Len: "1", When: "answer && u8(0) & 0x10"},
				}},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "llc.control", Title: "Control field", Bits: 16, LE: true, Base: layer.Hex, Sub: []layer.Field{
				{Name: "llc.control.n_r", Title: "N(R)", Bits: 7},
				{Name: "llc.control.p", Title: "Poll", Bits: 1, Kind: layer.Bool, When: "answer == 0 && u8(1) & 1"},
				{Bits: 4},
				{Name: "llc.control.s_ftype", Title: "Supervisory frame type", Bits: 2, Base: layer.Hex},
				{Name: "llc.control.ftype", Title: "Frame type", Bits: 2, Base: layer.Hex, Enum: frameTypes},
				{Name: "llc.control.f", Title: "Final", Kind: layer.Bool, Calc: "1", Len: "2", When: "answer && u8(1) & 1"},
			}}}},
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "llc.control", Title: "Control field", Bits: 16, LE: true, Base: layer.Hex, Sub: []layer.Field{
				{Name: "llc.control.n_r", Title: "N(R)", Bits: 7},
				{Name: "llc.control.p", Title: "Poll", Bits: 1, Kind: layer.Bool, When: "answer == 0 && u8(1) & 1"},
				{Name: "llc.control.n_s", Title: "N(S)", Bits: 7},
				{Name: "llc.control.ftype", Title: "Frame type", Bits: 1, Base: layer.Hex, Enum: frameTypes},
				{Name: "llc.control.f", Title: "Final", Kind: layer.Bool, Calc: "1", Len: "2", When: "answer && u8(1) & 1"},
			}}}},
		}},
		{Kind: layer.Group, When: snap, Sub: []layer.Field{
			{Name: "llc.oui", Alias: "OUI", Title: "Organization Code", Bits: 24, Base: layer.Hex},
			{Kind: layer.Group, Switch: "OUI", Cases: []layer.Case{
				{Of: []uint64{0, 0xF8}, Fields: []layer.Field{{Name: "llc.type", Alias: "code", Title: "Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"}}},
				{Of: []uint64{0x00000C}, Fields: []layer.Field{{Name: "llc.cisco_pid", Title: "PID", Bits: 16, Base: layer.Hex, Enum: ciscoProtocols}}},
				{Of: []uint64{0x000081}, Fields: []layer.Field{{Name: "llc.nortel_pid", Title: "PID", Bits: 16, Base: layer.Hex}}},
				{Of: []uint64{0x0080C2}, Fields: []layer.Field{{Name: "llc.bridged_pid", Title: "PID", Bits: 16, Base: layer.Hex}}},
				{Fields: []layer.Field{{Name: "llc.pid", Title: "Protocol ID", Bits: 16, Base: layer.Hex}}},
			}},
		}},
	},
	Header: "u8(2) & 3 != 3 ? 4 : " + snapAhead + " ? 8 : 3",
	Next: []layer.Next{
		{When: snapAhead + " && (u24(3) == 0 || u24(3) == 0xF8)", By: "u16(6)", Table: "eth.type"},
		{When: snapAhead + " && u24(3) == 0x00000C", By: "u16(6)", Table: "llc.cisco_pid"},
		{When: snapAhead + " && u24(3) == 0x0080C2 && (u16(6) == 1 || u16(6) == 7)", Proto: "eth"},
		{When: "!(" + snapAhead + ") && u8(2) & 0xEF == 3", By: "dsap", Table: "llc.dsap"},
	},
	Refuse:  func(b []byte) bool { return len(b) > 1 && b[0] == 0xFF && b[1] == 0xFF }, // Novell's raw frames
	Summary: "${dsap}",
}

// snap tells a header with an organisation's protocol behind it, from its fields
// or, as snapAhead, from its bytes.
const (
	snap      = "dsap == 0xAA && ssap == 0xAA && format == 3"
	snapAhead = "u16(0) == 0xAAAA && u8(2) == 3"
)

// accessPoints are from IEEE's registry of standard group and LLC addresses.
var accessPoints = layer.Enum{
	0x00: "NULL LSAP", 0x02: "LLC Sub-Layer Management", 0x06: "TCP/IP", 0x42: "Spanning Tree BPDU", 0xAA: "SNAP", 0xE0: "NetWare",
	0xF0: "NetBIOS", 0xFE: "ISO Network Layer", 0xFF: "Global DSAP",
}

var frameTypes = layer.Enum{0: "Information frame", 1: "Supervisory frame", 2: "Information frame", 3: "Unnumbered frame"}

var unnumberedCommands = layer.Enum{0: "Unnumbered Information", 3: "Disconnect Mode", 0x10: "Disconnect", 0x1B: "Set Asynchronous Balanced Mode Extended", 0x2B: "Exchange identification", 0x38: "Test"}

var ciscoProtocols = layer.Enum{
	0x0102: "DRiP", 0x0104: "PAgP", 0x0105: "MLS Hello", 0x010B: "PVSTP+", 0x010C: "VLAN Bridge", 0x0111: "UDLD",
	0x2000: "CDP", 0x2001: "CGMP", 0x2003: "VTP", 0x2004: "DTP", 0x200A: "STP Uplink Fast",
}
