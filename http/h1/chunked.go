package h1

import (
	"io"

	"github.com/netwright/netwright/http/message"
)

// chunkState is where in the chunked coding (§7.1) a body stands.
type chunkState uint8

const (
	beforeSize chunkState = iota
	inData                // of left bytes
	afterData             // before the CRLF that ends the chunk
	inTrailers
)

const (
	maxChunkDigits = 15      // what fits an int64 with room to spare
	maxChunkLine   = 1 << 10 // of one size line with its extensions
	maxChunkExt    = 4 << 10 // of all extensions, beyond the data that they come with
	maxTrailers    = 4 << 10
	maxTrailerN    = 32
)

// nextChunk advances over what frames the data, as far as the buffer goes. It
// leaves chunks at inData with left > 0 when data comes next, and sets b.err to
// io.EOF at the end.
func (b *body) nextChunk() error {
	if b.chunks == inData && b.left == 0 {
		b.chunks = afterData
	}
	for {
		p := b.buf[b.r:b.w]
		switch b.chunks {
		case inData:
			return nil
		case afterData:
			if len(p) > 0 && p[0] != '\r' || len(p) > 1 && p[1] != '\n' {
				return errChunk
			}
			if len(p) < 2 {
				return nil
			}
			b.r += 2
			b.chunks = beforeSize
		case beforeSize:
			size, ext, n, err := parseChunkLine(p)
			if n == 0 {
				return err
			}
			if b.extBytes += ext; b.extBytes > maxChunkExt {
				return errChunkExt
			}
			b.r += n
			if size == 0 {
				b.chunks = inTrailers
				continue
			}
			b.left, b.chunks = size, inData
			b.extBytes = int(max(0, int64(b.extBytes)-size))
			if b.most >= 0 && size > b.most-b.seen {
				return ErrBodyTooLarge
			}
		case inTrailers:
			return b.parseTrailers(p)
		}
	}
}

// parseTrailers reads the trailer section, and ends the body behind it.
func (b *body) parseTrailers(p []byte) error {
	p, full := limits{head: maxTrailers}.cut(p)
	fields, n, err := parseFields(p, 0, b.trailers[:0], maxTrailerN)
	b.trailers = fields
	switch {
	case err == nil && n == 0 && full:
		return ErrHeadTooLarge
	case err != nil || n == 0:
		return err
	}
	for i := range b.trailers {
		if f := &b.trailers[i]; !f.Known.AllowedInTrailer() {
			f.Known = message.Removed
		}
	}
	b.r += n
	b.err = io.EOF
	return nil
}

// parseChunkLine reads a chunk's size and skips its extensions, which take ext
// bytes. n is 0 when the line is not all there.
func parseChunkLine(p []byte) (size int64, ext, n int, err error) {
	digits := 0
	for digits < len(p) && hexValue[p[digits]] >= 0 {
		if digits == maxChunkDigits {
			return 0, 0, 0, errChunk
		}
		size = size<<4 | int64(hexValue[p[digits]])
		digits++
	}
	end := digits
	switch {
	case digits == len(p):
		return 0, 0, 0, nil
	case digits == 0:
		return 0, 0, 0, errChunk
	case p[digits] == ';':
		if end, err = skipExtensions(p, digits); end == 0 {
			return 0, 0, 0, err
		}
	}
	switch {
	case p[end] != '\r':
		return 0, 0, 0, errChunk
	case end+1 == len(p):
		return 0, 0, 0, nil
	case p[end+1] != '\n':
		return 0, 0, 0, errChunk
	}
	return size, end - digits, end + 2, nil
}

// skipExtensions returns the position of the CR behind the chunk extensions at
// p[n:] (§7.1.1), 0 when it is not there yet.
func skipExtensions(p []byte, n int) (int, error) {
	end := n
	for end < len(p) && p[end] != '\r' {
		if c := p[end]; c < ' ' && c != '\t' || c == 0x7f {
			return 0, errChunkExt
		}
		end++
	}
	if end > maxChunkLine {
		return 0, errChunkExt
	}
	if end == len(p) {
		return 0, nil
	}
	for p[n] == ';' {
		n = skipBlanks(p, n+1)
		name := n
		n = skipToken(p, n)
		if n == name {
			return 0, errChunkExt
		}
		n = skipBlanks(p, n)
		if p[n] == '=' {
			n = skipBlanks(p, n+1)
			value := n
			if p[n] == '"' {
				n = skipQuoted(p, n+1)
			} else {
				n = skipToken(p, n)
			}
			if n == value || n == 0 {
				return 0, errChunkExt
			}
			n = skipBlanks(p, n)
		}
	}
	if n != end || p[n-1] == ' ' || p[n-1] == '\t' {
		return 0, errChunkExt
	}
	return end, nil
}

// The skips below run on bytes that end in a CR, where each of them stops.

func skipBlanks(p []byte, n int) int {
	for p[n] == ' ' || p[n] == '\t' {
		n++
	}
	return n
}

func skipToken(p []byte, n int) int {
	for message.TokenByte[p[n]] {
		n++
	}
	return n
}

// skipQuoted returns the position behind the closing quote, 0 without one.
func skipQuoted(p []byte, n int) int {
	for p[n] != '"' {
		if p[n] == '\\' {
			n++
		}
		if p[n] == '\r' {
			return 0
		}
		n++
	}
	return n + 1
}

// hexValue is -1 for what is no hexadecimal digit.
var hexValue = func() (t [256]int8) {
	for i := range t {
		t[i] = int8(message.HexDigit(byte(i)))
	}
	return
}()
