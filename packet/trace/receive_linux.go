package trace

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/wire"
)

// receive takes the next message, or the next of the queue of errors. What it
// holds is overwritten by the next.
func (s *socket) receive(errorQueue bool) (m message, ok bool) {
	for _, fd := range s.fds {
		if m, ok = s.receiveFrom(fd, errorQueue); ok {
			return m, true
		}
	}
	return m, false
}

func (s *socket) receiveFrom(fd int, errorQueue bool) (m message, ok bool) {
	flags := unix.MSG_DONTWAIT
	if errorQueue {
		flags |= unix.MSG_ERRQUEUE
	}
	for range 3 { // the error of a probe comes before what was received
		n, from, c, err := wire.Receive(fd, s.buf[:], s.control[:], flags)
		if errors.Is(err, unix.EAGAIN) {
			return m, false
		}
		if err != nil {
			continue
		}
		m = message{data: s.buf[:n], time: c.Time, ttl: c.TTL}
		if errorQueue {
			m.from = wire.Zoned(c.From, c.Scope)
			m.kind, m.code, m.mtu, m.err, m.local = c.Type, c.Code, c.MTU, c.Err, c.Local()
			s.extension(&m, c.Extension)
			return m, true
		}
		m.from = from
		if s.raw && s.version == 4 && n > 0 {
			m.data = m.data[min(int(m.data[0]&15)*4, n):]
		}
		return m, true
	}
	return m, false
}

// extension finds the ICMP extension structure, which the kernel leaves behind
// the quotation. Routers that do not tell its place have it after 128 bytes (RFC
// 4884 section 5.5).
func (s *socket) extension(m *message, place int) {
	if place == 0 {
		header := (&form{method: s.method, version: s.version}).ipHeader()
		if s.method == UDP && !s.raw {
			header += udpHeader
		}
		place, m.guessed = 128-header, true
	}
	if place < len(m.data) {
		m.extension = m.data[place:]
		m.data = m.data[:place]
	}
}
