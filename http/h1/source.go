package h1

import (
	"io"
	"net"
	"sync"
)

// source is the reading side of a connection during one exchange: a buffer of
// which buf[r:w] has been read from the connection and not used.
type source struct {
	conn net.Conn
	dl   *deadline
	buf  []byte
	r, w int
	n    int64 // bytes read from the connection
}

// fill reads once more into the buffer, which must have room.
func (s *source) fill() error {
	n, err := s.read(s.buf[s.w:])
	s.w += n
	if n > 0 {
		return nil
	}
	return err
}

// read reads from the connection itself, past the buffer.
func (s *source) read(p []byte) (int, error) {
	for {
		n, err := s.conn.Read(p)
		s.n += int64(n)
		if n > 0 {
			s.dl.more = n == len(p)
			return n, nil
		}
		if err == nil {
			err = io.ErrNoProgress
		}
		if !s.dl.lateRead(err) {
			return 0, err
		}
	}
}

// Sizes of the pooled buffers. A head and a small body fit headBuffer; longer
// bodies that must be copied move through copyBuffer.
const (
	headBuffer = 4 << 10
	copyBuffer = 64 << 10
)

// A head that is written takes its buffer when the bytes are there and gives it
// back at once, as a Reply does.
var headBuffers = sync.Pool{New: func() any { return new([headBuffer]byte) }}

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}
