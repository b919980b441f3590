package proto

import "github.com/netwright/netwright/packet/layer"

var pop = &layer.Proto{
	Name: "pop", Title: "Post Office Protocol", Alias: []string{"POP3", "pop3"}, Spec: "RFC 1939 section 3",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{110}}},
	Refuse: notText,
	Fields: []layer.Field{{Kind: layer.Group, Code: readPOP, Sub: []layer.Field{
		{Name: "pop.request", Title: "Request", Kind: layer.Group},
		{Name: "pop.request.command", Alias: "command", Title: "Request command", Kind: layer.String},
		{Name: "pop.request.parameter", Alias: "parameter", Title: "Request parameter", Kind: layer.String},
		{Name: "pop.response", Title: "Response", Kind: layer.Group},
		{Name: "pop.response.indicator", Alias: "indicator", Title: "Response indicator", Kind: layer.String},
		{Name: "pop.response.description", Alias: "description", Title: "Response description", Kind: layer.String},
		{Name: "pop.response.data", Title: "Data", Kind: layer.Bytes},
	}}},
	Summary: "${command} ${parameter} ${indicator} ${description}",
}

const (
	popRequest = iota
	popCommand
	popParameter
	popResponse
	popIndicator
	popDescription
	popData
)

func readPOP(w *layer.Walker) {
	l, ok := nextLine(w)
	if !ok {
		return
	}
	word, rest := l.cut()
	i := popRequest
	if w.Reply() {
		i = popResponse
		if !oneOf(word, "+OK -ERR") {
			return // the middle of a message
		}
	}
	if !w.Emit(i, l.off, l.size, uint64(l.size), l.whole(w)) || !l.show(w, i+1, 0, len(word)) ||
		rest < len(l.text) && !l.show(w, i+2, rest, len(l.text)) || !w.Move(l.size) {
		return
	}
	for i == popResponse {
		l, ok := nextLine(w)
		if !ok || !w.Emit(popData, l.off, l.size, uint64(l.size), l.whole(w)) || !w.Move(l.size) {
			return
		}
	}
}
