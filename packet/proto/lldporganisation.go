package proto

import (
	"strconv"

	"github.com/netwright/netwright/packet/layer"
)

// lldpBridging are the TLVs of IEEE 802.1 (802.1Q-2022 annex D).
var lldpBridging = []layer.Field{
	{Name: "lldp.ieee.802_1.subtype", Alias: "bridging", Title: "IEEE 802.1 Subtype", Bits: 8, Base: layer.Hex, Enum: layer.Enum{
		1: "Port VLAN ID", 2: "Port and Protocol VLAN ID", 3: "VLAN Name", 4: "Protocol Identity", 7: "Link Aggregation",
		8: "Congestion Notification", 9: "ETS Configuration", 10: "ETS Recommendation", 11: "Priority Flow Control Configuration", 12: "Application Protocol",
	}},
	{Kind: layer.Group, Switch: "bridging", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "lldp.ieee.802_1.port_vlan.id", Title: "Port VLAN Identifier", Bits: 16}}},
		{Of: []uint64{2}, Fields: []layer.Field{
			{Name: "lldp.ieee.802_1.port_and_vlan_id_flag", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
				{Bits: 5},
				{Name: "lldp.ieee.802_1.port_and_vlan_id_flag.enabled", Title: "Port and Protocol VLAN", Bits: 1, Kind: layer.Bool},
				{Name: "lldp.ieee.802_1.port_and_vlan_id_flag.supported", Title: "Port and Protocol VLAN", Bits: 1, Kind: layer.Bool},
				{Bits: 1},
			}},
			{Name: "lldp.ieee.802_1.port_proto_vlan.id", Title: "Port and Protocol VLAN Identifier", Bits: 16},
		}},
		{Of: []uint64{3}, Fields: []layer.Field{
			{Name: "lldp.ieee.802_1.vlan.id", Title: "VLAN Identifier", Bits: 16},
			{Name: "lldp.ieee.802_1.vlan.name_len", Alias: "namelen", Title: "VLAN Name Length", Bits: 8},
			{Name: "lldp.ieee.802_1.vlan.name", Title: "VLAN Name", Kind: layer.String, Len: "namelen", When: "namelen > 0"},
		}},
		{Of: []uint64{4}, Fields: []layer.Field{
			{Name: "lldp.ieee.802_1.proto.id_length", Alias: "idlen", Title: "Protocol Identity Length", Bits: 8},
			{Name: "lldp.ieee.802_1.proto.id", Title: "Protocol Identity", Kind: layer.Bytes, Len: "idlen", When: "idlen > 0"},
		}},
		{Of: []uint64{7}, Fields: aggregation},
		{Of: []uint64{8}, Fields: append([]layer.Field{{Bits: 8, Sub: perPriority("lldp.ieee.802_1qau.cnpv.prio")}}, layer.Field{Bits: 8, Sub: perPriority("lldp.ieee.802_1qau.ready.prio")})},
		{Of: []uint64{9}, Fields: append([]layer.Field{
			{Bits: 8, Sub: []layer.Field{
				{Name: "lldp.dcbx.ieee.willing", Title: "Willing", Bits: 1},
				{Name: "lldp.dcbx.ieee.ets.cbs", Title: "Credit-Based Shaper", Bits: 1},
				{Bits: 3},
				{Name: "lldp.dcbx.ieee.ets.maxtcs", Title: "Maximum Number of Traffic Classes", Bits: 3},
			}},
		}, transmissionSelection()...)},
		{Of: []uint64{10}, Fields: append([]layer.Field{{Name: "lldp.dcbx.feature.pg.reserved", Title: "Reserved", Bits: 8, Base: layer.Hex}}, transmissionSelection()...)},
		{Of: []uint64{11}, Fields: []layer.Field{
			{Bits: 8, Sub: []layer.Field{
				{Name: "lldp.dcbx.ieee.willing", Title: "Willing", Bits: 1},
				{Name: "lldp.dcbx.ieee.pfc.mbc", Title: "MACsec Bypass Capability", Bits: 1},
				{Bits: 2},
				{Name: "lldp.dcbx.ieee.pfc.numtcs", Title: "Max PFC Enabled Traffic Classes", Bits: 4},
			}},
			{Bits: 8, Sub: perPriority("lldp.dcbx.feature.pfc.prio")},
		}},
		{Of: []uint64{12}, Fields: []layer.Field{
			{Name: "lldp.dcbx.ieee.app.reserved", Title: "Reserved", Bits: 8},
			{Kind: layer.Group, Repeat: "rest / 3", Sub: []layer.Field{
				{Bits: 24, Sub: []layer.Field{
					{Name: "lldp.dcbx.ieee.app.prio", Title: "Priority", Bits: 3},
					{Bits: 2},
					{Name: "lldp.dcbx.iee.app.sf", Title: "SF", Bits: 3},
					{Bits: 16},
				}},
				{Name: "lldp.dcbx.feature.app.proto", Title: "Application Protocol Id", Bits: 16, Base: layer.Hex, At: "1"},
			}},
		}},
	}},
}

// perPriority is a flag for each priority, of which 7 has the most significant.
func perPriority(prefix string) (fields []layer.Field) {
	for i := 7; i >= 0; i-- {
		fields = append(fields, layer.Field{Name: prefix + strconv.Itoa(i), Title: "Priority " + strconv.Itoa(i), Bits: 1, Kind: layer.Bool})
	}
	return fields
}

// transmissionSelection are the group of each priority, and the bandwidth and
// algorithm of each group.
func transmissionSelection() (fields []layer.Field) {
	for half := range 2 {
		var groups []layer.Field
		for i := half * 4; i < half*4+4; i++ {
			groups = append(groups, layer.Field{Name: "lldp.dcbx.feature.pg.pgid_prio" + strconv.Itoa(i), Title: "PGID for Prio " + strconv.Itoa(i), Bits: 4})
		}
		fields = append(fields, layer.Field{Bits: 16, Sub: groups})
	}
	for i := range 8 {
		fields = append(fields, layer.Field{Name: "lldp.dcbx.feature.pg.per" + strconv.Itoa(i), Title: "Bandwidth for PGID " + strconv.Itoa(i), Bits: 8})
	}
	for i := range 8 {
		fields = append(fields, layer.Field{Name: "lldp.dcbx.ieee.ets.tsa" + strconv.Itoa(i), Title: "TSA for Traffic Class " + strconv.Itoa(i), Bits: 8})
	}
	return fields
}

// aggregation tells whether a link is one of several.
var aggregation = []layer.Field{
	{Name: "lldp.ieee.802_3.aggregation_status", Title: "Aggregation Status", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 6},
		{Name: "lldp.ieee.802_3.aggregation_status.enabled", Title: "Aggregation Status", Bits: 1, Kind: layer.Bool},
		{Name: "lldp.ieee.802_3.aggregation_status.cap", Title: "Aggregation Capability", Bits: 1, Kind: layer.Bool},
	}},
	{Name: "lldp.ieee.802_3.aggregated_port_id", Title: "Aggregated Port Id", Bits: 32},
}

// lldpEthernet are the TLVs of IEEE 802.3 (802.3-2022 clause 79).
var lldpEthernet = []layer.Field{
	{Name: "lldp.ieee.802_3.subtype", Alias: "ethernet", Title: "IEEE 802.3 Subtype", Bits: 8, Base: layer.Hex, Enum: layer.Enum{
		1: "MAC/PHY Configuration/Status", 2: "Power Via MDI", 3: "Link Aggregation", 4: "Maximum Frame Size", 5: "EEE Configuration",
	}},
	{Kind: layer.Group, Switch: "ethernet", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "lldp.ieee.802_3.mac_phy_auto_neg_status", Title: "Auto-Negotiation Support/Status", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
				{Bits: 6},
				{Name: "lldp.ieee.802_3.mac_phy_auto_neg_status.enabled", Title: "Auto-Negotiation", Bits: 1, Kind: layer.Bool},
				{Name: "lldp.ieee.802_3.mac_phy_auto_neg_status.supported", Title: "Auto-Negotiation", Bits: 1, Kind: layer.Bool},
			}},
			{Name: "lldp.ieee.802_3.pmd_auto_neg_advertised_caps", Title: "PMD Auto-Negotiation Advertised Capability", Bits: 16, Base: layer.Hex, Sub: advertised("lldp.ieee.802_3.pmd_auto_neg_advertised_caps.", false)},
			{Bits: 16, At: "pos - 2", Sub: advertised("lldp.ieee.802_3.pmd_auto_neg_advertised_caps_inv.", true)},
			{Name: "lldp.ieee.802_3.pmd_mau_type", Title: "Operational MAU Type", Bits: 16, Base: layer.Hex},
		}},
		{Of: []uint64{2}, Fields: lldpPower},
		{Of: []uint64{3}, Fields: aggregation},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "lldp.ieee.802_3.max_frame_size", Title: "Maximum Frame Size", Bits: 16}}},
		{Fields: []layer.Field{{Name: "lldp.unknown_subtype.content", Title: "Unknown Subtype Content", Kind: layer.Bytes, When: "rest > 0"}}},
	}},
}

// advertised are the modes that a port can negotiate, from the most significant
// bit on, or as some devices send them, the other way round.
func advertised(prefix string, inverse bool) []layer.Field {
	names := []string{
		"other", "10base_t", "10base_tfd", "100base_t4", "100base_tx", "100base_txfd", "100base_t2", "100base_t2fd",
		"fdx_pause", "fdx_apause", "fdx_spause", "fdx_bpause", "1000base_x", "1000base_xfd", "1000base_t", "1000base_tfd",
	}
	fields := make([]layer.Field, len(names))
	for i, name := range names {
		at := i
		if inverse {
			at = len(names) - 1 - i
		}
		fields[at] = layer.Field{Name: prefix + name, Title: name, Bits: 1, Kind: layer.Bool}
	}
	return fields
}

// lldpPower is what a port gives or takes of power.
var lldpPower = []layer.Field{
	{Name: "lldp.ieee.802_3.mdi_power_support", Title: "MDI Power Support", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 4},
		{Name: "lldp.ieee.802_3.mdi_power_support.pse_pairs", Title: "PSE Pairs Control Ability", Bits: 1, Kind: layer.Bool},
		{Name: "lldp.ieee.802_3.mdi_power_support.enabled", Title: "PSE MDI Power Enabled", Bits: 1, Kind: layer.Bool},
		{Name: "lldp.ieee.802_3.mdi_power_support.supported", Title: "PSE MDI Power Supported", Bits: 1, Kind: layer.Bool},
		{Name: "lldp.ieee.802_3.mdi_power_support.port_class", Title: "Port Class", Bits: 1, Kind: layer.Bool},
	}},
	{Name: "lldp.ieee.802_3.mdi_pse_pair", Title: "PSE Power Pair", Bits: 8},
	{Name: "lldp.ieee.802_3.mdi_power_class", Title: "Power Class", Bits: 8},
	{Kind: layer.Group, When: "rest >= 5", Sub: []layer.Field{
		{Bits: 8, Sub: []layer.Field{
			{Name: "lldp.ieee.802_3.mdi_power_type", Title: "Power Type", Bits: 2},
			{Name: "lldp.ieee.802_3.mdi_power_source", Title: "Power Source", Bits: 2},
			{Bits: 2},
			{Name: "lldp.ieee.802_3.mdi_power_priority", Title: "Power Priority", Bits: 2},
		}},
		{Name: "lldp.ieee.802_3.mdi_pde_requested", Title: "PD Requested Power Value", Bits: 16},
		{Name: "lldp.ieee.802_3.mdi_pse_allocated", Title: "PSE Allocated Power Value", Bits: 16},
	}},
}

// lldpMedia are the TLVs of media endpoints (ANSI/TIA-1057).
var lldpMedia = []layer.Field{
	{Name: "lldp.media.subtype", Alias: "media", Title: "Media Subtype", Bits: 8, Base: layer.Hex, Enum: layer.Enum{
		1: "LLDP-MED Capabilities", 2: "Network Policy", 3: "Location Identification", 4: "Extended Power-via-MDI",
		5: "Inventory - Hardware Revision", 6: "Inventory - Firmware Revision", 7: "Inventory - Software Revision", 8: "Inventory - Serial Number",
		9: "Inventory - Manufacturer Name", 10: "Inventory - Model Name", 11: "Inventory - Asset ID",
	}},
	{Kind: layer.Group, Switch: "media", Cases: []layer.Case{
		{Of: []uint64{5}, Fields: []layer.Field{{Name: "lldp.media.hardware", Title: "Hardware Revision", Kind: layer.String}}},
		{Of: []uint64{6}, Fields: []layer.Field{{Name: "lldp.media.firmware", Title: "Firmware Revision", Kind: layer.String}}},
		{Of: []uint64{7}, Fields: []layer.Field{{Name: "lldp.media.software", Title: "Software Revision", Kind: layer.String}}},
		{Of: []uint64{8}, Fields: []layer.Field{{Name: "lldp.media.sn", Title: "Serial Number", Kind: layer.String}}},
		{Of: []uint64{9}, Fields: []layer.Field{{Name: "lldp.media.manufacturer", Title: "Manufacturer Name", Kind: layer.String}}},
		{Of: []uint64{10}, Fields: []layer.Field{{Name: "lldp.media.model", Title: "Model Name", Kind: layer.String}}},
		{Of: []uint64{11}, Fields: []layer.Field{{Name: "lldp.media.asset", Title: "Asset ID", Kind: layer.String}}},
	}},
}
