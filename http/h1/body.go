package h1

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/netwright/netwright/http/message"
)

// bodyKind is how the end of a body is found (§6.3).
type bodyKind uint8

const (
	bodyNone bodyKind = iota
	bodyLength
	bodyChunked
	bodyUntilClose
)

// body reads the content behind a head. Its source's buffer begins as what is
// left of the head's; a long body gets a larger one.
type body struct {
	source
	kind    bodyKind
	err     error // what every further read gets
	left    int64 // of the content, or of the chunk; what the sender announced
	most    int64 // of the content in all; less than 0 for no limit
	seen    int64
	timeout time.Duration // for each read
	least   int64         // bytes a second, over each timeout
	checked int64         // when the rate was last looked at, on the clock of the deadlines
	before  int64         // what had been seen then

	chunks   chunkState
	extBytes int // of chunk extensions so far
	trailers message.Fields

	begin func() error // called before the first wait for content; 100 (Continue)
	large *[copyBuffer]byte
}

// start makes b ready for a body of that kind, whose first bytes are in buf[r:w].
func (b *body) start(src source, kind bodyKind, length, most int64, timeout time.Duration, least int64) {
	trailers := b.trailers[:0]
	*b = body{}
	b.source, b.kind, b.left, b.most, b.timeout, b.least, b.trailers = src, kind, length, most, timeout, least, trailers
	switch {
	case kind == bodyNone || kind == bodyLength && length == 0:
		b.kind, b.err = bodyNone, io.EOF
	case kind == bodyLength && most >= 0 && length > most:
		b.err = ErrBodyTooLarge
	case kind == bodyChunked:
		b.left = 0
	}
}

// done gives back what the body took.
func (b *body) done() {
	if b.large != nil {
		copyBuffers.Put(b.large)
		b.large = nil
	}
	b.buf, b.r, b.w = nil, 0, 0
}

// ended says whether the whole content was read.
func (b *body) ended() bool { return b.err == io.EOF }

// Length implements message.Body.
func (b *body) Length() int64 {
	switch b.kind {
	case bodyNone:
		return 0
	case bodyLength:
		return b.left
	}
	if b.err == io.EOF {
		return 0
	}
	return message.UnknownLength
}

// Trailers implements message.Body.
func (b *body) Trailers() message.Fields { return b.trailers }

// Buffered implements message.Body.
func (b *body) Buffered() []byte {
	p, _ := b.next(false)
	return p
}

// Discard implements message.Body.
func (b *body) Discard(n int) {
	b.r += n
	b.took(int64(n))
}

// took counts content that was used.
func (b *body) took(n int64) {
	b.seen += n
	if b.kind != bodyUntilClose {
		b.left -= n
	}
	if b.kind == bodyLength && b.left == 0 && b.err == nil {
		b.err = io.EOF
	}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.err == nil && b.r == b.w && b.kind == bodyLength && len(p) >= headBuffer {
		return b.readPast(p[:min(int64(len(p)), b.left)])
	}
	got, err := b.next(true)
	if err != nil {
		return 0, err
	}
	n := copy(p, got)
	b.Discard(n)
	return n, nil
}

// readPast reads content into p without the buffer between.
func (b *body) readPast(p []byte) (int, error) {
	if err := b.wait(); err != nil {
		return 0, err
	}
	n, err := b.read(p)
	b.dl.rest()
	b.took(int64(n))
	if err != nil {
		return n, b.fail(err)
	}
	return n, nil
}

// next returns content that is in the buffer, and, if it may wait, reads more
// when there is none. The bytes stay unread until Discard. Without waiting it
// returns nothing where nothing is there.
func (b *body) next(wait bool) ([]byte, error) {
	for {
		if b.err != nil {
			return nil, b.err
		}
		if b.kind == bodyChunked {
			if err := b.nextChunk(); err != nil {
				return nil, b.fail(err)
			}
			if b.err != nil {
				continue
			}
		}
		n := int64(b.w - b.r)
		if b.kind == bodyChunked && b.chunks != inData {
			n = 0
		} else if b.kind != bodyUntilClose {
			n = min(n, b.left)
		}
		if n > 0 {
			if b.most >= 0 && b.seen+n > b.most {
				return nil, b.fail(ErrBodyTooLarge)
			}
			return b.buf[b.r : b.r+int(n)], nil
		}
		if !wait {
			return nil, nil
		}
		if err := b.more(); err != nil {
			return nil, b.fail(err)
		}
	}
}

// more reads from the connection into the buffer.
func (b *body) more() error {
	if err := b.wait(); err != nil {
		return err
	}
	b.makeRoom()
	err := b.fill()
	b.dl.rest()
	return err
}

// wait is called before content is waited for.
func (b *body) wait() error {
	if b.begin != nil {
		begin := b.begin
		b.begin = nil
		if err := begin(); err != nil {
			return err
		}
	}
	b.dl.reading(b.timeout)
	if b.least > 0 {
		return b.paced()
	}
	return nil
}

// paced refuses content that comes slower than the least rate. The first look
// only begins the count.
func (b *body) paced() error {
	now := b.dl.clock.now.Load()
	elapsed := time.Duration(now - b.checked)
	switch {
	case b.checked == 0:
	case elapsed < b.timeout:
		return nil
	case float64(b.seen-b.before) < float64(b.least)*elapsed.Seconds():
		return ErrBodyTimeout
	}
	b.checked, b.before = max(now, 1), b.seen
	return nil
}

// makeRoom moves unread bytes to the front, and to a large buffer when the one
// at hand is small for what is to come.
func (b *body) makeRoom() {
	if b.large == nil && (b.kind != bodyLength || b.left > int64(len(b.buf))) {
		b.large = copyBuffers.Get().(*[copyBuffer]byte)
		b.w = copy(b.large[:], b.buf[b.r:b.w])
		b.buf, b.r = b.large[:], 0
		return
	}
	if b.r > 0 {
		b.w = copy(b.buf, b.buf[b.r:b.w])
		b.r = 0
	}
}

// fail keeps the error for every further read. The end of the stream in the
// middle of a message is no end of the message.
func (b *body) fail(err error) error {
	switch {
	case err == io.EOF && b.kind == bodyUntilClose:
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case b.dl.canceled.Load():
		err = ErrCanceled
	case isTimeout(err):
		err = ErrBodyTimeout
	}
	b.err = err
	return err
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// flusher is a writer that may hold bytes back.
type flusher interface{ Flush() error }

// WriteTo implements io.WriterTo. Where w is a *net.TCPConn and the content comes
// straight from another, the bytes never leave the kernel.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	if dst, ok := w.(*net.TCPConn); ok && b.splices() {
		return b.splice(dst)
	}
	var moved int64
	held, _ := w.(flusher)
	for {
		p, err := b.next(false)
		if len(p) == 0 && err == nil {
			if held != nil {
				if err := held.Flush(); err != nil {
					return moved, err
				}
			}
			p, err = b.next(true)
		}
		if err == io.EOF {
			return moved, nil
		}
		if err != nil {
			return moved, err
		}
		n, err := w.Write(p)
		moved += int64(n)
		b.Discard(n)
		if err != nil {
			return moved, &WriteError{err}
		}
	}
}

// spliceLeast is the content below which the calls that splice needs cost more
// than a copy.
const spliceLeast = 64 << 10

// splices says whether the content can be and is worth being spliced.
func (b *body) splices() bool {
	_, ok := b.conn.(*net.TCPConn)
	return ok && b.kind == bodyLength && b.err == nil && b.left >= spliceLeast
}

// splice moves what is left of the content between two sockets in the kernel.
func (b *body) splice(dst *net.TCPConn) (moved int64, err error) {
	if p, _ := b.next(false); len(p) > 0 {
		n, err := dst.Write(p)
		moved = int64(n)
		b.Discard(n)
		if err != nil {
			return moved, &WriteError{err}
		}
	}
	for b.left > 0 {
		if err := b.wait(); err != nil {
			return moved, b.fail(err)
		}
		if !b.dl.beginIn(b.timeout, b.least) {
			return moved, b.fail(os.ErrDeadlineExceeded)
		}
		n, err := dst.ReadFrom(&io.LimitedReader{R: b.conn, N: b.left})
		b.n += n
		moved += n
		b.took(n)
		if err != nil {
			err = b.spliceFailed(err, dst) // which asks whether the time was up
		} else if n == 0 && b.left > 0 {
			err = b.fail(io.EOF)
		}
		b.dl.endIn()
		if err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// spliceFailed finds out which side of a splice an error is of, which the error
// does not say.
func (b *body) spliceFailed(err error, dst *net.TCPConn) error {
	late := errors.Is(err, os.ErrDeadlineExceeded)
	now := b.dl.clock.now.Load()
	switch {
	case late && (b.dl.canceled.Load() || b.dl.inDue(now)):
		return b.fail(err)
	case late, errors.Is(err, syscall.EPIPE), wasReset(dst):
		return &WriteError{err}
	}
	return b.fail(err)
}

// WriteError is an error of the side that a body was written to, to tell it from
// one of the side that it came from.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }
