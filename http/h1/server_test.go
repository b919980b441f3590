package h1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netwright/netwright/http/message"
)

// conversation is what a client sends, step by step, and what must come back.
func TestConversations(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct{ name, send, want string }{
		{"kept by default", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 7\r\n\r\nGET / h"},
		{"client closes", "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n\r\n", ok + "Content-Length: 7\r\nConnection: close\r\n\r\nGET / h"},
		{"1.0 closes", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", ok + "Content-Length: 7\r\nConnection: close\r\n\r\nGET / h"},
		{"1.0 kept", "GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n", ok + "Content-Length: 7\r\nConnection: keep-alive\r\n\r\nGET / h"},
		{"1.0 undecided closes", "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", ok + "Content-Length: 7\r\nConnection: close\r\n\r\nGET / h"},
		{"pipelined", "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 8\r\n\r\nGET /1 h" + ok + "Content-Length: 8\r\n\r\nGET /2 h"},
		{"nothing behind a close", "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 8\r\nConnection: close\r\n\r\nGET /1 h"},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 8\r\n\r\n"},
		{"204", "GET /204 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
		{"304", "GET /304 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
		{"304 without a length", "GET /304/0 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n"},
		{"chunked", "GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nGrpc-Status: 0\r\n\r\n"},
		{"chunked for HEAD", "HEAD /chunked HTTP/1.1\r\nHost: h\r\n\r\n", ok + "\r\n"},
		{"chunked for 1.0", "GET /chunked HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ok + "Connection: close\r\n\r\nhello world"},
		{"cut chunks", "GET /cut HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
		{"short of its length", "GET /short HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 9\r\n\r\nhello"},
		{"beyond its length", "GET /long HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 3\r\n\r\nhel"},
		{"no answer", "GET /none HTTP/1.1\r\nHost: h\r\n\r\n", ""},
		{"early hints", "GET /103 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi"},
		{"early hints for 1.0", "GET /103 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ok + "Content-Length: 2\r\nConnection: keep-alive\r\n\r\nhi"},
		{"hop-by-hop fields do not pass", "GET /hop HTTP/1.1\r\nHost: h\r\n\r\n", ok + "A: b\r\nContent-Length: 2\r\n\r\nhi"},
		{"Expect, body asked for", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n|hello", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 16\r\n\r\nPOST / h \"hello\""},
		{"Expect, body in parts", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n|he|llo", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 16\r\n\r\nPOST / h \"hello\""},
		{"Expect, body there", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", ok + "Content-Length: 16\r\n\r\nPOST / h \"hello\""},
		{"Expect, some of the body there", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe|llo", ok + "Content-Length: 16\r\n\r\nPOST / h \"hello\""},
		{"Expect, chunked", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n|2\r\nhi\r\n0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 13\r\n\r\nPOST / h \"hi\""},
		{"Expect, told once", "POST /100 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n|hello", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 5\r\n\r\nhello"},
		{"Expect, not wanted", "POST /unread HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n|GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 6\r\nConnection: close\r\n\r\nunread"},
		{"Expect in 1.0", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n|hello", ok + "Content-Length: 15\r\nConnection: close\r\n\r\nPOST /  \"hello\""},
		{"short body not read", "POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 6\r\n\r\nunread" + ok + "Content-Length: 7\r\n\r\nGET / h"},
		{"chunked body not read", "POST /unread HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 6\r\n\r\nunread" + ok + "Content-Length: 7\r\n\r\nGET / h"},
		{"bad body not read", "POST /unread HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxGET / HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 6\r\n\r\nunread"},
		{"long body not read", "POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 6\r\n\r\nunread"},
		{"upgrade", "GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\nearly|later", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nearlylater"},
		{"upgrade not wanted", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 7\r\nConnection: close\r\n\r\nGET / h"},
		{"upgrade to h2c is none", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 7\r\n\r\nGET / h" + ok + "Content-Length: 8\r\n\r\nGET /2 h"},
		{"h2c among others is none", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n\r\n", ok + "Content-Length: 7\r\n\r\nGET / h"},
		{"upgrade without Connection is none", "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: echo\r\n\r\n", ok + "Content-Length: 7\r\n\r\nGET / h"},
		{"upgrade in 1.0 is none", "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n", ok + "Content-Length: 6\r\nConnection: close\r\n\r\nGET / "},
		{"CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 13\r\nConnection: close\r\n\r\nCONNECT  h:80"},
	} {
		for _, network := range []string{"tcp", "unix", "tls", "pipe"} {
			t.Run(network+"/"+c.name, func(t *testing.T) {
				converse(t, conversationServer(t, network), c.send, c.want)
			})
		}
	}
}

// conversationServer is one server for each kind of connection.
func conversationServer(t *testing.T, network string) net.Conn {
	if network == "pipe" {
		clock := newClock(t)
		client, end := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			NewServer(handlerFunc(answerByPath), clock, Config{}).Serve(context.Background(), end)
		}()
		t.Cleanup(func() { client.Close(); <-done })
		client.SetDeadline(time.Now().Add(10 * time.Second))
		return client
	}
	return newServer(t, network, Config{Linger: 50 * time.Millisecond}, handlerFunc(answerByPath)).dial()
}

// converse sends in steps, of which each begins once the one before is consumed,
// and compares all that comes back.
func converse(t *testing.T, conn net.Conn, send, want string) {
	t.Helper()
	got := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(conn)
		got <- string(b)
	}()
	for i, step := range strings.Split(send, "|") {
		if i > 0 {
			time.Sleep(5 * time.Millisecond) // lets the first steps arrive alone; either way is right
		}
		io.WriteString(conn, step)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	} else {
		time.AfterFunc(30*time.Millisecond, func() { conn.Close() })
	}
	if all := undated(<-got); all != want {
		t.Errorf("got  %q\nwant %q", all, want)
	}
}

// answerByPath answers in the ways that the conversations need.
func answerByPath(st message.Stream) {
	head := message.Response{Status: 200}
	path, _, _ := strings.Cut(strings.TrimPrefix(string(st.Request().Path), "/"), "/")
	switch path {
	case "204", "304":
		head.Status = 204
		if path == "304" {
			head.Status = 304
			head.Length = int64(5 - 5*strings.Count(string(st.Request().Path), "/0"))
		}
		st.Respond(&head, []byte("never"))
		st.Write([]byte("sent"))
		st.Finish(nil)
	case "chunked", "cut":
		head.Length = message.UnknownLength
		st.Respond(&head, []byte("hello"))
		if path == "cut" {
			return
		}
		st.Flush()
		io.WriteString(st, " world")
		var trailers message.Fields
		trailers.Add([]byte("Grpc-Status"), []byte("0"))
		trailers.AddKnown(message.ContentLength, []byte("9"))
		st.Finish(trailers)
	case "short", "long":
		head.Length = 9
		if path == "long" {
			head.Length = 3
			st.Respond(&head, []byte("hel"))
			if _, err := io.WriteString(st, "lo"); err == nil {
				panic("more was written than announced")
			}
			return
		}
		st.Respond(&head, []byte("hello"))
	case "none":
	case "100":
		st.Inform(&message.Response{Status: 100})
		st.Inform(&message.Response{Status: 100})
		b, _ := io.ReadAll(st.Body())
		answerText(st, 200, string(b))
	case "103":
		hints := message.Response{Status: 103}
		hints.Fields.Add([]byte("Link"), []byte("</a>"))
		if err := st.Inform(&hints); err != nil {
			panic(err)
		}
		answerText(st, 200, "hi")
		if st.Inform(&hints) == nil {
			panic("interim answer behind the final one")
		}
	case "hop":
		for _, name := range []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Upgrade", "Trailer", "Proxy-Authenticate"} {
			head.Fields.Add([]byte(name), []byte("1"))
		}
		head.Fields.Add([]byte("A"), []byte("b"))
		head.Length = 2
		st.Respond(&head, []byte("hi"))
		st.Finish(nil)
	case "unread":
		answerText(st, 200, "unread")
	case "upgrade":
		upgradeToEcho(st)
	default:
		tell(st)
	}
}

func upgradeToEcho(st message.Stream) {
	head := message.Response{Status: 101, Upgrade: true}
	head.Fields.AddKnown(message.Upgrade, []byte("echo"))
	if st.Respond(&head, nil) != nil {
		return
	}
	conn, early, err := st.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write(early)
	buf := make([]byte, 64)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			conn.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

func TestLimits(t *testing.T) {
	s := newServer(t, "tcp", Config{Line: 100, Head: 1000, Fields: 5, Body: 50}, handlerFunc(tell))
	get := func(target string, fields ...string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + strings.Join(fields, "") + "\r\n"
	}
	field := "A: " + strings.Repeat("b", 100) + "\r\n"
	for _, c := range []struct{ name, send, want string }{
		{"line fits", get("/" + strings.Repeat("a", 95)), "200 "},
		{"line", get("/" + strings.Repeat("a", 96)), "414 line-too-long"},
		{"endless line", "GET /" + strings.Repeat("a", 5000), "414 line-too-long"},
		{"endless method", strings.Repeat("A", 5000), "414 line-too-long"},
		{"fields fit", get("/", "A: 1\r\n", "A: 2\r\n", "A: 3\r\n", "A: 4\r\n"), "200 "},
		{"fields", get("/", "A: 1\r\n", "A: 2\r\n", "A: 3\r\n", "A: 4\r\n", "A: 5\r\n"), "431 too-many-fields"},
		{"head fits", get("/", "A: "+strings.Repeat("b", 1000-32)+"\r\n"), "200 "},
		{"head", get("/", "A: "+strings.Repeat("b", 1000-31)+"\r\n"), "431 head-too-large"},
		{"head of many fields", get("/", strings.Repeat(field, 20)), "431 too-many-fields"},
		{"endless field", "GET / HTTP/1.1\r\nHost: h\r\nA: " + strings.Repeat("b", 5000), "431 head-too-large"},
		{"endless name", "GET / HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("b", 5000), "431 head-too-large"},
		{"bad byte behind the limit", get("/", "A: "+strings.Repeat("b", 2000)+"\x00\r\n"), "431 head-too-large"},
		{"body fits", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n" + strings.Repeat("x", 50), "200 "},
		{"body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 51\r\n\r\n" + strings.Repeat("x", 51), "413 body-too-large"},
		{"chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n33\r\n" + strings.Repeat("x", 51) + "\r\n0\r\n\r\n", "413 body-too-large"},
		{"chunks", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("a\r\n0123456789\r\n", 6) + "0\r\n\r\n", "413 body-too-large"},
		{"trailers", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat(field, 45) + "\r\n", "431 too-many-fields"},
		{"long trailers", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + strings.Repeat("b", 5000) + "\r\n\r\n", "431 head-too-large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, cut := range []int{len(c.send), len(c.send) / 2, len(c.send) - 1, 1} {
				conn, end := s.dial(), s.accepted()
				write(t, conn, c.send[:cut])
				consumed(end, nil)
				io.WriteString(conn, c.send[cut:])
				r, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatalf("cut at %d: %v", cut, err)
				}
				body, _ := io.ReadAll(r.Body)
				if got := r.Status[:4] + string(body); !strings.HasPrefix(got, c.want) {
					t.Errorf("cut at %d: got %s, want %s", cut, got, c.want)
				}
				conn.Close()
			}
		})
	}
}

// The rules of one exchange replace the server's, and for that exchange only.
func TestLimitOfOneExchange(t *testing.T) {
	s := newServer(t, "tcp", Config{Body: -1}, handlerFunc(func(st message.Stream) {
		if string(st.Request().Path) == "/small" {
			st.Limit(message.Limits{Body: 3})
		}
		tell(st)
	}))
	body := "Content-Length: 5\r\n\r\nhello"
	conn := s.dial()
	write(t, conn, "POST /large HTTP/1.1\r\nHost: h\r\n"+body+"POST /small HTTP/1.1\r\nHost: h\r\n"+body)
	want := "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nPOST /large h \"hello\"" +
		"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 14\r\nConnection: close\r\n\r\nbody-too-large"
	if got := undated(readAll(t, conn)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	conn = s.dial()
	write(t, conn, "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n2\r\nll\r\n0\r\n\r\n")
	if got := readAll(t, conn); !strings.HasPrefix(got, "HTTP/1.1 413") {
		t.Errorf("chunks beyond the limit: %q", got)
	}
}

// A server whose context ends says so in its answers, answers every request of
// which it has read a byte, and closes what is idle within some more than a second.
func TestDrain(t *testing.T) {
	t.Parallel()
	inside, release := make(chan struct{}), make(chan struct{})
	s := newServer(t, "tcp", Config{}, handlerFunc(func(st message.Stream) {
		if string(st.Request().Path) == "/slow" {
			close(inside)
			<-release
		}
		answerText(st, 200, "done")
	}))
	idle, half, slow := s.dial(), s.dial(), s.dial()
	for _, conn := range []net.Conn{idle, half} {
		write(t, conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
		if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || r.Close {
			t.Fatalf("before the drain: %v, %v", r, err)
		}
	}
	write(t, slow, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
	<-inside
	write(t, half, "G")
	time.Sleep(20 * time.Millisecond)
	began := time.Now()
	s.stop()
	close(release)
	write(t, half, "ET / HTTP/1.1\r\nHost: h\r\n\r\n")
	for _, conn := range []net.Conn{slow, half} {
		got := readAll(t, conn)
		if !strings.Contains(got, "Connection: close\r\n") || !strings.HasSuffix(got, "done") {
			t.Errorf("while it drains: %q", got)
		}
	}
	if got := readAll(t, idle); got != "" {
		t.Errorf("idle: %q", got)
	}
	if took := time.Since(began); took < drainGrace/2 || took > drainGrace+time.Second {
		t.Errorf("an idle connection was closed after %v", took)
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"tcp", "unix", "tls"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			calls := atomic.Int32{}
			inside, over := make(chan struct{}), make(chan bool, 1)
			s := newServer(t, network, Config{}, handlerFunc(func(st message.Stream) {
				ctx := st.Context()
				notified := make(chan struct{}, 9)
				st.NotifyGone(func() { calls.Add(1); notified <- struct{}{} })
				close(inside)
				select {
				case <-notified:
				case <-time.After(5 * time.Second):
				}
				<-ctx.Done()
				st.NotifyGone(nil)
				st.NotifyGone(func() { calls.Add(1) }) // it is known already
				over <- ctx.Err() == context.Canceled
			}))
			conn := s.dial()
			write(t, conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			<-inside
			conn.Close()
			if !<-over || calls.Load() != 2 {
				t.Errorf("NotifyGone was called %d times", calls.Load())
			}
		})
	}
}

// What a stream is asked for when nothing is wrong with the client ends with it.
func TestContextOfAFinishedStream(t *testing.T) {
	contexts := make(chan context.Context, 2)
	s := newServer(t, "tcp", Config{}, handlerFunc(func(st message.Stream) {
		contexts <- st.Context()
		answerText(st, 200, "")
	}))
	conn := s.dial()
	write(t, conn, strings.Repeat("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 2))
	first, second := <-contexts, <-contexts
	select {
	case <-first.Done():
	case <-time.After(5 * time.Second):
		t.Error("the first context lives on")
	}
	conn.Close()
	select {
	case <-second.Done():
	case <-time.After(5 * time.Second):
		t.Error("the second context lives on")
	}
}

// Kicks that come too late must not be seen by what goes on since.
func TestLateKicks(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		s := newServer(t, network, Config{}, handlerFunc(tell))
		conn, end := s.dial(), s.accepted()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					end.SetReadDeadline(aLongTimeAgo)
					end.SetWriteDeadline(aLongTimeAgo)
				}
			}
		})
		in := bufio.NewReader(conn)
		for range 300 {
			write(t, conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
			write(t, conn, "56789")
			if got, _ := readAnswer(t, in); got != `accept POST / h "0123456789"` {
				t.Fatalf("got %s", got)
			}
		}
		close(stop)
		wg.Wait()
	}
}

// Abort ends a read of the body that is under way; the answer still gets out.
func TestAbort(t *testing.T) {
	s := newServer(t, "tcp", Config{Linger: 50 * time.Millisecond}, handlerFunc(func(st message.Stream) {
		read := make(chan error)
		go func() {
			_, err := io.ReadAll(st.Body())
			read <- err
		}()
		time.Sleep(5 * time.Millisecond)
		st.Abort()
		if err := <-read; !errors.Is(err, ErrCanceled) {
			t.Errorf("the read ended with %v", err)
		}
		if _, err := st.Body().Read(make([]byte, 1)); !errors.Is(err, ErrCanceled) {
			t.Errorf("the next read: %v", err)
		}
		answerText(st, 200, "early")
	}))
	conn := s.dial()
	write(t, conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
	if got := undated(readAll(t, conn)); got != "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly" {
		t.Errorf("got %q", got)
	}
}

// The 100 (Continue) that a reader of the body sends and the answer that somebody
// else begins never come in the wrong order.
func TestContinueBesideAnswer(t *testing.T) {
	s := newServer(t, "tcp", Config{Linger: time.Millisecond}, handlerFunc(func(st message.Stream) {
		var wg sync.WaitGroup
		wg.Go(func() { io.ReadAll(st.Body()) })
		answerText(st, 200, "x")
		st.Abort()
		wg.Wait()
	}))
	for range 200 {
		conn := s.dial()
		write(t, conn, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
		got := undated(readAll(t, conn))
		conn.Close()
		told := strings.HasPrefix(got, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
		if !told && !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\nx") {
			t.Fatalf("got %q", got)
		}
	}
}

// A body that ends with the connection is reset when it is cut, so that it does
// not look complete.
func TestCutUntilClose(t *testing.T) {
	for _, network := range []string{"tcp", "tls"} {
		s := newServer(t, network, Config{}, handlerFunc(answerByPath))
		conn := s.dial()
		write(t, conn, "GET /cut HTTP/1.0\r\n\r\n")
		if got, err := io.ReadAll(conn); err == nil {
			t.Errorf("%s: %q looks complete", network, got)
		}
	}
}

// Sent and Received count what the wire carried.
func TestCounts(t *testing.T) {
	counts := make(chan [2]int64, 3)
	s := newServer(t, "tcp", Config{}, countingHandler{counts})
	request := "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
	conn := s.dial()
	write(t, conn, request+request+"BROKEN\r\n\r\n")
	all := readAll(t, conn)
	first, second, third := <-counts, <-counts, <-counts
	if first != second || first[0] != int64(len(request)) || third[0] != int64(len("BROKEN\r\n\r\n")) {
		t.Errorf("received %d, %d and %d; sent were %d and %d", first[0], second[0], third[0], len(request), len("BROKEN\r\n\r\n"))
	}
	if sum := first[1] + second[1] + third[1]; sum != int64(len(all)) {
		t.Errorf("sent %d of %d", sum, len(all))
	}
}

type countingHandler struct{ counts chan [2]int64 }

func (h countingHandler) ServeStream(_ context.Context, st message.Stream) {
	tell(st)
	h.counts <- [2]int64{st.Received(), st.Sent()}
}

func (h countingHandler) Refuse(_ context.Context, st message.Stream, broken *message.Error) {
	answerRule(st, broken)
	h.counts <- [2]int64{st.Received(), st.Sent()}
}
