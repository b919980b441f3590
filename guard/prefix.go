package guard

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// Prefix is a range of addresses, written 10.0.0.0/8, 2001:db8::/32, or as a
// single address, 192.0.2.7. IPv4-mapped IPv6 (::ffff:192.0.2.7) is the IPv4
// address it maps.
type Prefix struct{ netip.Prefix }

// ParsePrefix reads a prefix. One whose address goes on behind the prefix
// length (10.1.2.3/8) is an error, since it is not clear which was meant.
func ParsePrefix(s string) (Prefix, error) {
	p, err := parsePrefix(s)
	return Prefix{p}, err
}

// MustPrefix is ParsePrefix for constants; it panics on an error.
func MustPrefix(s string) Prefix {
	p, err := ParsePrefix(s)
	if err != nil {
		panic(err)
	}
	return p
}

func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%.60q is no address; write it as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32", s)
		}
		if addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%.60q has a zone; write the address without %%%s", s, addr.Zone())
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%.60q is no prefix; write it as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32", s)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("%.60q reaches beyond the IPv4-mapped addresses; write IPv4 and IPv6 prefixes apart", s)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if m := p.Masked(); m != p {
		return netip.Prefix{}, fmt.Errorf("%.60q has address bits behind its length; is it %s or %s?", s, m, p.Addr())
	}
	return p, nil
}

// UnmarshalText reads what ParsePrefix reads.
func (p *Prefix) UnmarshalText(text []byte) error {
	parsed, err := ParsePrefix(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Limits of a prefix file: enough for every route of the Internet many times.
const (
	maxPrefixLine = 1024
	maxPrefixes   = 20_000_000
	maxPrefixFile = 1 << 30
	maxLineErrors = 10
)

// readPrefixes reads a list of prefixes, one per line; what follows # or ; is a
// comment. It calls add for each and joins the errors of up to ten lines, each
// named by the name and the line.
func readPrefixes(r io.Reader, name string, add func(netip.Prefix)) error {
	var errs []error
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, maxPrefixLine), maxPrefixLine)
	line, count := 0, 0
	for sc.Scan() {
		line++
		text := sc.Bytes()
		if i := bytes.IndexAny(text, "#;"); i >= 0 {
			text = text[:i]
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		p, err := parsePrefix(string(text))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, line, err))
			if len(errs) == maxLineErrors {
				break
			}
			continue
		}
		if count++; count > maxPrefixes {
			return fmt.Errorf("%s:%d: more than %d prefixes", name, line, maxPrefixes)
		}
		add(p)
	}
	if err := sc.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("the line is longer than %d bytes", maxPrefixLine)
		}
		errs = append(errs, fmt.Errorf("%s:%d: %w", name, line+1, err))
	}
	return errors.Join(errs...)
}
