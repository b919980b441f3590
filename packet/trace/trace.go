package trace

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
)

// ErrStop ends a trace from its callback, without being an error of it.
var ErrStop = errors.New("stop")

// ErrUnsupported is what opening gives on systems other than Linux.
var ErrUnsupported = errors.New("trace is for Linux only")

// Tracer holds the sockets to trace by. It makes one trace at a time.
type Tracer struct {
	cfg     Config
	sockets [2]*socket // for IPv4 and IPv6; nil where it could not be opened,
	errs    [2]error   // because of this
}

// Open opens the sockets, in the current network namespace. It fails when it can
// have neither of IPv4's and IPv6's: for want of privilege with an error that
// wraps a [wire.PermissionError].
func Open(cfg Config) (*Tracer, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := &Tracer{cfg: cfg}
	for i, version := range [2]int{4, 6} {
		if cfg.Source.IsValid() && cfg.Source.Unmap().Is4() != (version == 4) {
			t.errs[i] = fmt.Errorf("there is no IPv%d from the source %v", version, cfg.Source)
			continue
		}
		t.sockets[i], t.errs[i] = openSocket(version, &t.cfg)
	}
	switch {
	case t.sockets[0] != nil || t.sockets[1] != nil:
		return t, nil
	case !cfg.Source.IsValid() || cfg.Source.Unmap().Is4():
		return nil, t.errs[0]
	}
	return nil, t.errs[1]
}

// Close gives back the sockets. It must not be called during a trace.
func (t *Tracer) Close() error {
	var errs []error
	for _, s := range t.sockets {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}

// Run traces the way to a target until all is known, or ctx ends, which is no
// error. It calls each, which may be nil, on its own goroutine with all that
// happens and what is known by then, which is lent; an error of each ends the
// trace, and is returned unless it is [ErrStop].
func (t *Tracer) Run(ctx context.Context, target netip.Addr, each func(Event, *Trace) error) (*Trace, error) {
	target = target.Unmap()
	if !target.IsValid() {
		return nil, errors.New("there is no target")
	}
	i := 0
	if target.Is6() {
		i = 1
	}
	if t.sockets[i] == nil {
		return nil, t.errs[i]
	}
	r, err := newRun(t.sockets[i], &t.cfg, target, each)
	if err != nil {
		return nil, err
	}
	err = r.loop(ctx)
	if errors.Is(err, ErrStop) {
		err = nil
	}
	return r.result(), err
}
