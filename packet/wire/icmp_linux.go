package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// icmpSocket waits by poll(2) rather than by Go's poller, which takes a socket
// with nothing but errors for one that cannot be waited for; errors are answers
// here.
type icmpSocket struct {
	*os.File
	raw    syscall.RawConn
	closed *atomic.Bool
	v6     bool
}

func openICMPSocket(version int) (icmpSocket, error) {
	domain, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if version == 6 {
		domain, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, protocol)
	if errors.Is(err, unix.EACCES) {
		return icmpSocket{}, fmt.Errorf("ICMP without privileges: %w\nAllow it to all groups:\n  %s", err, allowEcho)
	}
	if err != nil {
		return icmpSocket{}, fmt.Errorf("ICMP without privileges: %w", err)
	}
	s := icmpSocket{File: os.NewFile(uintptr(fd), "icmp"), closed: new(atomic.Bool), v6: version == 6}
	if s.raw, err = s.SyscallConn(); err == nil {
		err = s.prepare(fd)
	}
	if err != nil {
		s.File.Close()
		return icmpSocket{}, fmt.Errorf("ICMP without privileges: %w", err)
	}
	return s, nil
}

func (s icmpSocket) prepare(fd int) error {
	options := [][2]int{{unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW}}
	var local unix.Sockaddr
	if s.v6 {
		options = append(options, [2]int{unix.SOL_IPV6, unix.IPV6_RECVERR}, [2]int{unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT})
		local = &unix.SockaddrInet6{}
	} else {
		options = append(options, [2]int{unix.SOL_IP, unix.IP_RECVERR}, [2]int{unix.SOL_IP, unix.IP_RECVTTL})
		local = &unix.SockaddrInet4{}
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o[0], o[1], 1); err != nil {
			return err
		}
	}
	return unix.Bind(fd, local) // so that there is an identifier from the begin
}

func (s icmpSocket) identifier() (id uint16) {
	_ = s.raw.Control(func(fd uintptr) {
		switch a, _ := unix.Getsockname(int(fd)); a := a.(type) {
		case *unix.SockaddrInet4:
			id = uint16(a.Port)
		case *unix.SockaddrInet6:
			id = uint16(a.Port)
		}
	})
	return id
}

func (s icmpSocket) close() error {
	s.closed.Store(true)
	return s.File.Close()
}

func (s icmpSocket) send(dst netip.Addr, ttl int, message []byte) error {
	var to unix.Sockaddr
	level, kind := unix.SOL_IP, unix.IP_TTL
	if s.v6 {
		level, kind = unix.SOL_IPV6, unix.IPV6_HOPLIMIT
		scope := 0
		if zone := dst.Zone(); zone != "" {
			ifc, err := net.InterfaceByName(zone)
			if err != nil {
				return err
			}
			scope = ifc.Index
		}
		to = &unix.SockaddrInet6{Addr: dst.As16(), ZoneId: uint32(scope)}
	} else {
		to = &unix.SockaddrInet4{Addr: dst.As4()}
	}
	var control []byte
	if ttl > 0 {
		control = controlMessage(level, kind, uint32(ttl))
	}
	var err error
	if e := s.raw.Control(func(fd uintptr) {
		for range 3 { // an error that came for an earlier message is told first
			if _, err = unix.SendmsgN(int(fd), message, control, to, unix.MSG_DONTWAIT); err == nil {
				return
			}
		}
	}); e != nil {
		return net.ErrClosed
	}
	return err
}

// controlMessage makes one with a number in it.
func controlMessage(level, kind int, value uint32) []byte {
	b := make([]byte, unix.CmsgSpace(4))
	binary.NativeEndian.PutUint32(b[unix.CmsgLen(0):], value)
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = int32(level), int32(kind)
	h.SetLen(unix.CmsgLen(4))
	return b
}

func (s icmpSocket) receive(buf []byte, deadline time.Time) (ICMPAnswer, error) {
	const slice = 50 * time.Millisecond // between looks at whether it is closed
	for {
		left := time.Until(deadline)
		var answer ICMPAnswer
		var err error
		if e := s.raw.Control(func(fd uintptr) {
			if answer, err = s.take(int(fd), buf); !errors.Is(err, unix.EAGAIN) {
				return // where many come, they come without a wait
			}
			events := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			wait := unix.NsecToTimespec(int64(min(max(left, 0), slice)))
			if n, _ := unix.Ppoll(events, &wait, nil); n > 0 && events[0].Revents&unix.POLLERR != 0 {
				answer, err = s.takeFrom(int(fd), buf, unix.MSG_ERRQUEUE)
			}
		}); e != nil || s.closed.Load() {
			return answer, net.ErrClosed
		}
		switch {
		case err == nil:
			return answer, nil
		case !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
			return answer, err
		case left <= 0:
			return answer, os.ErrDeadlineExceeded
		}
	}
}

// take takes an answer. An error that waits comes first, and its details are in
// the queue of errors.
func (s icmpSocket) take(fd int, buf []byte) (ICMPAnswer, error) {
	a, err := s.takeFrom(fd, buf, 0)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		return s.takeFrom(fd, buf, unix.MSG_ERRQUEUE)
	}
	return a, err
}

// takeFrom takes a message from the socket, or from its queue of errors.
func (s icmpSocket) takeFrom(fd int, buf []byte, queue int) (ICMPAnswer, error) {
	var control [512]byte
	n, from, c, err := Receive(fd, buf, control[:], unix.MSG_DONTWAIT|queue)
	if err != nil {
		return ICMPAnswer{}, err
	}
	a := ICMPAnswer{Data: buf[:n], Quoted: queue != 0, Time: c.Time, TTL: c.TTL}
	if a.Time.IsZero() {
		a.Time = time.Now()
	}
	switch {
	case a.Quoted && c.IsError:
		a.From, a.Type, a.Code, a.Err, a.MTU = Zoned(c.From, c.Scope), c.Type, c.Code, c.Err, c.MTU
	case !a.Quoted:
		a.From = from
		if n >= 2 {
			a.Type, a.Code = buf[0], buf[1]
		}
	}
	return a, nil
}
