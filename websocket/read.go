package websocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// inbound is the reading half of a connection. All but due and raw belongs to
// whoever holds mu.
type inbound struct {
	mu  sync.Mutex
	due deadline
	err error // why nothing more will be read

	// What arrived and is not consumed is buf[at:end]; buf is nil while idle.
	buf     []byte
	at, end int
	raw     syscall.RawConn // nil where readability cannot be waited for
	try     func(uintptr) bool
	tryErr  error
	one     [1]byte
	silent  bool // a ping was sent and nothing came since

	// The frame and the message being read.
	head    header
	left    int64  // bytes of the frame still to come
	key     uint32 // turned to the next byte
	active  bool   // a message has begun and not ended
	typ     Type
	size    int64 // bytes of the message so far, on the wire
	plain   int64 // and decompressed
	text    textCheck
	flate   *inflater // of a compressed message
	history window    // what a compressed message may refer to
	serial  int       // counts messages

	whole   bool   // the message is Read's
	message []byte // what Read has put together so far, or handed out
}

// Read returns the next message. The bytes are valid until the next call of
// Read or Reader, so that a small message costs no allocation and no copy.
//
// The error is a *CloseError when the peer closed or did what the protocol
// forbids. When ctx ends, its error is returned, and the connection can be
// read on, unless that was within a compressed message.
func (c *Conn) Read(ctx context.Context) (Type, []byte, error) {
	in := &c.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := c.beginRead(ctx); err != nil {
		return 0, nil, err
	}
	if !in.active || !in.whole {
		in.dropMessage()
		if _, err := c.nextMessage(ctx); err != nil {
			return 0, nil, err
		}
		in.whole = true
		if p, ok, err := c.fromBuffer(); ok || err != nil {
			return in.typ, p, err
		}
	}
	for {
		in.grow()
		n, err := c.readMessage(ctx, in.message[len(in.message):cap(in.message)])
		if err != nil && err != io.EOF {
			return 0, nil, err
		}
		in.message = in.message[:len(in.message)+n]
		if err == io.EOF {
			return in.typ, in.message, nil
		}
	}
}

// Reader returns the next message as a stream, valid until the next call of
// Read or Reader; what is not read of it is skipped then. ctx holds for its
// reads too. The reader fails as Read does.
func (c *Conn) Reader(ctx context.Context) (Type, io.Reader, error) {
	in := &c.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := c.beginRead(ctx); err != nil {
		return 0, nil, err
	}
	in.dropMessage()
	typ, err := c.nextMessage(ctx)
	if err != nil {
		return 0, nil, err
	}
	return typ, &messageReader{c: c, ctx: ctx, serial: in.serial}, nil
}

type messageReader struct {
	c      *Conn
	ctx    context.Context
	serial int
	ended  bool
}

var errStaleReader = errors.New("websocket: the message is gone: a later one was asked for")

func (r *messageReader) Read(p []byte) (int, error) {
	in := &r.c.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if r.ended {
		return 0, io.EOF
	}
	if r.serial != in.serial {
		return 0, errStaleReader
	}
	if err := r.c.beginRead(r.ctx); err != nil || len(p) == 0 {
		return 0, err
	}
	n, err := r.c.readMessage(r.ctx, p)
	r.ended = err == io.EOF
	return n, err
}

func (c *Conn) beginRead(ctx context.Context) error {
	if c.in.err != nil {
		return c.in.err
	}
	return c.in.due.begin(ctx)
}

// nextMessage skips what is left of the message in progress and reads the
// first head of the next one.
func (c *Conn) nextMessage(ctx context.Context) (Type, error) {
	if err := c.skipMessage(ctx); err != nil {
		return 0, err
	}
	in := &c.in
	if err := c.nextFrame(ctx); err != nil {
		return 0, err
	}
	in.active, in.whole = true, false
	in.serial++
	in.typ, in.plain, in.text = Type(in.head.opcode()), 0, textCheck{}
	if in.head.first&bitRsv1 != 0 {
		in.flate = c.startInflate()
	}
	return in.typ, nil
}

func (c *Conn) skipMessage(ctx context.Context) error {
	if !c.in.active {
		return nil
	}
	p := getBuffer(smallBuffer)
	defer putBuffer(p)
	for {
		if _, err := c.readMessage(ctx, p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// fromBuffer is the short way of Read: a message of one plain frame that has
// arrived whole is handed out where it lies.
func (c *Conn) fromBuffer() (p []byte, ok bool, err error) {
	in := &c.in
	if in.flate != nil || !in.head.fin() || in.left > int64(in.end-in.at) {
		return nil, false, nil
	}
	p = in.buf[in.at : in.at+int(in.left) : in.at+int(in.left)]
	in.at += len(p)
	in.left = 0
	c.unmask(p)
	if err := c.checkText(p, true); err != nil {
		return nil, false, c.failRead(err)
	}
	in.active = false
	return p, true, nil
}

// readMessage reads on in the message: decompressed, checked, limited. io.EOF
// is its end.
func (c *Conn) readMessage(ctx context.Context, p []byte) (n int, err error) {
	in := &c.in
	if !in.active {
		return 0, io.EOF
	}
	if in.flate == nil {
		n, err = c.readPayload(ctx, p)
	} else {
		n, err = in.flate.read(ctx, p)
		in.plain += int64(n)
		if c.limit >= 0 && in.plain > c.limit {
			err = c.failRead(c.tooBig())
		} else if err != nil && err != io.EOF {
			err = c.failRead(err)
		}
	}
	if err == nil || err == io.EOF {
		if fault := c.checkText(p[:n], err == io.EOF); fault != nil {
			err = c.failRead(fault)
		}
	}
	if err == io.EOF {
		in.active = false
	}
	if err == io.EOF || in.err != nil {
		c.endInflate()
	}
	return n, err
}

// readPayload reads on in the message as it is on the wire, but unmasked.
func (c *Conn) readPayload(ctx context.Context, p []byte) (int, error) {
	in := &c.in
	for in.left == 0 {
		if in.head.fin() {
			return 0, io.EOF
		}
		if err := c.nextFrame(ctx); err != nil {
			return 0, err
		}
	}
	p = p[:min(int64(len(p)), in.left)]
	if in.at == in.end && len(p) >= smallBuffer {
		n, err := c.await(ctx, p)
		if err != nil {
			return 0, err
		}
		p = p[:n]
	} else {
		if in.at == in.end {
			if err := c.fill(ctx); err != nil {
				return 0, err
			}
		}
		p = p[:copy(p, in.buf[in.at:in.end])]
		in.at += len(p)
	}
	in.left -= int64(len(p))
	c.unmask(p)
	return len(p), nil
}

func (c *Conn) unmask(p []byte) {
	if c.in.head.masked {
		c.in.key = mask(c.in.key, p)
	}
}

func (c *Conn) checkText(p []byte, end bool) error {
	in := &c.in
	if in.typ != Text {
		return nil
	}
	if !in.text.write(p) || end && !in.text.whole() {
		return violation(InvalidPayload, "text message is not UTF-8")
	}
	return nil
}

func (c *Conn) tooBig() error {
	return violation(MessageTooBig, fmt.Sprintf("message larger than %d bytes", c.limit))
}

// failRead ends the connection for a fault: it is told the peer where the
// peer made it.
func (c *Conn) failRead(err error) error {
	in := &c.in
	if in.err != nil {
		return in.err
	}
	in.err = err
	if e, ok := errors.AsType[*CloseError](err); ok && e.Local {
		_ = c.sendClose(e.Code, e.Reason) // err is what matters
		c.shutdown(true)
	} else {
		c.shutdown(false)
	}
	in.release()
	return err
}

// grow makes room in message for at least one more byte. What the peer says
// about the length is believed only as far as it has sent that much.
func (in *inbound) grow() {
	if len(in.message) < cap(in.message) {
		return
	}
	if cap(in.message) == 0 {
		in.message = getBuffer(int(min(in.left+1, largeBuffer)))[:0]
		return
	}
	size := 4 * cap(in.message)
	if want := int64(len(in.message)) + in.left; in.head.fin() && in.flate == nil && want < int64(size) {
		size = int(want) + 1 // room for the read that finds the end
	}
	next := getBuffer(size)
	n := copy(next, in.message)
	putBuffer(in.message)
	in.message = next[:n]
}

// dropMessage gives up what Read put together.
func (in *inbound) dropMessage() {
	putBuffer(in.message)
	in.message = nil
}

// detach leaves what Read handed out to its owner: the buffer that it lies in
// is not used again.
func (in *inbound) detach() {
	in.message = nil
	if in.buf != nil {
		rest := in.buf[in.at:in.end]
		in.buf = getBuffer(len(rest))
		in.at, in.end = 0, copy(in.buf, rest)
	}
}

// release drops what the connection held for reading. Buffers whose bytes
// may be in a user's hands are left to the garbage collector.
func (in *inbound) release() {
	in.buf, in.message, in.at, in.end = nil, nil, 0, 0
	in.history = window{}
}
