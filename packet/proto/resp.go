package proto

import "github.com/netwright/netwright/packet/layer"

var resp = &layer.Proto{
	Name: "resp", Title: "Redis Serialization Protocol", Alias: []string{"redis", "RESP"}, Spec: "Redis serialization protocol specification",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{6379}}},
	Refuse: notRESP,
	Fields: []layer.Field{{Kind: layer.Group, Code: readRESP, Sub: []layer.Field{
		{Name: "resp.array_length", Title: "Array length", Kind: layer.Int, Bits: 64},
		{Name: "resp.bulk_string.length", Title: "Length", Kind: layer.Int, Bits: 64},
		{Name: "resp.bulk_string.value", Alias: "value", Title: "Value", Kind: layer.Bytes},
		{Name: "resp.string", Alias: "string", Title: "String", Kind: layer.String},
		{Name: "resp.error", Alias: "error", Title: "Error", Kind: layer.String},
		{Name: "resp.integer", Alias: "integer", Title: "Integer", Kind: layer.Int, Bits: 64},
	}}},
	Summary: "${string}${error}${value}",
}

const (
	respArray = iota
	respLength
	respBulk
	respString
	respError
	respInteger
)

// notRESP tells that a payload does not begin as a value does.
func notRESP(b []byte) bool {
	switch b[0] {
	case '+', '-':
		return notText(b)
	case ':', '*', '$':
		return len(b) < 2 || b[1] != '-' && (b[1] < '0' || b[1] > '9')
	}
	return true
}

// readRESP shows the values in the order in which they come: an array says how
// many follow, and has no end of its own.
func readRESP(w *layer.Walker) {
	for {
		l, ok := nextLine(w)
		if !ok || len(l.text) == 0 || !showRESP(w, l) {
			return
		}
	}
}

// showRESP shows a value, and moves behind it.
func showRESP(w *layer.Walker, l line) bool {
	value := l.text[1:]
	switch l.text[0] {
	case '+':
		return l.show(w, respString, 1, len(l.text)) && w.Move(l.size)
	case '-':
		return l.show(w, respError, 1, len(l.text)) && w.Move(l.size)
	}
	number, ok := decimal(value)
	if !ok {
		return false
	}
	switch l.text[0] {
	case ':':
		return w.Emit(respInteger, l.off+1, len(value), uint64(number), nil) && w.Move(l.size)
	case '*':
		return w.Emit(respArray, l.off+1, len(value), uint64(number), nil) && w.Move(l.size)
	case '$':
		if !w.Emit(respLength, l.off+1, len(value), uint64(number), nil) || !w.Move(l.size) {
			return false
		}
		b := w.Rest()
		n := min(number, int64(len(b)))
		if n < 0 {
			return true
		}
		return w.Emit(respBulk, w.Offset(), int(n), uint64(n), b[:n]) && w.Move(min(int(n)+2, len(b)))
	}
	return false
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
