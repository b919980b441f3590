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

func set[S ~string | ~[]byte](a *arena, t Text, v S) {
	if t >= texts {
		return
	}
	old := &a.spans[t]
	if len(v) <= int(old.length) {
		copy(a.bytes[old.start:], v)
		old.length = uint16(len(v))
		return
	}
	if old.start+old.length == a.used { // the last one written: its room is free again
		a.used = old.start
	}
	room := arenaSize - len(mark) - int(a.used) // the last bytes are kept for a mark alone
	if t >= Method {
		room -= reserved
	}
	room = max(0, min(room, longest))
	start := a.used
	if len(v) <= room {
		copy(a.bytes[start:], v)
		*old = span{start, uint16(len(v))}
		a.used += uint16(len(v))
		return
	}
	if room < len(mark) {
		start = arenaSize - uint16(len(mark))
		copy(a.bytes[start:], mark)
		*old = span{start, uint16(len(mark))}
		return
	}
	n := cut(v, room-len(mark))
	copy(a.bytes[start:], v[:n])
	copy(a.bytes[int(start)+n:], mark)
	*old = span{start, uint16(n + len(mark))}
	a.used += uint16(n + len(mark))
}

// cut returns the greatest length up to n that splits no UTF-8 sequence of v.
func cut[S ~string | ~[]byte](v S, n int) int {
	for back := 0; back < utf8.UTFMax && back <= n; back++ {
		if utf8.RuneStart(v[n-back]) {
			return n - back
		}
	}
	return n
}
