package endpoint

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	relayChunk  = 256 << 10   // bytes that one kernel copy moves before its progress is seen
	relayBuffer = 32 << 10    // bytes of a buffer where the kernel cannot copy
	relayLinger = time.Second // default of RelayConfig.Linger
)

// relayBuffers are shared by all copies that need one.
var relayBuffers = sync.Pool{New: func() any { return new([relayBuffer]byte) }}

// RelayConfig says when a relay ends. The zero value waits for both sides to
// end, however long that takes.
type RelayConfig struct {
	// Idle ends the relay when no byte went either way for so long (half as
	// long again where the kernel copies); 0 or less means never.
	Idle time.Duration
	// Linger ends the relay when one side has ended and the other, which cannot
	// be told (WebSocket and datagrams have no half-close) or takes no more,
	// sends nothing for so long; 0 means a second, negative as long as Idle.
	Linger time.Duration
	// Lead makes b the side that decides: when it has ended and all it sent is
	// delivered, the relay ends as soon as a is silent for so long; 0 means
	// that it waits for a to end.
	Lead time.Duration
}

// Relayed counts the bytes that were delivered.
type Relayed struct{ AToB, BToA int64 }

// ErrIdle is what a relay returns that its Idle limit ended.
var ErrIdle = errors.New("idle for too long")

// Relay copies from a to b and from b to a until both have ended, passing on a
// half-close, and returns how many bytes it delivered. It ends early when ctx
// is done, without an error, with [ErrIdle], or when either direction fails.
// Deadlines of a and b are its own meanwhile; it closes neither. To a TCP
// connection from another one or from a unix socket, the kernel copies.
func Relay(ctx context.Context, a, b net.Conn, config RelayConfig) (Relayed, error) {
	if config.Linger == 0 {
		config.Linger = relayLinger
	}
	r := &relay{config: config, a: a, b: b, limit: max(config.Idle, 0)}
	r.begin()
	defer context.AfterFunc(ctx, func() { r.stop(nil) })()

	var n Relayed
	var wg sync.WaitGroup
	wg.Go(func() { n.AToB = r.direction(b, a, false) })
	n.BToA = r.direction(a, b, true)
	wg.Wait()
	return n, r.end()
}

// Copy is one half of a relay: it copies from src to dst until src ends, and
// then ends dst's half. It returns how many bytes it delivered, early when ctx is
// done, without an error, or with [ErrIdle] when no byte came for so long; an
// idle of 0 or less is no limit.
func Copy(ctx context.Context, dst, src net.Conn, idle time.Duration) (int64, error) {
	r := &relay{a: dst, b: src, config: RelayConfig{Idle: idle}, limit: max(idle, 0)}
	r.begin()
	defer context.AfterFunc(ctx, func() { r.stop(nil) })()
	n := r.direction(dst, src, false)
	return n, r.end()
}

type relay struct {
	config RelayConfig
	a, b   net.Conn
	moved  atomic.Int64 // when a byte last went either way, unix ns

	mu        sync.Mutex    // guards what follows, and the deadlines of a and b
	limit     time.Duration // silence that ends the relay, 0 for none
	watcher   *time.Timer   // calls watch when the limit may have passed
	lingering bool          // one side is done, and the limit is how long the other may be silent
	stopped   bool
	why       error
}

func (r *relay) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moved.Store(time.Now().UnixNano())
	r.watcher = time.AfterFunc(math.MaxInt64, r.watch)
	if r.limit > 0 {
		r.watcher.Reset(r.limit)
	}
}

// end is after both directions; it leaves the connections without deadlines, so
// that they can be closed in the manner of their protocol.
func (r *relay) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	r.watcher.Stop()
	r.a.SetDeadline(time.Time{})
	r.b.SetDeadline(time.Time{})
	return r.why
}

// watch ends the relay if it was silent for the limit, and else comes again.
func (r *relay) watch() {
	r.mu.Lock()
	left := r.limit - time.Since(time.Unix(0, r.moved.Load()))
	if left > 0 {
		r.watcher.Reset(left)
	}
	why := ErrIdle
	if r.lingering {
		why = nil
	}
	r.mu.Unlock()
	if left <= 0 {
		r.stop(why)
	}
}

// stop interrupts both directions; the first reason counts.
func (r *relay) stop(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.stopped, r.why = true, why
	past := time.Unix(1, 0)
	r.a.SetDeadline(past)
	r.b.SetDeadline(past)
}

func (r *relay) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// hurry sets the limit for the side that has not ended yet, from now on; a
// negative one changes nothing.
func (r *relay) hurry(limit time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || limit < 0 {
		return
	}
	r.limit, r.lingering = limit, true
	r.moved.Store(time.Now().UnixNano())
	r.watcher.Reset(r.limit)
}

// direction copies from src to dst until src ends, and then tells dst.
func (r *relay) direction(dst, src net.Conn, leading bool) int64 {
	var n int64
	var err error
	if kernelCopies(dst, src) {
		n, err = r.splice(dst, src)
	} else {
		n, err = r.copy(dst, src)
	}
	switch {
	case r.isStopped():
	case err != nil && !Gone(err):
		r.stop(err)
	case err != nil:
		r.hurry(r.config.Linger) // one of the two is gone, but what it said before is still to be delivered
	default:
		c, ok := dst.(interface{ CloseWrite() error })
		if !ok || c.CloseWrite() != nil {
			r.hurry(r.config.Linger)
		}
		if leading && r.config.Lead > 0 {
			r.hurry(r.config.Lead)
		}
	}
	return n
}

func (r *relay) copy(dst, src net.Conn) (n int64, err error) {
	buf := relayBuffers.Get().(*[relayBuffer]byte)
	defer relayBuffers.Put(buf)
	for {
		m, err := src.Read(buf[:])
		if m > 0 {
			written, err := dst.Write(buf[:m])
			n += int64(written)
			if err != nil {
				return n, err
			}
			r.moved.Store(time.Now().UnixNano())
		}
		if err != nil {
			return n, unlessEOF(err)
		}
	}
}

// splice lets the kernel copy. It has a deadline for reading, so that progress
// is seen in time, and never one for writing, which would lose what is in the
// pipe between.
func (r *relay) splice(dst, src net.Conn) (n int64, err error) {
	for {
		if !r.tick(src) {
			return n, nil
		}
		m, err := io.CopyN(dst, src, relayChunk)
		n += m
		if m > 0 {
			r.moved.Store(time.Now().UnixNano())
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, unlessEOF(err)
		}
	}
}

// tick sets src's next deadline and says whether to go on.
func (r *relay) tick(src net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped && r.config.Idle > 0 {
		src.SetReadDeadline(time.Now().Add(r.config.Idle / 2))
	}
	return !r.stopped
}

func unlessEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// kernelCopies reports whether io.Copy splices.
func kernelCopies(dst, src net.Conn) bool {
	if _, ok := dst.(*net.TCPConn); !ok {
		return false
	}
	switch src := src.(type) {
	case *net.TCPConn:
		return true
	case *net.UnixConn:
		return src.LocalAddr().Network() == "unix"
	}
	return false
}

// Gone reports the errors that mean no more than that a side is gone, which is
// how many programs end a connection whose other half they do not want.
func Gone(err error) bool {
	for _, e := range []error{io.ErrClosedPipe, net.ErrClosed, os.ErrClosed, syscall.EPIPE, syscall.ECONNRESET, syscall.ENOTCONN} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
