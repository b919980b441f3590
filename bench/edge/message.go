//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
)

const maxHead = 16 << 10

// payload returns size bytes that are always the same for one size, look
// random, and so show every shift, cut and mix-up.
func payload(size int) []byte {
	r := rand.NewChaCha8([32]byte{'n', 'e', 't', 'w', 'r', 'i', 'g', 'h', 't', byte(size), byte(size >> 8), byte(size >> 16)})
	b := make([]byte, size)
	_, _ = r.Read(b) // documented never to fail
	return b
}

// stream takes apart the HTTP/1.1 messages that come on one connection, just
// enough of them to check each byte of a body whose Content-Length is known.
type stream struct {
	// head judges a complete head and returns the body that must follow.
	head func(head []byte) (want []byte, err error)

	partial []byte // a head that has come in part
	want    []byte // what is still to come of a body
	inBody  bool
}

var errBody = errors.New("the body differs from what was sent")

// feed takes the next bytes and returns how many messages they completed.
func (s *stream) feed(data []byte) (done int, err error) {
	for {
		if !s.inBody {
			if len(data) == 0 {
				return done, nil
			}
			if data, err = s.feedHead(data); err != nil || !s.inBody {
				return done, err
			}
		}
		n := min(len(data), len(s.want))
		if !bytes.Equal(data[:n], s.want[:n]) {
			return done, errBody
		}
		data, s.want = data[n:], s.want[n:]
		if len(s.want) > 0 {
			return done, nil
		}
		s.inBody = false
		done++
	}
}

// feedHead returns what follows the head, and leaves inBody false where the
// head is not complete yet.
func (s *stream) feedHead(data []byte) (rest []byte, err error) {
	head := data
	if len(s.partial) > 0 {
		s.partial = append(s.partial, data...)
		head = s.partial
	}
	end := bytes.Index(head, []byte("\r\n\r\n"))
	if end < 0 {
		if len(head) > maxHead {
			return nil, errors.New("a head without an end")
		}
		if len(s.partial) == 0 {
			s.partial = append(s.partial, data...)
		}
		return nil, nil
	}
	rest = head[end+4:]
	rest = data[len(data)-len(rest):] // s.partial is used again
	s.want, err = s.head(head[:end+4])
	s.partial = s.partial[:0]
	s.inBody = true
	return rest, err
}

// contentLength finds the field in a head; -1 where there is none.
func contentLength(head []byte) (int64, error) {
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok && len(name) == len("content-length") && bytes.EqualFold(name, []byte("content-length")) {
			return strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
		}
	}
	return -1, nil
}

// answerHead returns a stream.head that accepts only a 200 with a body as long
// as want.
func answerHead(want []byte) func([]byte) ([]byte, error) {
	ok := []byte("HTTP/1.1 200")
	return func(head []byte) ([]byte, error) {
		if !bytes.HasPrefix(head, ok) {
			line, _, _ := bytes.Cut(head, []byte("\r\n"))
			return nil, fmt.Errorf("the answer is %q", line)
		}
		n, err := contentLength(head)
		if err != nil {
			return nil, err
		}
		if n != int64(len(want)) {
			return nil, fmt.Errorf("the answer has Content-Length %d, not %d", n, len(want))
		}
		return want, nil
	}
}
