package scan

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Report collects the results of a scan, by host. Who is silent takes no memory
// in it. It is for one goroutine.
type Report struct {
	Mode    Mode
	Ports   Ports
	Targets *Addresses
	// OnlyOpen leaves out what cannot be open, and hosts that have nothing else.
	OnlyOpen bool

	hosts map[netip.Addr]*Host
	asked func(host netip.Addr, port uint16) bool // not by an earlier scan that this one continues
}

// Host is what is known of a host that has answered, or of which others have said
// something.
type Host struct {
	Addr     netip.Addr
	Up       bool   // it has answered itself
	Hardware string // where it is on the link
	Reason   string // of what was first heard of it
	TTL      uint8
	Open     []Port  // by number; sweeps have none
	Others   []Group // the ports that have answered otherwise
	First    time.Time
	Last     time.Time
	trip     roundTrip
}

// Port is an open port.
type Port struct {
	Result
	Service Service
}

// Group is the ports of a host with the same verdict for the same reason.
type Group struct {
	State  State
	Reason string
	TTL    uint8 // of the first answer
	From   netip.Addr
	Ports  Ports
}

// NewReport makes the report of a scanner's results.
func (s *Scanner) NewReport() *Report {
	return &Report{Mode: s.cfg.Mode, Ports: s.cfg.Ports, Targets: s.hosts, hosts: map[netip.Addr]*Host{}, asked: func(host netip.Addr, port uint16) bool {
		place, ok := s.placeOf(host, port)
		return ok && place >= s.cfg.From
	}}
}

// Add adds a result, and what the port says of itself.
func (r *Report) Add(res Result, service Service) {
	switch res.Reason {
	case "no-response", "no-neighbour", "no-route":
		return
	}
	if res.State == Down {
		return
	}
	h := r.hosts[res.Addr]
	if h == nil {
		h = &Host{Addr: res.Addr, Hardware: res.Hardware, Reason: res.Reason, TTL: res.TTL, First: res.Time}
		r.hosts[res.Addr] = h
	}
	h.First, h.Last = earlier(h.First, res.Time), later(h.Last, res.Time)
	if res.RTT > 0 {
		h.trip.add(res.RTT)
	}
	h.Up = h.Up || res.fromItself()
	switch res.State {
	case Up:
	case Open:
		h.Open = append(h.Open, Port{res, service})
	default:
		h.group(res)
	}
}

func (h *Host) group(res Result) {
	for i := range h.Others {
		if g := &h.Others[i]; g.State == res.State && g.Reason == res.Reason {
			g.Ports = append(g.Ports, res.Port)
			return
		}
	}
	h.Others = append(h.Others, Group{res.State, res.Reason, res.TTL, res.From, Ports{res.Port}})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// fromItself says that the host gave the answer, and no router or kernel for it.
func (res *Result) fromItself() bool {
	return res.State != Filtered || !res.From.IsValid() && !unreached(res.Reason)
}

// unreached says that a reason is given by whoever cannot reach a host. A packet
// filter may give it too, so it is no verdict about a host that answers.
func unreached(reason string) bool {
	switch reason {
	case "host-unreach", "net-unreach", "no-route", "addr-unreach", "time-exceeded":
		return true
	}
	return false
}

// known says that something answers for a host, be it a packet filter.
func (h *Host) known() bool {
	return h.Up || slices.ContainsFunc(h.Others, func(g Group) bool { return !unreached(g.Reason) })
}

// Hosts gives the hosts that have answered, or that a packet filter has answered
// for, by address, with their ports in order. complete says that the scan came to
// its end: then the ports of which nothing was heard are among the others.
func (r *Report) Hosts(complete bool) []*Host {
	hosts := make([]*Host, 0, len(r.hosts))
	for _, h := range r.hosts {
		if !h.known() {
			continue
		}
		h = r.settle(h, complete)
		if !r.OnlyOpen || r.Mode == Sweep || len(h.Open)+len(h.Others) > 0 {
			hosts = append(hosts, h)
		}
	}
	slices.SortFunc(hosts, func(a, b *Host) int { return a.Addr.Compare(b.Addr) })
	return hosts
}

// Up is how many hosts have answered.
func (r *Report) Up() uint64 {
	up := uint64(0)
	for _, h := range r.hosts {
		if h.Up {
			up++
		}
	}
	return up
}

// mostSilent is how many targets there may be for the silent ones to be listed.
const mostSilent = 64

// Silent gives the hosts that were asked and for which nobody has answered, where
// targets are few: of more than 64 it gives none.
func (r *Report) Silent() (silent []netip.Addr) {
	for i := uint64(0); r.Targets.Len() <= mostSilent && i < r.Targets.Len(); i++ {
		a := r.Targets.At(i)
		if h := r.hosts[a]; h == nil && len(r.silent(&Host{Addr: a})) == len(r.Ports) || h != nil && !h.known() {
			silent = append(silent, a)
		}
	}
	return silent
}

// settle gives a host in order, with its silent ports.
func (r *Report) settle(from *Host, complete bool) *Host {
	h := *from
	h.Open, h.Others = slices.Clone(h.Open), slices.Clone(h.Others)
	slices.SortFunc(h.Open, func(a, b Port) int { return cmp.Compare(a.Port, b.Port) })
	for i := range h.Others {
		h.Others[i].Ports = slices.Clone(h.Others[i].Ports)
		slices.Sort(h.Others[i].Ports)
	}
	if complete && r.Mode != Sweep {
		if silent := r.silent(&h); len(silent) > 0 {
			h.Others = append(h.Others, Group{State: r.Mode.silent(), Reason: "no-response", Ports: silent})
		}
	}
	if r.OnlyOpen {
		h.Others = slices.DeleteFunc(h.Others, func(g Group) bool { return g.State != OpenFiltered && g.State != Unfiltered })
	}
	slices.SortFunc(h.Others, func(a, b Group) int { return cmp.Compare(len(b.Ports), len(a.Ports)) })
	return &h
}

func (r *Report) silent(h *Host) Ports {
	var heard [1 << 16]bool
	for _, p := range h.Open {
		heard[p.Port] = true
	}
	for _, g := range h.Others {
		for _, p := range g.Ports {
			heard[p] = true
		}
	}
	var silent Ports
	for _, p := range r.Ports {
		if !heard[p] && r.asked(h.Addr, p) {
			silent = append(silent, p)
		}
	}
	return silent
}

// RTT is how long the host usually takes to answer; 0 where that is not known.
func (h *Host) RTT() time.Duration { return h.trip.smooth }
