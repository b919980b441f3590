package exchange

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"sync"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/rtnl"
	"github.com/netwright/netwright/packet/wire"
)

// Exchange sends packets on an interface and listens for their answers. Its
// methods must not be called concurrently, but for Close.
type Exchange struct {
	cfg     Config
	conn    *rtnl.Conn
	link    rtnl.Link
	capture *wire.Capture
	sending wire.SendConfig
	sender  *wire.Sender
	outfit  outfitter
	shapes  shapes

	cancel context.CancelFunc // ends the listening
	ctx    context.Context
	once   sync.Once
	ended  chan struct{} // closed when the listening has ended
	err    error         // why it did

	mu      sync.Mutex
	current *round // the Run under way
	answer  packet.Packet
}

// Do is Open, Run and Close for packets whose first tells the way; their source and
// link header are filled in where they have none.
func Do(ctx context.Context, cfg Config, packets iter.Seq2[[]byte, error]) (Summary, error) {
	for first, err := range packets {
		if err != nil {
			return Summary{}, err
		}
		if !cfg.To.IsValid() {
			cfg.To = Destination(cfg.Begin, first)
		}
		break
	}
	x, err := Open(cfg)
	if err != nil {
		return Summary{}, err
	}
	defer x.Close()
	return x.Run(ctx, packets)
}

// Destination is where a packet goes: what its outermost IP header says, or what
// ARP asks for.
func Destination(begin string, data []byte) netip.Addr {
	var p packet.Packet
	if begin == "" {
		begin = "ip"
		if len(data) > 0 && data[0]>>4 == 6 {
			begin = "ipv6"
		}
	}
	p.DecodeAs(begin, data)
	if ip := outermost(&p); ip >= 0 {
		_, dst := addresses(&p, ip)
		return dst
	}
	var dst netip.Addr
	if v, ok := p.Field("arp.dst.proto_ipv4"); ok {
		dst, _ = netip.AddrFromSlice(v.B)
	}
	return dst
}

// Open opens the sockets, which takes CAP_NET_RAW: without it the error is a
// [wire.PermissionError]. Nothing is sent, and nothing that comes is looked at
// before [Exchange.Run].
func Open(cfg Config) (*Exchange, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	x := &Exchange{cfg: cfg, ended: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	if err := x.open(); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

func (x *Exchange) open() (err error) {
	if x.conn, err = rtnl.Dial(); err != nil {
		return err
	}
	if x.link, err = interfaceOf(x.conn, x.cfg.Interface, x.cfg.To); err != nil {
		return err
	}
	// What comes back on the loopback interface must come from the host itself: the
	// kernel refuses frames with its addresses.
	whole := x.cfg.Begin == "eth"
	x.sending = wire.SendConfig{Interface: x.link.Name, Rate: x.cfg.Rate, IP: x.link.Loopback && !whole}
	if !x.cfg.Blind {
		x.sending.Batch = timedBatch
		capture, err := wire.Open(wire.Config{
			Interface: x.link.Name, Filter: nothing(), Direction: direction(x.link), Promiscuous: x.cfg.Promiscuous, Ring: x.cfg.Ring,
		})
		if err != nil {
			return err
		}
		x.capture = capture
	}
	x.sending.Sent = func(_ uint64, n int, at time.Time) { x.handed(n, at, nil) }
	x.sending.Failed = func(_ uint64, _ []byte, err error) error { x.handed(1, time.Now(), err); return nil }
	sender, err := wire.OpenSender(x.sending)
	if err != nil {
		return err
	}
	x.sender = sender
	x.outfit = outfitter{conn: x.conn, link: x.link, kind: x.sender.LinkType(), begin: x.cfg.Begin, fill: x.cfg.Fill, forced: x.cfg.Interface != ""}
	if x.cfg.Set != nil {
		x.outfit.packet.Use(x.cfg.Set)
		x.answer.Use(x.cfg.Set)
	}
	return nil
}

// timedBatch is how many packets are sent by one system call where answers are timed,
// since all of them count as sent when it begins.
const timedBatch = 8

// direction is the way of answers. On the loopback interface wire shows each packet
// once, as received.
func direction(l rtnl.Link) wire.Direction {
	if l.Loopback {
		return wire.Both
	}
	return wire.In
}

// interfaceOf is the interface of that name, or that of the route to an address.
func interfaceOf(conn *rtnl.Conn, name string, to netip.Addr) (rtnl.Link, error) {
	if name != "" {
		return conn.Named(name)
	}
	r, err := conn.Route(to, 0)
	if err != nil {
		return rtnl.Link{}, err
	}
	return conn.Link(r.Interface)
}

// Interface is the name of the interface.
func (x *Exchange) Interface() string { return x.link.Name }

// Close ends a Run under way and gives back the sockets.
func (x *Exchange) Close() error {
	x.cancel()
	x.once.Do(func() { close(x.ended) }) // it was never listened
	<-x.ended
	var errs []error
	if x.capture != nil {
		errs = append(errs, x.capture.Close())
	}
	if x.sender != nil {
		errs = append(errs, x.sender.Close())
	}
	if x.conn != nil {
		errs = append(errs, x.conn.Close())
	}
	x.capture, x.sender, x.conn = nil, nil, nil
	return errors.Join(errs...)
}

// listen hands what comes to the Run under way, until Close.
func (x *Exchange) listen() {
	defer close(x.ended)
	_, err := x.capture.Run(x.ctx, func(_ int, frames []wire.Frame) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.current == nil {
			return nil
		}
		for i := range frames {
			f := &frames[i]
			x.answer.Info.Length = f.Length
			x.answer.Decode(f.Data, x.capture.LinkType())
			x.current.arrived(&x.answer, f.Time)
		}
		return nil
	})
	x.mu.Lock()
	x.err = err
	if x.current != nil {
		x.current.stop(err)
	}
	x.mu.Unlock()
}

// Run sends packets and waits for what answers them, until each has its answer or
// none came, or ctx ends, which is no error: what is still waited for is reported as
// unanswered then. Packets are copied; an error of packets ends the sending.
func (x *Exchange) Run(ctx context.Context, packets iter.Seq2[[]byte, error]) (Summary, error) {
	wait, err := newPending(x.cfg.Set)
	if err != nil {
		return Summary{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := newRound(x, wait, cancel)
	x.mu.Lock()
	if x.err != nil {
		x.mu.Unlock()
		return Summary{}, x.err
	}
	x.current = r
	x.mu.Unlock()
	if !x.cfg.Blind {
		x.once.Do(func() { go x.listen() })
	}

	var wg sync.WaitGroup
	wg.Go(func() { r.feed(ctx, packets) })
	wg.Go(func() {
		report, err := x.sender.Run(ctx, func(dst []byte) ([]byte, error) { return r.next(ctx, dst) })
		x.mu.Lock()
		defer x.mu.Unlock()
		r.summary.Report = report
		if err != nil {
			r.stop(err)
		}
	})
	r.watch(ctx)
	cancel()
	wg.Wait()

	x.mu.Lock()
	defer x.mu.Unlock()
	x.current = nil
	r.giveUp()
	if x.capture != nil {
		r.summary.Capture = x.capture.Stats()
	}
	return r.summary, r.err
}

// handed notes what became of the packets that the sender was given, in their order.
func (x *Exchange) handed(n int, at time.Time, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current != nil {
		x.current.handed(n, at, err)
	}
}
