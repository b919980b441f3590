package websocket

import (
	"bytes"
	"context"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

// TestDeflateExamples reads the messages of RFC 7692 §7.2.3.
func TestDeflateExamples(t *testing.T) {
	z := func(first byte, p string) string {
		return string([]byte{first, 0x80 | byte(len(p)), 0, 0, 0, 0}) + p // masked with zeros
	}
	const hello, again = "\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00"
	for _, tt := range []struct{ section, frames, want string }{
		{"7.2.3.1 one block", z(0xc1, hello), "Hello"},
		{"7.2.3.1 in fragments", z(0x41, hello[:3]) + z(0x80, hello[3:]), "Hello"},
		{"7.2.3.2 sharing the window", z(0xc1, hello) + z(0xc1, again), "Hello Hello"},
		{"7.2.3.2 not using it", z(0xc1, hello) + z(0xc1, hello), "Hello Hello"},
		{"7.2.3.3 block without compression", z(0xc1, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"},
		{"7.2.3.4 block with BFINAL", z(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello"},
		{"7.2.3.5 two blocks", z(0xc1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"},
		{"7.2.3.6 empty", z(0xc1, "\x00"), ""},
		{"behind BFINAL, with its window", z(0xc1, hello) + z(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00"+again), "Hello HelloHello"},
		{"not compressed", z(0x81, "plain"), "plain"},
	} {
		events, _ := play(false, true, []byte(tt.frames))
		for i, m := range events[:len(events)-1] {
			events[i] = m[1:]
		}
		if got := strings.Join(events[:len(events)-1], " "); got != tt.want || len(events) < 2 {
			t.Errorf("%s: %q", tt.section, events)
		}
	}
	for name, frames := range map[string]string{
		"garbage":               z(0xc1, "\xff\xff\xff"),
		"beyond the window":     z(0xc1, again),
		"reserved block":        z(0xc1, "\x07"),
		"bit in a continuation": z(0x41, hello[:3]) + z(0xc0, hello[3:]),
		"bit in a ping":         z(0xc9, hello),
		"many last blocks":      z(0xc1, strings.Repeat("\x03\x00", 60)),
		"text that is none":     z(0xc1, "\x00\x02\x00\xfd\xff\xff\xfe\x00"),
	} {
		if events, _ := play(false, true, []byte(frames)); len(events) != 1 || !strings.Contains(events[0], "fault of the peer: 100") {
			t.Errorf("%s: %q", name, events)
		}
	}
}

// TestBomb holds that a message which grows a thousandfold is given up at the
// limit.
func TestBomb(t *testing.T) {
	var z bytes.Buffer
	w, _ := flate.NewWriter(&z, flate.BestCompression)
	zeros := make([]byte, 1<<20)
	for range 20 {
		w.Write(zeros)
	}
	w.Flush()
	server, client := pair(t, &Config{Compression: CompressionMessage})
	go client.Read(t.Context())
	go client.send(t.Context(), bitFin|bitRsv1|opBinary, z.Bytes(), false)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := server.Read(t.Context())
	runtime.ReadMemStats(&after)
	if CloseCode(err) != MessageTooBig {
		t.Errorf("%d bytes that become 20 MiB: %v", z.Len(), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes were allocated for it", used)
	}
}

// TestWindowBits holds that no message refers further back than was agreed:
// a reader that forgets all but that much still reads it.
func TestWindowBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	block := make([]byte, 400)
	for i := range block {
		block[i] = byte(rng.Uint32())
	}
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		var h handshake
		h.deflate = deflateParams{on: true, writeContext: true, writeBits: bits}
		c := newConn(&script{}, nil, false, (&Config{CompressAbove: 1}).withDefaults(), h)
		var history, sent, got []byte
		for i := range 60 {
			p := bytes.Repeat(block[:100+i*5], 1+i%3) // repeats at many distances
			z := c.compress(p)
			if want := 1 << bits; len(history) > want {
				history = history[len(history)-want:]
			}
			out := make([]byte, len(p)+1)
			n := 0
			r := flate.NewReaderDict(strings.NewReader(string(z.b)+deflateTail), history)
			for {
				m, err := r.Read(out[n:])
				n += m
				if err != nil || m == 0 {
					break
				}
			}
			putDeflated(z)
			sent, got = append(sent, p...), append(got, out[:n]...)
			history = append(history, p...)
		}
		if !bytes.Equal(sent, got) {
			t.Errorf("with a window of %d bits messages do not come back", bits)
		}
	}
}

func TestPreparedFanOut(t *testing.T) {
	page := []byte(strings.Repeat("the same words again and again. ", 50))
	p := Prepare(Text, page)
	page[0] = 'T' // it is a copy
	want := strings.Repeat("the same words again and again. ", 50)
	for _, mode := range []string{CompressionOff, CompressionMessage, CompressionContext} {
		server, client := pair(t, &Config{Compression: mode})
		go func() {
			server.WritePrepared(t.Context(), p)
			server.Write(t.Context(), Text, []byte(want)) // its window goes on from the prepared one
			server.Queue(p)
			server.Write(t.Context(), Text, []byte("end"))
		}()
		for _, want := range []string{want, want, want, "end"} {
			if _, got, err := client.Read(testContext(t)); err != nil || string(got) != want {
				t.Fatalf("%s: %q, %v", mode, got, err)
			}
		}
		go server.Read(context.Background())
		if err := client.WritePrepared(t.Context(), p); err != nil { // masked, from a client
			t.Fatal(err)
		}
	}
	if len(p.zwire) == 0 || len(p.zwire) > 100 {
		t.Errorf("compressed to %d bytes", len(p.zwire))
	}
}

func TestPreparedAllocations(t *testing.T) {
	conns := make([]*Conn, 10)
	for i := range conns {
		conns[i] = NewConn(&discard{}, nil, false, nil)
	}
	p := Prepare(Binary, make([]byte, 64))
	got := testing.AllocsPerRun(100, func() {
		for _, c := range conns {
			if err := c.WritePrepared(context.Background(), p); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got > 0 && !raceEnabled {
		t.Errorf("a prepared message to ten connections allocates %v times", got)
	}
}

type discard struct{ script }

func (*discard) Write(p []byte) (int, error) { return len(p), nil }
