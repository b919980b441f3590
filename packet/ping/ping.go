package ping

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ErrStop ends a run from its callback, without being an error of it.
var ErrStop = errors.New("stop")

// ErrUnsupported is what opening gives on systems other than Linux.
var ErrUnsupported = errors.New("ping is for Linux only")

// Pinger holds the sockets to ping by. It makes one run at a time.
type Pinger struct {
	cfg     Config
	sockets [2]*socket // for IPv4 and IPv6; nil where it could not be opened,
	errs    [2]error   // because of this
}

// Open opens the sockets, in the current network namespace. It fails when it can
// have neither of IPv4's and IPv6's: for want of privilege with an error that
// wraps a [wire.PermissionError].
func Open(cfg Config) (*Pinger, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Size = max(cfg.Size, 0)
	p := &Pinger{cfg: cfg}
	for i, version := range [2]int{4, 6} {
		if cfg.Source.IsValid() && cfg.Source.Unmap().Is4() != (version == 4) {
			p.errs[i] = fmt.Errorf("there is no IPv%d from the source %v", version, cfg.Source)
			continue
		}
		p.sockets[i], p.errs[i] = openSocket(version, &p.cfg)
	}
	switch {
	case p.sockets[0] != nil || p.sockets[1] != nil:
		return p, nil
	case !cfg.Source.IsValid() || cfg.Source.Unmap().Is4():
		return nil, p.errs[0]
	}
	return nil, p.errs[1]
}

// Close gives back the sockets. It must not be called during a run.
func (p *Pinger) Close() error {
	var errs []error
	for _, s := range p.sockets {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}

// Run pings the targets until each has had its requests and their answers or
// timeouts, or ctx ends, which is no error. It calls each, which may be nil, on
// its own goroutine with all that happens; an error of each ends the run, and is
// returned unless it is [ErrStop]. The statistics are those of the targets, in
// their order.
func (p *Pinger) Run(ctx context.Context, targets []netip.Addr, each func(Event) error) ([]Stats, error) {
	if len(targets) == 0 || len(targets) > MaxTargets {
		return nil, fmt.Errorf("%d targets: 1 to %d can be", len(targets), MaxTargets)
	}
	r, err := newRun(p, targets, each)
	if err != nil {
		return nil, err
	}
	wake, err := newWaker(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for answers: %w", err)
	}
	defer wake.close()
	err = r.loop(ctx, wake)
	if errors.Is(err, ErrStop) {
		err = nil
	}
	return r.stats, err
}

// Dropped is how many answers found no room in the sockets' buffers since Open.
// The kernel counts them.
func (p *Pinger) Dropped() (n uint64) {
	for _, s := range p.sockets {
		if s != nil {
			n += s.dropped()
		}
	}
	return n
}

// socketFor is the socket to an address.
func (p *Pinger) socketFor(a netip.Addr) (*socket, error) {
	i := 0
	if a.Is6() {
		i = 1
	}
	return p.sockets[i], p.errs[i]
}

// schedule says when requests are due: request k, which is for target k modulo
// their number, at k/rate. Who is later than it lets lie is not made up for, so
// that a stall is not followed by a flood.
type schedule struct {
	begin time.Duration
	gap   float64 // nanoseconds between two requests
	next  int     // number of the next request
	end   int     // number of requests; 0: no end
}

const mostLate = 50 * time.Millisecond

func newSchedule(cfg *Config, targets int) schedule {
	gap := max(float64(cfg.Interval)/float64(targets), 1e9/cfg.Rate)
	return schedule{gap: gap, end: cfg.Count * targets}
}

func (s *schedule) done() bool { return s.end > 0 && s.next >= s.end }

// due is when the next request is.
func (s *schedule) due() time.Duration {
	return s.begin + time.Duration(float64(s.next)*s.gap)
}

// isDue says whether the next request is due, and gives up what is too late.
func (s *schedule) isDue(now time.Duration) bool {
	if s.done() {
		return false
	}
	late := now - s.due()
	if late > mostLate {
		s.begin += late - mostLate
	}
	return late >= 0
}
