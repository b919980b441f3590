package tsharktest

import (
	"slices"
	"strconv"
	"strings"
)

// exception is a layer that is not compared, as tshark shows something else there
// than the frame alone can tell: by what it remembers of earlier frames, for want
// of them, or because it gives a port or a link type to another protocol.
type exception struct {
	capture string
	frames  []int
	proto   string // of ours
	why     string
}

// exceptions are all of them. TestExceptions holds that each is needed.
func exceptions() []exception {
	return []exception{
		{"tcpdump-captures/quic_vn.pcap", []int{3}, "quic", "opened by the keys of the version that was refused before"},
		{"zeek-captures/globus-url-copy-bad-encoding.pcap", []int{50}, "tls", "in the clear by the cipher that was agreed upon"},
		{"zeek-captures/tls__ssl-to-http-server.pcap", []int{3}, "tls", "TLS where HTTP was agreed upon"},
		{"zeek-captures/http__basic-auth-with-extra-space.pcap", []int{1, 5, 7, 8, 13, 17, 19}, "websocket", "the handshake was not captured"},
		{"zeek-captures/quic__quicdoq.pcap", []int{1, 2, 3, 4}, "quic", "port 853 is DTLS's for this tshark, and DNS over QUIC's since RFC 9250"},
		{"zeek-captures/http__zeek-image-post-1080-8000-x.pcap", []int{3, 13}, "http", "an HTTP request on port 1080, which is SOCKS's for tshark"},
		{"zeek-captures/tls__irc-starttls.pcap", []int{8, 10, 12, 14, 17}, "tls", "TLS on IRC's port, which it was agreed upon for"},
		{"tcpdump-captures/gquic.pcap", []int{1}, "quic", "Google's QUIC on port 443, which begins as a short header does"},
		{"tcpdump-captures/isakmp-pointer-loop.pcap", []int{1}, "isakmp", "cookies of zeros, which tshark does not take for IKE's"},
		{"zeek-captures/ftp__ipv6-violation.pcap", []int{12}, "ssh", "random bytes that read as SSH's, on FTP's port"},
		{"tcpdump-captures/LINKTYPE_IPV4_invalid.pcap", []int{1}, "ip", "version 6 where the link type says 4: malformed for us, IPv6 for tshark"},
		{"tcpdump-captures/mptcp-v0.pcap", []int{14, 16, 18, 19, 20}, "ssh", "an exchange of keys, taken for encrypted for want of what came before"},
		{"tcpdump-captures/accecn_handshake.pcap", []int{3, 4, 5, 6}, "tcp", "the three flags are a counter where the handshake agreed upon accurate ECN"},
		{"zeek-captures/smtp__smtp-bdat-cmd-invalid.pcapng", []int{20, 42}, "smtp", "a command, taken for a message's text as BDAT came before"},
		{"zeek-captures/smtp__smtp-bdat-cmd-negative-chunk-size.pcap", []int{16, 20}, "smtp", "the same"},
		{"zeek-captures/smtp__smtp-bdat-gap.pcap", []int{26, 34}, "smtp", "the same"},
		{"captures/amqp.pcap", []int{4, 67, 68}, "amqp", "the protocol's name alone, which this tshark shows nothing of"},
		{"captures/http2.pcap", []int{10}, "http2", "the end of a body, to which it counts the padding"},
		{"captures/llmnr.pcap", []int{22, 23}, "llmnr", "over TCP, which this tshark does not know"},
	}
}

// remembers tells whether a layer of ours is an exception.
func (r *Report) remembers(where, proto string) bool {
	capture, number, _ := strings.Cut(where, "#")
	n, _ := strconv.Atoi(number)
	return slices.ContainsFunc(r.exceptions, func(e exception) bool {
		return e.proto == proto && e.capture == capture && slices.Contains(e.frames, n)
	})
}
