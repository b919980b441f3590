package console_test

import (
	"fmt"
	"time"

	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/flow"
)

func ExampleFilter() {
	filter := console.Filter{Service: "web", Status: "5xx", Path: "/api/*"}
	fmt.Println(filter.Query().Encode())

	keep, err := filter.Matcher()
	if err != nil {
		fmt.Println(err)
		return
	}
	var r flow.Record
	r.Begin(flow.Request, time.Now())
	r.SetString(flow.Service, "web")
	r.SetString(flow.Path, "/api/carts")
	r.Status = 502
	fmt.Println(keep(&r))
	// Output:
	// path=%2Fapi%2F%2A&service=web&status=5xx
	// true
}
