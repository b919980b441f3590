package trace

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
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
		n, controlled, _, from, err := unix.Recvmsg(fd, s.buf[:], s.control[:], flags)
		if errors.Is(err, unix.EAGAIN) {
			return m, false
		}
		if err != nil {
			continue
		}
		m.data = s.buf[:n]
		if !errorQueue {
			m.from = addrOf(from)
			if s.raw && s.version == 4 && n > 0 {
				m.data = m.data[min(int(m.data[0]&15)*4, n):]
			}
		}
		place := -1 // of the extension
		for controls := s.control[:controlled]; len(controls) >= unix.SizeofCmsghdr; {
			h, data, rest, err := unix.ParseOneSocketControlMessage(controls)
			if err != nil {
				break
			}
			m.read(&h, data, &place)
			controls = rest
		}
		if errorQueue {
			s.extension(&m, place)
		}
		return m, true
	}
	return m, false
}

// extension finds the ICMP extension structure, which the kernel leaves behind
// the quotation. Routers that do not tell its place have it after 128 bytes (RFC
// 4884 section 5.5).
func (s *socket) extension(m *message, place int) {
	if place < 0 {
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

// read reads what the kernel says beside the message.
func (m *message) read(h *unix.Cmsghdr, data []byte, place *int) {
	is := func(level, kind int32, length int) bool {
		return h.Level == level && h.Type == kind && len(data) >= length
	}
	switch {
	case is(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 16):
		m.time = time.Unix(int64(binary.NativeEndian.Uint64(data)), int64(binary.NativeEndian.Uint64(data[8:])))
	case is(unix.SOL_IP, unix.IP_TTL, 4), is(unix.SOL_IPV6, unix.IPV6_HOPLIMIT, 4):
		m.ttl = int(binary.NativeEndian.Uint32(data))
	case is(unix.SOL_IP, unix.IP_RECVERR, 16), is(unix.SOL_IPV6, unix.IPV6_RECVERR, 16):
		// struct sock_extended_err, then the address of who sent the error
		m.err = unix.Errno(binary.NativeEndian.Uint32(data))
		m.local = data[4] == unix.SO_EE_ORIGIN_LOCAL
		m.kind, m.code = data[5], data[6]
		if m.err == unix.EMSGSIZE {
			m.mtu = int(binary.NativeEndian.Uint32(data[8:]))
		}
		if length := binary.NativeEndian.Uint16(data[12:]); length > 0 && data[14]&unix.SO_EE_RFC4884_FLAG_INVALID == 0 {
			*place = int(length)
		}
		switch name := data[16:]; {
		case len(name) >= unix.SizeofSockaddrInet6 && binary.NativeEndian.Uint16(name) == unix.AF_INET6:
			m.from = netip.AddrFrom16([16]byte(name[8:24])).Unmap()
		case len(name) >= unix.SizeofSockaddrInet4 && binary.NativeEndian.Uint16(name) == unix.AF_INET:
			m.from = netip.AddrFrom4([4]byte(name[4:8]))
		}
	}
}

func addrOf(sa unix.Sockaddr) netip.Addr {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(sa.Addr)
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			if ifc, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				addr = addr.WithZone(ifc.Name)
			}
		}
		return addr
	}
	return netip.Addr{}
}
