package websocket_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/netwright/netwright/websocket"
)

// echo answers each message with itself.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Upgrade(w, r, nil)
	if err != nil {
		return // the client has its answer already
	}
	defer c.CloseNow()
	for {
		typ, p, err := c.Read(context.Background())
		if err != nil {
			return
		}
		if err := c.Write(context.Background(), typ, p); err != nil {
			return
		}
	}
}

// connect dials a test server.
func connect(s *httptest.Server) (*websocket.Conn, error) {
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	u := &url.URL{Scheme: "ws", Host: s.Listener.Addr().String(), Path: "/echo"}
	return websocket.Dial(context.Background(), conn, u, nil, nil)
}

func Example() {
	s := httptest.NewServer(http.HandlerFunc(echo))
	defer s.Close()
	c, err := connect(s)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if err := c.Write(ctx, websocket.Text, []byte("hello")); err != nil {
		fmt.Println(err)
	}
	typ, p, err := c.Read(ctx)
	fmt.Println(typ, string(p), err)
	fmt.Println(c.Close(websocket.NormalClosure, "done"))
	// Output:
	// text hello <nil>
	// <nil>
}

func ExamplePrepare() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		news := websocket.Prepare(websocket.Text, []byte(`{"goal": "1:0"}`)) // once
		_ = c.Queue(news)                                                    // for each member of a room
		_ = c.Close(websocket.NormalClosure, "")
	}))
	defer s.Close()
	c, err := connect(s)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, p, _ := c.Read(context.Background())
	_, _, err = c.Read(context.Background())
	fmt.Println(string(p), websocket.CloseCode(err))
	// Output: {"goal": "1:0"} normal closure
}

func ExampleConn_NetConn() {
	s := httptest.NewServer(http.HandlerFunc(echo))
	defer s.Close()
	c, err := connect(s)
	if err != nil {
		fmt.Println(err)
		return
	}
	stream := c.NetConn(context.Background())
	fmt.Fprint(stream, "any bytes")
	p := make([]byte, 9)
	_, err = io.ReadFull(stream, p)
	fmt.Println(string(p), err, stream.Close())
	// Output: any bytes <nil> <nil>
}
