package websocket

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Prepared is a message that is encoded once and sent over many connections,
// and compressed once where some of them have compression. It may be used
// concurrently.
type Prepared struct {
	typ   Type
	plain []byte // the payload
	wire  []byte // the frame as a server sends it

	once     sync.Once
	deflated []byte // the payload compressed, nil where that is no gain
	zwire    []byte
}

// Prepare makes a prepared message of a copy of p. It panics if typ is
// neither Text nor Binary.
func Prepare(typ Type, p []byte) *Prepared {
	if typ != Text && typ != Binary {
		panic(errBadType)
	}
	wire := encode(bitFin|byte(typ), p)
	return &Prepared{typ: typ, wire: wire, plain: wire[len(wire)-len(p):]}
}

func encode(first byte, p []byte) []byte {
	wire := appendHeader(make([]byte, 0, len(p)+maxHeader), header{first: first, length: int64(len(p))})
	return append(wire, p...)
}

// Type returns the message's type.
func (p *Prepared) Type() Type { return p.typ }

// Len returns the length of the message in bytes.
func (p *Prepared) Len() int { return len(p.plain) }

// compressed returns the compressed payload and frame, or nil.
func (p *Prepared) compressed() (body, wire []byte) {
	p.once.Do(func() {
		z := deflateAlone(p.plain)
		defer putDeflated(z)
		if len(z.b) < len(p.plain) {
			p.zwire = encode(bitFin|bitRsv1|byte(p.typ), z.b)
			p.deflated = p.zwire[len(p.zwire)-len(z.b):]
		}
	})
	return p.deflated, p.zwire
}

// WritePrepared sends a prepared message as Write does.
func (c *Conn) WritePrepared(ctx context.Context, p *Prepared) error {
	if err := c.takeTurn(ctx); err != nil {
		return err
	}
	first, body := c.choose(p)
	return c.send(ctx, first, body, true)
}

// choose returns the variant of p for this connection: the first byte of its
// frame and its payload. The turn is held.
func (c *Conn) choose(p *Prepared) (first byte, body []byte) {
	if c.compresses(len(p.plain)) && c.deflate.writeBits == maxWindowBits {
		if body, _ = p.compressed(); body != nil {
			if c.deflate.writeContext { // the peer's window moves all the same
				c.out.history.add(p.plain, writeHistory)
			}
			return bitFin | bitRsv1 | byte(p.typ), body
		}
	}
	return bitFin | byte(p.typ), p.plain
}

// ErrQueueFull is returned by Queue when the peer is too slow.
var ErrQueueFull = errors.New("websocket: the peer does not read: its queue is full")

// Queue puts a prepared message in line and returns without waiting for it to
// be written; what is in line goes out together. When more than Config.Queue
// bytes would wait, it returns ErrQueueFull, and the connection stays as it
// is. It waits only for a message that is being put in line or written with
// Writer.
func (c *Conn) Queue(p *Prepared) error {
	if err := c.takeTurn(context.Background()); err != nil {
		return err
	}
	defer func() { <-c.out.turn }()
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err != nil:
		return o.err
	case o.closing:
		return net.ErrClosed
	case c.cfg.Queue >= 0 && o.bytes > 0 && o.bytes+int64(len(p.wire)) > c.cfg.Queue:
		return ErrQueueFull
	}
	first, body := c.choose(p)
	f := c.frame(first, body)
	if !c.client {
		f = frame{wire: p.wire}
		if first&bitRsv1 != 0 {
			f.wire = p.zwire
		}
	}
	o.put(f)
	if !o.busy {
		o.busy = true
		go c.drain()
	}
	return nil
}
