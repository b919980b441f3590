package flow

import (
	"net/netip"
	"time"
)

// Record is what happened once: one connection, request, probe or job. The zero
// Record is ready for [Record.Begin]. It holds no pointers: assigning one
// copies all of it. It may not be used by two goroutines at once.
type Record struct {
	ID         ID
	Kind       Kind
	Tries      uint8  // how often a target was tried, 0 where there is none
	Status     uint16 // the HTTP status, or 0
	TLSVersion uint16 // as in crypto/tls, or 0 without TLS

	Start    int64         // nanoseconds since the Unix epoch
	Duration time.Duration // from Start to the end
	First    time.Duration // from Start to the first byte of the answer, or 0
	BytesIn  int64         // what the peer sent
	BytesOut int64         // what the peer was sent

	peer  peer
	texts arena
}

type peer struct {
	addr [16]byte
	port uint16
	form uint8 // one of noPeer, peer4, peer6
}

const (
	noPeer uint8 = iota
	peer4
	peer6
)

// Begin empties the record and gives it a new ID and its start.
func (r *Record) Begin(k Kind, now time.Time) {
	r.ID = NewID(now)
	r.Kind = k
	r.Tries, r.Status, r.TLSVersion = 0, 0, 0
	r.Start = now.UnixNano()
	r.Duration, r.First, r.BytesIn, r.BytesOut = 0, 0, 0, 0
	r.peer.form = noPeer
	r.texts.reset()
}

// copyTo makes to the same as r. Of the texts' memory it moves what is in use, which
// is mostly a third: the slots of a journal are always far from the processor.
func (r *Record) copyTo(to *Record) {
	to.ID, to.Kind, to.Tries, to.Status, to.TLSVersion = r.ID, r.Kind, r.Tries, r.Status, r.TLSVersion
	to.Start, to.Duration, to.First, to.BytesIn, to.BytesOut = r.Start, r.Duration, r.First, r.BytesIn, r.BytesOut
	to.peer = r.peer
	r.texts.copyTo(&to.texts)
}

// Set copies v into the record as its text t. A text that is too long is cut
// and ends with "…". Setting one again replaces it; the room of the old value
// may be lost.
func (r *Record) Set(t Text, v []byte) {
	if copy(r.texts.room(t, len(v)), v) < len(v) {
		r.texts.cut(t)
	}
}

// SetString is Set for a string.
func (r *Record) SetString(t Text, v string) {
	if copy(r.texts.room(t, len(v)), v) < len(v) {
		r.texts.cut(t)
	}
}

// Get returns the text t, or "" if it was not set.
func (r *Record) Get(t Text) string { return string(r.texts.get(t)) }

// Bytes returns the text t as a slice of the record's own memory, which holds
// until the next Set or Begin.
func (r *Record) Bytes(t Text) []byte { return r.texts.get(t) }

// Has reports whether the text t is there and not empty.
func (r *Record) Has(t Text) bool { return t < texts && r.texts.spans[t].length > 0 }

// SetPeer sets the address of the other side. An IPv6 zone is not kept, and an
// IPv4 address mapped into IPv6 becomes the IPv4 address.
func (r *Record) SetPeer(p netip.AddrPort) {
	addr := p.Addr().Unmap()
	switch {
	case addr.Is4():
		v4 := addr.As4()
		copy(r.peer.addr[:4], v4[:])
		r.peer.form = peer4
	case addr.Is6():
		r.peer.addr = addr.As16()
		r.peer.form = peer6
	default:
		r.peer.form = noPeer
	}
	r.peer.port = p.Port()
}

// Peer returns the address of the other side; it is not valid where there is
// none, such as on a Unix socket.
func (r *Record) Peer() netip.AddrPort {
	switch r.peer.form {
	case peer4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(r.peer.addr[:4])), r.peer.port)
	case peer6:
		return netip.AddrPortFrom(netip.AddrFrom16(r.peer.addr), r.peer.port)
	}
	return netip.AddrPort{}
}

// Outcome returns "refused" where a guard refused, or where the status puts an
// error on the client (400 to 499); "error" where the record has another error,
// or a status of 500 and above; and "ok" for all else.
func (r *Record) Outcome() string {
	switch {
	case r.Has(Refusal):
		return "refused"
	case r.Status >= 500:
		return "error"
	case !r.Has(Error):
		return "ok"
	case r.Status >= 400:
		return "refused"
	}
	return "error"
}
