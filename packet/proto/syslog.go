package proto

import (
	"bytes"

	"github.com/netwright/netwright/packet/layer"
)

var syslog = &layer.Proto{
	Name: "syslog", Title: "Syslog message", Alias: []string{"Syslog"}, Spec: "RFC 5424 section 6, RFC 3164 section 4",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{514}}},
	Fields: []layer.Field{{Kind: layer.Group, Code: readSyslog, Write: writeSyslog, Sub: []layer.Field{
		{Name: "syslog.msg", Alias: "msg", Title: "Message", Kind: layer.String},
		{Name: "syslog.facility", Alias: "facility", Title: "Facility", Bits: 8, Enum: syslogFacilities},
		{Name: "syslog.level", Alias: "level", Title: "Level", Bits: 8, Enum: syslogLevels},
		{Name: "syslog.version", Title: "Syslog version", Bits: 8},
		{Name: "syslog.timestamp", Title: "Syslog timestamp", Kind: layer.String},
		{Name: "syslog.timestamp_rfc3164", Title: "Syslog timestamp (RFC3164)", Kind: layer.String},
		{Name: "syslog.hostname", Title: "Syslog hostname", Kind: layer.String},
		{Name: "syslog.appname", Title: "Syslog app name", Kind: layer.String},
		{Name: "syslog.procid", Title: "Syslog process id", Kind: layer.String},
		{Name: "syslog.msgid", Title: "Syslog message id", Kind: layer.String},
	}}},
	Summary: "${facility}.${level}: ${msg}",
}

// The fields of a message by their place in the table.
const (
	syslogMessage = iota
	syslogFacility
	syslogLevel
	syslogVersion
	syslogTime
	syslogOldTime
	syslogHost
	syslogApp
	syslogProcess
	syslogID
)

// readSyslog reads "<priority>message" and what is known of the message's form.
func readSyslog(w *layer.Walker) {
	b, off := w.Rest(), w.Offset()
	priority, skip := syslogPriority(b)
	if priority >= 0 && (!w.Emit(syslogFacility, off, skip, uint64(priority>>3), nil) || !w.Emit(syslogLevel, off, skip, uint64(priority&7), nil)) {
		return
	}
	msg := b[skip:]
	if !w.Emit(syslogMessage, off+skip, len(msg), uint64(len(msg)), msg) {
		return
	}
	off += skip
	if len(msg) > 2 && msg[0] == '1' && msg[1] == ' ' {
		if w.Emit(syslogVersion, off, 1, 1, nil) {
			showWords(w, off+2, msg[2:], syslogTime, syslogHost, syslogApp, syslogProcess, syslogID)
		}
	} else if oldTime(msg) {
		if w.Emit(syslogOldTime, off, 15, 15, msg[:15]) {
			showWords(w, off+16, msg[min(16, len(msg)):], syslogHost)
		}
	}
	w.Move(skip + len(msg))
}

// syslogPriority reads a priority in brackets, of at most 3 digits, and says how
// long it is with as many of the brackets as there are. It is -1 without digits.
func syslogPriority(b []byte) (priority, size int) {
	priority = -1
	if len(b) == 0 || b[0] != '<' {
		return priority, 0
	}
	for size = 1; size < len(b) && size < 4 && b[size] >= '0' && b[size] <= '9'; size++ {
		priority = max(priority, 0)*10 + int(b[size]-'0')
	}
	if size < len(b) && b[size] == '>' {
		size++
	}
	return priority, size
}

// oldTime tells whether a text begins with a time like "Sep 12 19:16:12".
func oldTime(b []byte) bool {
	return len(b) >= 16 && b[3] == ' ' && b[6] == ' ' && b[9] == ':' && b[12] == ':' && b[15] == ' ' && b[0] >= 'A' && b[0] <= 'Z'
}

// showWords shows words with spaces between them, one for each of the fields.
func showWords(w *layer.Walker, off int, b []byte, fields ...int) {
	for _, f := range fields {
		n := bytes.IndexByte(b, ' ')
		if n < 0 || !w.Emit(f, off, n, uint64(n), b[:n]) {
			return
		}
		b, off = b[n+1:], off+n+1
	}
}

// writeSyslog writes a message as it was given, with the priority in it, if any.
func writeSyslog(dst, msg []byte) ([]byte, error) {
	if len(msg) == 0 || msg[0] != '<' {
		dst = append(dst, "<13>"...) // user.notice, RFC 3164 section 4.3.3
	}
	if msg == nil {
		msg = []byte("test")
	}
	return append(dst, msg...), nil
}

// syslogFacilities and syslogLevels are from RFC 5424 section 6.2.1.
var syslogFacilities = layer.Enum{
	0: "KERN", 1: "USER", 2: "MAIL", 3: "DAEMON", 4: "AUTH", 5: "SYSLOG", 6: "LPR", 7: "NEWS", 8: "UUCP", 9: "CRON", 10: "AUTHPRIV", 11: "FTP",
	12: "NTP", 13: "LOGAUDIT", 14: "LOGALERT", 15: "CRON2", 16: "LOCAL0", 17: "LOCAL1", 18: "LOCAL2", 19: "LOCAL3", 20: "LOCAL4", 21: "LOCAL5",
	22: "LOCAL6", 23: "LOCAL7",
}

var syslogLevels = layer.Enum{0: "EMERG", 1: "ALERT", 2: "CRIT", 3: "ERR", 4: "WARNING", 5: "NOTICE", 6: "INFO", 7: "DEBUG"}
