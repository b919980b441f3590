package websocket

import (
	"context"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// The LZ77 windows of RFC 7692: both sides read with the largest; messages
// are written without keeping a compressor, only the last bytes of what was
// sent.
const (
	minWindowBits = 8
	maxWindowBits = 15
	readHistory   = 1 << maxWindowBits
	writeHistory  = 8 << 10 // the most that the compressor looks at
	maxStreams    = 16      // that may end within one message
)

// deflateTail ends a message: it is left out on the wire (RFC 7692 §7.2.1).
// Behind it, an empty last block makes the decompressor report the end.
const (
	tailLength  = 4
	deflateTail = "\x00\x00\xff\xff" + "\x01\x00\x00\xff\xff"
)

// deflateParams is what was agreed on.
type deflateParams struct {
	on           bool
	writeContext bool // messages we write may refer to earlier ones
	readContext  bool
	writeBits    int // the window that the peer reads with
}

// compresses reports whether a message of n bytes is sent compressed.
func (c *Conn) compresses(n int) bool {
	return c.deflate.on && int64(n) >= c.cfg.CompressAbove
}

// compress returns p compressed for this connection. The turn is held.
func (c *Conn) compress(p []byte) *deflated {
	d := &c.deflate
	if !d.writeContext && d.writeBits == maxWindowBits {
		return deflateAlone(p)
	}
	z := getDeflated()
	var earlier window
	history := &earlier
	if d.writeContext {
		history = &c.out.history
	}
	// Half a window of new bytes after half a window of old ones: no reference
	// can be longer than the window.
	half := min(writeHistory, 1<<(d.writeBits-1))
	for rest := p; ; {
		n := len(rest)
		if d.writeBits < maxWindowBits {
			n = min(n, half)
		}
		z.deflate(rest[:n], history.last(half))
		history.add(rest[:n], half)
		if rest = rest[n:]; len(rest) == 0 {
			break
		}
	}
	z.b = z.b[:len(z.b)-tailLength]
	return z
}

// deflateAlone compresses a message that refers to no other.
func deflateAlone(p []byte) *deflated {
	z := getDeflated()
	z.deflate(p, nil)
	z.b = z.b[:len(z.b)-tailLength]
	return z
}

// deflated is a compressed message in a pooled buffer.
type deflated struct{ b []byte }

var deflatedPool = sync.Pool{New: func() any { return new(deflated) }}

func getDeflated() *deflated { return deflatedPool.Get().(*deflated) }

func putDeflated(z *deflated) {
	if cap(z.b) <= largeBuffer {
		z.b = z.b[:0]
		deflatedPool.Put(z)
	}
}

func (z *deflated) Write(p []byte) (int, error) {
	z.b = append(z.b, p...)
	return len(p), nil
}

// deflate appends p compressed, up to an empty block that ends on a byte.
func (z *deflated) deflate(p, history []byte) {
	_ = flate.StatelessDeflate(z, p, false, history) // z takes all
}

// window is the end of what was compressed so far.
type window struct{ b []byte }

// add appends p and keeps at least the last size bytes.
func (w *window) add(p []byte, size int) {
	if len(p) >= size {
		w.b = append(w.b[:0], p[len(p)-size:]...)
		return
	}
	if len(w.b)+len(p) > size+size/4 { // make room, not for every message
		w.b = w.b[:copy(w.b, w.last(size-len(p)))]
	}
	w.b = append(w.b, p...)
}

// last returns the last n bytes, or all where they are fewer.
func (w *window) last(n int) []byte { return w.b[max(0, len(w.b)-n):] }

// inflater decompresses one message after another, of any connection.
type inflater struct {
	c    *Conn
	ctx  context.Context
	z    io.ReadCloser // a flate.Resetter
	src  [1024]byte
	at   int
	end  int
	tail int // bytes of deflateTail given out
	ends int // streams that ended within the message
	err  error

	fresh window  // the history where none is kept
	seen  *window // the history in use
}

var inflaters = sync.Pool{New: func() any {
	f := new(inflater)
	f.z = flate.NewReader(f)
	return f
}}

func (c *Conn) startInflate() *inflater {
	f := inflaters.Get().(*inflater)
	f.c, f.at, f.end, f.tail, f.ends, f.err = c, 0, 0, 0, 0, nil
	f.fresh.b = f.fresh.b[:0]
	f.seen = &f.fresh
	if c.deflate.readContext {
		f.seen = &c.in.history
	}
	f.reset()
	return f
}

// endInflate gives the decompressor back, at the end of a message or of the
// connection.
func (c *Conn) endInflate() {
	if f := c.in.flate; f != nil {
		f.c, f.ctx, f.seen = nil, nil, nil
		c.in.flate = nil
		inflaters.Put(f)
	}
}

func (f *inflater) reset() {
	_ = f.z.(flate.Resetter).Reset(f, f.seen.last(readHistory)) // returns nil
}

var errDeflate = violation(InvalidPayload, "message does not decompress")

// read reads on in the decompressed message.
func (f *inflater) read(ctx context.Context, p []byte) (n int, err error) {
	f.ctx = ctx
	for n == 0 && err == nil {
		n, err = f.z.Read(p)
		f.seen.add(p[:n], readHistory)
		if err == io.EOF && f.tail < len(deflateTail) {
			// The peer ended its stream within the message (RFC 7692 §7.2.3.4);
			// another one follows, if only an empty one. Nobody needs many, and
			// each costs a copy of the window.
			if f.ends++; f.ends > maxStreams {
				return n, errDeflate
			}
			f.reset()
			err = nil
		}
	}
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case f.err != nil && f.err != io.EOF:
		return n, f.err
	}
	return n, errDeflate
}

// Read and ReadByte are what the decompressor reads: the message's payload,
// then the tail.
func (f *inflater) Read(p []byte) (int, error) {
	if err := f.fill(); err != nil {
		return 0, err
	}
	n := copy(p, f.src[f.at:f.end])
	f.at += n
	return n, nil
}

func (f *inflater) ReadByte() (byte, error) {
	if err := f.fill(); err != nil {
		return 0, err
	}
	b := f.src[f.at]
	f.at++
	return b, nil
}

func (f *inflater) fill() error {
	if f.at < f.end {
		return nil
	}
	if f.err == nil {
		f.at, f.end = 0, 0
		f.end, f.err = f.c.readPayload(f.ctx, f.src[:])
		if f.err == nil {
			return nil
		}
	}
	if f.err == io.EOF && f.tail == 0 {
		f.at, f.end = 0, copy(f.src[:], deflateTail)
		f.tail = f.end
		return nil
	}
	if f.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return f.err
}

var _ flate.Reader = (*inflater)(nil)
