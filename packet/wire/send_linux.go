package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var errFull = errors.New("the kernel's queue is full")

// sendSocket is one packet socket, or a raw socket for each version of IP.
type sendSocket struct {
	files []*os.File
	raw   [2]syscall.RawConn // for frames the first; else for IPv4 and IPv6, nil where the host has none
	ip    bool
	index int // of the interface; 0: by route
}

// sendBatch is the memory of a sendmmsg call.
type sendBatch struct {
	headers []unix.Mmsghdr
	vectors []unix.Iovec
	to4     []unix.RawSockaddrInet4
	to6     []unix.RawSockaddrInet6
}

func newSendBatch(n int) *sendBatch {
	return &sendBatch{
		headers: make([]unix.Mmsghdr, n), vectors: make([]unix.Iovec, n),
		to4: make([]unix.RawSockaddrInet4, n), to6: make([]unix.RawSockaddrInet6, n),
	}
}

func openSendSocket(cfg SendConfig, l link) (*sendSocket, error) {
	s := &sendSocket{ip: cfg.IP, index: l.index}
	err := s.open(cfg)
	if err == nil {
		return s, nil
	}
	_ = s.close()
	doing := "send IP packets"
	if cfg.Interface != "" {
		doing = "send on " + cfg.Interface
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil, &PermissionError{Doing: doing, Err: err}
	}
	return nil, fmt.Errorf("%s: %w", doing, err)
}

func (s *sendSocket) open(cfg SendConfig) error {
	if !cfg.IP {
		return s.add(cfg, 0, unix.AF_PACKET, 0)
	}
	if err := s.add(cfg, 0, unix.AF_INET, unix.IPPROTO_RAW); err != nil {
		return err
	}
	if err := s.add(cfg, 1, unix.AF_INET6, unix.IPPROTO_RAW); err != nil && !errors.Is(err, unix.EAFNOSUPPORT) {
		return err
	}
	return nil
}

// add opens a socket that receives nothing: it is for no protocol.
func (s *sendSocket) add(cfg SendConfig, place, domain, protocol int) error {
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "send:"+cfg.Interface)
	s.files = append(s.files, file)
	if s.raw[place], err = file.SyscallConn(); err != nil {
		return err
	}
	if err := prepare(fd, cfg); err != nil {
		return err
	}
	if domain == unix.AF_PACKET {
		return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: s.index}))
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1); err != nil {
		return err
	}
	if cfg.Interface != "" {
		return unix.BindToDevice(fd, cfg.Interface)
	}
	return nil
}

// prepare sets what all the sockets have. They block, but not for long, so that
// a context is looked at.
func prepare(fd int, cfg SendConfig) error {
	patience := unix.NsecToTimeval(int64(100 * time.Millisecond))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience); err != nil {
		return err
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, int(cfg.Buffer)) != nil {
		// Only CAP_NET_ADMIN may have more than the limit; others get that.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, int(cfg.Buffer)); err != nil {
			return fmt.Errorf("send buffer of %d bytes: %w", cfg.Buffer, err)
		}
	}
	if !cfg.Bypass {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1); err != nil {
		return fmt.Errorf("go around the queueing discipline: %w", err)
	}
	return nil
}

func (s *sendSocket) close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// one sends a packet, which waits for room in the kernel's queue for a while.
func (s *sendSocket) one(packet []byte) error {
	const pause, patience = 100 * time.Microsecond, 5 * time.Second
	b := newSendBatch(1)
	for begin := time.Now(); ; time.Sleep(pause) {
		_, err := s.send(b, [][]byte{packet})
		if !errors.Is(err, errFull) || time.Since(begin) > patience {
			return err
		}
	}
}

// send gives the first packets to the kernel and says how many, at least one
// where there is no error. An error is about the first packet.
func (s *sendSocket) send(b *sendBatch, packets [][]byte) (int, error) {
	place, n, err := s.addressed(b, packets)
	if err != nil {
		return 0, err
	}
	if s.raw[place] == nil {
		return 0, unix.EAFNOSUPPORT
	}
	var sent uintptr
	var errno syscall.Errno
	err = s.raw[place].Control(func(fd uintptr) {
		for {
			sent, _, errno = unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&b.headers[0])), uintptr(n), 0, 0, 0)
			if errno != unix.EINTR {
				return
			}
		}
	})
	switch {
	case err != nil:
		return 0, net.ErrClosed
	case errno == unix.EAGAIN, errno == unix.ENOBUFS:
		return 0, errFull
	case errno != 0:
		return 0, errno
	}
	return int(sent), nil
}

// addressed fills the batch with the first packets that leave by the same
// socket, and says by which.
func (s *sendSocket) addressed(b *sendBatch, packets [][]byte) (place, n int, err error) {
	for i, p := range packets[:min(len(packets), len(b.headers))] {
		h := &b.headers[i].Hdr
		*h = unix.Msghdr{Iov: &b.vectors[i]}
		h.SetIovlen(1)
		b.vectors[i] = unix.Iovec{}
		if len(p) > 0 {
			b.vectors[i].Base = &p[0]
		}
		b.vectors[i].SetLen(len(p))
		if !s.ip {
			continue
		}
		at, err := s.destination(b, i, p)
		if err != nil && i == 0 {
			return 0, 0, err
		}
		if err != nil || i > 0 && at != place {
			return place, i, nil
		}
		place = at
	}
	return place, min(len(packets), len(b.headers)), nil
}

// destination reads where an IP packet goes.
func (s *sendSocket) destination(b *sendBatch, i int, p []byte) (place int, err error) {
	h := &b.headers[i].Hdr
	switch {
	case len(p) >= 20 && p[0]>>4 == 4:
		b.to4[i] = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte(p[16:20])}
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&b.to4[i])), unix.SizeofSockaddrInet4
		return 0, nil
	case len(p) >= 40 && p[0]>>4 == 6:
		b.to6[i] = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: [16]byte(p[24:40])}
		if netip.AddrFrom16(b.to6[i].Addr).IsLinkLocalUnicast() || p[24] == 0xff {
			b.to6[i].Scope_id = uint32(s.index)
		}
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&b.to6[i])), unix.SizeofSockaddrInet6
		return 1, nil
	}
	return 0, errors.New("it begins with neither an IPv4 nor an IPv6 header")
}

// sleepPrecisely lets the thread's sleeps end on time instead of together with
// others', until undo is called.
func sleepPrecisely() (undo func()) {
	old, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) != nil {
		return func() {}
	}
	return func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(old), 0, 0, 0) }
}

// sleep sleeps in the kernel. It may end early.
func sleep(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil)
}
