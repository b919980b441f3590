package proto

import (
	"bytes"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

var sip = &layer.Proto{
	Name: "sip", Title: "Session Initiation Protocol", Alias: []string{"SIP"}, Spec: "RFC 3261 section 7",
	On: []layer.On{
		{Table: "udp.port", Keys: []uint64{5060}},
		{Table: "tcp.port", Keys: []uint64{5060}},
	},
	Guess:   isSIP,
	Refuse:  func(b []byte) bool { return !isSIP(b) },
	Fields:  []layer.Field{{Kind: layer.Group, Code: readSIP, Sub: sipFields}},
	Summary: "${method} ${uri} ${status}",
}

const (
	sipRequestLine = iota
	sipMethod
	sipURI
	sipStatusLine
	sipStatus
	sipHeaders
	sipSequence
	sipSequenceMethod
	sipFromURI
	sipFromUser
	sipFromHost
	sipFromTag
	sipToURI
	sipToUser
	sipToHost
	sipToTag
	sipTransport
	sipSentBy
	sipSentByPort
	sipBranch
	sipReceived
	sipRPort
	sipURIUser
	sipURIHost
	sipBody
	sipFirstHeader
)

// sipHeaderNames are the headers that are shown, with their short forms (RFC 3261
// section 7.3.3), in the order of their fields.
var sipHeaderNames = [...]struct{ name, short string }{
	{"Via", "v"}, {"From", "f"}, {"To", "t"}, {"Call-ID", "i"}, {"CSeq", ""}, {"Contact", "m"}, {"Content-Length", "l"}, {"Content-Type", "c"},
	{"Max-Forwards", ""}, {"User-Agent", ""}, {"Server", ""}, {"Expires", ""}, {"Allow", ""}, {"Accept", ""}, {"Supported", "k"}, {"Require", ""},
	{"Route", ""}, {"Record-Route", ""}, {"WWW-Authenticate", ""}, {"Authorization", ""}, {"Proxy-Authenticate", ""}, {"Proxy-Authorization", ""},
	{"Warning", ""}, {"Date", ""}, {"Subject", "s"}, {"Event", "o"}, {"Reason", ""}, {"Organization", ""}, {"P-Associated-URI", ""}, {"P-Asserted-Identity", ""},
}

const (
	sipVia  = 0
	sipFrom = 1
	sipTo   = 2
	sipCall = 3
	sipCSeq = 4
)

var sipFields = sipTable()

func sipTable() []layer.Field {
	text := func(name, alias, title string) layer.Field {
		return layer.Field{Name: name, Alias: alias, Title: title, Kind: layer.String}
	}
	fields := []layer.Field{
		text("sip.Request-Line", "", "Request-Line"),
		text("sip.Method", "method", "Method"),
		text("sip.r-uri", "uri", "Request-URI"),
		text("sip.Status-Line", "", "Status-Line"),
		{Name: "sip.Status-Code", Alias: "status", Title: "Status-Code", Bits: 32},
		{Name: "sip.msg_hdr", Title: "Message Header", Kind: layer.Group},
		{Name: "sip.CSeq.seq", Title: "Sequence Number", Bits: 32},
		text("sip.CSeq.method", "", "CSeq Method"),
		text("sip.from.addr", "", "SIP from address"),
		text("sip.from.user", "", "SIP from address User Part"),
		text("sip.from.host", "", "SIP from address Host Part"),
		text("sip.from.tag", "", "SIP from tag"),
		text("sip.to.addr", "", "SIP to address"),
		text("sip.to.user", "", "SIP to address User Part"),
		text("sip.to.host", "", "SIP to address Host Part"),
		text("sip.to.tag", "", "SIP to tag"),
		text("sip.Via.transport", "", "Transport"),
		text("sip.Via.sent-by.address", "", "Sent-by Address"),
		{Name: "sip.Via.sent-by.port", Title: "Sent-by port", Bits: 16},
		text("sip.Via.branch", "", "Branch"),
		text("sip.Via.received", "", "Received"),
		text("sip.Via.rport", "", "RPort"),
		text("sip.r-uri.user", "", "Request-URI User Part"),
		text("sip.r-uri.host", "", "Request-URI Host Part"),
		{Name: "sip.msg_body", Title: "Message Body", Kind: layer.Group},
	}
	for _, h := range sipHeaderNames {
		fields = append(fields, text("sip."+h.name, "", h.name))
	}
	return append(fields, text("sip.call_id_generated", "", "Generated Call-ID"))
}

// sipMethods are from RFC 3261 and its extensions.
const sipMethods = "INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE"

// isSIP knows a message by its first line.
func isSIP(b []byte) bool {
	if bytes.HasPrefix(b, []byte("SIP/2.0 ")) {
		return true
	}
	first, _, _ := bytes.Cut(b[:min(len(b), 1024)], []byte("\n"))
	method, _, _ := bytes.Cut(first, []byte(" "))
	return oneOf(method, sipMethods) && bytes.HasSuffix(bytes.TrimSuffix(first, []byte("\r")), []byte(" SIP/2.0"))
}

func readSIP(w *layer.Walker) {
	l, ok := nextLine(w)
	if !ok || !showSIPStart(w, l) || !w.Move(l.size) {
		return
	}
	off, rest := w.Offset(), w.Rest()
	end := bytes.Index(rest, []byte("\r\n\r\n"))
	if end < 0 {
		end = len(rest)
	} else {
		end += 4
	}
	if !w.Emit(sipHeaders, off, end, uint64(end), rest[:end]) {
		return
	}
	for w.Offset() < off+end {
		l, ok := nextLine(w)
		if !ok || len(l.text) == 0 {
			break
		}
		if !showSIPHeader(w, l) || !w.Move(l.size) {
			return
		}
	}
	if body := len(rest) - end; body > 0 {
		w.Emit(sipBody, off+end, body, 0, nil)
	}
	w.Move(len(w.Rest()))
}

func showSIPStart(w *layer.Walker, l line) bool {
	first, rest := l.cut()
	if strings.HasPrefix(string(first[:min(len(first), 4)]), "SIP/") {
		code, ok := line{text: l.text[rest:]}.code()
		return l.show(w, sipStatusLine, 0, len(l.text)) && (!ok || w.Emit(sipStatus, l.off+rest, 3, code, nil))
	}
	end := bytes.LastIndexByte(l.text, ' ')
	if end <= rest {
		return l.show(w, sipRequestLine, 0, len(l.text)) && l.show(w, sipMethod, 0, len(first))
	}
	return l.show(w, sipRequestLine, 0, len(l.text)) && l.show(w, sipMethod, 0, len(first)) && l.show(w, sipURI, rest, end) &&
		showSIPAddress(w, l, rest, end, sipURIUser)
}

// showSIPAddress shows the user and the host of a URI that lies in a line, as the
// fields i and i+1.
func showSIPAddress(w *layer.Walker, l line, from, to, i int) bool {
	uri := l.text[from:to]
	at := bytes.IndexByte(uri, ':') + 1
	if at == 0 {
		return true
	}
	if n := bytes.IndexByte(uri[at:], '@'); n >= 0 {
		if !l.show(w, i, from+at, from+at+n) {
			return false
		}
		at += n + 1
	}
	n := bytes.IndexAny(uri[at:], ":;?>")
	if n < 0 {
		n = len(uri) - at
	}
	return l.show(w, i+1, from+at, from+at+n)
}

// showSIPHeader shows a header's line, and what is in those that every message
// has.
func showSIPHeader(w *layer.Walker, l line) bool {
	colon := bytes.IndexByte(l.text, ':')
	if colon <= 0 {
		return true
	}
	name := bytes.TrimRight(l.text[:colon], " \t")
	from := colon + 1
	for from < len(l.text) && (l.text[from] == ' ' || l.text[from] == '\t') {
		from++
	}
	for i, h := range sipHeaderNames {
		if len(name) != len(h.name) && len(name) != len(h.short) || !strings.EqualFold(string(name[:min(len(name), 32)]), h.name) && !strings.EqualFold(string(name[:min(len(name), 32)]), h.short) {
			continue
		}
		value := l.text[from:]
		if !w.Emit(sipFirstHeader+i, l.off, l.size, uint64(len(value)), value) {
			return false
		}
		switch i {
		case sipVia:
			return showSIPVia(w, l, from)
		case sipFrom:
			return showSIPParty(w, l, from, sipFromURI)
		case sipTo:
			return showSIPParty(w, l, from, sipToURI)
		case sipCall:
			return w.Emit(sipFirstHeader+len(sipHeaderNames), l.off, l.size, uint64(len(value)), value)
		case sipCSeq:
			return showSIPSequence(w, l, from)
		}
		return true
	}
	return true
}

func showSIPSequence(w *layer.Walker, l line, from int) bool {
	n, number := from, uint64(0)
	for n < len(l.text) && l.text[n] >= '0' && l.text[n] <= '9' {
		number = number*10 + uint64(l.text[n]-'0')
		n++
	}
	if n == from || n >= len(l.text) {
		return true
	}
	return w.Emit(sipSequence, l.off+from, n-from, number, nil) && l.show(w, sipSequenceMethod, n+1, len(l.text))
}

// showSIPParty shows the address and the tag of From or To, as the fields from i
// on.
func showSIPParty(w *layer.Walker, l line, from, i int) bool {
	start, end := bytes.IndexByte(l.text[from:], '<'), bytes.IndexByte(l.text[from:], '>')
	if start < 0 || end < start {
		return true
	}
	start, end = from+start+1, from+end
	if !l.show(w, i, start, end) || !showSIPAddress(w, l, start, end, i+1) {
		return false
	}
	at, n := l.parameter(end, "tag=")
	return n == 0 || l.show(w, i+3, at, at+n)
}

// parameter finds the value of a parameter, given with its "=", at or behind a
// place of a line.
func (l line) parameter(from int, name string) (at, size int) {
	for from < len(l.text) {
		n := bytes.IndexByte(l.text[from:], ';')
		if n < 0 {
			return 0, 0
		}
		from += n + 1
		if rest := l.text[from:]; len(rest) > len(name) && strings.EqualFold(string(rest[:len(name)]), name) {
			end := bytes.IndexAny(rest, ";, >")
			if end < 0 {
				end = len(rest)
			}
			return from + len(name), end - len(name)
		}
	}
	return 0, 0
}

// showSIPVia shows what Via says: SIP/2.0/UDP host:port;parameters.
func showSIPVia(w *layer.Walker, l line, from int) bool {
	space := bytes.IndexByte(l.text[from:], ' ')
	if space < 0 {
		return true
	}
	slash := bytes.LastIndexByte(l.text[from:from+space], '/')
	if !l.show(w, sipTransport, from+slash+1, from+space) {
		return false
	}
	host := from + space + 1
	end := bytes.IndexAny(l.text[host:], ":; ,")
	if end < 0 {
		end = len(l.text) - host
	}
	if !l.show(w, sipSentBy, host, host+end) {
		return false
	}
	if at := host + end; at < len(l.text) && l.text[at] == ':' {
		n, port := at+1, uint64(0)
		for n < len(l.text) && n < at+6 && l.text[n] >= '0' && l.text[n] <= '9' {
			port = port*10 + uint64(l.text[n]-'0')
			n++
		}
		if !w.Emit(sipSentByPort, l.off+at+1, n-at-1, port, nil) {
			return false
		}
	}
	for k, name := range [...]string{"branch=", "received=", "rport="} {
		if at, n := l.parameter(host, name); n > 0 && !l.show(w, sipBranch+k, at, at+n) {
			return false
		}
	}
	return true
}
