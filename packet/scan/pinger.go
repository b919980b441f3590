package scan

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/netwright/netwright/packet/wire"
)

// pinger sends echo requests by datagram sockets, which takes no privilege, and
// tells who waits for which answer.
type pinger struct {
	v4, v6 *wire.ICMP // nil where there are no such targets

	mu      sync.Mutex // guards what follows
	seq     uint16     // of the last request
	waiting map[uint16]chan wire.ICMPAnswer
}

func openPinger(hosts *Addresses) (p *pinger, err error) {
	p = &pinger{waiting: map[uint16]chan wire.ICMPAnswer{}}
	for _, r := range hosts.Ranges() {
		switch {
		case r.First.Is4() && p.v4 == nil:
			p.v4, err = wire.OpenICMP(4)
		case r.First.Is6() && p.v6 == nil:
			p.v6, err = wire.OpenICMP(6)
		}
		if err != nil {
			_ = p.close() // what was opened before has no use alone
			return nil, err
		}
	}
	return p, nil
}

func (p *pinger) sockets() (open []*wire.ICMP) {
	for _, c := range []*wire.ICMP{p.v4, p.v6} {
		if c != nil {
			open = append(open, c)
		}
	}
	return open
}

func (p *pinger) close() error {
	var errs []error
	for _, c := range p.sockets() {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// run takes in answers until ctx ends.
func (p *pinger) run(ctx context.Context) {
	var readers sync.WaitGroup
	for _, c := range p.sockets() {
		readers.Go(func() {
			buf := make([]byte, 2048)
			for ctx.Err() == nil {
				a, err := c.Receive(buf, time.Now().Add(100*time.Millisecond))
				switch {
				case err == nil:
					p.tell(a)
				case !errors.Is(err, os.ErrDeadlineExceeded):
					return
				}
			}
		})
	}
	readers.Wait()
}

// tell hands an answer, or an error about a request, to who waits for it.
func (p *pinger) tell(a wire.ICMPAnswer) {
	if len(a.Data) < 8 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.waiting[binary.BigEndian.Uint16(a.Data[6:])] <- a:
	default: // nobody waits, or has an answer
	}
}

// ask asks a host and waits for its answer; ok is false where none came.
func (p *pinger) ask(ctx context.Context, host netip.Addr, patience time.Duration) (a wire.ICMPAnswer, ok bool, err error) {
	conn, kind := p.v4, byte(8)
	if host.Is6() {
		conn, kind = p.v6, 128
	}
	answer := make(chan wire.ICMPAnswer, 1)
	p.mu.Lock()
	p.seq++
	for p.waiting[p.seq] != nil {
		p.seq++
	}
	seq := p.seq
	p.waiting[seq] = answer
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, seq)
	}()
	message := append(binary.BigEndian.AppendUint16([]byte{kind, 0, 0, 0, 0, 0}, seq), echoData...)
	if _, err := conn.Send(host, 0, message); err != nil {
		return a, false, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case a = <-answer:
			if a.Quoted || a.From.WithZone("") == host.WithZone("") {
				return a, true, nil
			}
		case <-timer.C:
			return a, false, nil
		case <-ctx.Done():
			return a, false, context.Cause(ctx)
		}
	}
}

// knockICMP sends an echo request.
func (s *Scanner) knockICMP(ctx context.Context, host netip.Addr, patience time.Duration) (State, string, error) {
	a, ok, err := s.pinger.ask(ctx, host, patience)
	switch {
	case err != nil:
		if errors.Is(err, net.ErrClosed) {
			return 0, "", err
		}
		return failure(err, Down)
	case !ok:
		return 0, "", nil
	case a.Quoted && !a.From.IsValid(): // this host's: nobody has the address, say
		return failure(a.Err, Down)
	case a.Quoted:
		return Down, errorReason(host.Is6(), a.Type, a.Code), nil
	}
	return Up, "echo-reply", nil
}
