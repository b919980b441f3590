package websocket

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// pendingControl bounds what waits in line, in bytes, before a reader that
// answers pings waits itself.
const pendingControl = 64 << 10

// pings are those that Ping waits for.
type pings struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan struct{}
}

// Ping sends a ping and waits for its pong. Another goroutine must be in Read
// meanwhile.
func (c *Conn) Ping(ctx context.Context) error {
	id, pong := c.pings.begin()
	defer c.pings.end(id)
	if err := c.sendControl(bitFin|opPing, binary.BigEndian.AppendUint64(nil, id)); err != nil {
		return err
	}
	select {
	case <-pong:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.over:
		return c.out.reason(net.ErrClosed)
	}
}

func (p *pings) begin() (uint64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	if p.waiting == nil {
		p.waiting = make(map[uint64]chan struct{})
	}
	pong := make(chan struct{}, 1)
	p.waiting[p.last] = pong
	return p.last, pong
}

func (p *pings) end(id uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

// answered takes a pong's payload; one that no Ping waits for is ignored.
func (p *pings) answered(payload []byte) {
	if len(payload) != 8 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pong := p.waiting[binary.BigEndian.Uint64(payload)]; pong != nil {
		select {
		case pong <- struct{}{}:
		default:
		}
	}
}

// sendControl puts a control frame in line, between the fragments of any
// message. It does not wait for it to be written: two readers that wait to
// write would wait for one another. Only when much is in line does it wait,
// since then the peer asks for more than it reads.
func (c *Conn) sendControl(first byte, payload []byte) error {
	o := &c.out
	o.mu.Lock()
	if o.err != nil || o.closing { // no answer is due after a close frame
		defer o.mu.Unlock()
		return o.err
	}
	o.put(c.frame(first, append([]byte(nil), payload...)))
	ticket := o.taken + uint64(len(o.queue))
	full := o.bytes > pendingControl
	if !o.busy {
		o.busy = true
		go c.drain()
	}
	o.mu.Unlock()
	if full {
		return c.awaitWritten(context.Background(), ticket)
	}
	return nil
}

// sendClose sends the close frame, once, after what is in line, and waits
// until it is written.
func (c *Conn) sendClose(code Code, reason string) error {
	payload := appendClose(make([]byte, 0, maxControl), code, reason)
	f := c.frame(bitFin|opClose, payload)
	o := &c.out
	o.mu.Lock()
	if o.err != nil {
		defer o.mu.Unlock()
		return o.err
	}
	if o.closing {
		o.mu.Unlock()
		return net.ErrClosed
	}
	o.closing = true
	o.due.setLimit(time.Now().Add(c.cfg.CloseTimeout))
	if o.busy {
		o.put(f)
		ticket := o.taken + uint64(len(o.queue))
		o.mu.Unlock()
		return c.awaitWritten(context.Background(), ticket)
	}
	o.busy = true
	o.mu.Unlock()
	return c.writeNow(context.Background(), f)
}
