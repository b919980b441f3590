package edge

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/netwright/netwright/http/message"
)

// findClient learns who asks. Where the peer is trusted, that is the last address
// in X-Forwarded-For (or in Forwarded, without that) that is not trusted itself; so
// nobody gets in front of a trusted proxy by a field of his own. X-Forwarded-For
// counts first since nearly all proxies write it, and then what they pass on of
// Forwarded may be anyone's.
func (ex *Exchange) findClient(trusted func(netip.Addr) bool) {
	ex.Client = ex.Peer
	// Only who may open a Unix socket comes over it.
	ex.Trusted = trusted != nil && (!ex.Peer.IsValid() || trusted(ex.Peer.Addr()))
	if !ex.Trusted {
		return
	}
	fields := ex.Request.Fields
	if id := fields.Get(message.XRequestID); len(id) > 0 && len(id) <= 64 {
		ex.seen.id, ex.id = id, id
	}
	known, last, parse := message.XForwardedFor, lastListItem, parseAddress
	if !fields.Has(known) {
		known, last, parse = message.Forwarded, lastElement, parseForwarded
	}
	hops := 0
	for i := len(fields) - 1; i >= 0; i-- {
		if fields[i].Known != known {
			continue
		}
		for list := fields[i].Value; len(list) > 0; {
			var item []byte
			list, item = last(list)
			addr, ok := parse(item)
			if hops++; !ok || hops > mostHops {
				return
			}
			ex.Client = addr
			if !trusted(addr.Addr()) {
				return
			}
		}
	}
}

// mostHops is how many trusted proxies are believed in a row.
const mostHops = 32

// lastListItem cuts the last element off a comma-separated list.
func lastListItem(list []byte) (rest, item []byte) {
	if i := bytes.LastIndexByte(list, ','); i >= 0 {
		return list[:i], message.TrimSpace(list[i+1:])
	}
	return nil, message.TrimSpace(list)
}

// lastElement is lastListItem for lists with quoted strings (RFC 9110 §5.6.4) in
// them, whose commas do not count. Of a list in which a quote stays open it makes
// one element, which no parser takes.
func lastElement(list []byte) (rest, item []byte) {
	comma := -1
	for i := 0; i < len(list); {
		end := nextOutside(list, i, ',')
		if end < 0 {
			return nil, list
		}
		if end == len(list) {
			break
		}
		comma = end
		i = end + 1
	}
	if comma < 0 {
		return nil, message.TrimSpace(list)
	}
	return list[:comma], message.TrimSpace(list[comma+1:])
}

// nextOutside returns the position of the next c at or behind i that is not in a
// quoted string, len(b) without one, and -1 where a quote stays open.
func nextOutside(b []byte, i int, c byte) int {
	quoted := false
	for ; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == c && !quoted:
			return i
		}
	}
	if quoted {
		return -1
	}
	return len(b)
}

// parseAddress reads an address as X-Forwarded-For has it: bare, in brackets, or
// with a port.
func parseAddress(b []byte) (netip.AddrPort, bool) {
	if len(b) > len("[0000:0000:0000:0000:0000:0000:255.255.255.255]:65535") {
		return netip.AddrPort{}, false
	}
	if addr, ok := parseIPv4(b); ok { // the usual one, without an allocation
		return netip.AddrPortFrom(addr, 0), true
	}
	s := string(b)
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		s = inner[:len(inner)-1]
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(addr.Unmap().WithZone(""), 0), true
	}
	ap, err := netip.ParseAddrPort(s)
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port()), err == nil
}

// parseIPv4 reads an address in dotted decimal form, without leading zeros.
func parseIPv4(b []byte) (netip.Addr, bool) {
	var a [4]byte
	part, digits, n := 0, 0, 0
	for _, c := range b {
		switch {
		case c == '.' && digits > 0 && part < 3:
			a[part] = byte(n)
			part, digits, n = part+1, 0, 0
		case '0' <= c && c <= '9' && (digits == 0 || n > 0) && n*10+int(c-'0') <= 255:
			digits, n = digits+1, n*10+int(c-'0')
		default:
			return netip.Addr{}, false
		}
	}
	a[3] = byte(n)
	return netip.AddrFrom4(a), part == 3 && digits > 0
}

// parseForwarded reads the "for" parameter of one element of Forwarded
// (RFC 7239 §4). Obfuscated names are no addresses.
func parseForwarded(element []byte) (netip.AddrPort, bool) {
	for i := 0; i < len(element); {
		end := nextOutside(element, i, ';')
		if end < 0 {
			break
		}
		name, value, ok := bytes.Cut(message.TrimSpace(element[i:end]), []byte("="))
		if ok && message.EqualFold(name, "for") {
			if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			return parseAddress(value)
		}
		i = end + 1
	}
	return netip.AddrPort{}, false
}
