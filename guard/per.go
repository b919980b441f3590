package guard

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"net/netip"
	"strings"
)

// per is what a limit counts by: it makes the key that an attempt is counted
// under. Keys are 64-bit hashes with a seed of the limit's own, which nobody
// outside can know, so that no one can choose addresses that share a key or a
// place in the table.
type per struct {
	by     perKind
	header string
	ipv6   int // bits of an IPv6 address that make one client
	seed   maphash.Seed
}

type perKind uint8

const (
	perAddress perKind = iota
	perSubject
	perHeader
	perService
)

func parsePer(s string, ipv6 int) (per, error) {
	p := per{ipv6: ipv6, seed: maphash.MakeSeed()}
	switch {
	case s == "address" || s == "":
		p.by = perAddress
	case s == "subject":
		p.by = perSubject
	case s == "service":
		p.by = perService
	case strings.HasPrefix(s, "header:") && len(s) > len("header:"):
		p.by, p.header = perHeader, s[len("header:"):]
	default:
		return p, fmt.Errorf("%q is unknown; write address, subject, service or header:NAME", s)
	}
	return p, nil
}

// key returns the key to count the attempt under. Attempts without the header
// or without an IP address share one key. It is false where the subject is not
// known yet.
func (p *per) key(a *Attempt) (uint64, bool) {
	switch p.by {
	case perAddress:
		return p.addressKey(a.Peer), true
	case perHeader:
		if a.Header == nil {
			return 0, true
		}
		return maphash.String(p.seed, a.Header(p.header)), true
	case perSubject:
		if a.Subject == "" {
			return 0, false
		}
		return maphash.String(p.seed, a.Subject), true
	}
	return 0, true
}

// addressKey hashes an IPv4 address whole, and the network of an IPv6 address:
// a client holds at least 2^64 addresses of one /64 and can use each.
func (p *per) addressKey(addr netip.Addr) uint64 {
	addr = addr.Unmap()
	if addr.Is4() {
		b := addr.As4()
		return maphash.Bytes(p.seed, b[:])
	}
	if !addr.IsValid() {
		return 0
	}
	b := addr.As16()
	if p.ipv6 == 64 {
		return maphash.Bytes(p.seed, b[:8])
	}
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	hi &= ^uint64(0) << (64 - min(p.ipv6, 64))
	lo &= ^uint64(0) << (64 - max(p.ipv6-64, 0))
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return maphash.Bytes(p.seed, b[:])
}

func (p *per) needs() Needs {
	switch p.by {
	case perAddress:
		return NeedPeer
	case perHeader:
		return NeedHeader
	case perSubject:
		return NeedSubject
	}
	return 0
}

// describe names the attempt's share in words for Explain.
func (p *per) describe(a *Attempt) string {
	switch p.by {
	case perAddress:
		addr := a.Peer.Unmap()
		if !addr.IsValid() {
			return "all peers without an IP address"
		}
		if addr.Is4() {
			return "address " + addr.String()
		}
		network, _ := addr.WithZone("").Prefix(p.ipv6)
		return "network " + network.String()
	case perHeader:
		if a.Header == nil || a.Header(p.header) == "" {
			return "all without a " + p.header + " field"
		}
		return fmt.Sprintf("%s: %.60q", p.header, a.Header(p.header))
	case perSubject:
		return fmt.Sprintf("subject %q", a.Subject)
	}
	return "the whole service"
}

// words names what is counted by, for reasons.
func (p *per) words() string {
	switch p.by {
	case perAddress:
		return "address"
	case perHeader:
		return p.header
	case perSubject:
		return "subject"
	}
	return "service"
}
