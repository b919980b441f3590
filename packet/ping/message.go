package ping

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/netwright/netwright/packet/layer"
)

const (
	headerLen = 8 // of ICMP
	tokenLen  = 8 // a number of this run and the target's index, which come first in the payload
)

// writer makes echo requests. They differ in little, so that each is a patched
// copy of the first.
type writer struct {
	request []byte
	sum     uint64 // of the request, with nothing in the fields that differ
}

func newWriter(version, size int, id uint16, token uint32) writer {
	w := writer{request: make([]byte, headerLen+size)}
	w.request[0] = 8
	if version == 6 {
		w.request[0] = 128
	}
	binary.BigEndian.PutUint16(w.request[4:], id)
	for i := range w.request[headerLen:] {
		w.request[headerLen+i] = byte(i)
	}
	if size >= tokenLen {
		binary.BigEndian.PutUint32(w.request[headerLen:], token)
		clear(w.request[headerLen+4:][:4])
	}
	w.sum = layer.AddSum(0, w.request)
	return w
}

// patch makes b, a copy of the first request, the one to a target.
func (w *writer) patch(b []byte, target, seq uint32) {
	sum := w.sum + uint64(uint16(seq))
	binary.BigEndian.PutUint16(b[6:], uint16(seq))
	if len(b) >= headerLen+tokenLen {
		binary.BigEndian.PutUint32(b[headerLen+4:], target)
		sum += uint64(target)
	}
	binary.BigEndian.PutUint16(b[2:], layer.FoldSum(sum)) // of ICMPv6 the kernel makes another
}

// echo is what identifies a request, read from the answer to it or from the
// quotation in an ICMP error.
type echo struct {
	seq      uint16
	target   int // -1: the message does not say
	stranger bool
}

// readEcho reads an ICMP message from its type on. One that is not of this run
// is a stranger.
func readEcho(b []byte, id uint16, token uint32, size int) echo {
	if len(b) < headerLen || binary.BigEndian.Uint16(b[4:]) != id {
		return echo{stranger: true}
	}
	e := echo{seq: binary.BigEndian.Uint16(b[6:]), target: -1}
	if size >= tokenLen && len(b) >= headerLen+tokenLen {
		e.stranger = binary.BigEndian.Uint32(b[headerLen:]) != token
		e.target = int(binary.BigEndian.Uint32(b[headerLen+4:]))
	}
	return e
}

// message is what came.
type message struct {
	data       []byte // the ICMP message; for an error the one that it is about
	from       netip.Addr
	about      netip.Addr // for an error: where the request went
	time       time.Time
	ttl, size  int
	kind, code uint8
	mtu        int
	err        error
	local      bool // the error is of this host
	sent       bool // it is no error, but says when the request left
}
