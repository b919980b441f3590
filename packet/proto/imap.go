package proto

import (
	"bytes"

	"github.com/netwright/netwright/packet/layer"
)

var imap = &layer.Proto{
	Name: "imap", Title: "Internet Message Access Protocol", Alias: []string{"IMAP"}, Spec: "RFC 9051 section 2.2",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{143}}},
	Refuse: notText,
	Fields: []layer.Field{{Kind: layer.Group, Code: readIMAP, Sub: []layer.Field{
		{Name: "imap.line", Title: "Line", Kind: layer.String},
		{Name: "imap.request", Title: "Request", Kind: layer.String},
		{Name: "imap.request_tag", Title: "Request Tag", Kind: layer.String},
		{Name: "imap.request.command", Alias: "command", Title: "Request Command", Kind: layer.String},
		{Name: "imap.response", Title: "Response", Kind: layer.String},
		{Name: "imap.response_tag", Title: "Response Tag", Kind: layer.String},
		{Name: "imap.response.status", Alias: "status", Title: "Response Status", Kind: layer.String},
		{Name: "imap.response.command", Title: "Response Command", Kind: layer.String},
	}}},
	Summary: "${command} ${status}",
}

const (
	imapLine = iota
	imapRequest
	imapRequestTag
	imapCommand
	imapResponse
	imapResponseTag
	imapStatus
	imapResponseCommand
)

func readIMAP(w *layer.Walker) {
	reply := w.Reply()
	for {
		l, ok := nextLine(w)
		if !ok || !w.Emit(imapLine, l.off, l.size, uint64(l.size), l.whole(w)) {
			return
		}
		if len(l.text) > 0 && l.text[0] != '*' && l.text[0] != '+' {
			if reply {
				ok = showIMAPWords(w, l, imapResponse)
			} else {
				ok = showIMAPWords(w, l, imapRequest)
			}
		}
		if !ok || !w.Move(l.size) {
			return
		}
	}
}

// showIMAPWords shows a line that begins with a tag, and its words, as the fields
// from i on.
func showIMAPWords(w *layer.Walker, l line, i int) bool {
	if !w.Emit(i, l.off, len(l.text), uint64(len(l.text)), l.text) {
		return false
	}
	words := 2 // a request has a tag and a command, a response the result between them
	if i == imapResponse {
		words = 3
	}
	at := 0
	for k := range words {
		n := bytes.IndexByte(l.text[at:], ' ')
		if n < 0 {
			n = len(l.text) - at
		}
		if n == 0 || !l.show(w, i+1+k, at, at+n) {
			return n == 0
		}
		if at += n + 1; at >= len(l.text) {
			return true
		}
	}
	return true
}
