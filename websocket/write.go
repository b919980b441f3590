package websocket

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"
)

// outbound is the writing half of a connection. One goroutine at a time
// writes to the connection below; what others bring meanwhile waits in queue
// and goes out together in the next write.
type outbound struct {
	// turn is held while a data message is put in line, and by a message
	// writer until its message is complete.
	turn    chan struct{}
	history window // what the next compressed message may refer to; turn's

	due  deadline // belongs to whoever writes
	once [1]frame // likewise

	mu      sync.Mutex
	flushed sync.Cond // something of queue was written, or all failed
	queue   []frame
	bytes   int64  // in queue
	taken   uint64 // frames that ever left queue
	written uint64 // frames that ever were written out of it
	busy    bool   // somebody writes
	closing bool   // a close frame is in line: nothing may follow
	err     error
}

// frame is a frame that waits to be written: the parts of it, or wire where
// it is encoded already.
type frame struct {
	head header
	body []byte
	wire []byte
}

func (f *frame) size() int { return len(f.body) + len(f.wire) + maxHeader }

// bound reports whether the peer cannot do without the frame: it is part of a
// message of which more was sent, or compressed against a common window.
func (f *frame) bound() bool {
	return !f.head.fin() || f.head.first&bitRsv1 != 0 || f.head.opcode() == opContinuation
}

var errBadType = errors.New("websocket: a message is Text or Binary")

// Write sends a message and returns when the system has taken it. p is not
// kept. Messages written concurrently go out together. When ctx ends before,
// or the peer does not read for Config.WriteTimeout, the connection is
// closed, since a frame may have been cut.
func (c *Conn) Write(ctx context.Context, typ Type, p []byte) error {
	if typ != Text && typ != Binary {
		return errBadType
	}
	if err := c.takeTurn(ctx); err != nil {
		return err
	}
	first := bitFin | byte(typ)
	if c.compresses(len(p)) {
		z := c.compress(p)
		defer putDeflated(z)
		first, p = first|bitRsv1, z.b
	}
	return c.send(ctx, first, p, true)
}

// Writer begins a message that is sent in fragments as it is written; Close
// ends it. Other messages wait meanwhile.
func (c *Conn) Writer(ctx context.Context, typ Type) (io.WriteCloser, error) {
	if typ != Text && typ != Binary {
		return nil, errBadType
	}
	if err := c.takeTurn(ctx); err != nil {
		return nil, err
	}
	return &messageWriter{c: c, ctx: ctx, first: byte(typ)}, nil
}

type messageWriter struct {
	c     *Conn
	ctx   context.Context
	first byte // the opcode of the next fragment
	err   error
}

func (w *messageWriter) Write(p []byte) (int, error) {
	if w.err != nil || len(p) == 0 {
		return 0, w.err
	}
	if w.err = w.c.send(w.ctx, w.first, p, false); w.err != nil {
		<-w.c.out.turn
		return 0, w.err
	}
	w.first = opContinuation
	return len(p), nil
}

func (w *messageWriter) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = net.ErrClosed
	return w.c.send(w.ctx, w.first|bitFin, nil, true)
}

func (c *Conn) takeTurn(ctx context.Context) error {
	select {
	case c.out.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.out.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.over:
		return c.out.reason(net.ErrClosed)
	}
}

// send puts one frame in line, gives the turn back if asked to, and waits
// until the frame is written: by this goroutine if nobody else is at it.
func (c *Conn) send(ctx context.Context, first byte, body []byte, giveTurn bool) error {
	o := &c.out
	f := c.frame(first, body)
	o.mu.Lock()
	err := o.err
	switch {
	case err != nil:
	case o.closing:
		err = net.ErrClosed
	case !o.busy:
		o.busy = true
	default:
		o.put(f)
		ticket := o.taken + uint64(len(o.queue))
		o.mu.Unlock()
		if giveTurn {
			<-o.turn
		}
		return c.awaitWritten(ctx, ticket)
	}
	o.mu.Unlock()
	if giveTurn {
		<-o.turn
	}
	if err != nil {
		return err
	}
	return c.writeNow(ctx, f)
}

// writeNow writes a frame as the one writer, then leaves what has queued up
// meanwhile to a goroutine that ends when nothing is left.
func (c *Conn) writeNow(ctx context.Context, f frame) error {
	o := &c.out
	err := o.due.begin(ctx)
	if err == nil {
		err = o.due.cause(ctx) // a deadline that has passed
	}
	if err == nil {
		o.once[0] = f
		if err = c.flush(o.once[:]); err != nil {
			err = c.failWrite(ctx, err)
		}
		o.once[0] = frame{}
	} else if f.bound() {
		err = c.failWrite(ctx, err)
	} // else nothing was sent and nothing is broken
	o.mu.Lock()
	defer o.mu.Unlock()
	c.pass()
	return err
}

// pass ends the turn of a writer. It is called with mu held.
func (c *Conn) pass() {
	o := &c.out
	if len(o.queue) > 0 && o.err == nil {
		go c.drain()
		return
	}
	o.busy = false
	o.flushed.Broadcast()
}

// drain writes what is queued until nothing is, as the one writer.
func (c *Conn) drain() {
	o := &c.out
	ctx := context.Background()
	_ = o.due.begin(ctx) // cannot be over
	o.mu.Lock()
	defer o.mu.Unlock()
	var spare []frame
	for len(o.queue) > 0 && o.err == nil {
		batch := o.queue
		o.queue, o.bytes = spare[:0], 0
		o.taken += uint64(len(batch))
		o.mu.Unlock()
		err := c.flush(batch)
		if err != nil {
			_ = c.failWrite(ctx, err) // those who wait get it
		}
		o.mu.Lock()
		if err == nil {
			o.written += uint64(len(batch))
		}
		clear(batch)
		spare = batch
		o.flushed.Broadcast()
	}
	o.queue = nil
	o.busy = false
	o.flushed.Broadcast()
}

// awaitWritten waits for a frame that another goroutine writes. The end of
// ctx ends the connection, and then the wait: body must not be touched any
// more when send returns.
func (c *Conn) awaitWritten(ctx context.Context, ticket uint64) error {
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { _ = c.failWrite(ctx, ctx.Err()) })
		defer stop()
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.written < ticket {
		if o.err != nil && !o.busy {
			return o.err
		}
		o.flushed.Wait()
	}
	return nil
}

// put appends to the queue. It is called with mu held.
func (o *outbound) put(f frame) {
	o.queue = append(o.queue, f)
	o.bytes += int64(f.size())
}

func (c *Conn) frame(first byte, body []byte) frame {
	h := header{first: first, length: int64(len(body))}
	if c.client {
		// The runtime's generator is ChaCha8 with keys of the system's: a key
		// cannot be told from those before it (RFC 6455 §10.3).
		h.masked, h.key = true, rand.Uint32()
	}
	return frame{head: h, body: body}
}

// flush encodes frames into as few writes as it can.
func (c *Conn) flush(frames []frame) error {
	size := 0
	for i := range frames {
		size += frames[i].size()
	}
	g := gather{conn: c.conn, due: &c.out.due, stall: c.cfg.WriteTimeout, b: getBuffer(min(size, largeBuffer))[:0]}
	defer func() { putBuffer(g.b) }()
	for i := range frames {
		g.add(&frames[i])
	}
	g.flush()
	return g.err
}

// failWrite ends the connection for an error of writing.
func (c *Conn) failWrite(ctx context.Context, err error) error {
	o := &c.out
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if cause := o.due.cause(ctx); cause != nil {
			err = cause
		}
	}
	o.mu.Lock()
	if o.err == nil {
		o.err = err
	}
	err = o.err
	o.flushed.Broadcast()
	o.mu.Unlock()
	c.shutdown(false)
	return err
}

// reason returns why writing failed, where it did, and err otherwise.
func (o *outbound) reason(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	return err
}

// end refuses what comes after the connection was closed.
func (o *outbound) end() {
	o.due.end()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = net.ErrClosed
	}
	o.flushed.Broadcast()
}

// settle waits for whoever writes; the connection below is closed, so that is
// soon.
func (o *outbound) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.busy {
		o.flushed.Wait()
	}
}

// gather puts frames together in a buffer. Large bodies that need no masking
// are not copied; they go out with what is before them (writev).
type gather struct {
	conn  net.Conn
	due   *deadline
	stall time.Duration // for each write
	b     []byte
	err   error
}

// mostWritten is how much goes into one write, and so has stall to go out.
const mostWritten = 64 << 10

func (g *gather) add(f *frame) {
	if f.wire != nil {
		g.write(f.wire)
		return
	}
	if cap(g.b)-len(g.b) < maxHeader {
		g.flush()
	}
	g.b = appendHeader(g.b, f.head)
	if f.head.masked {
		g.writeMasked(f.head.key, f.body)
	} else {
		g.write(f.body)
	}
}

func (g *gather) write(p []byte) {
	if len(p) <= cap(g.b)-len(g.b) {
		g.b = append(g.b, p...)
		return
	}
	if len(g.b) > 0 && g.err == nil {
		n := min(len(p), mostWritten)
		v := net.Buffers{g.b, p[:n]}
		g.due.arm(g.stall)
		_, g.err = v.WriteTo(g.conn)
		p = p[n:]
	}
	for len(p) > 0 && g.err == nil {
		n := min(len(p), mostWritten)
		g.due.arm(g.stall)
		_, g.err = g.conn.Write(p[:n])
		p = p[n:]
	}
	g.b = g.b[:0]
}

func (g *gather) writeMasked(key uint32, p []byte) {
	for {
		at := len(g.b)
		n := min(len(p), cap(g.b)-at)
		g.b = append(g.b, p[:n]...)
		key = mask(key, g.b[at:])
		if p = p[n:]; len(p) == 0 {
			return
		}
		g.flush()
	}
}

func (g *gather) flush() {
	if g.err == nil && len(g.b) > 0 {
		g.due.arm(g.stall)
		_, g.err = g.conn.Write(g.b)
	}
	g.b = g.b[:0]
}
