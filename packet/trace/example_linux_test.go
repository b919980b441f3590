package trace_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/netwright/netwright/packet/trace"
)

// Trace the way to a host, and print the routers with their mean round trips.
func ExampleTracer_Run() {
	t, err := trace.Open(trace.Config{Method: trace.UDP})
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	result, err := t.Run(context.Background(), netip.MustParseAddr("192.0.2.7"), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, hop := range result.Hops {
		for _, node := range hop.Nodes {
			fmt.Println(hop.TTL, node.Addr, node.Mean(), node.Labels)
		}
	}
}
