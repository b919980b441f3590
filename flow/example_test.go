package flow_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netwright/netwright/flow"
)

func Example() {
	journal := flow.NewJournal(0)

	var rec flow.Record
	rec.Begin(flow.Request, time.Now())
	rec.SetPeer(netip.MustParseAddrPort("192.0.2.7:40001"))
	rec.SetString(flow.Service, "web")
	rec.SetString(flow.Path, "/carts")
	rec.Status = 503
	journal.Write(&rec)

	failed := func(r *flow.Record) bool { return r.Outcome() == "error" }
	for _, r := range journal.Last(10, failed) {
		fmt.Println(r.Peer().Addr(), r.Get(flow.Service), r.Get(flow.Path), r.Status)
	}
	// Output: 192.0.2.7 web /carts 503
}
