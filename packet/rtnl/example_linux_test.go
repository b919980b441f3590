package rtnl_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/netwright/netwright/packet/rtnl"
)

func Example() {
	conn, err := rtnl.Dial()
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	hop, err := conn.Hop(context.Background(), netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hop.Link.Name, hop.Source, hop.Next)
	// Output: lo 127.0.0.1 127.0.0.1
}
