package ping

import "fmt"

// ICMPError is an error that a router or the host sent about a request (RFC
// 792, RFC 4443).
type ICMPError struct {
	Version    int // of IP: 4 or 6
	Type, Code uint8
	MTU        int   // where it tells one
	Err        error // what the kernel makes of it
}

// Error is the error in words: "time to live exceeded in transit".
func (e *ICMPError) Error() string {
	text := icmpName(e.Version, e.Type, e.Code)
	if e.MTU > 0 {
		text = fmt.Sprintf("%s (MTU %d)", text, e.MTU)
	}
	return text
}

func (e *ICMPError) Unwrap() error { return e.Err }

// icmpName names an ICMP error by IP version, type and code.
func icmpName(version int, kind, code uint8) string {
	kinds := map[uint8]string{3: "destination unreachable", 4: "source quench", 5: "redirect", 11: "time exceeded", 12: "parameter problem"}
	names := map[[2]uint8]string{
		{3, 0}: "network unreachable", {3, 1}: "host unreachable", {3, 2}: "protocol unreachable", {3, 3}: "port unreachable",
		{3, 4}: "fragmentation needed", {3, 5}: "source route failed", {3, 6}: "network unknown", {3, 7}: "host unknown",
		{3, 8}: "source host isolated", {3, 9}: "network prohibited", {3, 10}: "host prohibited",
		{3, 11}: "network unreachable for this TOS", {3, 12}: "host unreachable for this TOS", {3, 13}: "prohibited by a filter",
		{3, 14}: "host precedence violation", {3, 15}: "precedence cut off",
		{11, 0}: "time to live exceeded in transit", {11, 1}: "time exceeded for reassembly",
	}
	if version == 6 {
		kinds = map[uint8]string{1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem"}
		names = map[[2]uint8]string{
			{1, 0}: "no route", {1, 1}: "prohibited by a filter", {1, 2}: "beyond the scope of the source address", {1, 3}: "address unreachable",
			{1, 4}: "port unreachable", {1, 5}: "source address failed policy", {1, 6}: "route rejected", {2, 0}: "packet too big",
			{3, 0}: "hop limit exceeded in transit", {3, 1}: "time exceeded for reassembly",
		}
	}
	if name, ok := names[[2]uint8{kind, code}]; ok {
		return name
	}
	if name, ok := kinds[kind]; ok {
		return fmt.Sprintf("%s, code %d", name, code)
	}
	return fmt.Sprintf("ICMP type %d code %d", kind, code)
}
