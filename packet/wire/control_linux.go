package wire

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Control is what the kernel says beside a message (cmsg(3)): when it came, and
// for one of the queue of errors what went wrong (ip(7), IP_RECVERR).
type Control struct {
	// Time is when it came (SO_TIMESTAMPNS), or when what was sent left for the
	// device (SO_TIMESTAMPING); zero where the kernel did not say.
	Time time.Time
	TTL  int // or hop limit, of the message when it came

	// IsError is whether there is an error: what follows is about it.
	IsError bool
	Err     unix.Errno // what the kernel calls it
	// Origin is SO_EE_ORIGIN_ICMP and the like; SO_EE_ORIGIN_TIMESTAMPING is no
	// error but a time of sending, of the message whose number is ID.
	Origin     uint8
	Type, Code uint8 // of the ICMP message
	MTU        int   // of the path, where the error tells one
	ID         uint32
	// Extension is where in the message the extension of the ICMP message begins
	// (RFC 4884); 0 where the router or the kernel does not tell.
	Extension int
	From      netip.Addr // who sent the error, without a zone; not valid for one of this host
	Scope     uint32     // index of the interface, for an address of a link
}

// Local is whether the error is of this host.
func (c *Control) Local() bool { return c.IsError && c.Origin == unix.SO_EE_ORIGIN_LOCAL }

// Sent is whether it is the time of sending, rather than an error.
func (c *Control) Sent() bool { return c.IsError && c.Origin == unix.SO_EE_ORIGIN_TIMESTAMPING }

// ReadControl reads the control messages of recvmsg(2). What it does not know it
// passes over, and it ends at what is malformed. It allocates nothing.
func ReadControl(b []byte) (c Control) {
	for len(b) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(b)
		if err != nil {
			break
		}
		c.read(h.Level, h.Type, data)
		b = rest
	}
	return c
}

func (c *Control) read(level, kind int32, data []byte) {
	is := func(l, k int32, length int) bool { return level == l && kind == k && len(data) >= length }
	switch {
	case is(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 16), is(unix.SOL_SOCKET, unix.SO_TIMESTAMPING_NEW, 48):
		if seconds := int64(binary.NativeEndian.Uint64(data)); seconds != 0 {
			c.Time = time.Unix(seconds, int64(binary.NativeEndian.Uint64(data[8:])))
		}
	case is(unix.SOL_IP, unix.IP_TTL, 4), is(unix.SOL_IPV6, unix.IPV6_HOPLIMIT, 4):
		c.TTL = int(int32(binary.NativeEndian.Uint32(data)))
	case is(unix.SOL_IP, unix.IP_RECVERR, 16), is(unix.SOL_IPV6, unix.IPV6_RECVERR, 16):
		c.readError(data)
	}
}

// readError reads a struct sock_extended_err, and the address of who sent it.
func (c *Control) readError(b []byte) {
	*c = Control{Time: c.Time, TTL: c.TTL, IsError: true} // of several the last
	c.Err, c.Origin = unix.Errno(binary.NativeEndian.Uint32(b)), b[4]
	c.Type, c.Code = b[5], b[6]
	if c.Err == unix.EMSGSIZE {
		c.MTU = int(binary.NativeEndian.Uint32(b[8:]))
	}
	if c.Origin == unix.SO_EE_ORIGIN_TIMESTAMPING {
		c.ID = binary.NativeEndian.Uint32(b[12:])
		return
	}
	if place := binary.NativeEndian.Uint16(b[12:]); b[14]&unix.SO_EE_RFC4884_FLAG_INVALID == 0 {
		c.Extension = int(place)
	}
	c.From, c.Scope = readSockaddr(b[16:])
}

// readSockaddr reads a struct sockaddr_in or sockaddr_in6. One of another family
// is not valid.
func readSockaddr(b []byte) (a netip.Addr, scope uint32) {
	switch {
	case len(b) >= unix.SizeofSockaddrInet6 && binary.NativeEndian.Uint16(b) == unix.AF_INET6:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap(), binary.NativeEndian.Uint32(b[24:])
	case len(b) >= unix.SizeofSockaddrInet4 && binary.NativeEndian.Uint16(b) == unix.AF_INET:
		return netip.AddrFrom4([4]byte(b[4:8])), 0
	}
	return netip.Addr{}, 0
}

// AddrOf is the address that recvmsg(2) puts beside a message: one of a link with
// its zone. One of another family than IP's is not valid.
func AddrOf(name *unix.RawSockaddrInet6) netip.Addr {
	return Zoned(readSockaddr(unsafe.Slice((*byte)(unsafe.Pointer(name)), unsafe.Sizeof(*name))))
}

// Zoned gives an address of a link the zone of the interface with that index.
func Zoned(a netip.Addr, scope uint32) netip.Addr {
	if scope == 0 || !a.Is6() || !a.IsLinkLocalUnicast() && !a.IsLinkLocalMulticast() {
		return a
	}
	if ifc, err := net.InterfaceByIndex(int(scope)); err == nil {
		return a.WithZone(ifc.Name)
	}
	return a.WithZone(strconv.Itoa(int(scope)))
}

// Receive takes a message from a socket with the address that it is from and what
// the kernel says beside it, for which there is room in control; flags are those
// of recvmsg(2). A message that is longer than buf is cut.
func Receive(fd int, buf, control []byte, flags int) (n int, from netip.Addr, c Control, err error) {
	var name unix.RawSockaddrInet6
	iov := unix.Iovec{Base: unsafe.SliceData(buf)}
	iov.SetLen(len(buf))
	h := unix.Msghdr{Name: (*byte)(unsafe.Pointer(&name)), Namelen: unix.SizeofSockaddrInet6, Iov: &iov, Control: unsafe.SliceData(control)}
	h.SetIovlen(1)
	h.SetControllen(len(control))
	got, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&h)), uintptr(flags))
	if errno != 0 {
		return 0, from, c, errno
	}
	return min(int(got), len(buf)), AddrOf(&name), ReadControl(control[:h.Controllen]), nil
}
