package flows

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

// ofFile counts the packets of a capture.
func ofFile(t testing.TB, file string, cfg Config) []Flow {
	t.Helper()
	r, err := pcap.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ended []Flow
	table := New(cfg, func(f *Flow) { ended = append(ended, *f) })
	var captured pcap.Packet
	var st layer.Stack
	for {
		if err := r.Read(&captured); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		st.Reset(proto.Set(), "link", uint32(captured.LinkType), captured.Data, captured.Length)
		table.Add(&st, captured.Time)
	}
	table.Close()
	if table.Len() != 0 || table.streams.Held() != 0 {
		t.Errorf("%s: %d flows and %d bytes are left", file, table.Len(), table.streams.Held())
	}
	return ended
}

func TestFlows(t *testing.T) {
	type content struct{ sides [2]strings.Builder }
	contents := map[netip.AddrPort]*content{}
	flows := ofFile(t, "../../examples/packet/web.pcap", Config{Data: func(f *Flow, side int, data []byte, missing int) {
		c := contents[f.Initiator]
		if c == nil {
			c = &content{}
			contents[f.Initiator] = c
		}
		c.sides[side].Write(data)
	}})
	var got []string
	for i := range flows {
		f := &flows[i]
		if f.Proto == protoTCP {
			got = append(got, fmt.Sprintf("%s > %s %v packets, %v bytes, %s, flags %s %s, streams %d %d", f.Initiator, f.Responder, f.Packets, f.Bytes, f.End,
				flagNames(f.Flags[0]), flagNames(f.Flags[1]), f.Streams[0].Bytes, f.Streams[1].Bytes))
		}
	}
	want := []string{
		"192.0.2.1:42582 > 192.0.2.2:80 [6 6] packets, [393 526] bytes, closed, flags FSPA FSPA, streams 73 206",
		"192.0.2.1:42598 > 192.0.2.2:80 [7 5] packets, [452 788] bytes, closed, flags FSPA FSPA, streams 80 520",
		"192.0.2.1:43784 > 192.0.2.2:81 [1 1] packets, [60 40] bytes, reset, flags S RA, streams 0 0",
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("flows are\n%s\nand should be\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c := contents[netip.MustParseAddrPort("192.0.2.1:42582")]
	if c == nil || !strings.HasPrefix(c.sides[0].String(), "GET / HTTP/1.1\r\n") || !strings.HasSuffix(c.sides[1].String(), "hello from 192.0.2.2\n") {
		t.Errorf("the first connection carried %+v", c)
	}
}

// The flows of whole captures are those that tshark's Community IDs tell.
func TestCommunityID(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tshark is not installed")
		}
		t.Skip("tshark is not installed")
	}
	files := []string{"../../examples/packet/web.pcap"}
	for _, name := range []string{"zeek-captures/icmp__5-pings.pcap", "zeek-captures/http__flash-version.pcap", "zeek-captures/http-qinq-0.pcap", "zeek-captures/chksums__ip6-icmp6-good-chksum.pcap", "zeek-captures/dns__mdns.pcap", "zeek-captures/dnp3__dnp3.pcap", "tcpdump-captures/icmpv6.pcap"} {
		switch file := filepath.Join("../../../shared/suites", name); {
		case exists(file):
			files = append(files, file)
		case os.Getenv("CI") != "":
			t.Fatalf("the capture %s is not there", name)
		}
	}
	for _, file := range files {
		out, err := exec.Command("tshark", "-n", "-r", file, "--enable-protocol", "communityid", "-T", "fields", "-e", "communityid", "-o", "ip.defragment:FALSE").Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		want := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); line != "" {
				want[line] = true
			}
		}
		got := map[string]bool{}
		for _, f := range ofFile(t, file, Config{}) {
			got[f.CommunityID()] = true
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: flows %v, and tshark has %v", file, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// A table that is full ends those that were silent the longest.
func TestEviction(t *testing.T) {
	var ended []string
	table := New(Config{Flows: 3}, func(f *Flow) { ended = append(ended, fmt.Sprint(f.Initiator.Port(), " ", f.End)) })
	now := time.Unix(1, 0)
	send := func(port uint16) {
		now = now.Add(time.Millisecond)
		p := seen{src: netip.MustParseAddr("192.0.2.1"), dst: netip.MustParseAddr("192.0.2.2"), sport: port, dport: 53, proto: protoUDP, size: 40}
		table.now = now
		table.expire()
		table.count(&table.inner, &p)
	}
	table.inner.ResetFrom(proto.Set().StartAt("data"), []byte{1}, 1)
	for _, port := range []uint16{1, 2, 3, 1, 4} {
		send(port)
	}
	now = now.Add(2 * time.Minute)
	send(5)
	if want := []string{"2 evicted", "3 idle", "1 idle", "4 idle"}; !slices.Equal(ended, want) {
		t.Errorf("%v, and should be %v", ended, want)
	}
}
