package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/rtnl"
	"github.com/netwright/netwright/packet/wire"
)

// Rule is a kind of packet, and what is answered to it.
type Rule struct {
	// Match tells which packets: [craft.Pattern]'s, or a display filter's.
	Match func(st *layer.Stack) bool
	// Reply is a craft line. In it ${req.FIELD} is what that field of the request
	// holds, the innermost of that name; ${req.payload} what it carries; ${own.mac},
	// ${own.ip} and ${own.ip6} the interface's addresses. The layers below the line's
	// first are those of the request, turned around.
	Reply string
}

// AnswerConfig says what is answered, and where.
type AnswerConfig struct {
	Interface string `yaml:"interface" required:"true"`
	// Filter is a capture filter for what comes. Default all.
	Filter string `yaml:"filter"`
	Rules  []Rule `yaml:"-"` // the first that matches answers
	// Rate is how many packets a second are answered at most; the others are
	// passed over. Default 1000.
	Rate        float64    `yaml:"rate" unit:"rate"`
	Count       uint64     `yaml:"count"` // how many packets to answer; 0: no end
	Promiscuous bool       `yaml:"promiscuous"`
	Set         *layer.Set `yaml:"-"`
	// Answered is called for each answer that was sent, or could not be. It holds
	// up the next one.
	Answered func(*Reply) error `yaml:"-"`
}

// SetDefaults fills the fields that are zero.
func (c *AnswerConfig) SetDefaults() {
	if c.Rate == 0 {
		c.Rate = 1000
	}
	if c.Set == nil {
		c.Set = proto.Set()
	}
	if c.Answered == nil {
		c.Answered = func(*Reply) error { return nil }
	}
}

// Validate says which settings cannot be.
func (c *AnswerConfig) Validate() error {
	switch {
	case c.Interface == "" || c.Interface == wire.AnyInterface:
		return errors.New("answering takes one interface")
	case len(c.Rules) == 0:
		return errors.New("there is nothing to answer: no rules")
	case c.Rate < 0:
		return errors.New("the rate is negative")
	}
	return nil
}

// Reply is what a packet was answered with. What it shows is lent until the call
// that got it returns.
type Reply struct {
	Rule     int // of the config's
	Request  []byte
	Link     pcap.LinkType // of the request
	Received time.Time
	Answer   []byte
	Begin    string // the protocol that the answer begins with
	Err      error  // why there is no answer
}

// AnswerSummary counts what came.
type AnswerSummary struct {
	Seen     uint64 // packets that passed the filter
	Matched  uint64
	Answered uint64
	Withheld uint64 // because of the rate
	Failed   uint64
	ByRule   []uint64 // answered
	Capture  wire.Stats
}

// Answerer answers packets. It is for one goroutine, but for Close.
type Answerer struct {
	cfg     AnswerConfig
	capture *wire.Capture
	sender  *wire.Sender
	own     host
	replies []*reply
	request packet.Packet
	summary AnswerSummary
	due     time.Time // up to which the rate is used up
}

// OpenAnswerer opens the sockets, which takes CAP_NET_RAW, and reads the rules.
func OpenAnswerer(cfg AnswerConfig) (*Answerer, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &Answerer{cfg: cfg}
	a.request.Use(cfg.Set)
	a.summary.ByRule = make([]uint64, len(cfg.Rules))
	for i, rule := range cfg.Rules {
		r, err := newReply(cfg.Set, rule.Reply, &a.own)
		if err != nil {
			return nil, fmt.Errorf("answer %d: %w", i+1, err)
		}
		a.replies = append(a.replies, r)
	}
	if err := a.open(); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

func (a *Answerer) open() error {
	link, err := a.host()
	if err != nil {
		return err
	}
	kind, err := wire.LinkTypeOf(a.cfg.Interface)
	if err != nil {
		return err
	}
	var program []netbpf.RawInstruction
	if a.cfg.Filter != "" {
		p, err := bpf.Compile(a.cfg.Filter, kind, &bpf.Options{LinuxExtensions: true})
		if err != nil {
			return fmt.Errorf("%q: %w", a.cfg.Filter, err)
		}
		program = p
	}
	a.own.framed = kind == pcap.LinkEthernet && link.Loopback
	// What is sent goes at once, and what comes is waited for no longer than that.
	capture, err := wire.Open(wire.Config{
		Interface: a.cfg.Interface, Filter: program, Direction: direction(link), Promiscuous: a.cfg.Promiscuous, Wait: time.Millisecond,
	})
	if err != nil {
		return err
	}
	a.capture = capture
	sender, err := wire.OpenSender(wire.SendConfig{Interface: a.cfg.Interface, IP: link.Loopback})
	if err != nil {
		return err
	}
	a.sender = sender
	return nil
}

// host learns what templates may ask of the interface.
func (a *Answerer) host() (rtnl.Link, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return rtnl.Link{}, err
	}
	defer conn.Close()
	link, err := conn.Named(a.cfg.Interface)
	if err != nil {
		return link, err
	}
	a.own.mac = link.Hardware.String()
	all, err := conn.Addresses()
	for _, addr := range all {
		ip := addr.Prefix.Addr()
		switch {
		case addr.Interface != link.Index:
		case ip.Is4() && !a.own.ip.IsValid():
			a.own.ip = ip
		case ip.Is6() && (!a.own.ip6.IsValid() || a.own.ip6.IsLinkLocalUnicast()):
			a.own.ip6 = ip
		}
	}
	return link, err
}

// Close ends a Run under way and gives back the sockets.
func (a *Answerer) Close() error {
	var errs []error
	if a.capture != nil {
		errs = append(errs, a.capture.Close())
	}
	if a.sender != nil {
		errs = append(errs, a.sender.Close())
	}
	return errors.Join(errs...)
}

// Run answers until ctx ends or as many were answered as were wanted. It may be
// called once.
func (a *Answerer) Run(ctx context.Context) (AnswerSummary, error) {
	stats, err := a.capture.Run(ctx, func(_ int, frames []wire.Frame) error {
		for i := range frames {
			if err := a.take(&frames[i]); err != nil {
				return err
			}
		}
		return nil
	})
	a.summary.Capture = stats
	return a.summary, err
}

// take looks at a packet that came.
func (a *Answerer) take(f *wire.Frame) error {
	a.summary.Seen++
	a.request.Info.Length = f.Length
	a.request.Decode(f.Data, a.capture.LinkType())
	for i := range a.cfg.Rules {
		if !a.cfg.Rules[i].Match(&a.request.Stack) {
			continue
		}
		a.summary.Matched++
		if !a.allowed() {
			a.summary.Withheld++
			return nil
		}
		return a.answer(i, f)
	}
	return nil
}

// allowed keeps the rate: a tenth of a second's packets may come at once.
func (a *Answerer) allowed() bool {
	now := time.Now()
	if burst := now.Add(-100 * time.Millisecond); a.due.Before(burst) {
		a.due = burst
	}
	next := a.due.Add(time.Duration(float64(time.Second) / a.cfg.Rate))
	if next.After(now) {
		return false
	}
	a.due = next
	return true
}

func (a *Answerer) answer(rule int, f *wire.Frame) error {
	out := Reply{Rule: rule, Request: f.Data, Link: a.capture.LinkType(), Received: f.Time}
	var spec *craft.Spec
	spec, out.Begin, out.Err = a.replies[rule].to(&a.request)
	if out.Err == nil {
		for data, err := range spec.All() {
			if out.Err = err; err == nil {
				_, out.Err = a.sender.Write(data)
			}
			if out.Err != nil {
				break
			}
			out.Answer = data
			if err := a.cfg.Answered(&out); err != nil {
				return err
			}
		}
	}
	if out.Err != nil {
		a.summary.Failed++
		out.Answer = nil
		return a.cfg.Answered(&out)
	}
	a.summary.Answered++
	a.summary.ByRule[rule]++
	if a.summary.Answered == a.cfg.Count {
		return wire.ErrStop
	}
	return nil
}

// Pattern reads a craft line as the pattern of a [Rule].
func Pattern(set *layer.Set, line string) (func(*layer.Stack) bool, error) {
	p := craft.Parser{Set: set}
	spec, err := p.Parse(line)
	if err != nil {
		return nil, err
	}
	pattern, err := spec.Pattern()
	if err != nil {
		return nil, err
	}
	return pattern.Match, nil
}
