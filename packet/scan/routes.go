package scan

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/packet/rtnl"
)

// mostRoutes is how many destinations' routes are remembered.
const mostRoutes = 4096

// routes says from which address each destination is asked. It is for one
// goroutine.
type routes struct {
	conn  *rtnl.Conn
	link  int // to leave by; 0: any
	links map[int]rtnl.Link
	known map[netip.Addr]hop
}

// hop is how a destination is reached.
type hop struct {
	source    netip.Addr
	link      rtnl.Link
	neighbour bool // is on the link, which has hardware addresses
	own       bool // is this host
	err       error
}

func openRoutes(name string) (*routes, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return nil, err
	}
	r := &routes{conn: conn, links: map[int]rtnl.Link{}, known: map[netip.Addr]hop{}}
	links, err := conn.Links()
	if err != nil {
		conn.Close()
		return nil, err
	}
	for _, l := range links {
		r.links[l.Index] = l
		if l.Name == name {
			r.link = l.Index
		}
	}
	if name != "" && r.link == 0 {
		conn.Close()
		return nil, fmt.Errorf("there is no interface %q", name)
	}
	return r, nil
}

// to looks up a destination.
func (r *routes) to(dst netip.Addr) hop {
	if h, ok := r.known[dst]; ok {
		return h
	}
	if len(r.known) >= mostRoutes {
		clear(r.known)
	}
	h := r.ask(dst)
	r.known[dst] = h
	return h
}

func (r *routes) ask(dst netip.Addr) hop {
	const ethernet = 1
	link := r.link
	if dst.Zone() != "" || dst.IsLoopback() {
		link = 0
	}
	route, err := r.conn.Route(dst, link)
	if err != nil {
		return hop{err: err}
	}
	if !route.Source.IsValid() {
		return hop{err: errors.New("this host has no address to ask from")}
	}
	h := hop{source: route.Source, link: r.links[route.Interface], own: route.Kind == rtnl.Local}
	h.neighbour = route.Kind == rtnl.Unicast && !route.Gateway.IsValid() && h.link.Type == ethernet && !h.link.NoARP
	return h
}

func (r *routes) close() error { return r.conn.Close() }
