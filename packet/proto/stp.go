package proto

import (
	"math"

	"github.com/netwright/netwright/packet/layer"
)

var stp = &layer.Proto{
	Name: "stp", Title: "Spanning Tree Protocol", Alias: []string{"STP"}, Spec: "IEEE 802.1Q-2022 section 14",
	On: []layer.On{
		{Table: "llc.dsap", Keys: []uint64{0x42}},
		{Table: "llc.cisco_pid", Keys: []uint64{0x010B}},
	},
	Fields: []layer.Field{
		{Name: "stp.protocol", Alias: "proto", Title: "Protocol Identifier", Bits: 16, Base: layer.Hex},
		{Name: "stp.version", Alias: "version", Title: "Protocol Version Identifier", Bits: 8, Enum: stpVersions},
		{Name: "stp.type", Alias: "bpdutype", Title: "BPDU Type", Bits: 8, Base: layer.Hex, Enum: layer.Enum{0: "Configuration", 2: "Rapid/Multiple Spanning Tree", 0x80: "Topology Change Notification"}},
		{Kind: layer.Group, When: "type != 0x80", Sub: []layer.Field{
			{Name: "stp.flags", Alias: "bpduflags", Title: "BPDU flags", Bits: 8, Base: layer.Hex, When: "type == 0", Sub: []layer.Field{
				{Name: "stp.flags.tcack", Title: "Topology Change Acknowledgment", Bits: 1, Kind: layer.Bool},
				{Bits: 6},
				{Name: "stp.flags.tc", Title: "Topology Change", Bits: 1, Kind: layer.Bool},
			}},
			{Name: "stp.flags", Title: "BPDU flags", Bits: 8, Base: layer.Hex, When: "type != 0", Sub: stpFlags},
			{Bits: 16, Default: 0x8000, Sub: bridgePriority("stp.root", "rootid")},
			{Name: "stp.root.hw", Alias: "rootmac", Title: "Root Bridge System ID", Kind: layer.MAC},
			{Name: "stp.root.cost", Alias: "pathcost", Title: "Root Path Cost", Bits: 32},
			{Bits: 16, Default: 0x8000, Sub: bridgePriority("stp.bridge", "bridgeid")},
			{Name: "stp.bridge.hw", Alias: "bridgemac", Title: "Bridge System ID", Kind: layer.MAC},
			{Name: "stp.port", Alias: "portid", Title: "Port identifier", Bits: 16, Base: layer.Hex},
			{Alias: "age", Title: "Message Age in 256ths of a second", Bits: 16},
			stpTime("stp.msg_age", "Message Age"),
			{Alias: "maxage", Title: "Max Age in 256ths of a second", Bits: 16, Default: 20 << 8},
			stpTime("stp.max_age", "Max Age"),
			{Alias: "hellotime", Title: "Hello Time in 256ths of a second", Bits: 16, Default: 2 << 8},
			stpTime("stp.hello", "Hello Time"),
			{Alias: "fwddelay", Title: "Forward Delay in 256ths of a second", Bits: 16, Default: 15 << 8},
			stpTime("stp.forward", "Forward Delay"),
			{Kind: layer.Group, When: "version >= 2 && type == 2 && rest > 0", Sub: []layer.Field{
				{Name: "stp.version_1_length", Title: "Version 1 Length", Bits: 8},
				{Kind: layer.Group, When: "version >= 3 && rest >= 66", Sub: multipleTrees},
			}},
			{Kind: layer.Group, When: "version <= 2 && rest >= 6 && u16(2) == 2", Sub: []layer.Field{ // Cisco's
				{Name: "stp.pvst.tlvtype", Title: "Type", Bits: 16, Base: layer.Hex},
				{Name: "stp.pvst.tlvlen", Title: "Length", Bits: 16},
				{Name: "stp.pvst.origvlan", Title: "Originating VLAN", Bits: 16},
			}},
		}},
	},
	Summary: "${version} root ${rootmac} cost ${pathcost}",
}

// stpTime shows the time that the last two bytes hold, in 256ths of a second.
func stpTime(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, At: "pos - 2", Len: "2", Sub: []layer.Field{{Name: name, Title: title, Kind: layer.Float, Bits: 64}}, Code: func(w *layer.Walker) {
		seconds := float64(be16(w.Rest())) / 256
		w.Emit(0, w.Offset(), 2, math.Float64bits(seconds), nil)
	}}
}

// bridgePriority is the first part of a bridge's identifier: a priority in steps
// of 4096, and an extension, which names the tree.
func bridgePriority(prefix, alias string) []layer.Field {
	return []layer.Field{
		{Alias: alias + "prio", Title: "Priority in steps of 4096", Bits: 4},
		{Name: prefix + ".prio", Title: "Bridge Priority", Calc: alias + "prio << 12", Len: "1"},
		{Name: prefix + ".ext", Alias: alias + "ext", Title: "Bridge System ID Extension", Bits: 12},
	}
}

// stpFlags are those of rapid trees (section 14.2.5).
var stpFlags = []layer.Field{
	{Name: "stp.flags.tcack", Title: "Topology Change Acknowledgment", Bits: 1, Kind: layer.Bool},
	{Name: "stp.flags.agreement", Title: "Agreement", Bits: 1, Kind: layer.Bool},
	{Name: "stp.flags.forwarding", Title: "Forwarding", Bits: 1, Kind: layer.Bool},
	{Name: "stp.flags.learning", Title: "Learning", Bits: 1, Kind: layer.Bool},
	{Name: "stp.flags.port_role", Title: "Port Role", Bits: 2, Enum: layer.Enum{1: "Alternate or Backup", 2: "Root", 3: "Designated"}},
	{Name: "stp.flags.proposal", Title: "Proposal", Bits: 1, Kind: layer.Bool},
	{Name: "stp.flags.tc", Title: "Topology Change", Bits: 1, Kind: layer.Bool},
}

// multipleTrees is what version 3 adds, and version 4 behind it.
var multipleTrees = []layer.Field{
	{Name: "mstp.version_3_length", Alias: "v3len", Title: "MST Extension, Length", Bits: 16},
	{Name: "mstp.config_format_selector", Title: "MST Config ID format selector", Bits: 8},
	{Name: "mstp.config_name", Title: "MST Config name", Kind: layer.CString, Len: "32"},
	{Name: "mstp.config_revision_level", Title: "MST Config revision", Bits: 16},
	{Name: "mstp.config_digest", Title: "MST Config digest", Kind: layer.Bytes, Len: "16"},
	{Name: "mstp.cist_internal_root_path_cost", Title: "CIST Internal Root Path Cost", Bits: 32},
	{Bits: 16, Default: 0x8000, Sub: bridgePriority("mstp.cist_bridge", "cist")},
	{Name: "mstp.cist_bridge.hw", Title: "CIST Bridge Identifier System ID", Kind: layer.MAC},
	{Name: "mstp.cist_remaining_hops", Title: "CIST Remaining hops", Bits: 8},
	{Kind: layer.Group, Len: "16", Repeat: "v3len < 64 || v3len - 64 > rest ? 0 : (v3len - 64) / 16", Sub: []layer.Field{
		{Name: "mstp.msti.flags", Title: "MSTI flags", Bits: 8, Base: layer.Hex, Sub: stpFlags},
		{Bits: 16, Sub: []layer.Field{
			{Name: "mstp.msti.priority", Title: "Priority", Bits: 4, Base: layer.Hex},
			{Name: "mstp.msti.msti_id", Title: "MSTID", Bits: 12},
		}},
		{Name: "mstp.msti.root.hw", Title: "Regional Root", Kind: layer.MAC},
		{Name: "mstp.msti.root_cost", Title: "Internal root path cost", Bits: 32},
		{Bits: 8, Sub: []layer.Field{{Name: "mstp.msti.bridge_priority", Title: "Bridge Identifier Priority", Bits: 4}, {Bits: 4}}},
		{Bits: 8, Sub: []layer.Field{{Name: "mstp.msti.port_priority", Title: "Port identifier priority", Bits: 4}, {Bits: 4}}},
		{Name: "mstp.msti.remaining_hops", Title: "Remaining hops", Bits: 8},
	}},
	{Kind: layer.Group, When: "version >= 4 && rest >= 55", Sub: []layer.Field{
		{Name: "mstp.version_4_length", Title: "SPT Extension, Length", Bits: 16},
		{Name: "mstp.config_format_selector", Title: "MST Config ID format selector", Bits: 8},
		{Name: "mstp.config_name", Title: "MST Config name", Kind: layer.CString, Len: "32"},
		{Name: "mstp.config_revision_level", Title: "MST Config revision", Bits: 16},
		{Name: "mstp.config_digest", Title: "MST Config digest", Kind: layer.Bytes, Len: "16"},
		{Bits: 8, Sub: []layer.Field{
			{Bits: 1},
			{Name: "mstp.agree_flags.rest_role", Title: "Restricted Role", Bits: 1, Kind: layer.Bool},
			{Name: "mstp.agree_flags.agreement_valid", Title: "Agreement Valid", Bits: 1, Kind: layer.Bool},
			{Bits: 1},
			{Name: "mstp.agree_flags.dagreement_num", Title: "DAN", Bits: 2},
			{Name: "mstp.agree_flags.agreement_num", Title: "AN", Bits: 2},
		}},
		{Name: "mstp.agreement_digest", Title: "Agreement Digest", Kind: layer.Bytes, Len: "20", At: "pos + 13", When: "rest >= 33"},
	}},
}

var stpVersions = layer.Enum{0: "Spanning Tree", 2: "Rapid Spanning Tree", 3: "Multiple Spanning Tree", 4: "SPB"}
