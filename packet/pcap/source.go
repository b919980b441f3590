package pcap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// sourceSize is the first size of a source's buffer: some hundred packets,
// and small enough to stay in the second-level cache.
const sourceSize = 128 << 10

// source lends the next octets of a stream out of one buffer, which grows only
// as data really comes: a length field that lies costs nothing.
type source struct {
	r        io.Reader
	buf      []byte
	pos, end int
	off      int64 // of buf[pos] in the stream
	err      error
}

// peek lends the next n octets until the next peek; fewer come with the
// reason, io.EOF at the end.
func (s *source) peek(n int) ([]byte, error) {
	if s.end-s.pos >= n {
		return s.buf[s.pos : s.pos+n : s.pos+n], nil
	}
	return s.fill(n)
}

func (s *source) skip(n int) {
	s.pos += n
	s.off += int64(n)
}

func (s *source) fill(n int) ([]byte, error) {
	for idle := 0; s.end-s.pos < n; {
		if s.err != nil {
			return s.buf[s.pos:s.end], s.err
		}
		if s.pos > 0 && s.pos+n > len(s.buf) {
			s.end = copy(s.buf, s.buf[s.pos:s.end])
			s.pos = 0
		}
		if s.end == len(s.buf) {
			grown := make([]byte, max(sourceSize, min(2*len(s.buf), n)))
			copy(grown, s.buf)
			s.buf = grown
		}
		got, err := s.r.Read(s.buf[s.end:])
		s.end += got
		s.err = err
		if got > 0 {
			idle = 0
		} else if idle++; idle == 100 && err == nil {
			s.err = io.ErrNoProgress
		}
	}
	return s.buf[s.pos : s.pos+n : s.pos+n], nil
}

// unpack looks at the first octets and puts a decompressor before the stream
// where there is need. The closer is nil where there is nothing to close.
func unpack(r io.Reader) (*source, func(), error) {
	s := &source{r: r}
	magic, err := s.peek(4)
	if err != nil {
		return s, nil, nil // too short for anything; the caller says what is missing
	}
	// The packed octets that were read ahead come first again.
	raw := bufio.NewReader(io.MultiReader(bytes.NewReader(s.buf[s.pos:s.end]), s.r))
	switch {
	case magic[0] == 0x1f && magic[1] == 0x8b:
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip header: %w", err)
		}
		return &source{r: z}, nil, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}), magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18}):
		// One at a time means no goroutines, so that nothing outlives a Reader
		// that nobody closes.
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd header: %w", err)
		}
		return &source{r: z}, z.Close, nil
	}
	if tool, ok := packedBy(magic); ok {
		return nil, nil, fmt.Errorf("the file is packed by %s, which is not read here; gzip and zstd are, or pipe it: %s -dc FILE | …", tool, tool)
	}
	return s, nil, nil
}

// packedBy names the packers that are known but not read.
func packedBy(magic []byte) (string, bool) {
	switch {
	case bytes.Equal(magic, []byte{0xfd, '7', 'z', 'X'}):
		return "xz", true
	case bytes.Equal(magic, []byte{0x04, 0x22, 0x4d, 0x18}):
		return "lz4", true
	case bytes.HasPrefix(magic, []byte("BZh")):
		return "bzip2", true
	}
	return "", false
}

// cut says whether err means that the stream ended, be it inside packed data.
func cut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
