package h1

import (
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/netwright/netwright/http/message"
)

// sink is the writing side of a connection during one exchange. A head and a
// small body, or several small chunks, leave in one write.
type sink struct {
	conn    net.Conn
	dl      *deadline
	out     []byte            // not yet written
	pooled  *[headBuffer]byte // what out began in
	chunked bool
	left    int64 // of the length announced; less than 0 where none was
	n       int64 // bytes written to the connection
	timeout time.Duration
	err     error
	direct  *directSend // of a bare socket; nil for all others
	vec     [2][]byte   // what bufs is made of, here so that it costs no allocation
	bufs    net.Buffers // of writev
}

var errTooMuch = errors.New("h1: more body was written than its Content-Length says")
var errTooLittle = errors.New("h1: the body ended short of its Content-Length")

// hold makes sure of a buffer.
func (s *sink) hold() {
	if s.pooled == nil {
		s.pooled = headBuffers.Get().(*[headBuffer]byte)
		s.out = s.pooled[:0]
	}
}

// release gives the buffer back.
func (s *sink) release() {
	if s.pooled != nil {
		headBuffers.Put(s.pooled)
		s.pooled, s.out = nil, nil
	}
}

// appendFraming ends a head by the lines that frame its body.
func (s *sink) appendFraming(length int64, chunked bool) {
	s.left, s.chunked = length, chunked
	switch {
	case chunked:
		s.out = append(s.out, "Transfer-Encoding: chunked\r\n"...)
	case length >= 0:
		s.out = append(s.out, "Content-Length: "...)
		s.out = strconv.AppendInt(s.out, length, 10)
		s.out = append(s.out, "\r\n"...)
	}
}

// Write implements io.Writer. It may hold p back until Flush.
func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil || len(p) == 0 {
		return 0, s.err
	}
	if err := s.take(int64(len(p))); err != nil {
		return 0, err
	}
	tail := ""
	if s.chunked {
		s.out = strconv.AppendInt(s.out, int64(len(p)), 16)
		s.out = append(s.out, "\r\n"...)
		tail = "\r\n"
	}
	if len(s.out)+len(p)+len(tail) <= cap(s.out) {
		s.out = append(append(s.out, p...), tail...)
		return len(p), nil
	}
	if err := s.writev(p); err != nil {
		return 0, err
	}
	s.out = append(s.out, tail...)
	return len(p), nil
}

// take counts n bytes of body against what was announced.
func (s *sink) take(n int64) error {
	if s.left < 0 {
		return nil
	}
	if n > s.left {
		s.err = errTooMuch
		return s.err
	}
	s.left -= n
	return nil
}

// Flush writes what is held back.
func (s *sink) Flush() error {
	if s.err != nil || len(s.out) == 0 {
		return s.err
	}
	err := s.write(s.out)
	s.out = s.out[:0]
	return err
}

// write writes all of p. What a bare socket takes at once needs no deadline.
func (s *sink) write(p []byte) error {
	if s.direct != nil {
		n, err := s.direct.send(p)
		s.n += int64(n)
		if p = p[n:]; err != nil || len(p) == 0 {
			s.err = err
			return err
		}
	}
	return s.writeOut(p)
}

// writeOut waits until all of p is taken, and goes on where a stale deadline cut
// it.
func (s *sink) writeOut(p []byte) error {
	s.dl.writing(s.timeout)
	defer s.dl.wrote()
	for {
		n, err := s.conn.Write(p)
		s.n += int64(n)
		if err == nil {
			return nil
		}
		if !s.dl.lateWrite(err) {
			s.err = err
			return err
		}
		p = p[n:]
	}
}

// writev writes what is held back and p in one call.
func (s *sink) writev(p []byte) error {
	if len(s.out) == 0 {
		return s.write(p)
	}
	s.dl.writing(s.timeout)
	defer s.dl.wrote()
	s.vec = [2][]byte{s.out, p}
	s.bufs = s.vec[:]
	for {
		n, err := s.bufs.WriteTo(s.conn)
		s.n += n
		if err == nil {
			s.out = s.out[:0]
			return nil
		}
		if !s.dl.lateWrite(err) {
			s.err = err
			return err
		}
	}
}

// ReadFrom implements io.ReaderFrom: splice where the source is a body straight
// from a socket, sendfile where it is a file, a copy otherwise. An error that is
// a *WriteError is the connection's; any other is r's.
func (s *sink) ReadFrom(r io.Reader) (int64, error) {
	if b, ok := r.(message.Body); ok {
		return s.readBody(b)
	}
	tcp, ok := s.conn.(*net.TCPConn)
	if !ok || s.chunked || !s.isFile(r) {
		return s.copy(r)
	}
	if err := s.Flush(); err != nil {
		return 0, &WriteError{err}
	}
	s.dl.beginOut(s.timeout)
	defer s.dl.endOut()
	var n int64
	for {
		m, err := tcp.ReadFrom(r)
		n += m
		s.n += m
		_ = s.take(m) // no more than was announced: isFile
		if err == nil {
			return n, nil
		}
		if !s.dl.lateWrite(err) {
			s.err = err
			return n, &WriteError{err}
		}
	}
}

// isFile says whether r is a file from which no more can come than was announced.
func (s *sink) isFile(r io.Reader) bool {
	l, limited := r.(*io.LimitedReader)
	if limited {
		r = l.R
	}
	_, ok := r.(*os.File)
	return ok && (s.left < 0 || limited && l.N <= s.left)
}

// readBody sends the content of another message.
func (s *sink) readBody(r message.Body) (int64, error) {
	tcp, ok := s.conn.(*net.TCPConn)
	b, ours := r.(*body)
	if !ok || !ours || s.chunked || !b.splices() || b.left > s.left && s.left >= 0 {
		return r.WriteTo(s)
	}
	first := b.Buffered()
	if err := s.writev(first); err != nil {
		return 0, &WriteError{err}
	}
	b.Discard(len(first))
	var n int64
	err := error(&WriteError{os.ErrDeadlineExceeded})
	if s.dl.beginOut(s.timeout) {
		n, err = b.splice(tcp)
	}
	s.dl.endOut()
	s.n += n
	n += int64(len(first))
	_ = s.take(n) // no more than was announced: looked at above
	return n, err
}

func (s *sink) copy(r io.Reader) (n int64, err error) {
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	for {
		m, err := r.Read(buf[:])
		if m > 0 {
			if _, err := s.Write(buf[:m]); err != nil {
				return n, &WriteError{err}
			}
			n += int64(m)
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if err := s.Flush(); err != nil {
			return n, &WriteError{err}
		}
	}
}

// finish ends the body and writes what is held back.
func (s *sink) finish(trailers message.Fields) error {
	if s.err != nil {
		return s.err
	}
	if s.left > 0 {
		s.err = errTooLittle
		return s.err
	}
	if s.chunked {
		s.out = append(s.out, "0\r\n"...)
		for i := range trailers {
			if f := &trailers[i]; f.Known.AllowedInTrailer() {
				s.out = append(s.out, f.Name...)
				s.out = append(s.out, ": "...)
				s.out = append(s.out, f.Value...)
				s.out = append(s.out, "\r\n"...)
			}
		}
		s.out = append(s.out, "\r\n"...)
		s.chunked = false
	}
	return s.Flush()
}
