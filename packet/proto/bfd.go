package proto

import "github.com/netwright/netwright/packet/layer"

var bfd = &layer.Proto{
	Name: "bfd", Title: "BFD Control message", Alias: []string{"BFD"}, Spec: "RFC 5880 section 4",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{3784, 4784, 6784, 7784}}}, // RFC 5881, 5883, 7130, 7881
	Fields: []layer.Field{
		{Bits: 8, Sub: []layer.Field{
			{Name: "bfd.version", Alias: "version", Title: "Protocol Version", Bits: 3, Default: 1},
			{Name: "bfd.diag", Alias: "diag", Title: "Diagnostic Code", Bits: 5, Base: layer.Hex, Enum: bfdDiagnostics},
		}},
		{Name: "bfd.flags", Alias: "flags", Title: "Message Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "bfd.sta", Alias: "sta", Title: "Session State", Bits: 2, Base: layer.Hex, Default: 3, Enum: layer.Enum{0: "AdminDown", 1: "Down", 2: "Init", 3: "Up"}},
			{Name: "bfd.flags.p", Title: "Poll", Bits: 1, Kind: layer.Bool},
			{Name: "bfd.flags.f", Title: "Final", Bits: 1, Kind: layer.Bool},
			{Name: "bfd.flags.c", Title: "Control Plane Independent", Bits: 1, Kind: layer.Bool},
			{Name: "bfd.flags.a", Title: "Authentication Present", Bits: 1, Kind: layer.Bool},
			{Name: "bfd.flags.d", Title: "Demand", Bits: 1, Kind: layer.Bool},
			{Name: "bfd.flags.m", Title: "Multipoint", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "bfd.detect_time_multiplier", Alias: "detect_mult", Title: "Detect Time Multiplier", Bits: 8, Default: 3},
		{Name: "bfd.message_length", Alias: "len", Title: "Message Length", Bits: 8, Auto: "header"},
		{Name: "bfd.my_discriminator", Alias: "my_discriminator", Title: "My Discriminator", Bits: 32, Base: layer.Hex, Default: 0x11111111},
		{Name: "bfd.your_discriminator", Alias: "your_discriminator", Title: "Your Discriminator", Bits: 32, Base: layer.Hex, Default: 0x22222222},
		{Name: "bfd.desired_min_tx_interval", Alias: "min_tx_interval", Title: "Desired Min TX Interval", Bits: 32, Default: 1000000000},
		{Name: "bfd.required_min_rx_interval", Alias: "min_rx_interval", Title: "Required Min RX Interval", Bits: 32, Default: 1000000000},
		{Name: "bfd.required_min_echo_interval", Alias: "echo_rx_interval", Title: "Required Min Echo Interval", Bits: 32, Default: 1000000000},
		{Kind: layer.Group, Alias: "auth", When: "bfd.flags.a && rest >= 3", Sub: []layer.Field{
			{Name: "bfd.auth.type", Alias: "auth_type", Title: "Authentication Type", Bits: 8, Enum: bfdAuthentication},
			{Name: "bfd.auth.len", Alias: "auth_len", Title: "Authentication Length", Bits: 8, Auto: "total - 24"},
			{Name: "bfd.auth.key", Title: "Authentication Key ID", Bits: 8},
			{Kind: layer.Group, Switch: "auth_type", Cases: []layer.Case{
				{Of: []uint64{1}, Fields: []layer.Field{{Name: "bfd.auth.password", Title: "Password", Kind: layer.String, Len: "auth_len - 3"}}},
				{Of: []uint64{2, 3}, Fields: bfdDigest("16")},
				{Of: []uint64{4, 5}, Fields: bfdDigest("20")},
			}},
		}},
	},
	Header:  "len",
	Answers: &layer.Answer{Swap: [][2]string{{"my_discriminator", "your_discriminator"}}},
	Summary: "${sta} ${my_discriminator} → ${your_discriminator}",
}

// bfdDigest is the section of a keyed hash (RFC 5880 sections 4.3 and 4.4).
func bfdDigest(size string) []layer.Field {
	return []layer.Field{
		{Bits: 8},
		{Name: "bfd.auth.seq_num", Title: "Sequence Number", Bits: 32, Base: layer.Hex},
		{Name: "bfd.checksum", Title: "Checksum", Kind: layer.Bytes, Len: size},
	}
}

var bfdDiagnostics = layer.Enum{
	0: "No Diagnostic", 1: "Control Detection Time Expired", 2: "Echo Function Failed", 3: "Neighbor Signaled Session Down",
	4: "Forwarding Plane Reset", 5: "Path Down", 6: "Concatenated Path Down", 7: "Administratively Down", 8: "Reverse Concatenated Path Down",
	9: "Mis-Connectivity Defect",
}

var bfdAuthentication = layer.Enum{
	0: "Reserved", 1: "Simple Password", 2: "Keyed MD5", 3: "Meticulous Keyed MD5", 4: "Keyed SHA1", 5: "Meticulous Keyed SHA1",
}
