package display

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
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
		"any tcp.port != 80":                       true,
		"any tcp.port === 80":                      true,
		"all tcp.port == 80":                       false,
		"any tcp.port != tcp.dstport":              true,
		"tcp.port ~= 80":                           true,
		"tcp.port not in {80}":                     false,
		"tcp.port not in {81, 8000..9000}":         true,
		"udp.port not in {80}":                     true,
		"(tcp.port) not in {81}":                   true,
		"max(tcp.port) == 50000":                   true,
		"min(tcp.port) == 80":                      true,
		"max(tcp.dstport, 443, 7) == 443":          true,
		"max(udp.port, 5) == 5":                    true,
		"max(udp.port) == 5":                       false,
		"max(ip.src, ip.dst) == ip.src":            true,
		"min(ip.src, 1.2.3.4) == 1.2.3.4":          true,
		"max(tcp.port) - min(tcp.port) == 49920":   true,
		"max(eth.src) == eth.src":                  true,
		"tcp.dstport - tcp.srcport < 0":            true,
		"abs(tcp.dstport - tcp.srcport) == 49920":  true,
		"abs(frame.time_relative - 2) == 2":        true,
		"-tcp.dstport == -80":                      true,
		"-tcp.dstport < 0":                         true,
		"tcp.dstport -80 == 0":                     true,
		"tcp.dstport - 81 == -1":                   true,
		"tcp.srcport > tcp.dstport + 49919":        true,
		"tcp.srcport > tcp.dstport + 49920":        false,
		"tcp.dstport == 4 * {ip.ttl - 44}":         true,
		"tcp.dstport == (ip.ttl - 44) * 4":         true,
		"tcp.dstport == 20 + 30 * 2":               true,
		"20 + 60 == tcp.dstport":                   true,
		"tcp.flags & 1 + 1 == 2":                   true,
		"tcp.dstport / 0 == 0":                     false,
		"tcp.dstport % 9 == 8":                     true,
		"tcp.port + tcp.port == 50080":             true,
		"tcp.port in {tcp.dstport}":                true,
		"all tcp.port in {tcp.dstport}":            false,
		"tcp.dstport in {1 .. tcp.srcport}":        true,
		"ip[8:2] & 40:ff == 40:06":                 true,
		"ip[8] & 0f":                               false,
		"ip[8] == 40":                              true,
		"ip[8] == 64":                              false,
		"ip[8] == 0x40":                            true,
		"ip.src & 255.255.0.0 == 172.17.0.0":       true,
		"ip.src & 255.255.0.0 == 172.18.0.0":       false,
		"tcp[12:2] & 0x0fff == 2":                  true,
		"ip.ttl#[1] == 64":                         true,
		"ip.ttl#[1-2] == 64":                       true,
		"ip.ttl#[2-3] == 64":                       false,
		"ip.ttl#[-1] == 64":                        true,
		"ip#1 && !ip#2":                            true,
		"string(ip.src)[0:3] == \"172\"":           true,
		"string(ip.src)[0:3] == 31:37:32":          true,
		"@ip.src == ac:11:00:03":                   true,
		"@tcp.flags == a0:02":                      true,
		"frame contains \"\\x68ello\"":             true,
		"frame contains \"\\u0068ello\"":           true,
		"frame contains \"\\U00000068ello\"":       true,
		"frame contains r\"h\\\"\"":                false,
		"frame.len > 0b1010 && frame.len > 012":    true,
		"tcp.flags.syn == TRUE":                    true,
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
		"":                          "column 1: a filter is expected",
		"tcp.dstprt == 80":          `column 1: there is no field "tcp.dstprt"; did you mean "tcp.dstport"?`,
		"tcp.dstport == abc":        "column 16: tcp.dstport: “abc” is no number",
		"tcp.dstport ==":            "column 15: a field or a value is expected before the end",
		"ip.src == 300.1.1.1":       "column 11: ip.src: “300.1.1.1” is not an IPv4 address",
		"ip.src == 2001:db8::1":     "is not an IPv4 address",
		"(tcp":                      "column 5: “)” is missing before the end",
		"tcp udp":                   "column 5: “udp” is not expected here; join two tests by && or ||",
		"tcp.port in 80":            "column 13: behind in stands a set",
		"tcp.port in {}":            "the set is empty",
		"tcp.port in {80":           "“}” is missing",
		`frame contains "x`:         `column 16: the closing " is missing`,
		"tcp.dstport contains 80":   "is a number and contains nothing",
		`frame matches "("`:         "missing closing )",
		"eth.src[x] == 1":           `"x" is no part`,
		"ip.src == tcp.srcport":     "ip.src and tcp.srcport are of different kinds",
		"80 == 80":                  "there is no field \"80\"",
		"most(tcp.port) == 1":       `there is no function "most"; there are abs, count, len, lower, max, min, string and upper`,
		"abs(ip.src) == 1":          "abs needs a number, and ip.src is none",
		"abs(tcp.port, 1) == 1":     "column 15: abs has 1 argument at most",
		"max(1, 2) == 2":            `there is no field "1"`,
		"max(tcp.port, ip.src) > 1": "column 15: tcp.port and ip.src are of different kinds",
		"max(tcp.port, x) > 1":      "column 15: tcp.port: “x” is no number",
		"ip.src + 1 == 1.2.3.4":     "ip.src is no number that + counts with",
		"ip.ttl == 1 / 0":           "this divides by nothing",
		"ip.ttl == ${ip.ttl}":       "column 11: there are no references to a selected frame, nor macros",
		"@tcp == 1":                 "@ stands before a field; tcp is its bytes as it is",
		"@nothing == 1":             `column 2: there is no field "nothing"`,
		"ip.ttl#0":                  "column 8: behind # stands which of the layers",
		`frame contains "\u12"`:     "is no escape",
		`frame contains "é日" && é`:  `column 24: there is no field "é"`,
		`frame contains "🦊" $`:      `column 20: "$" means nothing here`,
		`frame contains "é\é"`:      `column 18: \é is no escape`,
		`ip.src == é€`:              "column 11: ip.src: “é€” is not",
		`frame contains "日" ¬`:      "column 20: “¬” is not expected here",
		"ip.ttl in {ip.src}":        "of different kinds",
		"lower(tcp.port) == \"x\"":  "needs a text",
		"tcp.dstport == 80 $":       `"$" means nothing here`,
		strings.Repeat("!", 200):    "nested deeper than 100",
		strings.Repeat("(", 200):    "nested deeper than 100",
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

func TestCapture(t *testing.T) {
	const rest = "not ((ip and ip[9] = 6) or (ip6 and ip6[6] = 6))"
	for filter, want := range map[string]string{
		"tcp.port == 80": rest + " or ((tcp port 80))",
		"tcp.dport in {80, 443} && ip.src == 10.0.0.0/8": rest + " or ((tcp dst port 80 or tcp dst port 443) and (src net 10.0.0.0/8))",
		"tcp.port == 80 || tcp.port == 81":               rest + " or (((tcp port 80) or (tcp port 81)))",
		"tcp.flags.syn == 1 && dns":                      rest + " or (((ip6 or tcp[13] & 2 != 0)))",
		"udp":                                            rest,
		"udp.port == 53 || arp":                          rest,
		"udp || tcp.port == 80":                          rest + " or (((tcp port 80)))",
		"dns":                                            "",
		"tcp.port == 80 || ip.src == 10.0.0.1":           "",
		"!(tcp.port == 80)":                              "",
		"tcp.port != 80":                                 "",
		"tcp.port in {80..90}":                           "",
		"len(tcp) == 20":                                 "",
	} {
		f, err := Compile(proto.Set(), filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if got := f.Capture(); got != want {
			t.Errorf("%s: %q, and should be %q", filter, got, want)
		}
	}
}

// What a display filter is true for, its capture filter passes: on every frame
// of the suites.
func TestCapturePasses(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/suites/*captures/*")
	if len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("../shared/suites is not there")
		}
		t.Skip("../shared/suites is not there")
	}
	type pair struct {
		display *Filter
		capture *bpf.Program
	}
	var pairs []pair
	for _, text := range []string{
		"tcp.port == 80", "udp", "icmp", "arp || udp.port in {53, 67}", "tcp.flags.syn == 1 && ip.addr == 10.0.0.0/8", "ip.src == 192.168.0.0/16 && tcp.dstport in {22, 80, 443}",
		"tcp.srcport == 443 || tcp.dstport == 443", "ipv6.addr == 2001::/16 && tcp.port == 80",
	} {
		f, err := Compile(proto.Set(), text)
		if err != nil {
			t.Fatal(err)
		}
		if f.Capture() == "" {
			t.Fatalf("%s pushes nothing down", text)
		}
		program, err := bpf.New(f.Capture(), pcap.LinkEthernet, nil)
		if err != nil {
			t.Fatalf("%s: %v", f.Capture(), err)
		}
		pairs = append(pairs, pair{f, program})
	}
	var st layer.Stack
	matched, refused := 0, 0
	for _, file := range files {
		r, err := pcap.Open(file)
		if err != nil {
			continue // not all are sound
		}
		var p pcap.Packet
		for r.Read(&p) == nil {
			if p.LinkType != pcap.LinkEthernet {
				continue
			}
			st.Reset(proto.Set(), "link", uint32(p.LinkType), p.Data, p.Length)
			for _, pair := range pairs {
				pass := pair.capture.Match(p.Data, p.Length)
				if !pass {
					refused++
				}
				if pair.display.Match(&st, nil) {
					if matched++; !pass {
						t.Errorf("%s: %s is true for a frame that %s refuses", file, pair.display, pair.display.Capture())
					}
				}
			}
		}
		r.Close()
	}
	if matched == 0 || refused == 0 {
		t.Errorf("%d frames matched, %d were refused", matched, refused)
	}
}

// Whatever the text, compiling ends with a filter or a mistake in it; a filter
// answers for any frame, and its capture filter compiles.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"tcp.port == 80 && !(ip.src in {10.0.0.0/8 1.2.3.4})", "eth.src[0:3,-1] == 01:02:03:04 or frame contains \"x\"", "all len(tcp.options) > 3 and count(ip.src) == 1", "tcp.flags & 0x12 == 2", "1 < tcp.port < 3", "r\"x\" == http.host"} {
		f.Add(s, []byte{1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		filter, err := Compile(proto.Set(), text)
		if err != nil {
			var mistake *Error
			if !errors.As(err, &mistake) || mistake.Column < 1 || mistake.Column > len(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		st := stack(t, syn)
		match := filter.Match(st, nil)
		if again, err := Compile(proto.Set(), "("+text+")"); err != nil || again.Match(st, nil) != match {
			t.Fatalf("%q in brackets: %v", text, err)
		}
		if not, err := Compile(proto.Set(), "!("+text+")"); err == nil && not.Match(st, nil) == match {
			t.Fatalf("%q and its opposite are both %v", text, match)
		}
		st.Reset(proto.Set(), "link", 1, data, len(data))
		filter.Match(st, nil)
		if c := filter.Capture(); c != "" {
			if _, err := bpf.New(c, pcap.LinkEthernet, nil); err != nil {
				t.Fatalf("%q: %q: %v", text, c, err)
			}
		}
	})
}
