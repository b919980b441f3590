package ping

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// lookUpLimit is how long DNS has to answer.
const lookUpLimit = 10 * time.Second

// NameError says of which name no address was found, why, and what to try.
type NameError struct {
	Name  string
	Err   error
	only  string     // the IP that an address was wanted of: "4", "6", or any
	other netip.Addr // one of the other IP, where there is one
}

// Error is one line: the name, the step, the reason, and what to try.
func (e *NameError) Error() string { return e.Name + ": resolve: " + e.reason() }

func (e *NameError) Unwrap() error { return e.Err }

func (e *NameError) reason() string {
	const address = ", or give an address"
	var dns *net.DNSError
	switch {
	case e.other.IsValid():
		return fmt.Sprintf("there is no address of IPv%s, but %v; leave out -%s", e.only, e.other, e.only)
	case errors.Is(e.Err, context.Canceled):
		return "interrupted"
	case errors.Is(e.Err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer from DNS in %v; check the resolver in /etc/resolv.conf%s", lookUpLimit, address)
	case !errors.As(e.Err, &dns):
		return e.Err.Error() + "; check the name" + address
	case dns.IsNotFound:
		return "no such host; check the name" + address
	case dns.IsTimeout:
		return "no answer from DNS; check the resolver in /etc/resolv.conf" + address
	}
	return dns.Err + "; check the resolver in /etc/resolv.conf" + address
}

// lookUp finds the address of a name: of IPv4 where it has one and is not asked
// for the other, as ping does.
func lookUp(ctx context.Context, resolver Resolver, network, name string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpLimit)
	defer cancel()
	addrs, err := resolver.LookupNetIP(ctx, network, name)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: name, IsNotFound: true}
	}
	if ctx.Err() != nil { // of which the resolver makes a text of its own
		return netip.Addr{}, &NameError{Name: name, Err: ctx.Err()}
	}
	if err != nil {
		return netip.Addr{}, nameError(ctx, resolver, network, name, err)
	}
	for _, a := range addrs {
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	return addrs[0], nil
}

// nameError finds out, too, whether a name of which no address of one IP was found
// has one of the other.
func nameError(ctx context.Context, resolver Resolver, network, name string, err error) error {
	e := &NameError{Name: name, Err: err, only: network[len("ip"):]}
	var dns *net.DNSError
	if e.only == "" || errors.As(err, &dns) && !dns.IsNotFound || ctx.Err() != nil {
		return e
	}
	if others, err := resolver.LookupNetIP(ctx, "ip", name); err == nil && len(others) > 0 {
		e.other = others[0].Unmap()
	}
	return e
}
