package scan

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/netip"
	"sync"
	"time"

	"github.com/netwright/netwright/packet/wire"
)

// Scanner is a scan whose sockets are open. Run may be called once.
type Scanner struct {
	cfg    Config
	hosts  *Addresses
	places []int32 // of each port in cfg.Ports; -1: not asked
	order  permutation
	prober *prober
	routes *routes
	outs   []*out
	tap    *wire.Capture
	pinger *pinger // of a sweep by sockets; nil where it is not permitted

	mu      sync.Mutex // guards what follows
	window  *window
	speed   *governor
	begin   time.Time
	summary Summary
	refused error // the first packet that the kernel did not send
}

// Summary says how far a scan has come.
type Summary struct {
	Pairs    uint64 // there are: hosts times ports
	From     uint64 // place in the scan's order that it began at
	Next     uint64 // place in the scan's order that is the first not settled: Config.From to go on
	Hosts    uint64
	Settled  uint64 // verdicts given
	Open     uint64 // of these, open ports or hosts that are up
	Sent     uint64 // packets, or connections that were tried
	Refused  uint64 // of these, those that the kernel did not send
	Dropped  uint64 // answers that came too fast to be read
	Slowed   int    // how often the rate was halved
	Rate     float64
	Began    time.Time
	Took     time.Duration
	Complete bool // everything was asked
}

// New checks the config and opens the sockets. A lack of privilege is a
// [wire.PermissionError]; Config.Sockets needs none. Afterwards privileges may
// be dropped.
func New(cfg Config) (*Scanner, error) {
	given := cfg.Rate
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	hosts, err := NewAddresses(without(cfg.Targets, cfg.Exclude))
	if err != nil {
		return nil, err
	}
	pairs := hosts.Len() * uint64(len(cfg.Ports))
	switch {
	case pairs == 0:
		return nil, errors.New("all targets are excluded")
	case hosts.Len() > maxPairs/uint64(len(cfg.Ports)):
		return nil, fmt.Errorf("%d hosts with %d ports: more than %d pairs", hosts.Len(), len(cfg.Ports), uint64(maxPairs))
	case cfg.From > pairs:
		return nil, fmt.Errorf("it cannot go on at %d: there are %d pairs", cfg.From, pairs)
	}
	s := &Scanner{cfg: cfg, hosts: hosts, places: make([]int32, 1<<16)}
	s.order = newPermutation(pairs, fingerprint(&cfg, hosts))
	for i := range s.places {
		s.places[i] = -1
	}
	for i, p := range cfg.Ports {
		s.places[p] = int32(i)
	}
	cfg.Rate = given
	s.speed = newGovernor(cfg.rates())
	s.summary = Summary{Pairs: pairs, Hosts: hosts.Len(), From: cfg.From, Next: cfg.From}
	if cfg.Sockets && cfg.Mode == Sweep {
		if s.pinger, err = openPinger(hosts); err != nil && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
	}
	if cfg.Sockets {
		return s, nil
	}
	if err := s.open(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Echo says that a sweep by sockets sends echo requests. Where the system permits
// none (net.ipv4.ping_group_range), it tries connections.
func (s *Scanner) Echo() bool { return s.pinger != nil }

// fingerprint is a number for what is scanned. The order depends on it alone, so
// that a place in it means the same another time.
func fingerprint(cfg *Config, hosts *Addresses) uint64 {
	h := fnv.New64a()
	fmt.Fprintln(h, cfg.Mode, hosts.Ranges(), cfg.Ports)
	return h.Sum64()
}

// Fingerprint is a number for what is scanned: targets without exclusions, ports
// and mode. A Next of one scan is for others with the same.
func (s *Scanner) Fingerprint() uint64 { return fingerprint(&s.cfg, s.hosts) }

func (s *Scanner) open() error {
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // never fails
	base, err := chooseSources()
	if err != nil {
		return err
	}
	s.prober = newProber(s.cfg.Mode, key{binary.LittleEndian.Uint64(secret[:]), binary.LittleEndian.Uint64(secret[8:])}, base)
	if s.routes, err = openRoutes(s.cfg.Interface); err != nil {
		return err
	}
	if err := s.openOuts(); err != nil {
		return err
	}
	s.tap, err = openTap(s.cfg.Mode, base)
	return err
}

// Close gives back the sockets. It must not be called before Run has returned.
func (s *Scanner) Close() error {
	var errs []error
	for _, o := range s.outs {
		errs = append(errs, o.sender.Close())
	}
	if s.tap != nil {
		errs = append(errs, s.tap.Close())
	}
	if s.pinger != nil {
		errs = append(errs, s.pinger.close())
	}
	if s.routes != nil {
		errs = append(errs, s.routes.close())
	}
	return errors.Join(errs...)
}

// Progress says how far the scan has come. It may be called concurrently.
func (s *Scanner) Progress() Summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.summary
	sum.Began, sum.Rate, sum.Slowed = s.begin, s.speed.rate, s.speed.losses
	if !s.begin.IsZero() && sum.Took == 0 {
		sum.Took = time.Since(s.begin)
	}
	if s.window != nil {
		sum.Next = s.window.settled()
	}
	return sum
}

// Run scans until all is settled or ctx ends, which is no error: the Summary
// says then where to go on.
func (s *Scanner) Run(ctx context.Context) (Summary, error) {
	s.mu.Lock()
	s.begin = time.Now()
	s.mu.Unlock()
	var err error
	if s.cfg.Sockets {
		err = s.runSockets(ctx)
	} else {
		err = s.runPackets(ctx)
	}
	sum := s.Progress()
	sum.Took = time.Since(s.begin)
	sum.Complete = sum.Next == sum.Pairs
	if err == nil && s.refused != nil && sum.Sent == 0 {
		err = fmt.Errorf("no packet could be sent: %w", s.refused)
	}
	return sum, err
}

// pair is the host and port in a place of the order.
func (s *Scanner) pair(place uint64) (netip.Addr, uint16) {
	x, n := s.order.at(place), uint64(len(s.cfg.Ports))
	return s.hosts.At(x / n), s.cfg.Ports[x%n]
}

// placeOf is the place of a host and port.
func (s *Scanner) placeOf(host netip.Addr, port uint16) (place uint64, ok bool) {
	i, ok := s.hosts.Index(host)
	p := s.places[port]
	if !ok || p < 0 {
		return 0, false
	}
	return s.order.place(i*uint64(len(s.cfg.Ports)) + uint64(p)), true
}

// verdict hands out a result. The lock is held.
func (s *Scanner) verdict(r Result) {
	s.summary.Settled++
	if r.State == Open || r.State == Up {
		s.summary.Open++
	}
	s.cfg.Result(r)
}
