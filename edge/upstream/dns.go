package upstream

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// resolver looks names up as Go's does (hosts file, search list, retries,
// TCP after a cut answer) and learns their time to live, which Go does not
// tell, by reading along in the servers' answers.
type resolver struct {
	servers []string // to ask instead of the system's, one after the other
}

// lookup gives the addresses of a name, and the shortest time to live of the
// records that led to them; it is negative where no server was asked.
func (r *resolver) lookup(ctx context.Context, network, name string) ([]netip.Addr, time.Duration, error) {
	if len(r.servers) == 0 {
		return lookupAt(ctx, "", network, name)
	}
	var errs []error
	for i, server := range r.servers {
		turn, cancel := ctx, context.CancelFunc(func() {})
		if deadline, ok := ctx.Deadline(); ok { // leave time for the others
			turn, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(len(r.servers)-i))
		}
		found, ttl, err := lookupAt(turn, server, network, name)
		cancel()
		var refusal *net.DNSError
		if err == nil || errors.As(err, &refusal) && refusal.IsNotFound {
			return found, ttl, err
		}
		errs = append(errs, err)
	}
	return nil, 0, errors.Join(errs...)
}

// lookupAt asks one server, or those of the system where it is "".
func lookupAt(ctx context.Context, server, network, name string) ([]netip.Addr, time.Duration, error) {
	var ttl leastTTL
	ttl.seconds.Store(-1)
	system := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, systems string) (net.Conn, error) {
		if server != "" {
			systems = server
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, systems)
		if err != nil {
			return nil, err
		}
		if udp, ok := conn.(*net.UDPConn); ok {
			return &datagramTap{udp, &ttl}, nil
		}
		return &streamTap{Conn: conn, ttl: &ttl}, nil
	}}
	found, err := system.LookupNetIP(ctx, network, name)
	if err != nil {
		return nil, 0, err
	}
	return reachable(found), time.Duration(ttl.seconds.Load()) * time.Second, nil
}

// reachable leaves out the IPv6 addresses to which this host has no route, so
// that a name with both kinds works on a host that has one. Nothing is sent.
func reachable(found []netip.Addr) []netip.Addr {
	var good []netip.Addr
	for _, a := range found {
		if a.Is6() && !a.Is4In6() {
			conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 9)))
			if err != nil {
				continue
			}
			conn.Close()
		}
		good = append(good, a)
	}
	if good == nil {
		return found
	}
	return good
}

func hostPort(a netip.Addr, port string) string { return net.JoinHostPort(a.String(), port) }

// leastTTL is the shortest time to live seen, in seconds, -1 before the first.
type leastTTL struct{ seconds atomic.Int64 }

// read takes in an answer. What is no answer is not its business: the
// resolver refuses it.
func (l *leastTTL) read(message []byte) {
	var m dns.Msg
	if m.Unpack(message) != nil || m.Rcode != dns.RcodeSuccess {
		return
	}
	for _, rr := range m.Answer {
		switch rr.Header().Rrtype {
		case dns.TypeA, dns.TypeAAAA, dns.TypeCNAME, dns.TypeDNAME:
		default:
			continue
		}
		ttl := int64(rr.Header().Ttl)
		for {
			old := l.seconds.Load()
			if old >= 0 && old <= ttl || l.seconds.CompareAndSwap(old, ttl) {
				break
			}
		}
	}
}

// datagramTap reads along over UDP, where each read is a message.
type datagramTap struct {
	*net.UDPConn
	ttl *leastTTL
}

func (c *datagramTap) Read(b []byte) (int, error) {
	n, err := c.UDPConn.Read(b)
	if err == nil {
		c.ttl.read(b[:n])
	}
	return n, err
}

// streamTap reads along over TCP, where each message has its length before it
// (RFC 1035, section 4.2.2).
type streamTap struct {
	net.Conn
	ttl *leastTTL
	got []byte
}

func (c *streamTap) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.got = append(c.got, b[:n]...)
	for len(c.got) >= 2 {
		size := int(binary.BigEndian.Uint16(c.got))
		if len(c.got) < 2+size {
			break
		}
		c.ttl.read(c.got[2 : 2+size])
		c.got = c.got[2+size:]
	}
	return n, err
}
