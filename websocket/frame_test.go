package websocket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"testing"
	"time"
)

func TestHeader(t *testing.T) {
	for _, n := range []int64{0, 1, 125, 126, 127, 65535, 65536, 1 << 40} {
		for _, masked := range []bool{false, true} {
			h := header{first: bitFin | opBinary, masked: masked, length: n}
			if masked {
				h.key = 0x04030201
			}
			b := appendHeader(nil, h)
			if got, size, err := parseHeader(append(b, "payload"...)); err != nil || got != h || size != len(b) {
				t.Errorf("%+v came back as %+v, %d of %d bytes, %v", h, got, size, len(b), err)
			}
			for i := range b {
				if _, size, err := parseHeader(b[:i]); size != 0 || err != nil {
					t.Errorf("%d of %d bytes of %+v: %d, %v", i, len(b), h, size, err)
				}
			}
			if masked && !bytes.HasSuffix(b, []byte{1, 2, 3, 4}) {
				t.Errorf("key goes out as %x", b)
			}
		}
	}
	for _, bad := range []string{
		"\x82\x7e\x00\x7d", "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00",
		"\x89\x7e\x00\x7e", "\x88\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		if _, _, err := parseHeader([]byte(bad)); CloseCode(err) != ProtocolError {
			t.Errorf("%x: %v", bad, err)
		}
	}
}

func TestMask(t *testing.T) {
	key := [4]byte{0xA1, 0x02, 0xF3, 0x54}
	const key32 = 0x54F302A1
	for n := range 200 {
		p := []byte(text(n))
		want := make([]byte, n)
		for i := range p {
			want[i] = p[i] ^ key[i%4]
		}
		for cut := range n + 1 {
			got := bytes.Clone(p)
			mask(mask(key32, got[:cut]), got[cut:])
			if !bytes.Equal(got, want) {
				t.Fatalf("%d bytes cut at %d are masked wrongly", n, cut)
			}
		}
	}
}

func BenchmarkMask(b *testing.B) {
	p := make([]byte, 4096)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		mask(0x54F302A1, p)
	}
}

// script is a connection whose reads are given, and whose writes are kept.
type script struct {
	net.Conn
	reads   [][]byte
	written bytes.Buffer
	settle  func() // waits until what is in line is written
}

func (s *script) Read(p []byte) (int, error) {
	s.settle()
	for len(s.reads) > 0 && len(s.reads[0]) == 0 {
		s.reads = s.reads[1:]
	}
	if len(s.reads) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.reads[0])
	s.reads[0] = s.reads[0][n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error)      { return s.written.Write(p) }
func (s *script) Close() error                     { return nil }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// play reads all messages of a byte stream cut in pieces. The events are the
// messages and the error that ended them; written is what was answered.
func play(client, deflate bool, pieces ...[]byte) (events []string, written string) {
	var h handshake
	if deflate {
		h.deflate = deflateParams{on: true, writeContext: true, readContext: true, writeBits: maxWindowBits}
	}
	s := &script{reads: pieces}
	c := newConn(s, nil, client, (&Config{MaxMessage: 64 << 10}).withDefaults(), h)
	defer c.CloseNow()
	s.settle = func() {
		c.out.mu.Lock()
		defer c.out.mu.Unlock()
		for c.out.busy {
			c.out.flushed.Wait()
		}
	}
	for {
		typ, p, err := c.Read(context.Background())
		if err != nil {
			return append(events, err.Error()), s.written.String()
		}
		events = append(events, fmt.Sprintf("%d%s", typ, p))
	}
}

// FuzzFrames holds that it does not matter where a stream of frames is cut,
// and that the messages in it, encoded again, are read the same.
func FuzzFrames(f *testing.F) {
	deflated := "\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00" // RFC 7692 §7.2.3.1, masked with zeros
	for _, seed := range []string{
		raw(txt("hello"), ping("p"), bin("\xff"), bye(1000, "end")),
		raw(begin("\u03ba"), ping(""), more(""), last("\u03ba")),
		raw(begin("\xce"), last("\xba\xed\xa0")),
		raw(bin(text(5000)), rawFrame{true, 1, opText, ""}),
		deflated + deflated,
		fragments(opText, text(300), 7),
		"\x82\xfe\x00\x01", "\x82\xff\x80",
	} {
		f.Add([]byte(seed), uint16(len(seed)/2), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint16, deflate bool) {
		if len(data) > 1<<16 {
			return
		}
		want, answered := play(false, deflate, bytes.Clone(data))
		at := int(cut) % (len(data) + 1)
		cuts := [][][]byte{{bytes.Clone(data[:at]), bytes.Clone(data[at:])}, nil}
		for _, b := range data[:min(len(data), 4096)] {
			cuts[1] = append(cuts[1], []byte{b})
		}
		cuts[1] = append(cuts[1], bytes.Clone(data[min(len(data), 4096):]))
		for _, pieces := range cuts {
			if got, written := play(false, deflate, pieces...); !reflect.DeepEqual(got, want) || written != answered {
				t.Fatalf("cut in %d pieces (one at %d):\n%q answered with %q\nwhole:\n%q answered with %q", len(pieces), at, got, written, want, answered)
			}
		}
		messages := want[:len(want)-1]
		s := &script{}
		c := newConn(s, nil, true, (&Config{CompressAbove: 1}).withDefaults(), handshake{
			deflate: deflateParams{on: deflate, writeContext: true, writeBits: 8 + int(cut)%8},
		})
		for _, m := range messages {
			if err := c.Write(context.Background(), Type(m[0]-'0'), []byte(m[1:])); err != nil {
				t.Fatal(err)
			}
		}
		again, _ := play(false, deflate, s.written.Bytes())
		if !reflect.DeepEqual(again[:len(again)-1], messages) || again[len(again)-1] != io.ErrUnexpectedEOF.Error() {
			t.Fatalf("%q, encoded and read again, became %q", messages, again)
		}
	})
}

// FuzzFramesOfServer does the same for what a client reads.
func FuzzFramesOfServer(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x89\x00\x82\x00\x88\x02\x03\xe8"), uint16(3))
	f.Add([]byte("\x01\x01\xce\x89\x01x\x80\x01\xba"), uint16(4))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		at := int(cut) % (len(data) + 1)
		want, _ := play(true, false, bytes.Clone(data))
		if got, _ := play(true, false, bytes.Clone(data[:at]), bytes.Clone(data[at:])); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %q\nwhole: %q", at, got, want)
		}
	})
}

func FuzzClose(f *testing.F) {
	f.Add([]byte("\x03\xe8bye"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, p []byte) {
		e, err := parseClose(p)
		if err != nil {
			if code := CloseCode(err); code != ProtocolError && code != InvalidPayload {
				t.Fatal(err)
			}
			return
		}
		if len(p) > maxControl {
			return
		}
		if again := appendClose(nil, e.Code, e.Reason); !bytes.Equal(again, p) {
			t.Fatalf("%x became %x", p, again)
		}
	})
}

func TestCloseError(t *testing.T) {
	err := fmt.Errorf("room: %w", &CloseError{Code: GoingAway, Reason: "restart"})
	if CloseCode(err) != GoingAway || CloseCode(errors.New("x")) != 0 {
		t.Error("CloseCode")
	}
	if want := `room: websocket: closed by the peer: 1001 (going away): "restart"`; err.Error() != want {
		t.Errorf("%q", err)
	}
	long := string(appendClose(nil, NormalClosure, text(120)+"\u03ba\u03ba\u03ba"))
	if len(long) != 2+122 {
		t.Errorf("a long reason is cut to %d bytes", len(long))
	}
}
