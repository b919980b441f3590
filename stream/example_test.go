package stream_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/stream"
)

func ExampleNew() {
	handler, err := stream.New(stream.Config{Kind: "exec", Command: []string{"sort", "-u"}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	u, err := endpoint.Parse("tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ln, err := endpoint.Listen(ctx, u, nil)
	if err != nil {
		log.Fatal(err)
	}
	server := endpoint.Server{Handler: handler}
	done := make(chan error)
	go func() { done <- server.Serve(ctx, ln) }()

	conn, err := endpoint.Dial(ctx, u.At(ln.Addr()).String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "pear\napple\npear\n")
	conn.(interface{ CloseWrite() error }).CloseWrite()
	sorted, err := io.ReadAll(conn)
	fmt.Print(string(sorted), err)
	stop()
	<-done
	// Output:
	// apple
	// pear
	// <nil>
}
