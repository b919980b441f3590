package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/packet/pcap"
)

// Source makes packets: it appends the next one to dst, which is empty and has
// the memory of an earlier packet, and returns it. io.EOF ends the sending.
// ErrFlush sends what was made so far: it is for a source that is about to wait.
type Source func(dst []byte) ([]byte, error)

// ErrFlush is what a [Source] returns for packets not to wait for the next one.
var ErrFlush = errors.New("flush")

// SendConfig says where packets go and how fast.
type SendConfig struct {
	// Interface that frames leave by. Sending IP packets it may be empty: the
	// routes decide.
	Interface string `yaml:"interface"`
	// IP sends packets that begin with an IPv4 or IPv6 header: the kernel finds
	// the route, resolves the neighbour and adds the link header. In IPv4 it
	// fills in the checksum and the length always, and identification and source
	// where they are zero.
	IP bool `yaml:"ip"`
	// Rate in packets per second. Default off: as fast as can be.
	Rate float64 `yaml:"rate" unit:"rate"`
	// Burst is how many packets may be made up for at once after a delay. What
	// is later than that is not made up for. Default what is due in 50ms.
	Burst int `yaml:"burst"`
	// Batch is how many packets a system call sends at most. Default 64.
	Batch int `yaml:"batch"`
	// Bypass goes around the queueing discipline to the driver: faster, but what
	// the driver cannot take is lost, and captures on this host do not see it.
	Bypass bool `yaml:"bypass"`
	// Buffer is how many bytes wait in the kernel at most. Default 1MiB, or what
	// net.core.wmem_max lets have.
	Buffer int64 `yaml:"buffer" unit:"bytes"`

	// Sent is called after each batch with the number of the first packet
	// (from 0), how many followed it without a gap, and the time right before
	// they were given to the kernel. It delays the next batch.
	Sent func(first uint64, n int, at time.Time) `yaml:"-"`
	// Failed is called for a packet that the kernel refuses. It returns nil to go
	// on without the packet. By default the first such error ends the sending.
	Failed func(number uint64, packet []byte, err error) error `yaml:"-"`
}

const maxBatch = 1024 // UIO_MAXIOV: what one system call takes

// SetDefaults fills the fields that are zero.
func (c *SendConfig) SetDefaults() {
	if c.Batch == 0 {
		c.Batch = 64
	}
	if c.Buffer == 0 {
		c.Buffer = 1 << 20
	}
	if c.Failed == nil {
		c.Failed = func(number uint64, packet []byte, err error) error {
			return fmt.Errorf("packet %d of %d bytes: %w", number, len(packet), err)
		}
	}
}

// Validate says which settings cannot be.
func (c *SendConfig) Validate() error {
	var errs []error
	if c.Interface == "" && !c.IP {
		errs = append(errs, errors.New("no interface is named; only IP packets are routed"))
	}
	if c.Interface == AnyInterface {
		errs = append(errs, fmt.Errorf("frames leave by one interface, not by %q", AnyInterface))
	}
	if c.Batch < 1 || c.Batch > maxBatch {
		errs = append(errs, fmt.Errorf("batch of %d packets: 1 to %d can be", c.Batch, maxBatch))
	}
	if c.Bypass && c.IP {
		errs = append(errs, errors.New("only frames can go around the queueing discipline, not IP packets"))
	}
	if c.Buffer > 1<<30 {
		errs = append(errs, fmt.Errorf("buffer of %d bytes: up to 1GiB can be", c.Buffer))
	}
	return errors.Join(errs...)
}

// Report says what was sent.
type Report struct {
	Packets uint64
	Bytes   uint64
	Failed  uint64        // refused by the kernel and passed over
	Waits   uint64        // how often the kernel's queue was full
	Slipped time.Duration // by which the schedule was given up, being too late for it
	First   time.Time     // when the first batch was given to the kernel
	Last    time.Time     // when the last one was
	final   int           // packets in it
}

// Rate is the rate that was reached, in packets per second; 0 for less than two
// batches.
func (r Report) Rate() float64 {
	span := r.Last.Sub(r.First).Seconds()
	if span <= 0 {
		return 0
	}
	return float64(r.Packets-uint64(r.final)) / span
}

// String is the summary that ends a sending: "5000 packets, 320000 bytes in
// 5.0s (1000/s)".
func (r Report) String() string {
	unit := "packets"
	if r.Packets == 1 {
		unit = "packet"
	}
	text := fmt.Sprintf("%d %s, %d bytes", r.Packets, unit, r.Bytes)
	if rate := r.Rate(); rate > 0 {
		text += fmt.Sprintf(" in %ss (%s/s)", figure(r.Last.Sub(r.First).Seconds()), figure(rate))
	}
	if r.Failed > 0 {
		text += fmt.Sprintf(", %d refused", r.Failed)
	}
	if r.Slipped > 0 {
		text += fmt.Sprintf(", %v behind", r.Slipped.Round(time.Millisecond))
	}
	return text
}

// figure is a number with three digits that count, or all before its point.
func figure(x float64) string {
	if x >= 100 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// Sender sends packets. Its methods may be called concurrently.
type Sender struct {
	cfg    SendConfig
	rate   atomic.Uint64 // packets per second, as the bits of a float64
	link   pcap.LinkType
	socket *sendSocket
}

// OpenSender opens the sockets to send by. A lack of privilege is a
// [PermissionError].
func OpenSender(cfg SendConfig) (*Sender, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Sender{cfg: cfg, link: pcap.LinkRaw}
	var l link
	if cfg.Interface != "" {
		var err error
		if l, err = findLink(cfg.Interface); err != nil {
			return nil, err
		}
	}
	if !cfg.IP {
		if s.link = l.kind; l.cooked() {
			return nil, fmt.Errorf("the frames of %s have a header that is not known here; send IP packets", cfg.Interface)
		}
	}
	s.SetRate(cfg.Rate)
	socket, err := openSendSocket(cfg, l)
	if err != nil {
		return nil, err
	}
	s.socket = socket
	return s, nil
}

// SetRate changes the rate, in packets per second, of a Run under way and of
// those that follow; 0 is as fast as can be. A packet that waits for its time
// already goes by the old rate.
func (s *Sender) SetRate(rate float64) { s.rate.Store(math.Float64bits(rate)) }

// LinkType says with which header packets have to begin: pcap.LinkRaw for IP.
func (s *Sender) LinkType() pcap.LinkType { return s.link }

// Close gives back the sockets. Sending after it fails with an error that wraps
// net.ErrClosed.
func (s *Sender) Close() error { return s.socket.close() }

// Write sends one packet at once, whatever the rate.
func (s *Sender) Write(packet []byte) (int, error) {
	if err := s.socket.one(packet); err != nil {
		return 0, fmt.Errorf("packet of %d bytes: %w", len(packet), err)
	}
	return len(packet), nil
}

var _ io.Writer = (*Sender)(nil)

// Run sends what next makes, at the rate of the config, until next returns
// io.EOF, ctx ends (which is no error) or a packet is refused.
func (s *Sender) Run(ctx context.Context, next Source) (Report, error) {
	start := time.Now()
	r := run{
		cfg: s.cfg, socket: s.socket, next: next, rate: &s.rate,
		packets: make([][]byte, 0, s.cfg.Batch),
		pace:    newPace(math.Float64frombits(s.rate.Load()), s.cfg.Burst, s.cfg.Batch, 0),
		clock:   func() time.Duration { return time.Since(start) },
		batch:   newSendBatch(s.cfg.Batch),
	}
	if s.cfg.Rate > 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer sleepPrecisely()()
	}
	err := r.all(ctx)
	r.report.Slipped = r.pace.slipped
	return r.report, err
}

// run is one call of Sender.Run.
type run struct {
	cfg     SendConfig
	socket  *sendSocket
	next    Source
	rate    *atomic.Uint64
	packets [][]byte // of the batch; beyond its length, memory of earlier ones
	pace    *pace
	clock   func() time.Duration
	batch   *sendBatch
	number  uint64 // of the batch's first packet
	report  Report
}

func (r *run) all(ctx context.Context) error {
	for begun := false; ctx.Err() == nil; {
		if rate := math.Float64frombits(r.rate.Load()); rate != r.pace.rate {
			r.pace.change(rate, r.clock())
		}
		last, err := r.fill(r.pace.count(r.clock()))
		if err != nil {
			return err
		}
		if len(r.packets) > 0 {
			if !begun { // what the first packet took to make is not made up for
				begun = true
				r.pace.change(r.pace.rate, r.clock())
			}
			if !r.wait(ctx, r.pace.due()) {
				break
			}
			if err := r.send(ctx); err != nil {
				return err
			}
		}
		if last {
			break
		}
	}
	return nil
}

// fill makes up to n packets and says whether they are the last.
func (r *run) fill(n int) (last bool, err error) {
	r.packets = r.packets[:0]
	for len(r.packets) < n {
		i := len(r.packets)
		memory := r.packets[:i+1][i]
		p, err := r.next(memory[:0])
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case errors.Is(err, ErrFlush):
			return false, nil
		}
		if err != nil {
			return true, err
		}
		r.packets = append(r.packets, p)
	}
	return false, nil
}

// send sends the batch. A packet that is refused is passed over or ends it.
func (r *run) send(ctx context.Context) error {
	const pause = 100 * time.Microsecond
	defer func() { r.number += uint64(len(r.packets)) }()
	r.pace.done(len(r.packets))
	for rest := r.packets; len(rest) > 0 && ctx.Err() == nil; {
		at := time.Now()
		first := r.number + uint64(len(r.packets)-len(rest))
		n, err := r.socket.send(r.batch, rest)
		switch {
		case errors.Is(err, errFull):
			r.report.Waits++
			time.Sleep(pause)
		case err != nil:
			if err := r.cfg.Failed(first, rest[0], err); err != nil {
				return err
			}
			r.report.Failed++
			rest = rest[1:]
		default:
			r.sent(first, rest[:n], at)
			rest = rest[n:]
		}
	}
	return nil
}

func (r *run) sent(first uint64, packets [][]byte, at time.Time) {
	if r.report.Packets == 0 {
		r.report.First = at
	}
	r.report.Last, r.report.final = at, len(packets)
	r.report.Packets += uint64(len(packets))
	for _, p := range packets {
		r.report.Bytes += uint64(len(p))
	}
	if r.cfg.Sent != nil {
		r.cfg.Sent(first, len(packets), at)
	}
}

// wait waits until the clock says at, and says whether it came to that. Go's
// timers may be late by a millisecond, so the last part is left to the kernel's,
// and where each packet counts the very last to a busy loop.
func (r *run) wait(ctx context.Context, at time.Duration) bool {
	const coarse, fine = 5 * time.Millisecond, 60 * time.Microsecond
	for {
		left := at - r.clock()
		switch {
		case left <= 0:
			return true
		case left > coarse:
			timer := time.NewTimer(left - coarse/2)
			select {
			case <-ctx.Done():
				timer.Stop()
				return false
			case <-timer.C:
			}
		case !r.pace.precise():
			sleep(left)
		case left > fine:
			sleep(left - fine)
		}
	}
}
