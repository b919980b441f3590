package scan

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// runSockets asks by connections of the kernel's, many at a time.
func (s *Scanner) runSockets(ctx context.Context) error {
	places := make(chan uint64)
	var workers sync.WaitGroup
	flight := newFlight(s.cfg.From)
	for range min(uint64(s.cfg.Connections), s.summary.Pairs-s.cfg.From) {
		workers.Go(func() {
			for place := range places {
				if s.ask(ctx, place) {
					s.settle(flight, place)
				}
			}
		})
	}
	listen, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var listener sync.WaitGroup
	if s.pinger != nil {
		listener.Go(func() { s.pinger.run(listen) })
	}
	s.hand(ctx, places, flight)
	close(places)
	workers.Wait()
	stop()
	listener.Wait()
	return nil
}

// hand hands out the places at the rate of the config.
func (s *Scanner) hand(ctx context.Context, places chan<- uint64, flight *flight) {
	s.mu.Lock()
	rate := s.speed.most
	s.mu.Unlock()
	begin := time.Now()
	for place := s.cfg.From; place < s.summary.Pairs; place++ {
		due := time.Duration(float64(place-s.cfg.From) / rate * float64(time.Second))
		if early := due - time.Since(begin); early > time.Millisecond {
			time.Sleep(min(early, 100*time.Millisecond))
			if ctx.Err() == nil && early > 100*time.Millisecond {
				place--
				continue
			}
		}
		s.mu.Lock()
		flight.start(place)
		s.mu.Unlock()
		select {
		case places <- place:
		case <-ctx.Done():
			return
		}
	}
}

// flight is the places that are asked and not settled.
type flight struct {
	under map[uint64]bool
	next  uint64 // none beyond was begun
}

func newFlight(from uint64) *flight { return &flight{under: map[uint64]bool{}, next: from} }

func (f *flight) start(place uint64) {
	f.under[place] = true
	f.next = max(f.next, place+1)
}

// first is the place before which all are settled.
func (f *flight) first() uint64 {
	first := f.next
	for place := range f.under {
		first = min(first, place)
	}
	return first
}

func (s *Scanner) settle(f *flight, place uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(f.under, place)
	s.summary.Next = f.first()
}

// ask asks a pair until it answers or has been asked often enough, and says
// whether it is settled.
func (s *Scanner) ask(ctx context.Context, place uint64) bool {
	host, port := s.pair(place)
	r := Result{Addr: host, Port: port, State: s.cfg.Mode.silent(), Reason: "no-response"}
	for range s.cfg.Tries {
		s.mu.Lock()
		patience := min(s.speed.trip.timeout(200*time.Millisecond, time.Second), s.cfg.Wait)
		s.summary.Sent++
		s.mu.Unlock()
		begin := time.Now()
		state, reason, err := s.knock(ctx, host, port, patience)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			s.mu.Lock()
			s.summary.Refused++
			s.refused = err
			s.mu.Unlock()
			continue
		}
		if reason != "" {
			r.State, r.Reason, r.RTT = state, reason, time.Since(begin)
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.RTT > 0 {
		s.speed.trip.add(r.RTT)
	}
	r.Time = time.Now()
	s.verdict(r)
	return true
}

// knock asks once. Without an answer it gives no reason; an error is about this
// host.
func (s *Scanner) knock(ctx context.Context, host netip.Addr, port uint16, patience time.Duration) (State, string, error) {
	switch s.cfg.Mode {
	case UDP:
		return s.knockUDP(ctx, host, port, patience)
	case Sweep:
		if s.pinger == nil {
			return s.knockDoors(ctx, host, patience)
		}
		return s.knockICMP(ctx, host, patience)
	}
	conn, err := s.dial(ctx, "tcp", host, port, patience)
	if err != nil {
		return failure(err, Filtered)
	}
	defer conn.Close()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // nothing is left of it on either side
	}
	if conn.LocalAddr().String() == conn.RemoteAddr().String() { // it met itself
		return Closed, "conn-refused", nil
	}
	return Open, "syn-ack", nil
}

// knockDoors tries the ports that most hosts answer at, be it by a refusal. They are
// nmap's.
func (s *Scanner) knockDoors(ctx context.Context, host netip.Addr, patience time.Duration) (state State, reason string, err error) {
	for _, port := range []uint16{80, 443} {
		conn, dialed := s.dial(ctx, "tcp", host, port, patience)
		if dialed == nil {
			return Up, "syn-ack", conn.Close()
		}
		if state, reason, err = failure(dialed, Down); state == Closed || reason == "reset" {
			return Up, reason, nil
		}
	}
	return state, reason, err
}

func (s *Scanner) dial(ctx context.Context, network string, host netip.Addr, port uint16, patience time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.cfg.Dial(ctx, network, net.JoinHostPort(host.String(), strconv.Itoa(int(port))))
}

// knockUDP sends a datagram by a connected socket, which hears of ICMP errors.
func (s *Scanner) knockUDP(ctx context.Context, host netip.Addr, port uint16, patience time.Duration) (State, string, error) {
	conn, err := s.dial(ctx, "udp", host, port, patience)
	if err != nil {
		return failure(err, Filtered)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, "", err
	}
	if _, err := conn.Write(appendPayload(nil, port, uint32(mix(uint64(port))))); err != nil {
		return failure(err, Filtered)
	}
	var answer [1]byte
	if _, err := conn.Read(answer[:]); err != nil {
		state, reason, err := failure(err, Filtered)
		if reason == "conn-refused" {
			reason = "port-unreach"
		}
		return state, reason, err
	}
	return Open, "udp-response", nil
}

// failure is what an error of a socket says.
func failure(err error, unreached State) (State, string, error) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Closed, "conn-refused", nil
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return 0, "", nil
	case errors.Is(err, syscall.ECONNRESET):
		return unreached, "reset", nil
	case errors.Is(err, syscall.EHOSTUNREACH):
		return unreached, "host-unreach", nil
	case errors.Is(err, syscall.ENETUNREACH):
		return unreached, "net-unreach", nil
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return unreached, "admin-prohibited", nil
	}
	return 0, "", err
}
