package ping

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/rtnl"
	"github.com/netwright/netwright/packet/wire"
)

// Ask is what a Link does.
type Ask uint8

// What to do with an address on a link.
const (
	WhoHas   Ask = iota // ask who has it
	Probe               // ask whether somebody has it, before taking it oneself (RFC 5227, RFC 4862)
	Announce            // tell that this host has it, by an ARP request
	Answer              // the same by an ARP reply, that nobody asked for
)

// LinkConfig says how to ask on a link.
type LinkConfig struct {
	// Interface to ask on. Default: the one that the route to the target has.
	Interface string `yaml:"interface"`
	// Ask is what to do.
	Ask Ask `yaml:"-"`
	// Count is how many requests to send. Default: until the context ends; 3 for
	// Probe, 1 for Announce and Answer.
	Count int `yaml:"count"`
	// Interval between requests. Default 1s.
	Interval time.Duration `yaml:"interval"`
	// Timeout is how long to wait for answers to the last request. Default 1s.
	Timeout time.Duration `yaml:"timeout"`
	// Broadcast keeps asking all, rather than only who answered first.
	Broadcast bool `yaml:"broadcast"`
	// Patient waits for further answers to the last request, too.
	Patient bool `yaml:"patient"`
	// Source address of the requests. Default: the system's choice.
	Source netip.Addr `yaml:"source"`
}

// SetDefaults fills the fields that are zero.
func (c *LinkConfig) SetDefaults() {
	if c.Count == 0 {
		c.Count = map[Ask]int{Probe: 3, Announce: 1, Answer: 1}[c.Ask]
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = time.Second
	}
}

// Validate says which settings cannot be.
func (c *LinkConfig) Validate() error {
	if c.Ask > Answer || c.Count < 0 || c.Interval < 0 || c.Timeout < 0 || c.Timeout > time.Hour {
		return fmt.Errorf("ask %d, count %d, interval %v, timeout %v: one of them cannot be", c.Ask, c.Count, c.Interval, c.Timeout)
	}
	return nil
}

// LinkAnswer is an answer on a link.
type LinkAnswer struct {
	Seq       int // number of the latest request, from 1
	Time      time.Time
	RTT       time.Duration // since that request
	Hardware  net.HardwareAddr
	Broadcast bool // it went to all
	Again     bool // that request had an answer already
}

// String is a line about it: "52:54:00:12:34:56: seq=1 time=0.412 ms".
func (a LinkAnswer) String() string {
	text := fmt.Sprintf("%v: seq=%d time=%s", a.Hardware, a.Seq, Milliseconds(a.RTT))
	if a.Broadcast {
		text += " (broadcast)"
	}
	if a.Again {
		text += " (one more answer)"
	}
	return text
}

// LinkStats are what came of asking. Duplicates counts further answers to a
// request that had one.
type LinkStats struct {
	Stats
	Hardware []net.HardwareAddr // who answered, in the order of the first answers
}

// Link asks for an address on a link, by ARP or by neighbour solicitations.
type Link struct {
	cfg     LinkConfig
	target  netip.Addr
	link    rtnl.Link
	source  netip.Addr // not valid for the unspecified one
	capture *wire.Capture
	sender  *wire.Sender
}

// OpenLink opens the sockets to ask for a target, in the current network
// namespace. A lack of privilege is a [wire.PermissionError].
func OpenLink(cfg LinkConfig, target netip.Addr) (*Link, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Link{cfg: cfg, target: target.Unmap()}
	if err := l.find(); err != nil {
		return nil, err
	}
	l.target = l.target.WithZone("")
	program, err := neighbourFilter(l.target.Is6())
	if err != nil {
		return nil, err
	}
	l.capture, err = wire.Open(wire.Config{
		Interface: l.link.Name, Filter: program, Direction: wire.In, Immediate: true, Snap: 128, Ring: 256 << 10, Block: 64 << 10,
	})
	if err != nil {
		return nil, err
	}
	if l.sender, err = wire.OpenSender(wire.SendConfig{Interface: l.link.Name}); err != nil {
		l.capture.Close()
		return nil, err
	}
	return l, nil
}

// Close gives back the sockets. It must not be called during a run.
func (l *Link) Close() error { return errors.Join(l.capture.Close(), l.sender.Close()) }

// Interface is the name of the one that is asked on, and Source the address that
// requests are from.
func (l *Link) Interface() string { return l.link.Name }

// Source is the address that requests are from; not valid where they are from
// none.
func (l *Link) Source() netip.Addr { return l.source }

// find finds the interface and the source address.
func (l *Link) find() error {
	conn, err := rtnl.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	own := l.cfg.Ask == Announce || l.cfg.Ask == Answer
	name := l.cfg.Interface
	if name == "" {
		name = l.target.Zone()
	}
	if name != "" {
		if l.link, err = conn.Named(name); err != nil {
			return err
		}
	}
	route, err := conn.Route(l.target, l.link.Index)
	switch {
	case name != "":
		// the route matters for the source only
	case err != nil:
		return err
	case route.Gateway.IsValid():
		return fmt.Errorf("%v is not on a link of this host, but behind %v: name the interface to ask there all the same", l.target, route.Gateway)
	case own && route.Kind == rtnl.Local:
		return fmt.Errorf("name the interface to announce %v on", l.target)
	default:
		if l.link, err = conn.Link(route.Interface); err != nil {
			return err
		}
	}
	const ethernet = 1
	if l.link.Type != ethernet || l.link.NoARP || len(l.link.Hardware) != 6 {
		return fmt.Errorf("nobody can be asked for on %s: it has no ARP", l.link.Name)
	}
	switch {
	case l.cfg.Ask == Probe:
	case own:
		l.source = l.target
	case l.cfg.Source.IsValid():
		l.source = l.cfg.Source.Unmap()
	case err == nil && route.Source.IsValid() && route.Interface == l.link.Index:
		l.source = route.Source
	default:
		return l.anySource(conn)
	}
	return nil
}

// anySource takes an address of the interface; of IPv6 one of the link.
func (l *Link) anySource(conn *rtnl.Conn) error {
	list, err := conn.Addresses()
	for _, a := range list {
		addr := a.Prefix.Addr()
		if a.Interface == l.link.Index && addr.Is4() == l.target.Is4() && (addr.Is4() || addr.IsLinkLocalUnicast()) {
			l.source = addr.WithZone("")
			break
		}
	}
	return err
}

// neighbourFilter lets pass ARP, or neighbour advertisements.
func neighbourFilter(v6 bool) ([]bpf.RawInstruction, error) {
	if !v6 {
		return bpf.Assemble([]bpf.Instruction{
			bpf.LoadAbsolute{Off: 12, Size: 2}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x0806, SkipFalse: 1},
			bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0},
		})
	}
	return bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 12, Size: 2}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x86dd, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 20, Size: 1}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 58, SkipTrue: 3},
		bpf.LoadAbsolute{Off: 54, Size: 1}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: advertisement, SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0},
	})
}

// Run asks until it has asked often enough, or ctx ends, which is no error. It
// calls each, which may be nil, on its own goroutine with all answers; an error
// of each ends the run, and is returned unless it is [ErrStop].
func (l *Link) Run(ctx context.Context, each func(LinkAnswer) error) (LinkStats, error) {
	ctx, cancel := context.WithCancel(ctx)
	heard := make(chan neighbour, 64)
	ended := make(chan error, 1)
	go func() {
		_, err := l.capture.Run(ctx, func(_ int, frames []wire.Frame) error {
			for i := range frames {
				n, ok := readNeighbour(frames[i].Data, l.target)
				if !ok {
					continue
				}
				n.time, n.broadcast = frames[i].Time, frames[i].Type != wire.Host
				select {
				case heard <- n:
				case <-ctx.Done():
				}
			}
			return nil
		})
		ended <- err
		cancel()
	}()
	a := asker{link: l, each: each, heard: heard}
	err := a.all(ctx)
	cancel()
	err = errors.Join(err, <-ended)
	if errors.Is(err, ErrStop) {
		err = nil
	}
	return a.stats, err
}

// asker is one call of Link.Run.
type asker struct {
	link     *Link
	each     func(LinkAnswer) error
	heard    <-chan neighbour
	stats    LinkStats
	requests [8]asked // the latest ones; request n is at n modulo their number
}

// asked is a request.
type asked struct {
	at       time.Time
	answered bool
}

// latest is the latest request.
func (a *asker) latest() *asked { return &a.requests[a.stats.Sent%len(a.requests)] }

func (a *asker) all(ctx context.Context) error {
	cfg := &a.link.cfg
	begin := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		frame, err := a.link.request(a.only())
		if err != nil {
			return err
		}
		a.stats.Sent++
		*a.latest() = asked{at: time.Now()}
		if _, err := a.link.sender.Write(frame); err != nil {
			return err
		}
		last := cfg.Count > 0 && n+1 == cfg.Count
		until := begin.Add(time.Duration(n+1) * cfg.Interval)
		if last {
			until = a.latest().at.Add(cfg.Timeout)
		}
		if cfg.Ask == Announce || cfg.Ask == Answer {
			if last {
				return nil
			}
		}
		if err := a.listen(ctx, until, last && !cfg.Patient); err != nil {
			return err
		}
		if last {
			break
		}
	}
	a.stats.Lost = a.stats.Sent - a.stats.Received
	if a.stats.Lost > 0 && ctx.Err() != nil && !a.latest().answered {
		a.stats.Lost-- // it was not waited for
	}
	return nil
}

// only is whom alone to ask; nil for all.
func (a *asker) only() net.HardwareAddr {
	if cfg := &a.link.cfg; cfg.Ask != WhoHas || cfg.Broadcast || len(a.stats.Hardware) != 1 {
		return nil
	}
	return a.stats.Hardware[0]
}

// listen takes answers until that time, or to the first.
func (a *asker) listen(ctx context.Context, until time.Time, first bool) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for !first || !a.latest().answered {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return nil
		case n := <-a.heard:
			if err := a.take(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// take takes an answer, which is to the latest request that was sent before it
// came: it may have been read later.
func (a *asker) take(n neighbour) error {
	if !n.reply && a.link.cfg.Ask == WhoHas { // nobody asked
		return nil
	}
	now := time.Now()
	came := now.Add(-time.Duration(now.UnixNano() - n.time.UnixNano()))
	seq := a.stats.Sent
	for ; seq > max(a.stats.Sent-len(a.requests), 0); seq-- {
		if !a.requests[seq%len(a.requests)].at.After(came) {
			break
		}
	}
	if seq == max(a.stats.Sent-len(a.requests), 0) {
		return nil
	}
	request := &a.requests[seq%len(a.requests)]
	answer := LinkAnswer{Seq: seq, Time: n.time, RTT: came.Sub(request.at), Hardware: n.hardware, Broadcast: n.broadcast, Again: request.answered}
	if request.answered {
		a.stats.Duplicates++
	} else {
		a.stats.add(answer.RTT)
	}
	request.answered = true
	const most = 1000
	if !slices.ContainsFunc(a.stats.Hardware, func(h net.HardwareAddr) bool { return slices.Equal(h, n.hardware) }) && len(a.stats.Hardware) < most {
		a.stats.Hardware = append(a.stats.Hardware, n.hardware)
	}
	if a.each == nil {
		return nil
	}
	return a.each(answer)
}
