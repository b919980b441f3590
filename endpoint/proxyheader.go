package endpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/pires/go-proxyproto"
)

// ProxyHeader is what a header of the PROXY protocol, version 1 or 2, tells of
// the connection behind it (haproxy.org, doc/proxy-protocol.txt).
type ProxyHeader struct {
	Version int // 1 or 2
	// Local: the header names no TCP client, as that of a proxy's own health
	// check. The connection's real addresses hold, and the fields below are
	// zero.
	Local       bool
	Source      netip.AddrPort // the client
	Destination netip.AddrPort // what the client connected to
}

// ProxyProtocol reads the headers that trusted proxies send before anything
// else on a connection. It may be used from several goroutines and must not be
// changed meanwhile.
type ProxyProtocol struct {
	// Trusted holds the networks of the proxies; from others no header is
	// read. Peers without an IP address, as on a Unix socket, are trusted,
	// since only who may open the socket gets that far.
	Trusted []netip.Prefix
	// Require makes a missing header of a trusted peer an error.
	Require bool
	// Wait is how long the header may take to arrive; 0 means 5s.
	Wait time.Duration
}

const defaultProxyWait = 5 * time.Second

// Peer returns the address of the client: what the header says if the peer is
// trusted and there is one, else that of the peer, which is zero where it has no
// IP address. It must be called before anything is read of conn, and below TLS.
// The connection stays as it is: exactly the header's bytes are gone.
//
// An error wraps [ErrNoProxyHeader] where a header is required and missing. The
// connection is of no use then.
func (p *ProxyProtocol) Peer(conn net.Conn) (netip.AddrPort, error) {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	peer = netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
	if err == nil && !p.trusts(peer.Addr()) {
		return peer, nil
	}
	wait := p.Wait
	if wait == 0 {
		wait = defaultProxyWait
	}
	h, err := ReadProxyHeader(conn, wait)
	switch {
	case err != nil && (p.Require || !errors.Is(err, ErrNoProxyHeader)):
		return peer, err
	case err != nil || h.Local:
		return peer, nil
	}
	return h.Source, nil
}

func (p *ProxyProtocol) trusts(addr netip.Addr) bool {
	addr = addr.WithZone("")
	for _, t := range p.Trusted {
		if t.Contains(addr) {
			return true
		}
	}
	return false
}

// ErrNoProxyHeader is wrapped by the errors of [ReadProxyHeader] where the
// connection begins with something else, or with nothing for as long as it
// waits. Nothing has been taken from the connection then.
var ErrNoProxyHeader = errors.New("the connection does not begin with a PROXY header")

// Sizes of headers by the specification, and what we take of version 2: its
// length field could say 64 KiB.
const (
	maxProxyV1  = 107
	proxyV2Head = 16
	maxProxyV2  = 4096
)

const (
	proxyV1Sign = "PROXY "
	proxyV2Sign = "\r\n\r\n\x00\r\nQUIT\n"
)

// ReadProxyHeader reads a header from the beginning of conn, a TCP or Unix
// connection, within wait. It looks at what has arrived without taking it, then
// takes the bytes of the header and no more, so that conn itself goes on to
// whoever speaks next, without a buffer or wrapper around it. The read deadline
// of conn is used and then cleared.
func ReadProxyHeader(conn net.Conn, wait time.Duration) (ProxyHeader, error) {
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return ProxyHeader{}, err
	}
	buf, err := peekProxyHeader(conn)
	if err != nil {
		return ProxyHeader{}, err
	}
	if _, err := io.ReadFull(conn, buf); err != nil {
		return ProxyHeader{}, fmt.Errorf("PROXY header: %w", err)
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return ProxyHeader{}, err
	}
	return parseProxyHeader(buf)
}

// peekProxyHeader waits until a whole header has arrived and returns a buffer
// of its length.
func peekProxyHeader(conn net.Conn) ([]byte, error) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("PROXY header: cannot look ahead on a %T", conn)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, proxyV2Head+232) // enough for all but long TLVs
	seen, size := 0, 0
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		for {
			n, err := peek(fd, buf)
			if err != nil {
				failed = err
				return !errors.Is(err, syscall.EAGAIN)
			}
			failed = nil
			if n == 0 {
				failed = io.ErrUnexpectedEOF
				return true
			}
			size, failed = proxyHeaderSize(buf[:n])
			if failed != nil || size > 0 && size <= n {
				return true
			}
			if size > len(buf) {
				buf = make([]byte, size)
				continue
			}
			if n == seen {
				return false // tried, and there is no more: wait
			}
			seen = n
		}
	})
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && seen == 0:
		conn.SetReadDeadline(time.Time{})
		return nil, fmt.Errorf("nothing has come in time: %w", ErrNoProxyHeader)
	case err != nil:
		return nil, fmt.Errorf("PROXY header: only a part has come: %w", err)
	case errors.Is(failed, ErrNoProxyHeader):
		conn.SetReadDeadline(time.Time{})
		return nil, failed
	case failed != nil:
		return nil, fmt.Errorf("PROXY header: %w", failed)
	}
	return buf[:size], nil
}

// proxyHeaderSize returns how long the header is that b begins with, or 0 as
// long as that cannot be told.
func proxyHeaderSize(b []byte) (int, error) {
	switch {
	case begins(b, proxyV2Sign):
		if len(b) < proxyV2Head {
			return 0, nil
		}
		size := proxyV2Head + int(binary.BigEndian.Uint16(b[proxyV2Head-2:]))
		if size > maxProxyV2 {
			return 0, fmt.Errorf("%d bytes are more than the %d that are read", size, maxProxyV2)
		}
		return size, nil
	case begins(b, proxyV1Sign):
		if i := bytes.IndexByte(b[:min(len(b), maxProxyV1)], '\n'); i >= 0 {
			return i + 1, nil
		}
		if len(b) >= maxProxyV1 {
			return 0, fmt.Errorf("the line is longer than %d bytes", maxProxyV1)
		}
		return 0, nil
	}
	return 0, ErrNoProxyHeader
}

// begins tells whether b begins with sign, or is the beginning of it.
func begins(b []byte, sign string) bool {
	n := min(len(b), len(sign))
	return string(b[:n]) == sign[:n]
}

// parseProxyHeader reads one whole header.
func parseProxyHeader(b []byte) (ProxyHeader, error) {
	h, err := proxyproto.Read(bufio.NewReaderSize(bytes.NewReader(b), len(b)))
	if err != nil {
		return ProxyHeader{}, fmt.Errorf("PROXY header: %s", strings.TrimPrefix(err.Error(), "proxyproto: "))
	}
	p := ProxyHeader{Version: int(h.Version), Local: true}
	if h.Version == 1 {
		if err := strictV1(string(b)); err != nil {
			return ProxyHeader{}, err
		}
	}
	source, destination, ok := h.TCPAddrs()
	if !ok || h.Command.IsLocal() {
		return p, nil
	}
	p.Local = false
	p.Source, p.Destination = unmapped(source), unmapped(destination)
	return p, nil
}

func unmapped(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// strictV1 refuses what the parser lets pass: a line with more fields than
// there are, addresses with a zone, ports with a sign or leading zeros.
func strictV1(line string) error {
	f := strings.Split(strings.TrimSuffix(line, "\r\n"), " ")
	if f[1] == "UNKNOWN" {
		return nil
	}
	if len(f) != 6 {
		return fmt.Errorf("PROXY header: %d fields, want 6", len(f))
	}
	for _, addr := range f[2:4] {
		if strings.Contains(addr, "%") {
			return fmt.Errorf("PROXY header: the address %q has a zone", addr)
		}
	}
	for _, port := range f[4:6] {
		if strings.Trim(port, "0123456789") != "" || len(port) > 1 && port[0] == '0' {
			return fmt.Errorf("PROXY header: %q is no port", port)
		}
	}
	return nil
}

// AppendProxyHeader appends a header of version 1 or 2 that says that the
// connection comes from one address and was made to another. Where one of them
// is missing, the header says that there is no client.
func AppendProxyHeader(dst []byte, version int, from, to netip.AddrPort) []byte {
	a, b := from.Addr().Unmap().WithZone(""), to.Addr().Unmap().WithZone("")
	known := a.IsValid() && b.IsValid()
	if a.Is4() != b.Is4() { // one family for both
		a, b = netip.AddrFrom16(a.As16()), netip.AddrFrom16(b.As16())
	}
	if version == 1 {
		if !known {
			return append(dst, "PROXY UNKNOWN\r\n"...)
		}
		family := "TCP6"
		if a.Is4() {
			family = "TCP4"
		}
		return fmt.Appendf(dst, "PROXY %s %s %s %d %d\r\n", family, a, b, from.Port(), to.Port())
	}
	dst = append(dst, proxyV2Sign...)
	switch {
	case !known:
		return append(dst, byte(proxyproto.LOCAL), byte(proxyproto.UNSPEC), 0, 0)
	case a.Is4():
		dst = append(dst, byte(proxyproto.PROXY), byte(proxyproto.TCPv4), 0, 2*4+4)
	default:
		dst = append(dst, byte(proxyproto.PROXY), byte(proxyproto.TCPv6), 0, 2*16+4)
	}
	dst = append(append(dst, a.AsSlice()...), b.AsSlice()...)
	dst = binary.BigEndian.AppendUint16(dst, from.Port())
	return binary.BigEndian.AppendUint16(dst, to.Port())
}
