package proto

import "github.com/netwright/netwright/packet/layer"

var dhcp = &layer.Proto{
	Name: "dhcp", Title: "Dynamic Host Configuration Protocol", Alias: []string{"DHCP", "BOOTP", "bootp"}, Spec: "RFC 2131 section 2",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{67, 68}}},
	Fields: []layer.Field{
		{Name: "dhcp.type", Alias: "op", Title: "Message type", Bits: 8, Default: 1, Enum: layer.Enum{1: "Boot Request", 2: "Boot Reply"}},
		{Name: "dhcp.hw.type", Alias: "htype", Title: "Hardware type", Bits: 8, Base: layer.Hex, Default: 1},
		{Name: "dhcp.hw.len", Alias: "hlen", Title: "Hardware address length", Bits: 8, Default: 6},
		{Name: "dhcp.hops", Alias: "hops", Title: "Hops", Bits: 8},
		{Name: "dhcp.id", Alias: "xid", Title: "Transaction ID", Bits: 32, Base: layer.Hex},
		{Name: "dhcp.secs", Alias: "secs", Title: "Seconds elapsed", Bits: 16},
		{Name: "dhcp.flags", Alias: "flags", Title: "Bootp flags", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
			{Name: "dhcp.flags.bc", Title: "Broadcast flag", Kind: layer.Bool, Bits: 1},
			{Name: "dhcp.flags.reserved", Title: "Reserved flags", Bits: 15, Base: layer.Hex},
		}},
		{Name: "dhcp.ip.client", Alias: "ciaddr", Title: "Client IP address", Kind: layer.IPv4},
		{Name: "dhcp.ip.your", Alias: "yiaddr", Title: "Your (client) IP address", Kind: layer.IPv4},
		{Name: "dhcp.ip.server", Alias: "siaddr", Title: "Next server IP address", Kind: layer.IPv4},
		{Name: "dhcp.ip.relay", Alias: "giaddr", Title: "Relay agent IP address", Kind: layer.IPv4},
		{Kind: layer.Group, Len: "16", Sub: []layer.Field{
			{Name: "dhcp.hw.mac_addr", Alias: "chaddr", Title: "Client MAC address", Kind: layer.MAC, When: "htype == 1 && hlen == 6"},
			{Name: "dhcp.hw.addr", Title: "Client hardware address", Kind: layer.Bytes, Len: "hlen", When: "pos == 0 && hlen > 0 && hlen <= 16"},
			{Name: "dhcp.hw.addr_padding", Title: "Client hardware address padding", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Name: "dhcp.server", Alias: "sname", Title: "Server host name", Kind: layer.CString, Len: "64"},
		{Name: "dhcp.file", Alias: "file", Title: "Boot file name", Kind: layer.CString, Len: "128"},
		{Name: "dhcp.cookie", Alias: "cookie", Title: "Magic cookie", Kind: layer.IPv4, When: "u32(0) == 0x63825363", Default: 0x63825363},
		{Kind: layer.Group, When: "cookie == 0x63825363", Sub: []layer.Field{
			{Kind: layer.Group, Alias: "options", Repeat: "*", Until: "code == 255", Sub: []layer.Field{{Alias: "code", Calc: "u8(0)"}}, Switch: "code", Cases: dhcpOptions},
			{Name: "dhcp.option.padding", Title: "Padding", Kind: layer.Bytes, When: "rest > 0"},
		}},
	},
	Blank:   []layer.Given{{Name: "options", Sub: []layer.Given{{Name: "dhcp.option.dhcp", U: 1}}}, {Name: "options", Sub: []layer.Given{{Name: "dhcp.option.end", U: 255}}}},
	Answers: &layer.Answer{Same: []string{"xid"}, When: "op == 2"},
	Summary: "${dhcp} ${xid} ${yiaddr}",
}

// showZeros shows the zeros from here on as Sub[0].
func showZeros(w *layer.Walker) {
	b := w.Rest()
	n := 0
	for n < len(b) && b[n] == 0 {
		n++
	}
	_ = w.Emit(0, w.Offset(), n, uint64(n), b[:n]) && w.Move(n)
}
