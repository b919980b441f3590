package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/pcap"
)

// ErrStop ends a capture without an error when the function given to
// [Capture.Run] returns it.
var ErrStop = errors.New("stop")

// ErrUnsupported is what everything here gives on systems other than Linux.
var ErrUnsupported = errors.New("capturing and sending frames is implemented for Linux only")

// Capture is an open capture. Frames that pass the filter are in its rings from
// [Open] on and wait there for [Capture.Run]. Its methods may be called
// concurrently.
type Capture struct {
	cfg     Config
	link    pcap.LinkType
	workers []*worker

	mu     sync.Mutex // guards what follows
	state  state
	end    context.CancelCauseFunc // ends the Run under way
	ended  chan struct{}           // closed when that Run has returned
	totals Stats                   // once closed
}

type state uint8

const (
	opened state = iota
	running
	ran
	closed
)

// Open opens a capture. No frame is seen that the filter refuses: nothing
// passes before it is in force. A lack of privilege is a [PermissionError].
func Open(cfg Config) (*Capture, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return open(cfg)
}

// LinkType says with which header the frames begin.
func (c *Capture) LinkType() pcap.LinkType { return c.link }

// Run hands out frames until ctx ends, the interface goes down or handle
// returns an error, and says what was counted. It may be called once.
//
// handle gets some frames that one worker's ring has, at most 256, at least
// one. All that it gets is lent until it returns. Each worker calls it from a
// goroutine of its own: with Workers of 1, never concurrently.
//
// When ctx ends, no more frames are taken in, and those that are in the rings
// are handed out still: then Received is the sum of Delivered and Dropped, and
// Run returns no error. When handle returns an error, Run returns it at once,
// and nil for [ErrStop].
func (c *Capture) Run(ctx context.Context, handle func(worker int, frames []Frame) error) (Stats, error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if err := c.begin(end); err != nil {
		return Stats{}, err
	}
	defer c.finish()
	var stop atomic.Bool
	var wg sync.WaitGroup
	errs := make([]error, len(c.workers))
	for i, w := range c.workers {
		wg.Go(func() {
			err := w.run(ctx, &stop, func(frames []Frame) error { return handle(i, frames) })
			if err != nil {
				errs[i] = err
				stop.Store(true)
				end(err)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, ErrStop) {
			return c.count(), err
		}
	}
	return c.count(), nil
}

func (c *Capture) begin(end context.CancelCauseFunc) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.state {
	case closed:
		return fmt.Errorf("capture on %s: %w", c.cfg.Interface, net.ErrClosed)
	case opened:
		c.state, c.end, c.ended = running, end, make(chan struct{})
		return nil
	default:
		return fmt.Errorf("the capture on %s was run before", c.cfg.Interface)
	}
}

func (c *Capture) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = ran
	close(c.ended)
}

// count sums up the workers' counters. The rings must not be closed meanwhile.
func (c *Capture) count() Stats {
	var sum Stats
	for _, w := range c.workers {
		sum.add(w.count())
	}
	return sum
}

// Stats gives the counters as they are now, also after [Capture.Close].
func (c *Capture) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed {
		return c.totals
	}
	return c.count()
}

// SetFilter replaces the filter. Frames that passed the old one may be in the
// rings still.
func (c *Capture) SetFilter(filter []bpf.RawInstruction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed {
		return fmt.Errorf("set a filter on %s: %w", c.cfg.Interface, net.ErrClosed)
	}
	for _, w := range c.workers {
		if err := w.setFilter(filter); err != nil {
			return err
		}
	}
	return nil
}

// Close ends a Run under way, waits for it, and gives back sockets and rings.
// It must not be called by the function that Run calls; that returns [ErrStop].
func (c *Capture) Close() error {
	c.mu.Lock()
	if c.state == running {
		c.end(net.ErrClosed)
		ended := c.ended
		c.mu.Unlock()
		<-ended
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	if c.state == closed {
		return nil
	}
	c.totals = c.count()
	c.state = closed
	var errs []error
	for _, w := range c.workers {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}
