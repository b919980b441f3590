package dissect

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

// web reads the frames of the example capture up to the n-th.
func web(t testing.TB, n int) *Packet {
	t.Helper()
	r, err := pcap.Open("../../examples/packet/web.pcap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	p := NewPacket(proto.Set())
	var captured pcap.Packet
	for range n {
		if err := r.Read(&captured); err != nil {
			t.Fatal(err)
		}
		p.Read(&captured)
	}
	return p
}

func TestLines(t *testing.T) {
	lines := NewLines(proto.Set())
	for n, want := range map[int]string{
		9:  "    9 1.961449 96:bc:63:ba:b0:fc → ff:ff:ff:ff:ff:ff ARP 42 request 192.0.2.1 → 192.0.2.2\n",
		11: "   11 1.961465 192.0.2.1 → 192.0.2.2 TCP 74 42582 → 80 [SYN] Seq=4252827213 Win=64240 Len=0 MSS=1460 SACK_PERM TSval=3615664407 TSecr=0 WS=1024\n",
		14: "   14 1.961529 192.0.2.1 → 192.0.2.2 HTTP 139 GET / HTTP/1.1\n",
		28: "   28 1.989854 192.0.2.2 → 192.0.2.1 HTTP 251 HTTP/1.0 404 File not found\n",
		35: "   35 2.177454 192.0.2.1 → 192.0.2.2 DNS 75 query 0x1a2b A www.example.com\n",
		36: "   36 2.177485 192.0.2.2 → 192.0.2.1 ICMP 103 Destination unreachable (port unreachable)\n",
	} {
		if got := string(lines.Append(nil, web(t, n))); !strings.HasPrefix(got, want) {
			t.Errorf("line %d is %q, and should begin %q", n, got, want)
		}
	}
	p := web(t, 11)
	p.Time = time.Date(2026, 11, 21, 12, 30, 1, 250_003_000, time.UTC)
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	for format, want := range map[TimeFormat]string{
		Clock: "   11 12:30:01.250003 192", Date: "   11 2026-11-21T12:30:01.250003Z 192", Epoch: "   11 1795264201.250003 192", NoTime: "   11 192.0.2.1",
	} {
		l := NewLines(proto.Set())
		l.Time = format
		if got := string(l.Append(nil, p)); !strings.HasPrefix(got, want) {
			t.Errorf("format %d: %q, and should begin %q", format, got, want)
		}
	}
}

// What a line says of protocols that come in several shapes.
func TestSummaries(t *testing.T) {
	set := proto.Set()
	lines := NewLines(set)
	lines.Time = NoTime
	for _, test := range []struct{ begin, hex, want string }{
		{"icmp", "0800 f7ff 43d7 0001", "Echo (ping) request id=17367 seq=1"},
		{"icmp", "0304 0000 0000 05dc 4500", "Destination unreachable MTU 1500 (fragmentation needed)"},
		{"icmp", "0b00 0000 0000 0000 4500", "Time-to-live exceeded (in transit)"},
		{"icmp", "0363 0000 0000 0000 4500", "Destination unreachable code 99"},
		{"icmp", "0300", "Destination unreachable (network unreachable)"},
		{"icmpv6", "8000 0000 0001 0002", "Echo (ping) request id=0x0001 seq=2"},
		{"icmpv6", "8700 0000 0000 0000 fe80 0000 0000 0000 0000 0000 0000 0001", "Neighbor Solicitation for fe80::1"},
		{"icmpv6", "8900 0000 0000 0000 fe80 0000 0000 0000 0000 0000 0000 0002 fe80 0000 0000 0000 0000 0000 0000 0003", "Redirect for fe80::2"},
		{"dns", "0007 8180 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001 0001 0000 003c 0004 c000 0207", "response 0x0007 NoError A a → 192.0.2.7"},
		{"dns", "0007 8183 0001 0000 0000 0000 0161 00 001c 0001", "response 0x0007 NXDomain AAAA a"},
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(test.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		p := NewPacketAt(set, test.begin)
		p.Read(&pcap.Packet{Data: data, Length: len(data)})
		if got := string(lines.Append(nil, p)); !strings.Contains(got, test.want+"\n") && !strings.Contains(got, test.want+" [") {
			t.Errorf("%s %s: %q, and should say %q", test.begin, test.hex, got, test.want)
		}
	}
}

// Of a capture on all interfaces a line says by which a frame came or went.
func TestLineOfAnyInterface(t *testing.T) {
	web := web(t, 11)
	data := append([]byte{0x08, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0}, web.Data[14:]...)
	p := NewPacket(proto.Set())
	lines := NewLines(proto.Set())
	lines.Time = NoTime
	lines.Interface = func(index int) string { return fmt.Sprintf("eth%d", index) }
	for way, want := range map[byte]string{4: "    1 eth7 out 192.0.2.1 → ", 0: "    1 eth7 in 192.0.2.1 → "} {
		data[10], p.Number = way, 0
		p.Read(&pcap.Packet{Data: data, Length: len(data), LinkType: pcap.LinkSLL2})
		if got := string(lines.Append(nil, p)); !strings.HasPrefix(got, want) {
			t.Errorf("%q, and should begin %q", got, want)
		}
	}
}

// What is cut or malformed is said.
func TestLineOfBadFrames(t *testing.T) {
	lines := NewLines(proto.Set())
	p := web(t, 11)
	whole := append([]byte(nil), p.Data...)
	p.Read(&pcap.Packet{Data: whole[:40], Length: 40, LinkType: pcap.LinkEthernet})
	if got := string(lines.Append(nil, p)); !strings.HasSuffix(got, " [malformed: the header is cut off]\n") {
		t.Error(got)
	}
	p.Read(&pcap.Packet{Data: whole[:60], Length: len(whole), LinkType: pcap.LinkEthernet})
	if got := string(lines.Append(nil, p)); !strings.Contains(got, "malformed") && !strings.HasSuffix(got, " [cut at 60]\n") {
		t.Error(got)
	}
}

func TestTree(t *testing.T) {
	tree := Tree{Names: true}
	got := string(tree.Append(nil, web(t, 11)))
	for _, want := range []string{
		"Frame 11: 74 bytes on the wire, 74 captured, 2026-11-21 12:51:19.746511000 UTC\n",
		"Internet Protocol Version 4\n  0100 .... = Version: 4  (ip.version)\n",
		"    .... ..1. = Syn: 1  (tcp.flags.syn)\n", "  Source Address: 192.0.2.1  (ip.src)\n", "  Destination Port: 80  (tcp.dstport)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the tree has no %q:\n%s", want, got)
		}
	}
	if !strings.HasSuffix(got, "\n\n") {
		t.Error("the tree ends without an empty line")
	}
}

func TestJSON(t *testing.T) {
	j := NewJSON(proto.Set())
	var got struct {
		Frame struct {
			Number, Len, Captured int
			Time                  time.Time
			Link                  string
		}
		Layers []struct {
			Proto    string
			Off, Len int
			Fields   map[string]any
		}
	}
	text := j.Append(nil, web(t, 12))
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if got.Frame.Number != 12 || got.Frame.Len != 74 || got.Frame.Link != "EN10MB" || got.Frame.Time.Nanosecond() != 746527000 {
		t.Errorf("the frame is %+v", got.Frame)
	}
	tcp := got.Layers[2]
	if tcp.Proto != "tcp" || tcp.Off != 34 || tcp.Len != 40 || tcp.Fields["tcp.flags.syn"] != true || tcp.Fields["tcp.srcport"] != 80.0 || got.Layers[1].Fields["ip.src"] != "192.0.2.2" {
		t.Errorf("tcp is %+v", tcp)
	}
}

// A field that comes several times is an array, what is in a group its own
// object, and neither takes anything of the other.
func TestJSONGroups(t *testing.T) {
	set, err := layer.NewSet(&layer.Proto{Name: "data"}, &layer.Proto{Name: "x", Fields: []layer.Field{
		{Name: "x.n", Bits: 8},
		{Name: "x.g", Kind: layer.Group, Repeat: "n", Sub: []layer.Field{{Name: "x.v", Bits: 8}, {Name: "x.n", Bits: 8, Repeat: "v"}}},
		{Name: "x.text", Kind: layer.String},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPacketAt(set, "x")
	data := []byte{2, 1, 7, 2, 8, 9, 'a', '"', '\\', 0x01, 0xFF, 0xC3, 0xA4}
	p.Read(&pcap.Packet{Data: data, Length: len(data)})
	got := string(NewJSON(set).Append(nil, p))
	want := `"fields":{"x.n":2,"x.g":[{"x.v":1,"x.n":7},{"x.v":2,"x.n":[8,9]}],"x.text":"a\"\\\u0001\ufffdä"}`
	if !strings.Contains(got, want) {
		t.Errorf("%s\nhas no\n%s", got, want)
	}
}

func TestFields(t *testing.T) {
	f, err := NewFields(proto.Set(), []string{"frame.number", "ip.addr", "tcp.dport", "udp.dstport", "frame.protocols", "frame.time_epoch"})
	if err != nil {
		t.Fatal(err)
	}
	f.Separator = "|"
	if got, want := string(f.Append(nil, web(t, 11))), "11|192.0.2.1,192.0.2.2|80||eth:ip:tcp|1795265479.746511000\n"; got != want {
		t.Errorf("%q, and should be %q", got, want)
	}
	if _, err := NewFields(proto.Set(), []string{"tcp.dstprt"}); err == nil || !strings.Contains(err.Error(), "did you mean \"tcp.dstport\"?") {
		t.Error(err)
	}
}

func TestHex(t *testing.T) {
	want := "0000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n0010  00 7e                                             .~\n"
	if got := string(AppendHex(nil, []byte("0123456789abcdef\x00~"))); got != want {
		t.Errorf("%q, and should be\n%q", got, want)
	}
	if got := string(AppendHex(nil, make([]byte, 0x10010))); !strings.Contains(got, "\nfff0  00") || !strings.Contains(got, "\n10000  00") {
		t.Error("offsets beyond 64 KiB are wrong")
	}
}

func TestStats(t *testing.T) {
	var s Stats
	for n := range 38 {
		s.Add(web(t, n+1))
	}
	var b strings.Builder
	if err := s.WriteHierarchy(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "    tcp                                    26") {
		t.Error(b.String())
	}
	c := s.Conversations()
	if s.Frames != 38 || len(c) < 5 || c[0].A != "192.0.2.1:42598" || c[0].FramesAB != 7 || c[0].BytesBA != 858 {
		t.Errorf("%d frames, %+v", s.Frames, c[0])
	}
}

func TestNothingIsAllocated(t *testing.T) {
	p := web(t, 14)
	captured := pcap.Packet{Data: append([]byte(nil), p.Data...), Length: p.Wire, LinkType: p.Link, Time: p.Time}
	lines, tree, j := NewLines(proto.Set()), &Tree{}, NewJSON(proto.Set())
	out := make([]byte, 0, 1<<16)
	for name, print := range map[string]func(){
		"line": func() { p.Read(&captured); out = lines.Append(out[:0], p) },
		"tree": func() { p.Read(&captured); out = tree.Append(out[:0], p) },
		"JSON": func() { p.Read(&captured); out = j.Append(out[:0], p) },
	} {
		if n := testing.AllocsPerRun(50, print); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// all prints a frame in every way.
type all struct {
	p     *Packet
	lines *Lines
	tree  Tree
	json  *JSON
	stats Stats
	out   []byte
}

func newAll() *all {
	return &all{p: NewPacket(proto.Set()), lines: NewLines(proto.Set()), json: NewJSON(proto.Set())}
}

func (a *all) print(t testing.TB, data []byte, link pcap.LinkType) {
	a.p.Read(&pcap.Packet{Data: data, Length: len(data), LinkType: link})
	a.out = a.lines.Append(a.out[:0], a.p)
	if strings.Count(string(a.out), "\n") != 1 {
		t.Fatalf("%x: not one line: %q", data, a.out)
	}
	a.out = a.tree.Append(a.out[:0], a.p)
	a.stats.Add(a.p)
	if a.out = a.json.Append(a.out[:0], a.p); !json.Valid(a.out) {
		t.Fatalf("%x: %s", data, a.out)
	}
}

// Whatever a frame is, a line is one line and JSON is valid.
func FuzzPrint(f *testing.F) {
	for _, n := range []int{1, 9, 11, 14, 35, 36} {
		f.Add(web(f, n).Data, uint16(pcap.LinkEthernet))
	}
	a := newAll()
	f.Fuzz(func(t *testing.T, data []byte, link uint16) { a.print(t, data, pcap.LinkType(link)) })
}

// Every frame of the suites, whole and cut shorter and shorter.
func TestSuites(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	files := suiteFiles(t)
	a := newAll()
	frames := 0
	for _, file := range files {
		r, err := pcap.Open(file)
		if err != nil {
			continue // some are no captures, on purpose
		}
		var p pcap.Packet
		for n := 0; r.Read(&p) == nil; n++ {
			frames++
			a.print(t, p.Data, p.LinkType)
			if n < 3 { // the e2e test cuts all of them at every length
				for cut := 0; cut < len(p.Data); cut += 1 + len(p.Data)/16 {
					a.print(t, p.Data[:cut], p.LinkType)
				}
			}
		}
		r.Close()
	}
	if frames < 10_000 {
		t.Errorf("but %d frames were read", frames)
	}
}

func suiteFiles(t testing.TB) []string {
	var files []string
	for _, dir := range []string{"tcpdump-captures", "zeek-captures", "libpcap-filter/captures"} {
		entries, err := os.ReadDir("../../../shared/suites/" + dir)
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip("the captures in ../shared/suites are not there")
		}
		for _, e := range entries {
			files = append(files, "../../../shared/suites/"+dir+"/"+e.Name())
		}
	}
	return files
}
