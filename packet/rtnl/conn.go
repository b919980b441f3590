package rtnl

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

// Conn is a connection to the kernel. Its methods may be called concurrently.
type Conn struct {
	socket socket
}

// Dial opens a connection in the current network namespace.
func Dial() (*Conn, error) {
	s, err := openSocket()
	if err != nil {
		return nil, err
	}
	return &Conn{socket: s}, nil
}

// Close ends the connection. Calls afterwards give an error that wraps
// net.ErrClosed.
func (c *Conn) Close() error { return c.socket.close() }

// Route asks how a packet to dst would leave, through the link with the given
// index or, with 0, through any. A zone of dst says the link, too. A route
// that refuses packets, or none, is an error.
func (c *Conn) Route(dst netip.Addr, link int) (Route, error) {
	if !dst.IsValid() {
		return Route{}, errors.New("route to no address")
	}
	if zone := dst.Zone(); zone != "" && link == 0 {
		var err error
		if link, err = c.zone(zone); err != nil {
			return Route{}, err
		}
	}
	dst = dst.Unmap().WithZone("")
	all, err := ask(c, routeRequest(dst, link), newRoute, parseRoute)
	if err != nil {
		return Route{}, fmt.Errorf("route to %v: %w", dst, err)
	}
	if len(all) == 0 {
		return Route{}, fmt.Errorf("route to %v: %w", dst, errShort)
	}
	return all[0], nil
}

// zone finds the index of the link that an address's zone names.
func (c *Conn) zone(zone string) (int, error) {
	if i, err := strconv.Atoi(zone); err == nil {
		return i, nil
	}
	link, err := c.Named(zone)
	return link.Index, err
}

// Neighbour looks an address up in the neighbour table. Where it has no entry
// the result's State is zero.
func (c *Conn) Neighbour(link int, addr netip.Addr) (Neighbour, error) {
	addr = addr.Unmap().WithZone("")
	all, err := ask(c, neighbourRequest(link, addr), newNeighbour, parseNeighbour)
	if isNotExist(err) {
		return Neighbour{Interface: link, Addr: addr}, nil
	}
	if err != nil || len(all) == 0 {
		return Neighbour{}, fmt.Errorf("neighbour %v: %w", addr, err)
	}
	return all[0], nil
}

// Neighbours lists the neighbour table, both families.
func (c *Conn) Neighbours() ([]Neighbour, error) {
	all, err := ask(c, request(getNeighbour, flagDump, make([]byte, neighbourLen)), newNeighbour, parseNeighbour)
	if err != nil {
		return nil, fmt.Errorf("list neighbours: %w", err)
	}
	return all, nil
}

// Links lists the interfaces.
func (c *Conn) Links() ([]Link, error) {
	all, err := ask(c, request(getLink, flagDump, make([]byte, linkLen)), newLink, parseLink)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	return all, nil
}

// Link gives the interface with an index.
func (c *Conn) Link(index int) (Link, error) {
	return c.find(func(l Link) bool { return l.Index == index }, strconv.Itoa(index))
}

// Named gives the interface with a name.
func (c *Conn) Named(name string) (Link, error) {
	link, err := c.find(func(l Link) bool { return l.Name == name }, strconv.Quote(name))
	if err == nil {
		return link, nil
	}
	const most = 20 // of the names that are told
	var names []string
	links, _ := c.Links() // what is wrong is told already
	for _, l := range links[:min(len(links), most)] {
		names = append(names, l.Name)
	}
	if len(names) == 0 {
		return link, err
	}
	return link, fmt.Errorf("%w; there are %s", err, strings.Join(names, ", "))
}

func (c *Conn) find(is func(Link) bool, what string) (Link, error) {
	links, err := c.Links()
	if err != nil {
		return Link{}, err
	}
	for _, l := range links {
		if is(l) {
			return l, nil
		}
	}
	return Link{}, fmt.Errorf("there is no interface %s", what)
}

// Addresses lists the addresses of this host.
func (c *Conn) Addresses() ([]Address, error) {
	all, err := ask(c, request(getAddr, flagDump, make([]byte, addrLen)), newAddr, parseAddress)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return all, nil
}

// Resolve gives the hardware address of a neighbour. Where the kernel does not
// know it, it is made to ask, by an empty UDP datagram to the neighbour's
// discard port; that needs the caller's thread in the Conn's network
// namespace. It takes until ctx ends at most, and about three seconds, the
// kernel's patience, when nobody answers: the error then wraps
// [ErrNoNeighbour].
func (c *Conn) Resolve(ctx context.Context, link int, addr netip.Addr) (net.HardwareAddr, error) {
	fail := func(err error) (net.HardwareAddr, error) {
		name := strconv.Itoa(link)
		if l, err := c.Link(link); err == nil {
			name = l.Name
		}
		return nil, &NeighbourError{Interface: name, Addr: addr, Err: err}
	}
	const first, longest = time.Millisecond, 64 * time.Millisecond
	provoked := false
	for pause := first; ; pause = min(2*pause, longest) {
		n, err := c.Neighbour(link, addr)
		if err != nil {
			return nil, err
		}
		if n.State.Usable() {
			return n.Hardware, nil
		}
		if n.State == Failed && provoked {
			return fail(ErrNoNeighbour)
		}
		if !provoked {
			if err := provoke(link, addr.Unmap()); err != nil {
				return fail(err)
			}
			provoked = true
		}
		select {
		case <-ctx.Done():
			return fail(context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// Hop says all that a frame to dst needs: it looks up the route, the link, and
// the hardware address of the next hop, which it resolves as [Conn.Resolve]
// does.
func (c *Conn) Hop(ctx context.Context, dst netip.Addr) (Hop, error) {
	route, err := c.Route(dst, 0)
	if err != nil {
		return Hop{}, err
	}
	link, err := c.Link(route.Interface)
	if err != nil {
		return Hop{}, err
	}
	hop := Hop{Link: link, Kind: route.Kind, Source: route.Source, Next: route.Gateway, Local: link.Hardware, MTU: route.MTU}
	if !hop.Next.IsValid() {
		hop.Next = dst.Unmap().WithZone("")
	}
	if hop.MTU == 0 || hop.MTU > link.MTU {
		hop.MTU = link.MTU
	}
	const ethernet = 1
	switch {
	case link.Loopback: // frames there carry addresses of zeros
		hop.Remote = link.Hardware
	case link.Type != ethernet:
		hop.Local = nil
	case route.Kind == Broadcast:
		hop.Remote = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	case hop.Next.IsMulticast():
		hop.Remote = groupHardware(hop.Next)
	case !link.NoARP:
		hop.Remote, err = c.Resolve(ctx, link.Index, hop.Next)
	}
	return hop, err
}

// ask sends a request and parses the answers of one kind.
func ask[T any](c *Conn, req []byte, kind uint16, parse func([]byte) (T, error)) ([]T, error) {
	var all []T
	err := c.socket.roundTrip(req, func(m message) error {
		if m.kind != kind {
			return nil
		}
		v, err := parse(m.body)
		if err == nil {
			all = append(all, v)
		}
		return err
	})
	return all, err
}
