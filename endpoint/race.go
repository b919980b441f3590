package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// attemptDelay is how long one address may stay silent before the next is tried
// beside it (RFC 8305 §5).
const attemptDelay = 250 * time.Millisecond

// resolve gives the addresses to try, best first and the two families in turn.
func (d *Dialer) resolve(ctx context.Context, u *URL) ([]string, error) {
	port := strconv.Itoa(int(u.Port))
	if u.Host == "" {
		return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}, nil
	}
	if _, err := netip.ParseAddr(u.Host); err == nil {
		return []string{net.JoinHostPort(u.Host, port)}, nil
	}
	start := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, dnsTimeout, errors.New("DNS"))
	defer cancel()
	resolver := d.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	ips, err := resolver.LookupNetIP(ctx, "ip", u.Host)
	if err != nil {
		return nil, err
	}
	if len(ips) == 0 {
		return nil, fmt.Errorf("%s has no address", u.Host)
	}
	var addrs []string
	for _, ip := range interleave(ips) {
		addrs = append(addrs, net.JoinHostPort(ip.String(), port))
	}
	d.tell(StepResolve, start, "%s is %s", u.Host, strings.Join(addrs, ", "))
	return addrs, nil
}

// interleave keeps the resolver's order (RFC 6724) within each family, and lets
// the families alternate, beginning with that of the first address (RFC 8305 §4).
func interleave(ips []netip.Addr) []netip.Addr {
	var first, second []netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		if ip.Is4() == ips[0].Unmap().Is4() {
			first = append(first, ip)
		} else {
			second = append(second, ip)
		}
	}
	var out []netip.Addr
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out
}

// race is Happy Eyeballs: it tries the addresses in turn, the next one as soon
// as the last has failed or been silent for attemptDelay, and returns the first
// connection. It has ended every other attempt before it returns.
func race(ctx context.Context, addrs []string, dial func(context.Context, string) (net.Conn, error)) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan result, len(addrs))
	running := 0
	defer func() {
		cancel()
		for ; running > 0; running-- {
			if r := <-results; r.conn != nil {
				r.conn.Close()
			}
		}
	}()

	next := time.NewTimer(0)
	defer next.Stop()
	var errs []error
	for len(errs) < len(addrs) {
		select {
		case <-next.C:
			if started := running + len(errs); started < len(addrs) {
				running++
				go func() {
					conn, err := dial(ctx, addrs[started])
					results <- result{conn, err}
				}()
				next.Reset(attemptDelay)
			}
		case r := <-results:
			running--
			if r.err == nil {
				return r.conn, nil
			}
			errs = append(errs, r.err)
			next.Reset(0)
		}
	}
	return nil, errors.Join(errs...)
}
