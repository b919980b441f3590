package scan

import (
	"fmt"
	"net/netip"
	"strings"
)

// private are the networks that may be scanned without saying so.
func private() []Range {
	var ranges []Range
	for _, text := range []string{
		"127.0.0.0/8", "::1/128", // loopback
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
		"169.254.0.0/16", "fe80::/10", // link-local
		"fc00::/7",                                          // unique local, RFC 4193
		"100.64.0.0/10",                                     // shared with the provider, RFC 6598
		"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation, RFC 5737
		"2001:db8::/32", "3fff::/20", // documentation, RFC 3849 and RFC 9637
	} {
		ranges = append(ranges, rangeOf(netip.MustParsePrefix(text)))
	}
	return ranges
}

// Foreign gives the part of the addresses that is in no private network:
// neither loopback, RFC 1918, link-local, unique local, shared with the provider
// (RFC 6598) nor for documentation.
func Foreign(ranges []Range) []Range { return without(ranges, private()) }

// ForeignError says that targets are beyond private networks, and nobody said
// that they may be scanned.
type ForeignError struct{ Ranges []Range }

func (e *ForeignError) Error() string {
	const shown = 3
	var names []string
	for _, r := range e.Ranges[:min(len(e.Ranges), shown)] {
		names = append(names, r.String())
	}
	text := strings.Join(names, ", ")
	if more := len(e.Ranges) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more ranges", more)
	}
	return fmt.Sprintf("%s: beyond private networks. Scan only what is yours, or what its owner lets you; then allow it", text)
}

// isLoopback says that all addresses are of this host.
func isLoopback(ranges []Range) bool {
	for _, r := range ranges {
		if !r.First.IsLoopback() || !r.Last.IsLoopback() {
			return false
		}
	}
	return true
}
