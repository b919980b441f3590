package websocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// nextFrame reads heads until that of a data frame, and answers the control
// frames on the way.
func (c *Conn) nextFrame(ctx context.Context) error {
	in := &c.in
	for {
		h, err := c.readHeader(ctx)
		if err != nil {
			return err
		}
		if h.control() {
			if err := c.control(ctx, h); err != nil {
				return err
			}
			continue
		}
		if !in.active {
			in.size = 0
		}
		in.head, in.left, in.key = h, h.length, h.key
		in.size += h.length
		if c.limit >= 0 && (in.size > c.wireLimit() || in.size < 0) {
			return c.failRead(c.tooBig())
		}
		return nil
	}
}

// wireLimit is the limit of a message before decompression, which may make it
// a little smaller.
func (c *Conn) wireLimit() int64 {
	if c.deflate.on {
		return c.limit + c.limit/16 + 1024
	}
	return c.limit
}

func (c *Conn) readHeader(ctx context.Context) (header, error) {
	in := &c.in
	for {
		b := in.buf[in.at:in.end]
		if len(b) >= 2 {
			if err := c.checkHeader(b[0], b[1]&bitMask != 0); err != nil {
				return header{}, c.failRead(err)
			}
		}
		h, n, err := parseHeader(b)
		if err != nil {
			return h, c.failRead(err)
		}
		if n > 0 {
			if h.control() && in.end-in.at < n+int(h.length) {
				if err := c.fill(ctx); err != nil { // a control frame is taken whole
					return h, err
				}
				continue
			}
			in.at += n
			return h, nil
		}
		if err := c.fill(ctx); err != nil {
			return h, err
		}
	}
}

// checkHeader refuses a frame that may not come here and now.
func (c *Conn) checkHeader(first byte, masked bool) error {
	in := &c.in
	fault := ""
	op := first & 0x0F
	switch op {
	case opContinuation:
		if !in.active {
			fault = "continuation of no message"
		}
	case opText, opBinary:
		if in.active {
			fault = "new message within a message"
		}
	case opClose, opPing, opPong:
		if first&bitFin == 0 {
			fault = "control frame in fragments"
		}
	default:
		fault = fmt.Sprintf("reserved opcode %#x", op)
	}
	rsv := first & bitsRsv
	if c.deflate.on && (op == opText || op == opBinary) {
		rsv &^= bitRsv1
	}
	switch {
	case fault != "":
	case rsv != 0:
		fault = "reserved bit set"
	case masked == c.client && masked:
		fault = "masked frame from a server"
	case masked == c.client:
		fault = "frame from a client without a mask"
	default:
		return nil
	}
	return violation(ProtocolError, fault)
}

// control answers a control frame, whose payload is in the buffer.
func (c *Conn) control(ctx context.Context, h header) error {
	in := &c.in
	p := in.buf[in.at : in.at+int(h.length)]
	in.at += len(p)
	if h.masked {
		mask(h.key, p)
	}
	switch h.opcode() {
	case opPing:
		if err := c.sendControl(bitFin|opPong, p); err != nil {
			return c.failRead(err)
		}
	case opPong:
		c.pings.answered(p)
	case opClose:
		closed, err := parseClose(p)
		if err != nil {
			return c.failRead(err)
		}
		in.err = closed
		c.answers.Store(true)
		_ = c.sendClose(closed.Code, "") // nothing follows from a failure now
		c.shutdown(c.client)
		in.release()
		return closed
	}
	return nil
}

// fill reads at least one more byte into the buffer. With nothing in it, it
// waits without one.
func (c *Conn) fill(ctx context.Context) error {
	in := &c.in
	if in.at == in.end {
		putBuffer(in.buf)
		in.buf, in.at, in.end = nil, 0, 0
		_, err := c.await(ctx, nil)
		return err
	}
	if in.end == len(in.buf) {
		if in.at == 0 {
			return c.failRead(errors.New("websocket: buffer overflow")) // no head is that long
		}
		in.end = copy(in.buf, in.buf[in.at:in.end])
		in.at = 0
	}
	n, err := c.await(ctx, in.buf[in.end:])
	in.end += n
	return err
}

// await reads into p, or with p nil into a buffer of its own that it takes
// when something is there. A peer that is silent is pinged, then given up.
func (c *Conn) await(ctx context.Context, p []byte) (n int, err error) {
	in := &c.in
	for {
		in.due.arm(c.cfg.Ping)
		if p != nil {
			n, err = c.conn.Read(p)
		} else {
			n, err = c.readIdle()
		}
		if n > 0 {
			in.silent = false
			return n, nil
		}
		switch {
		case err == nil:
			continue
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, c.failRead(c.out.reason(broken(err)))
		}
		if cause := in.due.cause(ctx); cause != nil {
			return 0, cause
		}
		if c.cfg.Ping <= 0 {
			return 0, err // somebody else set a deadline
		}
		if in.silent {
			return 0, c.failRead(errSilent)
		}
		in.silent = true
		if err := c.sendControl(bitFin|opPing, nil); err != nil {
			return 0, c.failRead(err)
		}
	}
}

var errSilent = errors.New("websocket: the peer did not answer a ping")

// readIdle waits for the first bytes without holding a buffer, as far as the
// connection below lets it.
func (c *Conn) readIdle() (int, error) {
	in := &c.in
	if in.raw == nil {
		n, err := c.conn.Read(in.one[:])
		if n > 0 {
			in.buf = getBuffer(smallBuffer)
			in.buf[0], in.at, in.end = in.one[0], 0, 1
		}
		return n, err
	}
	in.tryErr = nil
	if err := in.raw.Read(in.try); err != nil {
		return 0, err
	}
	return in.end, in.tryErr
}

// tryRead is what the poller runs: first of all, and whenever it sees the
// descriptor readable. Trying first matters, since the poller reports edges.
func (c *Conn) tryRead(fd uintptr) bool {
	in := &c.in
	b := getBuffer(smallBuffer)
	n, err := readNow(fd, b)
	if n > 0 {
		in.buf, in.at, in.end = b, 0, n
		return true
	}
	putBuffer(b)
	if err == errWouldBlock {
		return false
	}
	if err == nil {
		err = io.EOF
	}
	in.tryErr = err
	return true
}
