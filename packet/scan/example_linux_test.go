package scan_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/netwright/netwright/packet/scan"
)

// A scan by connections takes no privilege.
func Example() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	port := uint16(ln.Addr().(*net.TCPAddr).Port)

	ctx := context.Background()
	targets, err := scan.ParseTargets(ctx, []string{"127.0.0.1"}, net.DefaultResolver.LookupNetIP)
	if err != nil {
		log.Fatal(err)
	}
	s, err := scan.New(scan.Config{
		Targets: targets,
		Ports:   scan.Ports{port},
		Sockets: true,
		Result: func(r scan.Result) {
			fmt.Println(r.Addr, r.Port == port, r.State, r.Reason)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	summary, err := s.Run(ctx)
	fmt.Println(summary.Open, summary.Complete, err)
	// Output:
	// 127.0.0.1 true open syn-ack
	// 1 true <nil>
}
