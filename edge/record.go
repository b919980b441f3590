package edge

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// recordConn stands between a socket and tls.Conn. It reads ahead into a pooled
// buffer and hands over one TLS record at a time, so that tls.Conn never holds a
// part of the next; and it can wait for the next record without a buffer at all.
type recordConn struct {
	net.Conn
	raw     syscall.RawConn // nil where the socket cannot be read directly
	buf     *[recordBuffer]byte
	r, w    int
	left    int // of the record that is being handed over
	tryRead func(fd uintptr) bool
	n       int
	errno   syscall.Errno
}

// recordBuffer holds the largest TLS record (RFC 8446 §5.2) with its head.
const (
	recordHead   = 5
	recordBuffer = recordHead + 16<<10 + 256
)

var recordBuffers = sync.Pool{New: func() any { return new([recordBuffer]byte) }}

func newRecordConn(conn net.Conn) *recordConn {
	c := &recordConn{Conn: conn}
	if s, ok := conn.(syscall.Conn); ok && canTryRead {
		c.raw, _ = s.SyscallConn()
	}
	c.tryRead = c.readDirect
	return c
}

// NetConn is the socket.
func (c *recordConn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the sending half, where the socket can.
func (c *recordConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Await waits until bytes of a record, or the end, are here. It holds no buffer
// meanwhile, and its frames are small.
func (c *recordConn) Await() error {
	if c.r < c.w || c.raw == nil {
		return nil
	}
	return c.raw.Read(readable)
}

// Read implements net.Conn: at most what is left of one record.
func (c *recordConn) Read(p []byte) (int, error) {
	for c.left == 0 {
		if c.w-c.r >= recordHead {
			head := c.buf[c.r:]
			c.left = recordHead + int(head[3])<<8 + int(head[4])
			break
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	if c.r == c.w {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.r:min(c.w, c.r+c.left)])
	c.r += n
	c.left -= n
	if c.r == c.w {
		c.put()
	}
	return n, nil
}

// fill reads once more into the buffer.
func (c *recordConn) fill() error {
	if c.raw == nil || c.buf != nil {
		c.take()
		n, err := c.Conn.Read(c.buf[c.w:])
		c.w += n
		if n > 0 {
			return nil
		}
		c.put()
		return err
	}
	c.n, c.errno = 0, 0
	if err := c.raw.Read(c.tryRead); err != nil {
		return err
	}
	switch {
	case c.errno != 0:
		return c.errno
	case c.n == 0:
		return io.EOF
	}
	c.w += c.n
	return nil
}

// readDirect tries to read, and gives the buffer back when there is nothing yet.
func (c *recordConn) readDirect(fd uintptr) bool {
	c.take()
	n, err := tryRead(fd, c.buf[c.w:])
	if err == syscall.EAGAIN {
		c.put()
		return false
	}
	c.n, c.errno = n, err
	if n <= 0 {
		c.n = 0
		c.put()
	}
	return true
}

// take makes sure of a buffer with room.
func (c *recordConn) take() {
	if c.buf == nil {
		c.buf = recordBuffers.Get().(*[recordBuffer]byte)
		c.r, c.w = 0, 0
	}
	if c.r > 0 {
		c.w = copy(c.buf[:], c.buf[c.r:c.w])
		c.r = 0
	}
}

// put gives an empty buffer back.
func (c *recordConn) put() {
	if c.buf != nil && c.r == c.w {
		recordBuffers.Put(c.buf)
		c.buf, c.r, c.w = nil, 0, 0
	}
}
