package display

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// A SYN from 172.17.0.3:50000 to 172.17.0.2:80 with options and a trailer.
const syn = "0242ac110002 0242ac110003 0800 4500003c1c4640004006b1e6ac110003ac110002 c3500050 00000001 00000000 a002faf0 fe30 0000 020405b40402080a00000001000000000103030768656c6c6f"

func stack(t testing.TB, text string) *layer.Stack {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	st := new(layer.Stack)
	st.Reset(proto.Set(), "link", 1, b, len(b))
	return st
}

func TestMatch(t *testing.T) {
	st := stack(t, syn)
	info := &Info{Number: 7}
	for filter, want := range map[string]bool{
		"tcp":                                      true,
		"udp":                                      false,
		"TCP and not udp":                          true,
		"tcp.dstport":                              true,
		"tcp.dstport == 80":                        true,
		"tcp.dport eq 0x50":                        true,
		"80 == tcp.dstport":                        true,
		"tcp.port == 80":                           true,
		"tcp.port != 80":                           false,
		"tcp.port !== 80":                          true,
		"tcp.port === 80":                          false,
		"all tcp.port > 79":                        true,
		"all tcp.port > 80":                        false,
		"any tcp.port > 80":                        true,
		"1 < tcp.dstport < 100":                    true,
		"tcp.flags.syn == 1":                       true,
		"tcp.flags.syn == true":                    true,
		"!tcp.flags.ack == 1":                      true,
		"tcp.flags & 2":                            true,
		"tcp.flags & 0x10":                         false,
		"tcp.flags & 0x12 == 2":                    true,
		"tcp.flags == 2":                           true,
		"ip.src == 172.17.0.3":                     true,
		"ip.src == 172.17.0.0/16":                  true,
		"ip.addr == 172.18.0.0/16":                 false,
		"ip.src in {10.0.0.0/8, 172.16.0.0/12}":    true,
		"tcp.port in {22, 70..90}":                 true,
		"tcp.port in {22 8000..9000}":              false,
		"tcp.port in {22 .. 79}":                   false,
		"eth.src == 02:42:ac:11:00:03":             true,
		"eth.src == 02-42-ac-11-00-03":             true,
		"eth.src[0:3] == 02:42:ac":                 true,
		"eth.src[-1] == 3":                         true,
		"eth.src[4-5] == 00:03":                    true,
		"tcp[13] == 2":                             true,
		"tcp[13] & 2":                              true,
		"frame contains \"hello\"":                 true,
		"tcp contains \"hello\"":                   false,
		"frame[:6] == 02:42:ac:11:00:02":           true,
		"frame matches \"HEL+O$\"":                 true,
		"frame.number == 7":                        true,
		"frame.len == 79 && frame.cap_len == 79":   true,
		"frame.protocols == \"eth:ip:tcp\"":        true,
		"frame.protocols contains \"ip\"":          true,
		"ip.proto == \"TCP\"":                      true,
		"ip.proto == TCP":                          true,
		"tcp.option_kind == 8":                     true,
		"count(tcp.option_kind) == 5":              true,
		"tcp.options.mss_val == 1460":              true,
		"tcp.options.mss_val - 60 == 1400":         true,
		"len(tcp.options) == 20":                   true,
		"string(ip.src) matches \"^172\\\\.17\"":   true,
		"ip.src == ip.dst":                         false,
		"ip.src != ip.dst":                         true,
		"tcp.srcport > tcp.dstport":                true,
		"(tcp.dstport == 80 || udp) && (ip)":       true,
		"tcp.options contains 05:b4":               true,
		"ip.ttl#1 == 64":                           true,
		"ip.ttl#2 == 64":                           false,
		"udp.dstport != 80":                        false, // there is none
		"not udp.dstport == 80":                    true,
		"tcp.urgent_pointer or tcp.urgent_pointer": true,
		"(tcp.flags & 0x12) == 2":                  true,
	} {
		f, err := Compile(proto.Set(), filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if got := f.Match(st, info); got != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
}

func TestMistakes(t *testing.T) {
	for filter, want := range map[string]string{
		"":                         "column 1: a filter is expected",
		"tcp.dstprt == 80":         `column 1: there is no field "tcp.dstprt"; did you mean tcp.dstport?`,
		"tcp.dstport == abc":       "column 16: tcp.dstport: “abc” is no number",
		"tcp.dstport ==":           "column 15: a field or a value is expected before the end",
		"ip.src == 300.1.1.1":      "column 11: ip.src: “300.1.1.1” is not an IPv4 address",
		"ip.src == 2001:db8::1":    "is not an IPv4 address",
		"(tcp":                     "column 5: “)” is missing before the end",
		"tcp udp":                  "column 5: “udp” is not expected here; join two tests by && or ||",
		"tcp.port in 80":           "column 13: behind in stands a set",
		"tcp.port in {}":           "the set is empty",
		"tcp.port in {80":          "“}” is missing",
		`frame contains "x`:        `column 16: the closing " is missing`,
		"tcp.dstport contains 80":  "is a number and contains nothing",
		`frame matches "("`:        "missing closing )",
		"eth.src[x] == 1":          `"x" is no part`,
		"ip.src == tcp.srcport":    "ip.src and tcp.srcport are of different kinds",
		"80 == 80":                 "there is no field \"80\"",
		"max(tcp.port) == 1":       `there is no function "max"`,
		"lower(tcp.port) == \"x\"": "needs a text",
		"tcp.dstport == 80 $":      `"$" means nothing here`,
		strings.Repeat("!", 200):   "nested deeper than 100",
		strings.Repeat("(", 200):   "nested deeper than 100",
	} {
		_, err := Compile(proto.Set(), filter)
		var mistake *Error
		if !errors.As(err, &mistake) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, and should be %s", filter, err, want)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	st := stack(t, syn)
	f, err := Compile(proto.Set(), `tcp.flags.syn == 1 && ip.src in {172.16.0.0/12} && tcp.options.mss_val > 1000 && frame contains "hello"`)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if !f.Match(st, nil) {
			t.Fatal("it does not match")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
