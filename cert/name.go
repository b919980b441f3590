package cert

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// localNames are those under which this machine is reached from itself, and
// its own name.
func localNames() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil && checkName(host) == nil && host != "localhost" {
		names = append(names, strings.ToLower(host))
	}
	return names
}

// checkName tells what is wrong with a name for a certificate: a host name, a
// wildcard whose star is the whole first label (RFC 6125 section 6.4.3), or an
// IP address.
func checkName(name string) error {
	if _, err := netip.ParseAddr(name); err == nil {
		if strings.Contains(name, "%") {
			return fmt.Errorf("%q: an address with a zone cannot be in a certificate", name)
		}
		return nil
	}
	host, wild := strings.CutPrefix(name, "*.")
	switch {
	case name == "":
		return errors.New("an empty name; leave the list out for the names of this machine")
	case name == "*":
		return errors.New(`"*" would be a certificate for every name; write a wildcard below a domain, such as "*.test"`)
	case strings.Contains(host, "*"):
		return fmt.Errorf("%q: a star may only be the whole first label, as in \"*.example.com\"", name)
	case len(host) > 253:
		return fmt.Errorf("%q...: longer than the 253 bytes a host name may have", host[:40])
	case wild && host == "":
		return fmt.Errorf("%q: a domain is missing behind the star", name)
	}
	if strings.Contains(name, "://") {
		return fmt.Errorf("%q: a certificate is for a name, not a URL", name)
	}
	if h, _, err := net.SplitHostPort(name); err == nil {
		return fmt.Errorf("%q: a certificate is for a name without a port; write %q", name, h)
	}
	for label := range strings.SplitSeq(host, ".") {
		if err := checkLabel(label); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

// checkLabel tells what is wrong with one label of a host name (RFC 1123
// section 2.1; the underscore is what people use all the same).
func checkLabel(label string) error {
	switch {
	case label == "":
		return errors.New("an empty label (two dots, or a dot at the start or end)")
	case len(label) > 63:
		return errors.New("a label longer than 63 bytes")
	case label[0] == '-' || label[len(label)-1] == '-':
		return errors.New("a label begins or ends with '-'")
	}
	for i := range len(label) {
		c := label[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		case c >= 0x80:
			return errors.New("letters beyond ASCII; write the name in its xn-- form")
		default:
			return fmt.Errorf("%q may not be in a host name", c)
		}
	}
	return nil
}

// splitNames parts names into host names, lower-cased and each once, and
// addresses.
func splitNames(names []string) (hosts []string, addrs []netip.Addr, err error) {
	seen := make(map[string]bool)
	for _, name := range names {
		if err := checkName(name); err != nil {
			return nil, nil, err
		}
		if addr, err := netip.ParseAddr(name); err == nil {
			addr = addr.Unmap()
			if !seen[addr.String()] {
				seen[addr.String()] = true
				addrs = append(addrs, addr)
			}
			continue
		}
		if host := strings.ToLower(name); !seen[host] {
			seen[host] = true
			hosts = append(hosts, host)
		}
	}
	return hosts, addrs, nil
}
