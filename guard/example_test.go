package guard_test

import (
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/guard"
)

func Example() {
	g, err := guard.New("office", guard.Config{
		Allow:       []guard.AddressConfig{{Prefix: guard.MustPrefix("10.0.0.0/8")}},
		Deny:        []guard.AddressConfig{{Prefix: guard.MustPrefix("10.9.0.0/16")}},
		Concurrency: 1,
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	first := guard.Attempt{Peer: netip.MustParseAddr("10.1.2.3")}
	second := guard.Attempt{Peer: netip.MustParseAddr("10.1.2.3")}
	fmt.Println(g.Ask(&first).Decision)
	fmt.Println(g.Ask(&second).Err())
	first.Done()
	fmt.Println(g.Ask(&second).Decision)
	second.Done()
	// Output:
	// admit
	// guard office: more than 1 at once per address
	// admit
}

func ExampleExplain() {
	g, err := guard.New("office", guard.Config{
		Allow: []guard.AddressConfig{{Prefix: guard.MustPrefix("10.0.0.0/8")}},
		Deny:  []guard.AddressConfig{{Prefix: guard.MustPrefix("10.9.0.0/16")}},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range guard.Explain(g, &guard.Attempt{Peer: netip.MustParseAddr("10.9.8.7")}) {
		fmt.Printf("%s: %s: %s: %s\n", l.Guard, l.Step, l.Decision, l.Text)
	}
	// Output:
	// office: address: refuse: the longest prefix that covers 10.9.8.7 is 10.9.0.0/16 in deny
}

func ExampleNewSet() {
	set, err := guard.NewSet(map[string]guard.Config{
		"office": {Allow: []guard.AddressConfig{{Prefix: guard.MustPrefix("10.0.0.0/8")}}},
		"lab":    {Allow: []guard.AddressConfig{{Prefix: guard.MustPrefix("2001:db8::/32")}}},
		"inside": {Any: []string{"office", "lab"}},
	}, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	inside, _ := set.Get("inside")
	fmt.Println(inside.Ask(&guard.Attempt{Peer: netip.MustParseAddr("2001:db8::7")}).Decision)
	fmt.Println(inside.Ask(&guard.Attempt{Peer: netip.MustParseAddr("192.0.2.7")}).Decision)
	// Output:
	// admit
	// refuse
}
