package proto

import "github.com/netwright/netwright/packet/layer"

var smtp = &layer.Proto{
	Name: "smtp", Title: "Simple Mail Transfer Protocol", Alias: []string{"SMTP"}, Spec: "RFC 5321 section 4",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{25, 587}}},
	Refuse: notText,
	Fields: []layer.Field{{Kind: layer.Group, Code: readSMTP, Sub: []layer.Field{
		{Name: "smtp.command_line", Title: "Command Line", Kind: layer.String},
		{Name: "smtp.req.command", Alias: "command", Title: "Command", Kind: layer.String},
		{Name: "smtp.req.parameter", Alias: "parameter", Title: "Request parameter", Kind: layer.String},
		{Name: "smtp.response", Alias: "response", Title: "Response", Kind: layer.String},
		{Name: "smtp.response.code", Alias: "code", Title: "Response code", Bits: 32},
		{Name: "smtp.rsp.parameter", Title: "Response parameter", Kind: layer.String},
	}}},
	Summary: "${command} ${parameter} ${response}",
}

const (
	smtpLine = iota
	smtpCommand
	smtpParameter
	smtpResponse
	smtpCode
	smtpText
)

// smtpCommands are those of RFC 5321 and its extensions. What a client sends
// otherwise is a message, of which a frame alone cannot tell more.
const smtpCommands = "HELO EHLO MAIL RCPT DATA RSET VRFY EXPN HELP NOOP QUIT AUTH STARTTLS BDAT ETRN TURN"

func readSMTP(w *layer.Walker) {
	reply := w.Reply()
	for {
		l, ok := nextLine(w)
		if !ok {
			return
		}
		if reply {
			showSMTPReply(w, l) // the lines behind say the same again
			return
		}
		if !showSMTPCommand(w, l) || !w.Move(l.size) {
			return
		}
	}
}

func showSMTPCommand(w *layer.Walker, l line) bool {
	word, rest := l.cut()
	if !oneOf(word, smtpCommands) {
		return false
	}
	return w.Emit(smtpLine, l.off, l.size, uint64(l.size), l.whole(w)) && l.show(w, smtpCommand, 0, min(len(word), 4)) &&
		(rest >= len(l.text) || l.show(w, smtpParameter, rest, len(l.text)))
}

func showSMTPReply(w *layer.Walker, l line) {
	code, ok := l.code()
	if ok && w.Emit(smtpResponse, l.off, l.size, uint64(l.size), l.whole(w)) && w.Emit(smtpCode, l.off, 3, code, nil) && len(l.text) > 4 {
		l.show(w, smtpText, 4, len(l.text))
	}
}
