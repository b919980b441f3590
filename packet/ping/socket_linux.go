package ping

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/wire"
)

// socket is one for echo requests and their answers: a datagram socket of ICMP
// where the process may have one, else a raw one. Both get the errors about what
// they sent through their queue of errors.
type socket struct {
	fd      int
	version int
	raw     bool
	id      uint16
	writer  writer
	batch   *batch
	scopes  map[string]uint32 // interfaces by the zones of addresses
	stamps  bool              // the kernel tells when requests left, by the queue of errors
	ready   bool              // there may be answers
	failing bool              // there may be errors
}

func openSocket(version int, cfg *Config) (*socket, error) {
	domain, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if version == 6 {
		domain, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	s := &socket{version: version, scopes: make(map[string]uint32)}
	var err error
	s.fd, err = unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, protocol)
	if errors.Is(err, unix.EACCES) {
		s.raw = true
		s.fd, err = unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil, &wire.PermissionError{Doing: "ping", Err: err, Echo: true}
	}
	if err != nil {
		return nil, fmt.Errorf("ping by IPv%d: %w", version, err)
	}
	if err := s.prepare(cfg); err != nil {
		unix.Close(s.fd)
		return nil, fmt.Errorf("ping by IPv%d: %w", version, err)
	}
	s.batch = newBatch(headerLen+cfg.Size, headerLen+cfg.Size+60)
	return s, nil
}

func (s *socket) close() error { return unix.Close(s.fd) }

// prepare sets the options of the socket, binds it, and finds its identifier.
func (s *socket) prepare(cfg *Config) error {
	for _, o := range s.options(cfg) {
		if err := unix.SetsockoptInt(s.fd, o.level, o.name, o.value); err != nil {
			return fmt.Errorf("%s: %w", o.what, err)
		}
	}
	const buffer = 4 << 20
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer) // what the system allows
	}
	patience := unix.NsecToTimeval(int64(100 * time.Millisecond))
	if err := unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience); err != nil {
		return err
	}
	if cfg.Interface != "" {
		if err := unix.BindToDevice(s.fd, cfg.Interface); err != nil {
			return fmt.Errorf("interface %s: %w", cfg.Interface, err)
		}
	}
	if err := s.bind(cfg.Source); err != nil {
		return err
	}
	if !s.raw {
		return nil
	}
	s.id = uint16(rand.Uint32())
	return s.onlyOurs()
}

type option struct {
	level, name, value int
	what               string
}

func (s *socket) options(cfg *Config) []option {
	list := []option{{unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1, "time stamps"}}
	add := func(level, name, value int, what string) {
		list = append(list, option{level, name, value, what})
	}
	level, ttl, tos, discover := unix.SOL_IP, unix.IP_TTL, unix.IP_TOS, unix.IP_MTU_DISCOVER
	if s.version == 6 {
		level, ttl, tos, discover = unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_TCLASS, unix.IPV6_MTU_DISCOVER
		add(level, unix.IPV6_RECVERR, 1, "errors")
		add(level, unix.IPV6_RECVHOPLIMIT, 1, "hop limits")
	} else {
		add(level, unix.IP_RECVERR, 1, "errors")
		add(level, unix.IP_RECVTTL, 1, "TTLs")
	}
	if cfg.TTL > 0 {
		add(level, ttl, cfg.TTL, "TTL")
		if s.version == 6 {
			add(level, unix.IPV6_MULTICAST_HOPS, cfg.TTL, "hop limit")
		} else {
			add(level, unix.IP_MULTICAST_TTL, cfg.TTL, "TTL")
		}
	}
	if cfg.TOS > 0 {
		add(level, tos, cfg.TOS, "TOS")
	}
	if cfg.PMTU != PMTUSystem {
		how := [...]int{PMTUDo: unix.IP_PMTUDISC_DO, PMTUWant: unix.IP_PMTUDISC_WANT, PMTUDont: unix.IP_PMTUDISC_DONT, PMTUProbe: unix.IP_PMTUDISC_PROBE}
		add(level, discover, how[cfg.PMTU], "path MTU discovery")
	}
	if cfg.Broadcast {
		add(unix.SOL_SOCKET, unix.SO_BROADCAST, 1, "broadcast")
	}
	return list
}

// bind gives the socket its source address; a datagram socket gets its
// identifier by it, too.
func (s *socket) bind(source netip.Addr) error {
	if s.raw && !source.IsValid() {
		return nil
	}
	var local unix.Sockaddr = &unix.SockaddrInet6{}
	if s.version == 4 {
		local = &unix.SockaddrInet4{}
	}
	if source.IsValid() {
		if s.version == 4 {
			local = &unix.SockaddrInet4{Addr: source.Unmap().As4()}
		} else {
			local = &unix.SockaddrInet6{Addr: source.As16(), ZoneId: s.scope(source)}
		}
	}
	switch err := unix.Bind(s.fd, local); {
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("this host has no address %v to send from: %w", source, err)
	case err != nil:
		return fmt.Errorf("source %v: %w", source, err)
	}
	if s.raw {
		return nil
	}
	name, err := unix.Getsockname(s.fd)
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		s.id = uint16(name.Port)
	case *unix.SockaddrInet6:
		s.id = uint16(name.Port)
	}
	return err
}

// onlyOurs has the kernel keep all but echo replies with our identifier from
// the socket. Raw sockets of IPv4 see the IP header.
func (s *socket) onlyOurs() error {
	icmp := []bpf.Instruction{bpf.LoadMemShift{Off: 0}}
	if s.version == 6 {
		icmp = []bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegX, Val: 0}}
	}
	program, err := bpf.Assemble(append(icmp,
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(s.replyType()), SkipTrue: 3},
		bpf.LoadIndirect{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(s.id), SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 18},
		bpf.RetConstant{Val: 0},
	))
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, f := range program {
		filter[i] = unix.SockFilter{Code: f.Op, Jt: f.Jt, Jf: f.Jf, K: f.K}
	}
	return unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// replyType is the type of an echo reply.
func (s *socket) replyType() uint8 {
	if s.version == 6 {
		return 129
	}
	return 0
}

// scope is the index of the interface that a zone names; 0 for none.
func (s *socket) scope(a netip.Addr) uint32 {
	zone := a.Zone()
	if zone == "" {
		return 0
	}
	index, ok := s.scopes[zone]
	if !ok {
		if ifc, err := net.InterfaceByName(zone); err == nil {
			index = uint32(ifc.Index)
		}
		s.scopes[zone] = index
	}
	return index
}

// start makes the socket ready for a run. Requests go one by one where their
// times count, and together where the calls would.
func (s *socket) start(token uint32, size int, together bool) {
	s.batch.most = 1
	if together {
		s.batch.most = sendsAtOnce
	}
	s.stamp(!together)
	s.writer = newWriter(s.version, size, s.id, token)
	for i := range s.batch.out.headers {
		copy(s.batch.out.data(i), s.writer.request)
	}
	s.batch.pending, s.batch.begin = s.batch.queue[:0], 0
	s.ready, s.failing = false, false
}

// stamp has the kernel tell when requests leave for the device, if it can.
func (s *socket) stamp(on bool) {
	flags := 0
	if on {
		flags = unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_TX_SOFTWARE
	}
	err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING_NEW, flags)
	s.stamps = on && err == nil
}

// dropped is how many answers found no room in the buffer (socket(7), SO_MEMINFO).
func (s *socket) dropped() uint64 {
	var info [9]uint32
	length := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return 0
	}
	return uint64(info[unix.SK_MEMINFO_DROPS])
}

// send sends the batch, from its first on, and says how many went. An error is
// about the one after them.
func (s *socket) send() (int, error) {
	b := s.batch
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&b.out.headers[b.begin])), uintptr(len(b.pending)), 0, 0, 0)
	switch {
	case errno == unix.EINTR:
		return 0, nil
	case errno != 0:
		return 0, errno
	}
	return int(n), nil
}

// receive takes messages, or errors, and says how many. Afterwards ready (or
// failing) says whether there may be more.
func (s *socket) receive(errorQueue bool) (int, error) {
	in, flags, more := &s.batch.in, unix.MSG_DONTWAIT, &s.ready
	if errorQueue {
		flags, more = flags|unix.MSG_ERRQUEUE, &s.failing
	}
	in.rewind()
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&in.headers[0])), uintptr(len(in.headers)), uintptr(flags), 0, 0)
	switch errno {
	case 0:
		*more = int(n) == len(in.headers)
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	case unix.EAGAIN:
		*more = false
		return 0, nil
	}
	if errorQueue {
		*more = false
	}
	return 0, errno // the error of a request, of which the queue of errors says more
}

// message reads the message in a place of what was received.
func (s *socket) message(i int, isError bool) message {
	in := &s.batch.in
	m := message{data: in.data(i)[:min(int(in.headers[i].Len), in.size)]}
	m.size = len(m.data)
	c := wire.ReadControl(in.control(i))
	m.time, m.ttl = c.Time, c.TTL
	if isError {
		m.about, m.from = wire.AddrOf(&in.names[i]), wire.Zoned(c.From, c.Scope)
		m.kind, m.code, m.mtu, m.err, m.local, m.sent = c.Type, c.Code, c.MTU, c.Err, c.Local(), c.Sent()
		if request := len(s.writer.request); m.sent && len(m.data) > request {
			m.data = m.data[len(m.data)-request:] // without the headers before it
		}
		return m
	}
	m.from = wire.AddrOf(&in.names[i])
	if s.raw && s.version == 4 {
		if len(m.data) == 0 || int(m.data[0]&15)*4 > len(m.data) {
			m.data = nil
		} else {
			m.data = m.data[int(m.data[0]&15)*4:]
		}
		m.size = len(m.data)
	}
	if len(m.data) > 1 {
		m.kind, m.code = m.data[0], m.data[1]
	}
	return m
}
