// Package display filters dissected packets by Wireshark's display filter
// language:
//
//	f, err := display.Compile(proto.Set(), `tcp.flags.syn == 1 && ip.src in {10.0.0.0/8}`)
//	if err != nil {
//		return err // says at which column, and what would be right
//	}
//	if f.Match(&stack) { … }
//
// A field alone is true where the packet has it. A field may come several times
// in a packet: "==", "<" and the like, contains, matches and in are true if they
// are for any of its values, "!=" if it is for all of them; "===" asks all of
// them and "!==" any. any and all before a comparison say so too.
//
// What stands on the left of an operator can be a field, a protocol (its bytes),
// a slice of either (eth.src[0:3], tcp[13] & 2), a field's bytes as sent (@ip.src),
// the functions abs, count, len, lower, max, min, string and upper, and sums of
// them; on the right a value, or all of that again. ip.src#2 is of the second IP
// layer alone. Values are
// written as Wireshark has them: 80, 0x50, 'A', "text", r"raw", 10.0.0.0/8,
// 2001:db8::1, 02:42:ac:11:00:02, de:ad:be:ef, true. The fields are Wireshark's,
// and Scapy's short names behind the protocol's (tcp.dport).
package display
