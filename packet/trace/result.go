package trace

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/netwright/netwright/packet/ping"
)

// Kind is what became of a probe.
type Kind uint8

// The kinds of [Event].
const (
	Transit     Kind = iota // a router says that the TTL ran out
	Reached                 // the target answered
	Unreachable             // somebody says that it cannot be reached
	TooBig                  // somebody says that the probe is too large for what follows
	Timeout                 // no answer in time
	Unsent                  // this host could not send it
)

func (k Kind) String() string {
	names := [...]string{"transit", "reached", "unreachable", "too big", "timeout", "unsent"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is what became of a probe.
type Event struct {
	Kind   Kind
	TTL    int
	Number int // of the probe at this TTL, from 1
	Flow   int // 0 unless flows are varied
	Size   int // of the probe with all its headers
	Sent   time.Time
	RTT    time.Duration
	From   netip.Addr // who answered; not valid for Timeout and Unsent
	// ReplyTTL is that of the answer when it came, which tells how long its way was.
	ReplyTTL int
	Labels   []Label // of MPLS, that the probe had when it came to From
	MTU      int     // for TooBig: what the next link takes
	Err      error   // for Unreachable, TooBig and Unsent: a [*ping.ICMPError] or what the kernel says
}

// Trace is the way to a target.
type Trace struct {
	Target  netip.Addr
	Source  netip.Addr
	Hops    []Hop // in the order of their TTLs, up to the target or the last that was tried
	Reached bool
	// MTU is that of the path as far as it answered; 0 unless it was asked for.
	MTU int
}

// Hop is what is at one distance.
type Hop struct {
	TTL    int
	Sent   int
	Lost   int    // probes without an answer in time; the others were answered or wait
	Nodes  []Node // who answered, in the order of their first answers
	MTU    int    // of the path up to here; 0 when unknown
	Events []Event
}

// Node is a router, or the target.
type Node struct {
	Addr   netip.Addr
	Flows  []int   // that came by it, ascending, of which flow 0 is that of a plain trace
	Labels []Label // MPLS labels of the latest answer that had some
	Kind   Kind    // of its latest answer
	Err    error   // for Unreachable
	Stats
}

// Stats are those of round trips.
type Stats struct {
	Received        int
	Last, Best, Max time.Duration
	Jitter          time.Duration // mean difference between consecutive round trips
	mean, dev       float64       // Welford's method
}

func (s *Stats) add(rtt time.Duration) {
	s.Received++
	if s.Received == 1 || rtt < s.Best {
		s.Best = rtt
	}
	if s.Received > 1 {
		s.Jitter += ((rtt - s.Last).Abs() - s.Jitter) / time.Duration(s.Received-1)
	}
	s.Max, s.Last = max(s.Max, rtt), rtt
	delta := float64(rtt) - s.mean
	s.mean += delta / float64(s.Received)
	s.dev += delta * (float64(rtt) - s.mean)
}

// Mean is the average round trip.
func (s Stats) Mean() time.Duration { return time.Duration(s.mean) }

// Deviation is the standard deviation of the round trips.
func (s Stats) Deviation() time.Duration {
	if s.Received == 0 {
		return 0
	}
	return time.Duration(math.Sqrt(s.dev / float64(s.Received)))
}

// Loss is the share of probes without an answer, from 0 to 1, of those whose
// end is known.
func (h *Hop) Loss() float64 {
	known := h.Lost
	for i := range h.Nodes {
		known += h.Nodes[i].Received
	}
	if known == 0 {
		return 0
	}
	return float64(h.Lost) / float64(known)
}

// Whole says whether all its probes were answered or lost.
func (h *Hop) Whole() bool {
	known := h.Lost
	for i := range h.Nodes {
		known += h.Nodes[i].Received
	}
	return known >= h.Sent
}

// keptEvents is how many events of a hop are kept.
const keptEvents = 200

// take enters what became of a probe.
func (h *Hop) take(e Event) {
	if len(h.Events) == keptEvents {
		h.Events = slices.Delete(h.Events, 0, 1)
	}
	h.Events = append(h.Events, e)
	switch e.Kind {
	case Timeout, Unsent:
		h.Lost++
		return
	case TooBig:
		h.Sent-- // it goes again, smaller
		return
	}
	i := slices.IndexFunc(h.Nodes, func(n Node) bool { return n.Addr == e.From })
	if i < 0 {
		i = len(h.Nodes)
		h.Nodes = append(h.Nodes, Node{Addr: e.From})
	}
	n := &h.Nodes[i]
	n.add(e.RTT)
	n.Kind, n.Err = e.Kind, e.Err
	if len(e.Labels) > 0 {
		n.Labels = e.Labels
	}
	if at, ok := slices.BinarySearch(n.Flows, e.Flow); !ok {
		n.Flows = slices.Insert(n.Flows, at, e.Flow)
	}
}

// Before are the nodes of the hop before from which flows came to node n.
func (t *Trace) Before(hop, n int) (before []netip.Addr) {
	if hop == 0 {
		return nil
	}
	for _, p := range t.Hops[hop-1].Nodes {
		if p.shares(&t.Hops[hop].Nodes[n]) {
			before = append(before, p.Addr)
		}
	}
	return before
}

// shares says whether a flow came by both nodes.
func (n *Node) shares(other *Node) bool {
	return slices.ContainsFunc(n.Flows, func(f int) bool { return slices.Contains(other.Flows, f) })
}

// leadsTo says whether a way from the hop to a node of the next is known.
func (h *Hop) leadsTo(n *Node) bool {
	return slices.ContainsFunc(h.Nodes, func(at Node) bool { return at.shares(n) })
}

// icmpError is the error that an ICMP message tells.
func icmpError(version int, m *message) error {
	return &ping.ICMPError{Version: version, Type: m.kind, Code: m.code, MTU: m.mtu, Err: m.err}
}
