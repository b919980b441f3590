package proto

import "github.com/netwright/netwright/packet/layer"

var resp = &layer.Proto{
	Name: "resp", Title: "Redis Serialization Protocol", Alias: []string{"redis", "RESP"}, Spec: "Redis serialization protocol specification",
	On: []layer.On{{Table: "tcp.port", Keys: []uint64{6379}}},
	Fields: []layer.Field{{Kind: layer.Group, Code: readRESP, Sub: []layer.Field{
		{Name: "resp.array", Title: "Array", Kind: layer.Group},
		{Name: "resp.array.length", Title: "Length", Kind: layer.Int, Bits: 64},
		{Name: "resp.bulk_string", Title: "Bulk String", Kind: layer.Group},
		{Name: "resp.bulk_string.length", Title: "Length", Kind: layer.Int, Bits: 32},
		{Name: "resp.bulk_string.value", Alias: "value", Title: "Value", Kind: layer.Bytes},
		{Name: "resp.string", Alias: "string", Title: "String", Kind: layer.String},
		{Name: "resp.error", Alias: "error", Title: "Error", Kind: layer.String},
		{Name: "resp.integer", Alias: "integer", Title: "Integer", Kind: layer.Int, Bits: 64},
	}}},
	Summary: "${string}${error}${value}",
}

const (
	respArray = iota
	respCount
	respBulk
	respLength
	respValue
	respString
	respError
	respInteger
)

// readRESP shows the values in the order in which they come: an array says how
// many follow.
func readRESP(w *layer.Walker) {
	for {
		l, ok := nextLine(w)
		if !ok || !showRESP(w, l) {
			return
		}
	}
}

// showRESP shows a value, and moves behind it.
func showRESP(w *layer.Walker, l line) bool {
	if len(l.text) == 0 || l.size == len(l.text) {
		return w.Move(l.size) // nothing, or a line that is cut
	}
	value := l.text[1:]
	switch l.text[0] {
	case '+':
		return w.Emit(respString, l.off, l.size, uint64(len(value)), value) && w.Move(l.size)
	case '-':
		return w.Emit(respError, l.off, l.size, uint64(len(value)), value) && w.Move(l.size)
	}
	number, ok := decimal(value)
	switch {
	case ok && l.text[0] == ':':
		return w.Emit(respInteger, l.off, l.size, uint64(number), nil) && w.Move(l.size)
	case ok && l.text[0] == '*':
		return w.Emit(respCount, l.off, l.size, uint64(number), nil) && w.Move(l.size)
	case ok && l.text[0] == '$':
		return showRESPBulk(w, l, number)
	}
	return w.Move(l.size) // a command as one types it, or a type of RESP3
}

// showRESPBulk shows a bulk string, of which the line says the length.
func showRESPBulk(w *layer.Walker, l line, length int64) bool {
	rest := w.Rest()[l.size:]
	if length < 0 {
		return w.Emit(respBulk, l.off, l.size, 0, nil) && w.Emit(respLength, l.off, l.size, uint64(length), nil) && w.Move(l.size)
	}
	if length+2 > int64(len(rest)) {
		return w.Emit(respLength, l.off, l.size, uint64(length), nil) && w.Fail("a string is cut off")
	}
	n := int(length)
	return w.Emit(respBulk, l.off, l.size+n+2, 0, nil) && w.Emit(respLength, l.off, l.size, uint64(length), nil) &&
		(n == 0 || w.Emit(respValue, l.off+l.size, n, uint64(n), rest[:n])) && w.Move(l.size+n+2)
}

// decimal is a number of at most 18 digits, which may be negative.
func decimal(b []byte) (n int64, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
