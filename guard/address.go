package guard

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"

	"github.com/gaissmai/bart"
)

// addresses admits and refuses by the longest prefix that covers the peer's
// address. The lists live in one table, which is replaced whole when a file
// changes, so that no attempt ever meets half a list.
type addresses struct {
	allow, deny []AddressConfig
	table       atomic.Pointer[addressTable]
}

// addressTable is immutable once published.
type addressTable struct {
	rules bart.Table[addressRule]
	// listed: there is an allow list, and who is not on it stays out.
	listed bool
}

// addressRule says where the rule of a prefix comes from: an index into allow
// or deny.
type addressRule struct {
	list uint16
	deny bool
}

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
	if err := t.insert(g.allow, false); err != nil {
		return "", &ConfigError{Path: []string{"allow"}, Err: err}
	}
	// Deny comes second: of the same prefix in both, its rule is the one kept.
	if err := t.insert(g.deny, true); err != nil {
		return "", &ConfigError{Path: []string{"deny"}, Err: err}
	}
	g.table.Store(t)
	return fmt.Sprintf("%d prefixes", t.rules.Size()), nil
}

func (t *addressTable) insert(lists []AddressConfig, deny bool) error {
	for i, l := range lists {
		rule := addressRule{list: uint16(i), deny: deny}
		if l.File == "" {
			t.rules.Insert(l.Prefix.Prefix, rule)
			continue
		}
		data, err := os.ReadFile(l.File)
		if err != nil {
			return err
		}
		err = readPrefixes(bytes.NewReader(data), l.File, func(p netip.Prefix) { t.rules.Insert(p, rule) })
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
	t := g.table.Load()
	rule, found := t.rules.Lookup(a.Peer.Unmap())
	switch {
	case found && rule.deny:
		return Verdict{Decision: Refuse, Status: 403, Reason: "the address is denied"}
	case !found && t.listed:
		return Verdict{Decision: Refuse, Status: 403, Reason: "the address is not in the allow list"}
	}
	return Verdict{}
}

func (g *addresses) Needs() Needs { return NeedPeer }

func (g *addresses) explain(a *Attempt) ([]Line, Decision) {
	t := g.table.Load()
	peer := a.Peer.Unmap()
	if !peer.IsValid() {
		d := g.Ask(a).Decision
		return []Line{{Step: "address", Decision: d, Text: "the peer has no IP address, so that no list names it"}}, d
	}
	// LookupPrefixLPM compares no value of ours: ask it for the prefix alone.
	prefix, rule, found := t.rules.LookupPrefixLPM(netip.PrefixFrom(peer, peer.BitLen()))
	switch {
	case !found && t.listed:
		return []Line{{Step: "address", Decision: Refuse, Text: fmt.Sprintf("%s is not in the allow list", peer)}}, Refuse
	case !found:
		return []Line{{Step: "address", Decision: Admit, Text: fmt.Sprintf("%s is not in the deny list", peer)}}, Admit
	case rule.deny:
		text := fmt.Sprintf("the longest prefix that covers %s is %s in deny%s", peer, prefix, from(g.deny[rule.list]))
		return []Line{{Step: "address", Decision: Refuse, Text: text}}, Refuse
	}
	text := fmt.Sprintf("the longest prefix that covers %s is %s in allow%s", peer, prefix, from(g.allow[rule.list]))
	return []Line{{Step: "address", Decision: Admit, Text: text}}, Admit
}

func from(l AddressConfig) string {
	if l.File == "" {
		return ""
	}
	return " (" + l.File + ")"
}
