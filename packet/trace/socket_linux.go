package trace

import (
	"encoding/binary"
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

// socket is what probes go out by, and what answers and errors come in by: a
// raw socket of the method's protocol, or a datagram socket.
type socket struct {
	version int
	method  Method
	raw     bool
	cfg     *Config
	fds     []int // by flow where they differ by socket, else one
	held    int   // keeps the source port of a raw socket from others; -1: none
	to      unix.Sockaddr
	packet  []byte
	buf     [2048]byte
	control [512]byte
}

func (s *socket) domain() int {
	if s.version == 6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func (s *socket) protocol() int {
	switch {
	case s.method == UDP:
		return unix.IPPROTO_UDP
	case s.method == TCP:
		return unix.IPPROTO_TCP
	case s.version == 6:
		return unix.IPPROTO_ICMPV6
	}
	return unix.IPPROTO_ICMP
}

func openSocket(version int, cfg *Config) (*socket, error) {
	s := &socket{version: version, method: cfg.Method, cfg: cfg, held: -1}
	kinds := []int{unix.SOCK_RAW, unix.SOCK_DGRAM} // datagrams know less of quotations
	if s.method == ICMP {
		kinds = []int{unix.SOCK_DGRAM, unix.SOCK_RAW}
	}
	var err error
	for _, kind := range kinds {
		if kind == unix.SOCK_DGRAM && s.method == TCP || kind == unix.SOCK_RAW && cfg.datagrams {
			continue
		}
		var fd int
		if fd, err = s.open(kind); err == nil {
			s.raw = kind == unix.SOCK_RAW
			s.fds = []int{fd}
			return s, nil
		}
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		err = &wire.PermissionError{Doing: "trace by " + s.method.String(), Err: err, Echo: s.method == ICMP}
	} else {
		err = fmt.Errorf("trace by IPv%d: %w", version, err)
	}
	return nil, err
}

// open opens a socket that is deaf until start.
func (s *socket) open(kind int) (int, error) {
	fd, err := unix.Socket(s.domain(), kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, s.protocol())
	if err != nil {
		return -1, err
	}
	if err := s.prepare(fd); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if kind == unix.SOCK_RAW {
		err = attach(fd, []bpf.Instruction{bpf.RetConstant{Val: 0}})
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (s *socket) close() error {
	var errs []error
	for _, fd := range s.fds {
		errs = append(errs, unix.Close(fd))
	}
	s.release()
	return errors.Join(errs...)
}

func (s *socket) release() {
	if s.held >= 0 {
		unix.Close(s.held)
		s.held = -1
	}
}

func (s *socket) prepare(fd int) error {
	type option struct{ level, name, value int }
	options := []option{{unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1}}
	level, discover, tos := unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_TOS
	if s.version == 6 {
		level, discover, tos = unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_TCLASS
		options = append(options, option{level, unix.IPV6_RECVERR, 1}, option{level, unix.IPV6_RECVHOPLIMIT, 1})
	} else {
		options = append(options, option{level, unix.IP_RECVERR, 1}, option{level, unix.IP_RECVTTL, 1})
	}
	if s.cfg.MTU {
		options = append(options, option{level, discover, unix.IP_PMTUDISC_PROBE})
	}
	if s.cfg.TOS > 0 {
		options = append(options, option{level, tos, s.cfg.TOS})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return err
		}
	}
	extensions := unix.IP_RECVERR_RFC4884
	if s.version == 6 {
		extensions = unix.IPV6_RECVERR_RFC4884
	}
	_ = unix.SetsockoptInt(fd, level, extensions, 1) // since Linux 5.9; without it their place is guessed
	if s.cfg.Interface == "" {
		return nil
	}
	if err := unix.BindToDevice(fd, s.cfg.Interface); err != nil {
		return fmt.Errorf("interface %s: %w", s.cfg.Interface, err)
	}
	return nil
}

func attach(fd int, instructions []bpf.Instruction) error {
	program, err := bpf.Assemble(instructions)
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, f := range program {
		filter[i] = unix.SockFilter{Code: f.Op, Jt: f.Jt, Jf: f.Jf, K: f.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// sockaddr is an address for the kernel. Raw sockets have no ports.
func (s *socket) sockaddr(a netip.Addr, port uint16) unix.Sockaddr {
	if s.version == 4 {
		return &unix.SockaddrInet4{Addr: a.As4(), Port: int(port)}
	}
	scope := uint32(0)
	if zone := a.Zone(); zone != "" {
		if ifc, err := net.InterfaceByName(zone); err == nil {
			scope = uint32(ifc.Index)
		}
	}
	return &unix.SockaddrInet6{Addr: a.As16(), Port: int(port), ZoneId: scope}
}

func portOf(fd int) (netip.Addr, uint16, error) {
	name, err := unix.Getsockname(fd)
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(name.Addr), uint16(name.Port), err
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(name.Addr), uint16(name.Port), err
	}
	return netip.Addr{}, 0, err
}

// start makes the socket ready for a target: it finds the source address and
// port, and what the route takes.
func (s *socket) start(cfg *Config, target netip.Addr, f *form) (mtu int, err error) {
	if f.src, mtu, err = s.route(target); err != nil {
		return 0, err
	}
	s.to = s.sockaddr(target, 0)
	switch {
	case s.method == ICMP && s.raw:
		f.sport = uint16(rand.Uint32())
	case !s.raw:
		f.sport, err = s.bindFlows(cfg, target)
	default:
		f.sport, err = s.hold(f.src)
	}
	if err != nil {
		return 0, err
	}
	if s.method == UDP && !s.raw {
		s.to = s.sockaddr(target, cfg.Port)
	}
	if s.raw {
		return mtu, attach(s.fds[0], s.filter(f))
	}
	return mtu, nil
}

// route asks the kernel for the source address and the MTU, by a datagram
// socket that sends nothing.
func (s *socket) route(target netip.Addr) (src netip.Addr, mtu int, err error) {
	fd, err := unix.Socket(s.domain(), unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return src, 0, err
	}
	defer unix.Close(fd)
	if err := s.prepare(fd); err != nil {
		return src, 0, err
	}
	if s.cfg.Source.IsValid() {
		switch err := unix.Bind(fd, s.sockaddr(s.cfg.Source.Unmap(), 0)); {
		case errors.Is(err, unix.EADDRNOTAVAIL):
			return src, 0, fmt.Errorf("this host has no address %v to send from: %w", s.cfg.Source, err)
		case err != nil:
			return src, 0, fmt.Errorf("source %v: %w", s.cfg.Source, err)
		}
	}
	if err := unix.Connect(fd, s.sockaddr(target, 9)); err != nil {
		return src, 0, fmt.Errorf("route to %v: %w", target, err)
	}
	level, name := unix.SOL_IP, unix.IP_MTU
	if s.version == 6 {
		level, name = unix.SOL_IPV6, unix.IPV6_MTU
	}
	if mtu, err = unix.GetsockoptInt(fd, level, name); err != nil {
		return src, 0, err
	}
	src, _, err = portOf(fd)
	return src, min(mtu, 65535), err
}

// bindFlows binds datagram sockets: one for each flow where there are several.
func (s *socket) bindFlows(cfg *Config, target netip.Addr) (port uint16, err error) {
	n := 1
	if cfg.Paths && s.method == UDP {
		n = maxFlows
	}
	for len(s.fds) < n {
		fd, err := s.open(unix.SOCK_DGRAM)
		if err != nil {
			return 0, err
		}
		s.fds = append(s.fds, fd)
	}
	source := netip.IPv4Unspecified()
	if s.version == 6 {
		source = netip.IPv6Unspecified()
	}
	if s.cfg.Source.IsValid() {
		source = s.cfg.Source.Unmap()
	}
	for _, fd := range s.fds {
		if _, port, err := portOf(fd); err == nil && port != 0 {
			continue // of an earlier trace
		}
		if err := unix.Bind(fd, s.sockaddr(source, 0)); err != nil {
			return 0, fmt.Errorf("source %v: %w", source, err)
		}
	}
	_, port, err = portOf(s.fds[0])
	return port, err
}

// hold takes a port for a raw socket, so that the kernel gives it to nobody else.
func (s *socket) hold(src netip.Addr) (uint16, error) {
	s.release()
	kind := unix.SOCK_DGRAM
	if s.method == TCP {
		kind = unix.SOCK_STREAM
	}
	fd, err := unix.Socket(s.domain(), kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	s.held = fd
	if err := unix.Bind(fd, s.sockaddr(src, 0)); err != nil {
		return 0, err
	}
	_, port, err := portOf(fd)
	return min(port, 1<<16-maxFlows), err
}

// filter lets pass what the target may answer.
func (s *socket) filter(f *form) []bpf.Instruction {
	at := bpf.Instruction(bpf.LoadMemShift{Off: 0})
	if s.version == 6 {
		at = bpf.LoadConstant{Dst: bpf.RegX, Val: 0}
	}
	if s.method == ICMP {
		reply := uint32(0)
		if s.version == 6 {
			reply = 129
		}
		return []bpf.Instruction{
			at,
			bpf.LoadIndirect{Off: 0, Size: 1}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: reply, SkipTrue: 3},
			bpf.LoadIndirect{Off: 4, Size: 2}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(f.sport), SkipTrue: 1},
			bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0},
		}
	}
	return []bpf.Instruction{
		at,
		bpf.LoadIndirect{Off: 0, Size: 2}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(f.port), SkipTrue: 4},
		bpf.LoadIndirect{Off: 2, Size: 2}, bpf.ALUOpConstant{Op: bpf.ALUOpSub, Val: uint32(f.sport)},
		bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: maxFlows, SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0},
	}
}

// send sends the packet with a TTL.
func (s *socket) send(ttl, flow int) error {
	level, kind := int32(unix.SOL_IP), int32(unix.IP_TTL)
	if s.version == 6 {
		level, kind = unix.SOL_IPV6, unix.IPV6_HOPLIMIT
	}
	control := make([]byte, unix.CmsgSpace(4))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(4))
	binary.NativeEndian.PutUint32(control[unix.CmsgLen(0):], uint32(ttl))
	fd := s.fds[0]
	if len(s.fds) > 1 {
		fd = s.fds[flow%len(s.fds)]
	}
	_, err := unix.SendmsgN(fd, s.packet, control, s.to, 0)
	return err
}

// wait waits for answers or errors.
func (s *socket) wait(d time.Duration) error {
	fds := make([]unix.PollFd, len(s.fds))
	for i, fd := range s.fds {
		fds[i] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	}
	timeout := unix.NsecToTimespec(int64(max(d, 0)))
	if _, err := unix.Ppoll(fds, &timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("wait for answers: %w", err)
	}
	return nil
}
