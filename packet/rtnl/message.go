package rtnl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"strings"
)

// Numbers of linux/netlink.h, linux/rtnetlink.h, linux/if_link.h,
// linux/if_addr.h and linux/neighbour.h.
const (
	nlmsgError, nlmsgDone = 2, 3
	headerLen             = 16
	flagRequest           = 0x1
	flagDump              = 0x300
	flagDumpInterrupted   = 0x10

	getLink, newLink           = 18, 16
	getAddr, newAddr           = 22, 20
	getRoute, newRoute         = 26, 24
	getNeighbour, newNeighbour = 30, 28

	linkLen, addrLen, routeLen, neighbourLen = 16, 8, 12, 12

	attrTypeMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

	rtaDst, rtaOIF, rtaGateway, rtaPrefSrc, rtaMetrics, rtaVia = 1, 4, 5, 7, 8, 18
	rtaxMTU                                                    = 2
	ndaDst, ndaLLAddr                                          = 1, 2
	iflaAddress, iflaName, iflaMTU                             = 1, 3, 4
	ifaAddress, ifaLocal                                       = 1, 2

	familyIPv4, familyIPv6 = 2, 10
)

var errShort = errors.New("the kernel's answer is cut short")

// message is one netlink message: its header's type and flags, and what
// follows.
type message struct {
	kind  uint16
	flags uint16
	seq   uint32
	body  []byte
}

// messages walks what one read gave. It yields an error where the bytes are
// no messages.
func messages(b []byte) iter.Seq2[message, error] {
	return func(yield func(message, error) bool) {
		for len(b) > 0 {
			if len(b) < headerLen {
				yield(message{}, errShort)
				return
			}
			n := int(binary.NativeEndian.Uint32(b))
			if n < headerLen || n > len(b) {
				yield(message{}, errShort)
				return
			}
			m := message{
				kind:  binary.NativeEndian.Uint16(b[4:]),
				flags: binary.NativeEndian.Uint16(b[6:]),
				seq:   binary.NativeEndian.Uint32(b[8:]),
				body:  b[headerLen:n],
			}
			if !yield(m, nil) {
				return
			}
			b = b[min(align(n), len(b)):]
		}
	}
}

// attributes walks the attributes after a message's fixed part and ends where
// one is cut short.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			n := int(binary.NativeEndian.Uint16(b))
			if n < 4 || n > len(b) {
				return
			}
			if !yield(binary.NativeEndian.Uint16(b[2:])&attrTypeMask, b[4:n]) {
				return
			}
			b = b[min(align(n), len(b)):]
		}
	}
}

func align(n int) int { return (n + 3) &^ 3 }

// request writes a message whose length is filled in by [finish].
func request(kind, flags uint16, fixed []byte) []byte {
	b := make([]byte, headerLen, 64)
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], flags|flagRequest)
	return append(b, fixed...)
}

// attribute appends one attribute.
func attribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, align(len(value))-len(value))...)
}

func finish(b []byte, seq uint32) []byte {
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint32(b[8:], seq)
	return b
}

func uint32Attr(v int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(v)) }

func family(addr netip.Addr) byte {
	if addr.Is4() {
		return familyIPv4
	}
	return familyIPv6
}

func routeRequest(dst netip.Addr, link int) []byte {
	fixed := make([]byte, routeLen)
	fixed[0], fixed[1] = family(dst), byte(dst.BitLen())
	b := attribute(request(getRoute, 0, fixed), rtaDst, dst.AsSlice())
	if link != 0 {
		b = attribute(b, rtaOIF, uint32Attr(link))
	}
	return b
}

func neighbourRequest(link int, addr netip.Addr) []byte {
	fixed := make([]byte, neighbourLen)
	fixed[0] = family(addr)
	binary.NativeEndian.PutUint32(fixed[4:], uint32(link))
	return attribute(request(getNeighbour, 0, fixed), ndaDst, addr.AsSlice())
}

func parseRoute(b []byte) (Route, error) {
	if len(b) < routeLen {
		return Route{}, fmt.Errorf("%w: a route", errShort)
	}
	r := Route{Kind: RouteKind(b[7])}
	for kind, v := range attributes(b[routeLen:]) {
		switch kind {
		case rtaOIF:
			r.Interface = number(v)
		case rtaPrefSrc:
			r.Source, _ = netip.AddrFromSlice(v)
		case rtaGateway:
			r.Gateway, _ = netip.AddrFromSlice(v)
		case rtaVia: // a gateway of the other family (RFC 5549)
			if len(v) > 2 {
				r.Gateway, _ = netip.AddrFromSlice(v[2:])
			}
		case rtaMetrics:
			for metric, v := range attributes(v) {
				if metric == rtaxMTU {
					r.MTU = number(v)
				}
			}
		}
	}
	return r, nil
}

func parseNeighbour(b []byte) (Neighbour, error) {
	if len(b) < neighbourLen {
		return Neighbour{}, fmt.Errorf("%w: a neighbour", errShort)
	}
	n := Neighbour{Interface: number(b[4:8]), State: State(binary.NativeEndian.Uint16(b[8:]))}
	for kind, v := range attributes(b[neighbourLen:]) {
		switch kind {
		case ndaDst:
			n.Addr, _ = netip.AddrFromSlice(v)
		case ndaLLAddr:
			n.Hardware = net.HardwareAddr(append([]byte(nil), v...))
		}
	}
	return n, nil
}

func parseLink(b []byte) (Link, error) {
	if len(b) < linkLen {
		return Link{}, fmt.Errorf("%w: a link", errShort)
	}
	const up, loopback, noARP = 0x1, 0x8, 0x80 // IFF_ of linux/if.h
	flags := binary.NativeEndian.Uint32(b[8:])
	l := Link{
		Type: binary.NativeEndian.Uint16(b[2:]), Index: number(b[4:8]),
		Up: flags&up != 0, Loopback: flags&loopback != 0, NoARP: flags&noARP != 0,
	}
	for kind, v := range attributes(b[linkLen:]) {
		switch kind {
		case iflaAddress:
			l.Hardware = net.HardwareAddr(append([]byte(nil), v...))
		case iflaName:
			l.Name = strings.TrimRight(string(v), "\x00")
		case iflaMTU:
			l.MTU = number(v)
		}
	}
	return l, nil
}

func parseAddress(b []byte) (Address, error) {
	if len(b) < addrLen {
		return Address{}, fmt.Errorf("%w: an address", errShort)
	}
	var addr, local netip.Addr
	for kind, v := range attributes(b[addrLen:]) {
		switch kind {
		case ifaAddress:
			addr, _ = netip.AddrFromSlice(v)
		case ifaLocal: // on a point-to-point link ifaAddress is the other end's
			local, _ = netip.AddrFromSlice(v)
		}
	}
	if local.IsValid() {
		addr = local
	}
	return Address{Interface: number(b[4:8]), Prefix: netip.PrefixFrom(addr, int(b[1]))}, nil
}

// number reads a u32; a value of another size is none.
func number(v []byte) int {
	if len(v) != 4 {
		return 0
	}
	return int(binary.NativeEndian.Uint32(v))
}
