package rtnl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long an answer of the kernel may take; it comes at once, so
// more means that it was lost.
const patience = 5 * time.Second

// tries is how often a list is asked for anew when it changed while it was
// read.
const tries = 5

var errChanged = errors.New("the table changed while it was read")

// socket is a netlink socket. The lock is held for a whole round trip, and to
// close it.
type socket struct{ *locked }

type locked struct {
	mu  sync.Mutex
	fd  int // -1 when closed
	seq uint32
	buf []byte
}

func openSocket() (socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return socket{}, fmt.Errorf("open a netlink socket: %w", err)
	}
	limit := unix.NsecToTimeval(int64(patience))
	err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	if err != nil {
		unix.Close(fd)
		return socket{}, fmt.Errorf("open a netlink socket: %w", err)
	}
	return socket{&locked{fd: fd, buf: make([]byte, 64<<10)}}, nil
}

func (s socket) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	err := unix.Close(s.fd)
	s.fd = -1
	return err
}

// roundTrip sends a request and gives each message of the answer to handle. A
// list that changed while it was read is asked for again first.
func (s socket) roundTrip(req []byte, handle func(message) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	dump := binary.NativeEndian.Uint16(req[6:])&flagDump != 0
	for range tries {
		s.seq++
		if err := unix.Sendto(s.fd, finish(req, s.seq), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return err
		}
		var all []message
		var err error
		if all, err = s.receive(dump); errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return err
		}
		for _, m := range all {
			if err := handle(m); err != nil {
				return err
			}
		}
		return nil
	}
	return errChanged
}

// receive collects the messages that answer the latest request.
func (s *locked) receive(dump bool) ([]message, error) {
	var all []message
	changed := false
	for {
		n, from, err := unix.Recvfrom(s.fd, s.buf, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil, fmt.Errorf("the kernel did not answer within %v", patience)
		case err != nil:
			return nil, err
		}
		if peer, ok := from.(*unix.SockaddrNetlink); !ok || peer.Pid != 0 {
			continue // not the kernel
		}
		for m, err := range messages(append([]byte(nil), s.buf[:n]...)) {
			if err != nil {
				return nil, err
			}
			if m.seq != s.seq {
				continue // of a request that was given up
			}
			changed = changed || m.flags&flagDumpInterrupted != 0
			switch m.kind {
			case nlmsgDone:
				if changed {
					return nil, errChanged
				}
				return all, nil
			case nlmsgError:
				return all, failure(m.body)
			}
			all = append(all, m)
		}
		if !dump && len(all) > 0 {
			return all, nil
		}
	}
}

// failure reads an NLMSG_ERROR; number 0 is an acknowledgement.
func failure(body []byte) error {
	if len(body) < 4 {
		return errShort
	}
	if code := -int32(binary.NativeEndian.Uint32(body)); code != 0 {
		return unix.Errno(code)
	}
	return nil
}

func isNotExist(err error) bool { return errors.Is(err, unix.ENOENT) }

// provoke makes the kernel ask for a neighbour's hardware address.
func provoke(link int, addr netip.Addr) error {
	const discard = 9
	domain, to := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: discard, ZoneId: uint32(link), Addr: addr.As16()})
	if addr.Is4() {
		domain, to = unix.AF_INET, &unix.SockaddrInet4{Port: discard, Addr: addr.As4()}
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("ask for it: %w", err)
	}
	defer unix.Close(fd)
	if name, err := net.InterfaceByIndex(link); err == nil {
		// Without it the route decides, which mostly is the same link; before
		// Linux 5.7 it needs CAP_NET_RAW.
		_ = unix.BindToDevice(fd, name.Name)
	}
	if err := unix.Sendto(fd, nil, 0, to); err != nil {
		return fmt.Errorf("ask for it: %w", err)
	}
	return nil
}
