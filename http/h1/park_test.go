package h1

import (
	"bufio"
	"net"
	"net/http"
	"testing"
	"time"
)

// ask sends a request over a kept connection and reads the answer.
func ask(t *testing.T, conn net.Conn, in *bufio.Reader, path string) {
	t.Helper()
	write(t, conn, "GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n")
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Fatalf("%s: %s", path, answer.Status)
	}
}

// parked waits until connections that were answered have surely lost their worker.
func parked() { time.Sleep(warm + 3*tick) }

func TestParkedConnectionIsAnswered(t *testing.T) {
	for _, network := range []string{"tcp", "unix", "tls"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			conn := newServer(t, network, Config{}, handlerFunc(answerByPath)).dial()
			in := bufio.NewReader(conn)
			for range 2 {
				ask(t, conn, in, "/one")
				ask(t, conn, in, "/two")
				parked()
			}
			// Half a request is there when it is woken, the rest comes later.
			write(t, conn, "GET /three HT")
			time.Sleep(tick)
			write(t, conn, "TP/1.1\r\nHost: h\r\n\r\n")
			if answer, err := http.ReadResponse(in, nil); err != nil || answer.StatusCode != 200 {
				t.Fatalf("the answer behind half a request: %v, %v", answer, err)
			}
		})
	}
}

func TestParkedConnectionTimesOut(t *testing.T) {
	const limit = time.Second
	conn := newServer(t, "tcp", Config{IdleTimeout: limit}, handlerFunc(answerByPath)).dial()
	in := bufio.NewReader(conn)
	ask(t, conn, in, "/")
	began := time.Now()
	if _, err := in.ReadByte(); err == nil {
		t.Fatal("bytes came unasked")
	}
	if took := time.Since(began); took < limit-tick || took > limit+5*tick {
		t.Errorf("the connection was closed after %v, not after %v", took, limit)
	}
}

func TestMoreConnectionsThanStayWarm(t *testing.T) {
	s := newServer(t, "unix", Config{}, handlerFunc(answerByPath))
	type client struct {
		net.Conn
		in *bufio.Reader
	}
	clients := make([]client, mostWarm+50)
	for i := range clients {
		conn := s.dial()
		clients[i] = client{conn, bufio.NewReaderSize(conn, 512)}
	}
	for range 3 {
		for _, c := range clients {
			ask(t, c, c.in, "/")
		}
	}
}
