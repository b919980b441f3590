package ping_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"time"

	"github.com/netwright/netwright/packet/ping"
)

// Ping two hosts three times each, and print their mean round trips.
func ExamplePinger_Run() {
	p, err := ping.Open(ping.Config{Count: 3, Interval: 200 * time.Millisecond})
	if err != nil {
		log.Fatal(err) // it says what to set, where the process may not
	}
	defer p.Close()
	targets := []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}
	stats, err := p.Run(context.Background(), targets, func(e ping.Event) error {
		fmt.Println(targets[e.Target], e)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	for i, s := range stats {
		fmt.Println(targets[i], s.Mean(), s.Loss())
	}
}

func ExampleParseTargets() {
	targets, err := ping.ParseTargets(context.Background(), net.DefaultResolver, "ip", []string{"192.0.2.8/30", "192.0.2.20-192.0.2.21"})
	fmt.Println(err)
	for _, t := range targets {
		fmt.Println(t.Addr)
	}
	// Output:
	// <nil>
	// 192.0.2.9
	// 192.0.2.10
	// 192.0.2.20
	// 192.0.2.21
}
