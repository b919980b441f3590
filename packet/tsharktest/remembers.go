package tsharktest

import (
	"slices"
	"strconv"
	"strings"
)

// remembers tells of frames in which tshark shows what it remembers of earlier
// ones, or less for want of them, so that a look at the frame alone says another
// thing. They are not compared.
func remembers(where string) bool {
	capture, number, _ := strings.Cut(where, "#")
	n, _ := strconv.Atoi(number)
	switch capture {
	case "tcpdump-captures/quic_vn.pcap": // opened by the keys of the version that was refused before
		return n == 3
	case "zeek-captures/globus-url-copy-bad-encoding.pcap": // in the clear by the cipher that was agreed upon
		return n == 50
	case "zeek-captures/tls__ssl-to-http-server.pcap": // TLS where HTTP was agreed upon
		return n == 3
	case "zeek-captures/http__basic-auth-with-extra-space.pcap": // WebSocket whose handshake was not captured
		return slices.Contains([]int{1, 3, 5, 7, 8, 9, 11, 13, 15, 17, 19, 21, 35, 37}, n)
	case "zeek-captures/quic__quicdoq.pcap": // QUIC, taken for DTLS by its port
		return true
	case "tcpdump-captures/mptcp-v0.pcap", "libpcap-filter/captures/mptcp-v0.pcap": // SSH's exchange of keys, taken for encrypted
		return n >= 14 && n <= 20
	}
	return false
}
