package flow

import "unicode/utf8"

// Text names one of the texts that a record holds.
type Text uint8

// The texts of a record. The first six are set by the house, the others are
// mostly what a client sent.
const (
	Service   Text = iota // the service that was reached
	Route                 // the route of that service
	Subject               // who the client authenticated as
	Target                // the upstream, device or host that was reached in turn
	Refusal               // which guard refused, and why
	Error                 // what went wrong
	Method                // the request's method
	Host                  // the host that was asked for
	Path                  // the request's path, and query where it is to be kept
	Protocol              // the protocol and version, such as HTTP/1.1
	UserAgent             // the client's description of itself
	Referer               // the page that led here
	RequestID             // the id that the request came with
	texts
)

// String returns the text's key in JSON, such as "user_agent".
func (t Text) String() string {
	switch t {
	case Service:
		return "service"
	case Route:
		return "route"
	case Subject:
		return "subject"
	case Target:
		return "target"
	case Refusal:
		return "refusal"
	case Error:
		return "error"
	case Method:
		return "method"
	case Host:
		return "host"
	case Path:
		return "path"
	case Protocol:
		return "protocol"
	case UserAgent:
		return "user_agent"
	case Referer:
		return "referer"
	case RequestID:
		return "request_id"
	}
	return "unknown"
}

const (
	arenaSize = 384
	// What a client sends leaves this much of the arena to the texts that the
	// house sets, which often come last: a long path must not hide an error.
	reserved = 120
	// No text may take more than this, so that one cannot starve all others.
	longest = 160
	mark    = "…"
)

// arena holds the texts of one record, one behind the other.
type arena struct {
	spans [texts]span
	used  uint16
	bytes [arenaSize]byte
}

type span struct{ start, length uint16 }

func (a *arena) reset() {
	a.spans = [texts]span{}
	a.used = 0
}

func (a *arena) copyTo(to *arena) {
	to.spans, to.used = a.spans, a.used
	copy(to.bytes[:a.used], a.bytes[:a.used])
}

func (a *arena) get(t Text) []byte {
	if t >= texts {
		return nil
	}
	s := a.spans[t]
	return a.bytes[s.start : s.start+s.length : s.start+s.length]
}

// room makes room for a text of n bytes and returns it, less where there is less.
func (a *arena) room(t Text, n int) []byte {
	if t >= texts {
		return nil
	}
	at := &a.spans[t]
	if n > int(at.length) {
		if at.start+at.length == a.used { // the last one written: its room is free again
			a.used = at.start
		}
		room := arenaSize - len(mark) - int(a.used) // the last bytes are kept for a mark alone
		if t >= Method {
			room -= reserved
		}
		n = max(0, min(n, room, longest))
		at.start = a.used
		a.used += uint16(n)
	}
	at.length = uint16(n)
	return a.bytes[at.start : at.start+at.length]
}

// cut puts a mark at the end of a text that had not all the room that it needs.
func (a *arena) cut(t Text) {
	if t >= texts {
		return
	}
	at := &a.spans[t]
	a.used -= at.length
	if int(at.length) < len(mark) {
		*at = span{arenaSize - uint16(len(mark)), uint16(len(mark))}
		copy(a.bytes[at.start:], mark)
		return
	}
	text := a.get(t)
	n := len(text) - len(mark)
	for range utf8.UTFMax { // no sequence is split
		if n == 0 || utf8.RuneStart(text[n]) {
			break
		}
		n--
	}
	n += copy(text[n:], mark)
	at.length = uint16(n)
	a.used += at.length
}
