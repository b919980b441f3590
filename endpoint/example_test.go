package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"

	"github.com/netwright/netwright/endpoint"
)

func ExampleParse() {
	u, err := endpoint.Parse("HTTPS://Shop.Example.com:443/cart?id=7&timeout=3s")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u)
	fmt.Println(u.Address(), u.Path, u.Query, u.Options.Timeout)

	_, err = endpoint.Parse("tcp://::1:80")
	fmt.Println(err)
	// Output:
	// https://shop.example.com/cart?id=7&timeout=3s
	// shop.example.com:443 /cart id=7 3s
	// tcp://::1:80: parse: an IPv6 address is written in brackets, as in [::1]:80
}

func ExampleServer() {
	ctx, stop := context.WithCancel(context.Background())
	u, err := endpoint.Parse("tcp://127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ln, err := endpoint.Listen(ctx, u, nil)
	if err != nil {
		log.Fatal(err)
	}
	server := endpoint.Server{Handler: endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		_, err := io.WriteString(conn, "hello\n")
		return err
	})}
	done := make(chan error)
	go func() { done <- server.Serve(ctx, ln) }()

	conn, err := endpoint.Dial(ctx, u.At(ln.Addr()).String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	answer, err := io.ReadAll(conn)
	fmt.Printf("%q %v\n", answer, err)
	stop()
	fmt.Println(<-done)
	// Output:
	// "hello\n" <nil>
	// <nil>
}
