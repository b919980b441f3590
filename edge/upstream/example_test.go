package upstream_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/netwright/netwright/edge/upstream"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello from "+r.Host)
	}))
	defer server.Close()

	pool, err := upstream.New("shop", upstream.Config{
		To:      []upstream.TargetConfig{{URL: server.URL}},
		Balance: upstream.BalanceConfig{Policy: "least-requests"},
		Health:  &upstream.HealthConfig{Path: "/", Every: time.Second},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- pool.Serve(ctx) }()
	defer func() {
		stop()
		<-ended
	}()

	var choice upstream.Choice
	conn, err := pool.Acquire(ctx, &choice)
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Now()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		conn.Target.Report(0, err, 0)
		conn.Release(false)
		fmt.Println(err)
		return
	}
	body, err := io.ReadAll(answer.Body)
	conn.Target.Report(answer.StatusCode, err, time.Since(start))
	conn.Release(err == nil && !answer.Close)

	fmt.Println(string(body))
	fmt.Println("idle connections:", pool.Status().Targets[0].Idle)
	// Output:
	// hello from shop.example.com
	// idle connections: 1
}
