package scan

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/wire"
)

// out is a way for packets to leave: as IP by route, or as frames on a link.
type out struct {
	sender *wire.Sender
	link   int   // index of the link that frames are for; 0: IP
	pass   *pass // under way
}

// openTap opens the capture of answers: on all interfaces, since they may come
// by another than the questions left by.
func openTap(mode Mode, base uint16) (*wire.Capture, error) {
	filter := "icmp or icmp6"
	if mode == Sweep {
		filter += " or arp"
	} else {
		filter += fmt.Sprintf(" or %s dst portrange %d-%d", mode.Protocol(), base, int(base)+sourcePorts-1)
	}
	program, err := bpf.Compile(filter, pcap.LinkSLL2, nil)
	if err != nil {
		return nil, err
	}
	const snap = 512 // headers, and the packet that an ICMP error quotes
	return wire.Open(wire.Config{
		Interface: wire.AnyInterface, Filter: program, Direction: wire.In,
		Snap: snap, TagsAside: true, Wait: time.Millisecond, Ring: 32 << 20,
	})
}

// runPackets scans window by window, while answers are taken in.
func (s *Scanner) runPackets(ctx context.Context) error {
	listen, stop := context.WithCancel(context.WithoutCancel(ctx))
	heard := make(chan error, 1)
	go func() {
		stats, err := s.tap.Run(listen, s.hear)
		s.mu.Lock()
		s.summary.Dropped = stats.Dropped
		s.mu.Unlock()
		heard <- err
	}()
	err := s.windows(ctx)
	stop()
	return errors.Join(err, <-heard)
}

func (s *Scanner) windows(ctx context.Context) error {
	for first := s.cfg.From; first < s.summary.Pairs && ctx.Err() == nil; first += windowSize {
		w := newWindow(first, int(min(s.summary.Pairs-first, windowSize)))
		s.mu.Lock()
		s.window = w
		s.mu.Unlock()
		if err := s.work(ctx, w); err != nil {
			return err
		}
		s.conclude(ctx, w)
	}
	return nil
}

// work asks all pairs of a window, and those who are silent again: as often as
// the config says, and where that brings answers, so that packets get lost, until
// it brings none several times in a row.
func (s *Scanner) work(ctx context.Context, w *window) error {
	const persistence = 6
	least := s.cfg.Tries
	for attempt := range mostTries {
		s.mu.Lock()
		w.begin(attempt)
		asked := w.silents(nil)
		s.mu.Unlock()
		for i := range s.outs {
			p := pass{Scanner: s, window: w, out: s.outs[i], asked: asked}
			if err := p.run(ctx); err != nil {
				return err
			}
		}
		s.await(ctx, w)
		s.mu.Lock()
		silent, gained := w.silent, w.gained
		if attempt == 0 {
			s.ease(w)
		}
		s.mu.Unlock()
		if attempt > 0 && gained*100 >= len(asked) {
			least = max(least, attempt+1+persistence)
		}
		if silent == 0 || ctx.Err() != nil || attempt+1 >= least {
			return nil
		}
	}
	return nil
}

// ease slows a UDP scan down to what a host's limit for ICMP errors lets pass,
// which is mostly one a second: it is met when errors came for what was asked
// first, and then no more. The lock is held.
func (s *Scanner) ease(w *window) {
	const enough, soon = 5, 0.3
	if s.cfg.Mode != UDP || s.cfg.Fixed || w.closed < enough || w.position/float64(w.closed) > soon*float64(w.n) {
		return
	}
	s.speed.slowTo(min(float64(len(w.limited)), s.speed.rate), time.Since(s.begin))
}

// await waits for the last answers: as long as answers have taken so far, and
// never longer than the config says.
func (s *Scanner) await(ctx context.Context, w *window) {
	const least = 100 * time.Millisecond
	last := time.Now()
	for {
		s.mu.Lock()
		left := min(s.speed.trip.timeout(least, time.Second), s.cfg.Wait) - time.Since(last)
		s.mu.Unlock()
		if left <= 0 {
			return
		}
		timer := time.NewTimer(left)
		select {
		case <-w.answered:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// conclude gives the verdicts about who was silent, unless that was cut short.
func (s *Scanner) conclude(ctx context.Context, w *window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summary.Next = w.settled()
	if ctx.Err() == nil {
		now := time.Now()
		for _, k := range w.silents(nil) {
			host, port := s.pair(w.first + uint64(k))
			s.verdict(Result{Addr: host, Port: port, State: s.cfg.Mode.silent(), Reason: "no-response", Time: now})
		}
		s.summary.Next = w.first + uint64(w.n)
	}
	s.window = nil
}

// hear takes in what has come.
func (s *Scanner) hear(_ int, frames []wire.Frame) error {
	for i := range frames {
		f := &frames[i]
		if a, hardware, ok := s.read(f.Data); ok {
			s.take(a, hardware, f.Time)
		}
	}
	return nil
}

// read reads an answer from a frame with the SLL2 header.
func (s *Scanner) read(frame []byte) (a answer, hardware string, ok bool) {
	const header = 20
	if len(frame) < header {
		return a, "", false
	}
	switch binary.BigEndian.Uint16(frame) {
	case 0x0800, 0x86dd:
		if s.cfg.Mode == Sweep {
			if a, hardware, ok = readAdvertisement(frame[header:]); ok {
				return a, hardware, ok
			}
		}
		a, ok = s.prober.read(frame[header:])
	case 0x0806:
		a, hardware, ok = readARP(frame[header:])
	}
	return a, hardware, ok
}

// take notes an answer.
func (s *Scanner) take(a answer, hardware string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	place, ok := s.placeOf(a.remote, a.port)
	w := s.window
	if !ok || w == nil || place < w.first || place-w.first >= uint64(w.n) {
		return
	}
	k := int(place - w.first)
	if !w.answer(k) {
		return
	}
	if a.state == Closed {
		w.close(k, a.remote)
	}
	host, port := s.pair(place) // with the zone that the target was given with
	r := Result{Addr: host, Port: port, State: a.state, Reason: a.reason, TTL: a.ttl, Hardware: hardware, Time: at}
	if a.absent { // which tells nothing about loss or how long answers take
		w.gained--
		s.verdict(r)
		return
	}
	if a.from != a.remote {
		r.From = a.from
	}
	if a.attempt == w.attempt || hardware != "" {
		if left := w.left[k]; left == 0 {
			w.early[k/64] |= 1 << (k % 64)
		} else {
			r.RTT = max(at.Sub(s.begin)-left, 0)
			s.speed.answered(left, r.RTT)
		}
	}
	s.verdict(r)
}
