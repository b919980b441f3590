package edge

import (
	"bytes"
	"net/netip"

	"github.com/netwright/netwright/http/message"
)

// lastListItem cuts the last element off a comma-separated list.
func lastListItem(list []byte) (rest, item []byte) {
	if i := bytes.LastIndexByte(list, ','); i >= 0 {
		return list[:i], message.TrimSpace(list[i+1:])
	}
	return nil, message.TrimSpace(list)
}

// parseAddress reads an address as X-Forwarded-For has it: bare, or with a port.
func parseAddress(b []byte) (netip.AddrPort, bool) {
	if addr, err := netip.ParseAddr(string(b)); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), 0), true
	}
	if ap, err := netip.ParseAddrPort(string(b)); err == nil {
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), true
	}
	if len(b) > 2 && b[0] == '[' && b[len(b)-1] == ']' {
		return parseAddress(b[1 : len(b)-1])
	}
	return netip.AddrPort{}, false
}

// parseForwarded reads the "for" parameter of one element of Forwarded
// (RFC 7239 §4). Obfuscated names are no addresses.
func parseForwarded(element []byte) (netip.AddrPort, bool) {
	for len(element) > 0 {
		var pair []byte
		if i := bytes.IndexByte(element, ';'); i >= 0 {
			pair, element = element[:i], element[i+1:]
		} else {
			pair, element = element, nil
		}
		name, value, ok := bytes.Cut(message.TrimSpace(pair), []byte("="))
		if ok && message.EqualFold(name, "for") {
			return parseAddress(bytes.Trim(value, `"`))
		}
	}
	return netip.AddrPort{}, false
}
