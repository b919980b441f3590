package guard

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/gaissmai/bart"
)

// addresses admits and refuses by the longest prefix that covers the peer's
// address. The lists live in tables that are replaced together when a file
// changes, so that no attempt ever meets half a list. Where only one of the two
// covers an address, which is nearly always, it need not be known how closely.
type addresses struct {
	allow, deny []AddressConfig
	table       atomic.Pointer[addressTable]
}

// addressTable is immutable once published. The values say where a prefix comes
// from, as an index into AddressConfigs.
type addressTable struct {
	allow, deny bart.Table[uint16]
	// listed: there is an allow list, and who is not on it stays out.
	listed bool
}

// maxLists is what a uint16 can number.
const maxLists = 1 << 16

func newAddresses(allow, deny []AddressConfig) (*addresses, error) {
	if max(len(allow), len(deny)) > maxLists {
		return nil, fmt.Errorf("more than %d entries in a list; put them in a file", maxLists)
	}
	return &addresses{allow: allow, deny: deny}, nil
}

// load reads the files and publishes a new table, or leaves the old one and
// returns what is wrong.
func (g *addresses) load() (string, error) {
	t := &addressTable{listed: len(g.allow) > 0}
	if err := insert(&t.allow, g.allow); err != nil {
		return "", &ConfigError{Path: []string{"allow"}, Err: err}
	}
	if err := insert(&t.deny, g.deny); err != nil {
		return "", &ConfigError{Path: []string{"deny"}, Err: err}
	}
	g.table.Store(t)
	return fmt.Sprintf("%d prefixes", t.allow.Size()+t.deny.Size()), nil
}

func insert(t *bart.Table[uint16], lists []AddressConfig) error {
	for i, l := range lists {
		if l.File == "" {
			t.Insert(l.Prefix.Prefix, uint16(i))
			continue
		}
		data, err := readFile(l.File, maxPrefixFile)
		if err != nil {
			return err
		}
		err = readPrefixes(bytes.NewReader(data), l.File, func(p netip.Prefix) { t.Insert(p, uint16(i)) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *addresses) watch() watch {
	var paths []string
	for _, l := range slices.Concat(g.allow, g.deny) {
		if l.File != "" {
			paths = append(paths, l.File)
		}
	}
	return watch{paths: paths, load: g.load}
}

func (g *addresses) Ask(a *Attempt) Verdict {
	t, peer := g.table.Load(), a.Peer.Unmap()
	denied := t.deny.Contains(peer)
	if t.listed {
		allowed := t.allow.Contains(peer)
		if !allowed && !denied {
			return Verdict{Decision: Refuse, Status: 403, Reason: "the address is not in the allow list"}
		}
		denied = denied && (!allowed || longest(&t.allow, peer) <= longest(&t.deny, peer))
	}
	if denied {
		return Verdict{Decision: Refuse, Status: 403, Reason: "the address is denied"}
	}
	return Verdict{}
}

// longest returns the length of the longest prefix that covers an address.
func longest(t *bart.Table[uint16], addr netip.Addr) int {
	prefix, _, _ := t.LookupPrefixLPM(netip.PrefixFrom(addr.WithZone(""), addr.BitLen()))
	return prefix.Bits()
}

func (g *addresses) Needs() Needs { return NeedPeer }

func (g *addresses) explain(a *Attempt) ([]Line, Decision) {
	d := g.Ask(a).Decision
	text := "the peer has no IP address, so that no list names it"
	if peer := a.Peer.Unmap(); peer.IsValid() {
		text = g.why(peer, d)
	}
	return []Line{{Step: "address", Decision: d, Text: text}}, d
}

// why names the prefix that made the decision.
func (g *addresses) why(peer netip.Addr, d Decision) string {
	t := g.table.Load()
	table, lists, name := &t.allow, g.allow, "allow"
	if d == Refuse || !t.listed {
		table, lists, name = &t.deny, g.deny, "deny"
	}
	prefix, list, found := table.LookupPrefixLPM(netip.PrefixFrom(peer.WithZone(""), peer.BitLen()))
	switch {
	case found:
		return fmt.Sprintf("the longest prefix that covers %s is %s in %s%s", peer, prefix, name, from(lists[list]))
	case d == Refuse:
		return fmt.Sprintf("%s is not in the allow list", peer)
	}
	return fmt.Sprintf("%s is not in the deny list", peer)
}

func from(l AddressConfig) string {
	if l.File == "" {
		return ""
	}
	return " (" + l.File + ")"
}
