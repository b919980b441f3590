package ping

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
)

// Target is somebody to ping.
type Target struct {
	Name string // as it was given; for one of a network its address
	Addr netip.Addr
	Err  error // why the name has no address
}

// Resolver finds the addresses of a name: [net.DefaultResolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// ParseTargets reads targets: addresses, names, networks such as 192.0.2.0/24
// (without the network's own and the broadcast address), and ranges such as
// 192.0.2.7-192.0.2.19. Names are looked up, some at once; network is "ip", "ip4"
// or "ip6". The name that cannot be found is a Target with an Err. The error is
// about what is no target at all or of the other IP, or too many of them.
func ParseTargets(ctx context.Context, resolver Resolver, network string, words []string) ([]Target, error) {
	var targets []Target
	var names []int
	for _, word := range words {
		var err error
		switch from, to, isRange := strings.Cut(word, "-"); {
		case strings.Contains(word, "/"):
			targets, err = appendPrefix(targets, word)
		case isRange && isAddr(from) && isAddr(to):
			targets, err = appendRange(targets, netip.MustParseAddr(from), netip.MustParseAddr(to))
		case isAddr(word):
			targets = append(targets, Target{Name: word, Addr: netip.MustParseAddr(word).Unmap()})
		case word == "" || strings.ContainsAny(word, " \t:"):
			err = fmt.Errorf("%q is no address, name, network or range", word)
		default:
			names = append(names, len(targets))
			targets = append(targets, Target{Name: word})
		}
		if err != nil {
			return nil, err
		}
		if len(targets) > MaxTargets {
			return nil, errTooMany(word)
		}
		if n := len(targets) - 1; n >= 0 && targets[n].Addr.IsValid() && network != "ip" && targets[n].Addr.Is4() != (network == "ip4") {
			return nil, fmt.Errorf("%s is not of IPv%s, which -%[2]s asks for", word, network[len("ip"):])
		}
	}
	resolve(ctx, resolver, network, targets, names)
	return targets, nil
}

func errTooMany(word string) error {
	return fmt.Errorf("with %s there are more than %d targets", word, MaxTargets)
}

func isAddr(word string) bool {
	_, err := netip.ParseAddr(word)
	return err == nil
}

func appendPrefix(targets []Target, word string) ([]Target, error) {
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return nil, fmt.Errorf("network %q: %w", word, err)
	}
	bits := p.Addr().BitLen() - p.Bits()
	if bits > 20 {
		return nil, fmt.Errorf("%s has 2^%d addresses; the limit is 2^20", word, bits)
	}
	first := p.Masked().Addr()
	n := 1 << bits
	if first.Is4() && bits >= 2 {
		first, n = first.Next(), n-2
	}
	for a := first; n > 0; a, n = a.Next(), n-1 {
		targets = append(targets, Target{Name: a.String(), Addr: a})
	}
	return targets, nil
}

// appendRange appends the addresses from first to last, both included.
func appendRange(targets []Target, first, last netip.Addr) ([]Target, error) {
	if first.BitLen() != last.BitLen() || last.Less(first) {
		return nil, fmt.Errorf("there is no range from %v to %v", first, last)
	}
	for a := first; ; a = a.Next() {
		if len(targets) >= MaxTargets {
			return nil, errTooMany(fmt.Sprintf("%v-%v", first, last))
		}
		targets = append(targets, Target{Name: a.String(), Addr: a})
		if a == last {
			return targets, nil
		}
	}
}

// resolve looks names up, a few at once.
func resolve(ctx context.Context, resolver Resolver, network string, targets []Target, names []int) {
	const atOnce = 32
	var workers sync.WaitGroup
	queue := make(chan int)
	for range min(atOnce, len(names)) {
		workers.Go(func() {
			for i := range queue {
				t := &targets[i]
				t.Addr, t.Err = lookUp(ctx, resolver, network, t.Name)
			}
		})
	}
	for _, i := range names {
		queue <- i
	}
	close(queue)
	workers.Wait()
}
