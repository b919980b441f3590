package edge

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder is an upstream that keeps the bytes it gets on each connection, and
// answers whenever they end in what looks like the end of a request.
type recorder struct {
	keep  bool // does not ask for another connection behind each request
	mu    sync.Mutex
	conns []*bytes.Buffer
	ended uint64 // connections
}

func (u *recorder) serve(conn net.Conn, _ *bufio.Reader) {
	u.mu.Lock()
	got := new(bytes.Buffer)
	u.conns = append(u.conns, got)
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		u.ended++
		u.mu.Unlock()
	}()
	buf := make([]byte, 64<<10)
	for answered := false; ; {
		n, err := conn.Read(buf)
		u.mu.Lock()
		got.Write(buf[:n])
		whole := requestsIn(got.Bytes()) != nil
		u.mu.Unlock()
		switch {
		case err != nil:
			return
		case whole && u.keep:
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		case whole && !answered: // what comes behind it is to be seen, too
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			answered = true
		}
	}
}

// take waits until so many connections have ended in all, and gives the bytes of
// those since it was called last.
func (u *recorder) take(ended uint64) [][]byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	for end := time.Now().Add(time.Second); u.ended < ended && time.Now().Before(end); {
		u.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		u.mu.Lock()
	}
	var all [][]byte
	for _, b := range u.conns {
		all = append(all, bytes.Clone(b.Bytes()))
	}
	u.conns = nil
	return all
}

// got is a request as net/http reads it.
type got struct{ method, target, host, body string }

// requestsIn reads bytes as whole requests; nil when they are not that.
func requestsIn(b []byte) []got {
	list, err := readRequests(b)
	if err != nil {
		return nil
	}
	return list
}

// readRequests gives the whole requests that b begins with, and why what is behind
// them is none.
func readRequests(b []byte) (list []got, err error) {
	in := bufio.NewReader(bytes.NewReader(b))
	for {
		if _, err := in.Peek(1); err != nil {
			return list, nil
		}
		r, err := http.ReadRequest(in)
		if err != nil {
			return list, err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return list, err
		}
		list = append(list, got{r.Method, r.RequestURI, r.Host, string(body)})
	}
}

// Whatever bytes a client sends: each connection to the upstream carries exactly
// one request as net/http reads it (it is closed behind its answer here), with the
// method and body of what net/http reads in the client's bytes, where that reads
// them at all. What is whole and right in the corpus must not arrive broken off.
func FuzzUpstreamSeesOneRequest(f *testing.F) {
	u := &recorder{}
	g := vectorRig(f, u)
	right := map[string]bool{}
	const plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, s := range []string{
		plain,
		"POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"\\\"\"\r\nabc\r\n0\r\nX: 1\r\nContent-Length: 5\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: Content-Length, Host\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent_Length: 5\r\nContent-Length: 2\r\n\r\nhi",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
		"GET http://b/../x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
		"PUT /a%20b HTTP/1.0\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nxGET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nForwarded: for=\"\r\nX-Request-ID: \x80\xff\r\nVia: ,,\r\n\r\n",
	} {
		f.Add([]byte(s))
		right[s] = true
	}
	for _, v := range vectors(f) {
		f.Add([]byte(v.send))
		right[v.send] = !v.refused()
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn, err := net.Dial("tcp", g.addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		conn.Write(sent)
		// A client that ends its half looks like one that has left; so the end is
		// told by a head that is refused, which is no part of what was sent.
		conn.Write([]byte("\r\n\r\n\r\n\x00 \r\n\r\n"))
		if !right[string(sent)] { // else all of it is answered
			conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		}
		io.Copy(io.Discard, conn)
		conn.(*net.TCPConn).SetLinger(0) // its port is needed again soon
		conn.Close()
		for end := time.Now().Add(5 * time.Second); g.target().Active > 0 && time.Now().Before(end); {
			time.Sleep(50 * time.Microsecond)
		}
		asked := requestsIn(sent)
		list := u.take(g.target().Dials)
		if string(sent) == plain && len(list) != 1 {
			t.Fatalf("%d requests came through", len(list))
		}
		for i, b := range list {
			reqs := requestsIn(b)
			if len(reqs) != 1 {
				if len(b) == 0 || len(reqs) == 0 && brokenOff(b) && !right[string(sent)] {
					continue
				}
				t.Fatalf("%q made %d requests of %q", sent, len(reqs), b)
			}
			if i >= len(asked) {
				continue
			}
			want, r := asked[i], reqs[0]
			if r.method != want.method || r.body != want.body || !strings.HasPrefix(r.target, "/") && r.target != "*" {
				t.Fatalf("%q became %q: %+v, want %+v", sent, b, r, want)
			}
		}
	})
}

// brokenOff says whether b ends in the beginning of a request whose body did not
// come.
func brokenOff(b []byte) bool {
	_, err := readRequests(b)
	return err == io.ErrUnexpectedEOF
}
