package h1

import (
	"io"
	"net"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/netwright/netwright/http/message"
)

const browserGet = "GET /api/items?id=7 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
	"Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, br\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef\r\n\r\n"

var smallBody = []byte("0123456789012345678901234567890123456789012345678901234567890123")

// A request and a small answer allocate nothing, on either side.
func TestExchangeAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	response := message.Response{Status: 200, Length: int64(len(smallBody))}
	response.Fields.AddKnown(message.ContentType, []byte("text/plain"))
	for _, network := range []string{"tcp", "unix", "tls"} {
		s := newServer(t, network, Config{}, handlerFunc(func(st message.Stream) {
			st.Respond(&response, smallBody)
			st.Finish(nil)
		}))
		conn := s.dial()
		if s.tls != nil {
			write(t, conn, "")
		}
		c := NewClient(conn, s.clock, &ClientConfig{})
		request := []byte(browserGet)
		exchange := func() {
			reply, err := c.RoundTrip(request, false, time.Second, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b := reply.Body().Buffered(); len(b) != len(smallBody) {
				t.Fatalf("%d bytes are there", len(b))
			} else {
				reply.Body().Discard(len(b))
			}
			if !reply.Reusable() {
				t.Fatal("not reusable")
			}
			reply.Release()
		}
		for range 100 {
			exchange()
		}
		defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties pools
		got := testing.AllocsPerRun(1000, exchange)
		if network == "tls" { // asks below TLS whether the connection is stale
			t.Logf("%s: %v allocations", network, got)
			continue
		}
		if got > 0 {
			t.Errorf("%s: %v allocations a request", network, got)
		}
	}
}

// Uploads and chunked answers allocate nothing either.
func TestBodiesAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	chunk := make([]byte, 8000)
	response := message.Response{Status: 200, Length: message.UnknownLength}
	s := newServer(t, "tcp", Config{}, handlerFunc(func(st message.Stream) {
		for b := st.Body(); ; {
			if _, err := b.Read(chunk[:4000]); err != nil {
				break
			}
		}
		st.Respond(&response, nil)
		st.Write(chunk)
		st.Write(chunk)
		st.Finish(nil)
	}))
	conn := s.dial()
	request := append([]byte("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n"), make([]byte, 20000)...)
	c := NewClient(conn, s.clock, &ClientConfig{})
	buf := make([]byte, 4000)
	exchange := func() {
		reply, err := c.RoundTrip(request, false, time.Second, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for {
			m, err := reply.body.Read(buf)
			n += m
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n != 16000 || !reply.Reusable() {
			t.Fatalf("%d bytes came", n)
		}
		reply.Release()
	}
	for range 100 {
		exchange()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	if got := testing.AllocsPerRun(500, exchange); got > 0 {
		t.Errorf("%v allocations an exchange", got)
	}
}

// An idle connection holds little memory.
func TestIdleConnectionIsSmall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	const conns = 500
	response := message.Response{Status: 200, Length: 2}
	s := newServer(t, "tcp", Config{}, handlerFunc(func(st message.Stream) {
		deep(20) // as a real handler is
		st.Respond(&response, []byte("hi"))
		st.Finish(nil)
	}))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	open := make([]net.Conn, conns)
	buf := make([]byte, 1000)
	for i := range open {
		open[i] = s.dial()
		write(t, open[i], getRoot)
		open[i].Read(buf)
	}
	parked()
	for range 4 { // as time passes
		runtime.GC()
	}
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc+after.StackInuse) - int64(before.HeapAlloc+before.StackInuse)) / conns
	t.Logf("%d bytes a connection: heap %d, stack %d, both ends of it", each, int64(after.HeapAlloc-before.HeapAlloc)/conns, int64(after.StackInuse-before.StackInuse)/conns)
	if each > 5<<10 {
		t.Errorf("an idle connection takes %d bytes", each)
	}
}

func deep(n int) byte {
	var frame [512]byte
	if n > 0 {
		frame[n] = deep(n - 1)
	}
	return frame[0] + frame[n]
}

func BenchmarkParseRequest(b *testing.B) {
	r := message.Request{Fields: make(message.Fields, 0, 24)}
	head, scratch := []byte(browserGet), make([]byte, 0, 256)
	lim := limits{line: 8 << 10, head: 16 << 10, fields: 100}
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := parseRequest(head, &r, lim, scratch); n != len(head) || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkParseResponse(b *testing.B) {
	head := []byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 09:56:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 64\r\nLast-Modified: Sat, 21 Nov 2026 09:00:00 GMT\r\nETag: \"5f-61\"\r\nAccept-Ranges: bytes\r\n\r\n")
	r := message.Response{Fields: make(message.Fields, 0, 24)}
	lim := limits{line: 8 << 10, head: 16 << 10, fields: 100}
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	for b.Loop() {
		if n, _, err := parseResponse(head, &r, lim); n != len(head) || err != nil {
			b.Fatal(n, err)
		}
	}
}
