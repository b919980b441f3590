//go:build e2e

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/display"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

// displayFilters are asked of tshark and of us.
var displayFilters = []string{
	"tcp", "udp && !dns", "arp or icmp", "not (ip or ipv6)",
	"tcp.port == 80", "tcp.port != 80", "tcp.port !== 80", "tcp.port === 80", "!(tcp.port == 80)", "tcp.dstport eq 0x1bb",
	"tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.flags & 0x04", "tcp.flags == 0x018", "tcp.flags & 0x12 == 0x12",
	"ip.src == 192.168.0.0/16", "ip.addr == 10.0.0.1", "ip.addr != 10.0.0.0/8", "ip.src in {10.0.0.0/8, 192.168.0.0/16}", "ip.dst > 200.0.0.0",
	"ipv6.src == 2001::/16", "ipv6.addr == fe80::/10", "ip.ttl < 64", "ip.ttl <= 64 && ip.frag_offset == 0", "ip.flags.df == 1",
	"eth.src[0:3] == 00:1b:21", "eth.dst == ff:ff:ff:ff:ff:ff", "eth.addr[0] & 1 == 1", "eth.src[-1] == 0",
	"tcp.port in {22, 80, 443, 8000..9000}", "udp.port in {53, 67, 68}", "udp.length > 500",
	"frame.len > 1000", "frame.len in {60..64}", "frame.number <= 100 && tcp", "frame contains \"HTTP/1.1\"", "frame[0:2] == 01:00",
	"tcp.payload contains \"GET \"", "tcp contains 0d:0a:0d:0a", "udp[0:2] == 00:35", "tcp.payload matches \"^(GET|POST) \"",
	"ip.src == ip.dst", "tcp.srcport > tcp.dstport", "tcp.options.mss_val >= 1460", "len(tcp.payload) == 100", "count(ip.addr) > 2",
	"dns.qry.name contains \"com\"", "dns.flags.response == 1 && dns.count.answers > 1", "dns.qry.type == 1", "upper(dns.qry.name) contains \"WWW\"",
	"arp.opcode == 1", "icmp.type == 8 || icmp.type == 0", "vlan.id == 1", "any ip.ttl == 1", "all tcp.port > 1024", "ip.proto == 6 and ip.hdr_len > 20",
	"tcp.port ~= 80", "tcp.port not in {80, 443}", "any ip.addr != 10.0.0.1", "tcp.port all_eq 80", "tcp.port any_ne 80", "all tcp.port in {1..1024}",
	"max(tcp.port) == 443", "min(tcp.port) < 100", "max(tcp.srcport, udp.srcport, 60000) > 60000", "max(ip.src, ip.dst) == ip.src", "min(ip.ttl, 64) == 64",
	"max(udp.length, 5) == 5", "max(tcp.port) - min(tcp.port) > 50000", "abs(tcp.srcport - tcp.dstport) > 60000", "abs(ip.ttl - 100) == 36", "max(eth.src) == eth.src",
	"tcp.srcport - tcp.dstport < 0", "ip.ttl - 100 > 0", "ip.ttl + 200 > 255", "any tcp.port === 80", "any tcp.port != tcp.dstport", "all ip.addr in {10.0.0.0/8}", "-tcp.dstport < -1024", "udp.dstport >= udp.srcport + 1", "tcp.dstport >= 4 * {tcp.srcport + 3}",
	"tcp.srcport + 2 * 3 == 86", "tcp.flags & 1 + 1 == 2", "{ip.ttl + 1} * 2 == 130", "ip.ttl == 60 + 4", "tcp.len % 2 == 1", "tcp.len / 100 == 3", "ip.len / ip.ttl == 1",
	"tcp.port + tcp.port == 160", "ip.src & 255.255.0.0 == 192.168.0.0", "tcp.srcport & tcp.dstport == 80", "ip.ttl bitwise_and 128",
	"ip[8:2] & 40:ff == 40:06", "ip[8] == 40", "ip[8] & 40", "ip[8] == 0x40", "frame[1:4] contains 0x02", "frame[60:2] > 50.51", "frame[60:2] gt \"PQ\"",
	"tcp.port in {tcp.srcport, 5}", "ip.addr in {10.0.0.5 .. 10.0.0.9, 192.168.1.1..192.168.1.9}",
	"ip.ttl#[1] == 64", "ip.ttl#[1-2] < 10", "ip.src#2", "ip.addr#2 == 10.0.0.0/8", "ip#2 and not ip#3",
	"string(ip.src)[0:3] == \"192\"", "string(tcp.dstport) matches \"[13579]$\"", "string(ip.ttl) == \"64\"", "string(eth.src) contains \"00:1b\"", "http.host[0:3] == \"www\"",
	"http.request.method in {\"HEAD\", \"GET\"}", "http.request.method == \"\\x47ET\"", "http.request.method == \"\\107ET\"", "frame contains \"\\u00e9\"",
	"frame contains r\"\\\\\"", "http.user_agent matches \"(?-i)mozilla\"", "frame.len > 0b1010000000", "frame.len < 0110", "ip.flags.df == True && tcp.flags.syn == FALSE",
	"http.request", "http.response", "http.request && tcp.dstport != 80", "len(frame) > 1000", "count(tcp.options.mss_val) == 1", "frame[-4:4] == 0.0.0.0", "eth.src[0-1,5] contains 00:00",
}

// A display filter is true for the frames for which Wireshark's is, in one
// capture made of all the frames of the suites that begin with Ethernet: those of
// which both see the same layers.
func TestDisplayFiltersAreWiresharks(t *testing.T) {
	ts, err := tsharktest.Find(t.Context())
	if errors.Is(err, tsharktest.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip("tshark is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	folders, err := tsharktest.FindFolders()
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	merged := filepath.Join(t.TempDir(), "merged.pcapng")
	frames := merge(t, folders, merged)
	protocols, err := ts.Chains(t.Context(), merged)
	if err != nil || len(protocols) != len(frames) {
		t.Fatalf("tshark lists %d of %d frames: %v", len(protocols), len(frames), err)
	}
	var st layer.Stack
	same := make([]bool, len(frames))
	compared := 0
	for i, b := range frames {
		st.Reset(proto.Set(), "link", uint32(pcap.LinkEthernet), b.data, b.wire)
		var ours []string
		for k := range st.Len() {
			ours = append(ours, st.Layer(k).Proto().Name)
		}
		// Where something is malformed, each gives up at a place of its own.
		if same[i] = strings.Join(ours, ":") == strings.ReplaceAll(protocols[i], ":ethertype", "") && sound(&st); same[i] {
			compared++
		}
	}
	if t.Logf("%d of %d frames are compared", compared, len(frames)); compared < len(frames)/2 {
		t.Errorf("but %d of %d frames have the same layers", compared, len(frames))
	}
	for _, text := range displayFilters {
		f, err := display.Compile(proto.Set(), text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		want, err := ts.Matching(t.Context(), merged, text)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		theirs := map[int]bool{}
		for _, n := range want {
			theirs[n] = true
		}
		differ := 0
		for i, b := range frames {
			if !same[i] {
				continue
			}
			st.Reset(proto.Set(), "link", uint32(pcap.LinkEthernet), b.data, b.wire)
			if got := f.Match(&st, &display.Info{Number: i + 1}); got != theirs[i+1] {
				if differ++; differ <= 3 {
					t.Errorf("%s: frame %d of %s: %v, and tshark has %v", text, b.number, b.file, got, theirs[i+1])
				}
			}
		}
		if differ > 3 {
			t.Errorf("%s: and %d more of %d", text, differ-3, len(want))
		}
	}
}

func sound(st *layer.Stack) bool {
	var w layer.Walker
	reason := st.Reason()
	for i := range st.Len() {
		reason += w.Walk(st, i, func(*layer.Value) bool { return true })
	}
	return reason == ""
}

type mergedFrame struct {
	file         string
	number, wire int
	data         []byte
}

// merge writes all Ethernet frames of the suites into one file.
func merge(t *testing.T, folders tsharktest.Folders, to string) []mergedFrame {
	captures, err := folders.Captures()
	if err != nil {
		t.Fatal(err)
	}
	w, err := pcap.Create(to, pcap.LinkEthernet, nil)
	if err != nil {
		t.Fatal(err)
	}
	var frames []mergedFrame
	for _, file := range captures {
		r, err := pcap.Open(file)
		if err != nil {
			continue // some are no captures, on purpose
		}
		var p pcap.Packet
		for n := 1; r.Read(&p) == nil; n++ {
			if p.LinkType != pcap.LinkEthernet {
				break
			}
			p.Options, p.Interface = nil, 0
			if err := w.Write(&p); err != nil {
				t.Fatal(err)
			}
			frames = append(frames, mergedFrame{filepath.Base(file), n, p.Length, append([]byte(nil), p.Data...)})
		}
		r.Close()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if len(frames) < 10_000 {
		t.Fatalf("the suites have but %d Ethernet frames", len(frames))
	}
	return frames
}
