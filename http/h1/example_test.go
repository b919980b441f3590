package h1_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// greeter answers every request with the host that was asked for.
type greeter struct{}

func (greeter) ServeStream(_ context.Context, st message.Stream) {
	body := append([]byte("hello from "), st.Request().Host...)
	st.Respond(&message.Response{Status: 200, Length: int64(len(body))}, body)
	st.Finish(nil)
}

func (greeter) Refuse(_ context.Context, st message.Stream, broken *message.Error) {
	st.Respond(&message.Response{Status: broken.Status}, nil)
	st.Finish(nil)
}

// A server and a client, on the two ends of one connection.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	clock := h1.NewDeadlines()
	wg.Go(func() { clock.Serve(ctx) })
	ours, theirs := net.Pipe()
	wg.Go(func() { h1.NewServer(greeter{}, clock, h1.Config{}).Serve(ctx, theirs) })

	request := message.Request{Method: []byte("GET"), Path: []byte("/"), Host: []byte("example.com")}
	client := h1.NewClient(ours, clock, &h1.ClientConfig{})
	reply, err := client.RoundTrip(h1.AppendRequest(nil, &request), false, time.Second, nil)
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(reply.Body())
	fmt.Println(reply.Status, string(body), err, reply.Reusable())
	reply.Release()

	client.Close()
	cancel()
	wg.Wait()
	// Output: 200 hello from example.com <nil> true
}
