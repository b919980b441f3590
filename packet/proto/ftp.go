package proto

import (
	"bytes"

	"github.com/netwright/netwright/packet/layer"
)

var ftp = &layer.Proto{
	Name: "ftp", Title: "File Transfer Protocol (FTP)", Alias: []string{"FTP"}, Spec: "RFC 959 section 4",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{21}}},
	Refuse: notText,
	Fields: []layer.Field{{Kind: layer.Group, Code: readFTP, Sub: []layer.Field{
		{Name: "ftp.request", Title: "Request", Kind: layer.Bool, Bits: 1},
		{Name: "ftp.response", Title: "Response", Kind: layer.Bool, Bits: 1},
		{Name: "ftp.request.command", Alias: "command", Title: "Request command", Kind: layer.String},
		{Name: "ftp.request.arg", Alias: "arg", Title: "Request arg", Kind: layer.String},
		{Name: "ftp.response.code", Alias: "code", Title: "Response code", Bits: 32},
		{Name: "ftp.response.arg", Alias: "text", Title: "Response arg", Kind: layer.String},
		{Name: "ftp.epsv.port", Title: "Extended passive port", Bits: 16},
	}}},
	Summary: "${command} ${arg} ${code} ${text}",
}

const (
	ftpRequest = iota
	ftpResponse
	ftpCommand
	ftpArg
	ftpCode
	ftpText
	ftpPort
)

func readFTP(w *layer.Walker) {
	reply := uint64(0)
	if w.Reply() {
		reply = 1
	}
	if !w.Emit(ftpRequest, w.Offset(), 0, 1-reply, nil) || !w.Emit(ftpResponse, w.Offset(), 0, reply, nil) {
		return
	}
	l, ok := nextLine(w)
	if !ok {
		return
	}
	if reply == 1 {
		showFTPReply(w, l)
		return
	}
	if word, rest := l.cut(); l.show(w, ftpCommand, 0, len(word)) && rest < len(l.text) {
		l.show(w, ftpArg, rest, len(l.text))
	}
}

// showFTPReply shows the first line of a reply. One that is gone on with has no
// code.
func showFTPReply(w *layer.Walker, l line) {
	code, ok := l.code()
	if !ok {
		if len(l.text) > 0 {
			l.show(w, ftpText, 0, len(l.text))
		}
		return
	}
	if !w.Emit(ftpCode, l.off, 3, code, nil) || len(l.text) < 5 || !l.show(w, ftpText, 4, len(l.text)) || code != 229 {
		return
	}
	// RFC 2428 section 3: the port stands in (|||6446|).
	from := bytes.Index(l.text, []byte("|||")) + 3
	to := bytes.LastIndexByte(l.text, '|')
	if from < 3 || to <= from || to-from > 5 {
		return
	}
	port := uint64(0)
	for _, c := range l.text[from:to] {
		if c < '0' || c > '9' {
			return
		}
		port = port*10 + uint64(c-'0')
	}
	w.Emit(ftpPort, l.off+from, to-from, port, nil)
}
