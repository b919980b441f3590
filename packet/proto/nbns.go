package proto

import "github.com/netwright/netwright/packet/layer"

var nbns = &layer.Proto{
	Name: "nbns", Title: "NetBIOS Name Service", Alias: []string{"NBNSHeader", "NBNS"}, Spec: "RFC 1002 section 4.2",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{137}}},
	Fields: []layer.Field{
		{Name: "nbns.id", Alias: "id", Title: "Transaction ID", Bits: 16, Base: layer.Hex},
		{Name: "nbns.flags", Alias: "flags", Title: "Flags", Bits: 16, Base: layer.Hex, Default: 0x0110, Sub: []layer.Field{
			{Name: "nbns.flags.response", Alias: "response", Title: "Response", Kind: layer.Bool, Bits: 1},
			{Name: "nbns.flags.opcode", Alias: "opcode", Title: "Opcode", Bits: 4, Enum: layer.Enum{0: "Name query", 5: "Registration", 6: "Release", 7: "WACK", 8: "Refresh"}},
			{Name: "nbns.flags.authoritative", Title: "Authoritative", Kind: layer.Bool, Bits: 1, When: "response"},
			{Name: "nbns.flags.truncated", Title: "Truncated", Kind: layer.Bool, Bits: 1},
			{Name: "nbns.flags.recdesired", Title: "Recursion desired", Kind: layer.Bool, Bits: 1},
			{Name: "nbns.flags.recavail", Title: "Recursion available", Kind: layer.Bool, Bits: 1, When: "response"},
			{Bits: 2},
			{Name: "nbns.flags.broadcast", Title: "Broadcast", Kind: layer.Bool, Bits: 1},
			{Name: "nbns.flags.rcode", Title: "Reply code", Bits: 4, When: "response"},
		}},
		{Name: "nbns.count.queries", Alias: "qdcount", Title: "Questions", Bits: 16, Default: 1},
		{Name: "nbns.count.answers", Alias: "ancount", Title: "Answer RRs", Bits: 16},
		{Name: "nbns.count.auth_rr", Alias: "nscount", Title: "Authority RRs", Bits: 16},
		{Name: "nbns.count.add_rr", Alias: "arcount", Title: "Additional RRs", Bits: 16},
		{Alias: "qd", Kind: layer.Group, Repeat: "qdcount", Sub: []layer.Field{
			netbiosName,
			{Name: "nbns.type", Alias: "qtype", Title: "Type", Bits: 16, Default: 32, Enum: nbnsTypes},
			{Name: "nbns.class", Alias: "qclass", Title: "Class", Bits: 16, Default: 1, Enum: dnsClasses},
		}},
		{Alias: "rr", Kind: layer.Group, Repeat: "ancount + nscount + arcount", Sub: []layer.Field{
			{Kind: layer.Group, Code: skipName},
			{Name: "nbns.type", Alias: "rtype", Title: "Type", Bits: 16, Default: 32, Enum: nbnsTypes},
			{Name: "nbns.class", Alias: "rclass", Title: "Class", Bits: 16, Default: 1, Enum: dnsClasses},
			{Name: "nbns.ttl", Alias: "ttl", Title: "Time to live", Bits: 32},
			{Name: "nbns.data_length", Alias: "rdlen", Title: "Data length", Bits: 16},
			{Kind: layer.Group, Len: "rdlen", Sub: []layer.Field{{Kind: layer.Group, Repeat: "rtype == 32 ? rest / 6 : 0", Sub: []layer.Field{
				{Name: "nbns.nb_flags", Title: "Name flags", Bits: 16, Base: layer.Hex},
				{Name: "nbns.addr", Title: "Addr", Kind: layer.IPv4},
			}}}},
		}},
	},
	Answers: &layer.Answer{Same: []string{"id"}, When: "response == 1"},
	Summary: "${id} ${qname}",
}

// netbiosName is a name whose half bytes are letters (RFC 1001 section 14.1),
// shown with its last byte, which says what it names, as <1d>.
var netbiosName = layer.Field{Kind: layer.Group, Code: readNetBIOS, Sub: []layer.Field{
	{Name: "nbns.name", Alias: "qname", Title: "Name", Kind: layer.String},
}}

func readNetBIOS(w *layer.Walker) {
	off := w.Offset()
	label, size, _ := readName(w.Frame()[:w.End()], w.Start(), off, w.Scratch())
	if size == 0 || len(label) < 32 {
		w.Fail("a NetBIOS name is cut off or too short")
		return
	}
	const digits = "0123456789abcdef"
	text := label[32:32:cap(label)]
	blanks := 0
	for i := range 16 {
		high, low := label[2*i]-'A', label[2*i+1]-'A'
		if high > 15 || low > 15 {
			w.Fail("a NetBIOS name has letters that stand for nothing")
			return
		}
		switch c := high<<4 | low; {
		case i == 15: // what is named, behind the blanks that fill the name up
			text = append(text[:len(text)-blanks], '<', digits[high], digits[low], '>')
		case c < ' ' || c > '~':
			text = append(text, '<', digits[high], digits[low], '>')
		case c == ' ':
			text = append(text, c)
			blanks++
			continue
		default:
			text = append(text, c)
		}
		blanks = 0
	}
	_ = w.Emit(0, off, size, uint64(len(text)), text) && w.Move(size)
}

// skipName moves behind a name.
func skipName(w *layer.Walker) {
	if _, size, _ := readName(w.Frame()[:w.End()], w.Start(), w.Offset(), w.Scratch()); size > 0 {
		w.Move(size)
		return
	}
	w.Fail("a name is cut off or points nowhere")
}

var nbnsTypes = layer.Enum{10: "NULL", 32: "NB", 33: "NBSTAT"}
