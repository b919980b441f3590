package dissect

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

// segments makes frames of IPv4 in a row, and prints the line of each.
type segments struct {
	t     testing.TB
	p     *Packet
	lines *Lines
}

func newSegments(t testing.TB, relative bool) *segments {
	s := &segments{t, NewPacket(proto.Set()), NewLines(proto.Set())}
	s.lines.Time, s.lines.Relative = NoTime, relative
	return s
}

// frame is a segment from a port to another; ports above 1023 are of 192.0.2.1.
func frame(t testing.TB, from, to uint16, tcp packet.TCP, payload string) []byte {
	t.Helper()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	if from < 1024 {
		a, b = b, a
	}
	tcp.SrcPort, tcp.DstPort = from, to
	f, err := packet.Build(nil, &packet.Ethernet{}, &packet.IPv4{Src: a, Dst: b}, &tcp, packet.Payload(payload))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (s *segments) read(f []byte) {
	s.p.Read(&pcap.Packet{Time: time.Unix(1, 0), Data: f, Length: len(f), LinkType: pcap.LinkEthernet})
}

// line is what follows the ports.
func (s *segments) line(from, to uint16, tcp packet.TCP, payload string) string {
	s.t.Helper()
	s.read(frame(s.t, from, to, tcp, payload))
	line := string(s.lines.Append(nil, s.p))
	_, rest, _ := strings.Cut(line, " [")
	return "[" + strings.TrimSpace(rest)
}

const (
	syn, ack, fin = packet.TCPFlags(2), packet.TCPFlags(16), packet.TCPFlags(1)
)

func TestRelative(t *testing.T) {
	scaled := []byte{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7}
	plain := []byte{2, 4, 5, 0xb4}
	window := func(n uint64) packet.Opt { return packet.Set(n) }
	type step struct {
		from, to uint16
		tcp      packet.TCP
		payload  string
		want     string
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"from its begin", []step{
			{4000, 9, packet.TCP{Seq: 0xfffffffe, Flags: syn, Window: window(1000), Options: scaled}, "", "[SYN] Seq=0 Win=1000 Len=0 MSS=1460 SACK_PERM TSval=7 TSecr=0 WS=128"},
			{9, 4000, packet.TCP{Seq: 5, Ack: 0xffffffff, Flags: syn | ack, Window: window(1000), Options: scaled[:8]}, "", ""},
			{4000, 9, packet.TCP{Seq: 0xffffffff, Ack: 6, Flags: ack, Window: window(10)}, "hello", "[ACK] Seq=1 Ack=1 Win=10 Len=5"},
			{9, 4000, packet.TCP{Seq: 6, Ack: 4, Flags: ack | fin, Window: window(10)}, "", "[FIN, ACK] Seq=1 Ack=6 Win=10 Len=0"},
		}},
		{"both scale", []step{
			{4000, 9, packet.TCP{Seq: 7, Flags: syn, Options: scaled}, "", ""},
			{9, 4000, packet.TCP{Seq: 9, Ack: 8, Flags: syn | ack, Options: []byte{3, 3, 200, 0}}, "", "[SYN, ACK] Seq=0 Ack=1 Win=8192 Len=0 WS=16384"},
			{4000, 9, packet.TCP{Seq: 8, Ack: 10, Flags: ack, Window: window(10)}, "", "[ACK] Seq=1 Ack=1 Win=1280 Len=0"},
			{9, 4000, packet.TCP{Seq: 10, Ack: 8, Flags: ack, Window: window(65535)}, "", "[ACK] Seq=1 Ack=1 Win=1073725440 Len=0"},
		}},
		{"one does not", []step{
			{4000, 9, packet.TCP{Seq: 7, Flags: syn, Options: scaled}, "", ""},
			{9, 4000, packet.TCP{Seq: 9, Ack: 8, Flags: syn | ack, Options: plain}, "", "[SYN, ACK] Seq=0 Ack=1 Win=8192 Len=0 MSS=1460"},
			{4000, 9, packet.TCP{Seq: 8, Ack: 10, Flags: ack, Window: window(10)}, "", "[ACK] Seq=1 Ack=1 Win=10 Len=0"},
		}},
		{"from the answer on", []step{
			{9, 4000, packet.TCP{Seq: 9, Ack: 8, Flags: syn | ack, Options: scaled}, "", ""},
			{4000, 9, packet.TCP{Seq: 8, Ack: 10, Flags: ack, Window: window(10)}, "", "[ACK] Seq=1 Ack=1 Win=10 Len=0"},
			{9, 4000, packet.TCP{Seq: 10, Ack: 8, Flags: ack, Window: window(10)}, "", "[ACK] Seq=1 Ack=1 Win=1280 Len=0"},
		}},
		{"in its middle", []step{
			{9, 4000, packet.TCP{Seq: 1000, Ack: 2000, Flags: ack, Window: window(10)}, "12345", "[ACK] Seq=1 Ack=1 Win=10 Len=5"},
			{4000, 9, packet.TCP{Seq: 2000, Ack: 1005, Flags: ack, Window: window(10)}, "", "[ACK] Seq=1 Ack=6 Win=10 Len=0"},
			{4000, 9, packet.TCP{Seq: 2000, Flags: 4}, "", "[RST] Seq=1 Win=8192 Len=0"},
		}},
		{"refused", []step{
			{4000, 9, packet.TCP{Seq: 1000, Flags: syn, Options: plain}, "", "[SYN] Seq=0 Win=8192 Len=0 MSS=1460"},
			{9, 4000, packet.TCP{Seq: 0, Ack: 1001, Flags: 4 | ack, Window: window(0)}, "", "[RST, ACK] Seq=1 Ack=1 Win=0 Len=0"},
		}},
		{"sent again, and a new one by the same ports", []step{
			{4000, 9, packet.TCP{Seq: 1000, Flags: syn}, "", "[SYN] Seq=0 Win=8192 Len=0"},
			{4000, 9, packet.TCP{Seq: 1000, Flags: syn}, "", "[SYN] Seq=0 Win=8192 Len=0"},
			{9, 4000, packet.TCP{Seq: 50, Ack: 1001, Flags: syn | ack}, "", "[SYN, ACK] Seq=0 Ack=1 Win=8192 Len=0"},
			{4000, 9, packet.TCP{Seq: 7000, Flags: syn}, "", "[SYN] Seq=0 Win=8192 Len=0"},
			{9, 4000, packet.TCP{Seq: 90, Ack: 7001, Flags: syn | ack}, "", "[SYN, ACK] Seq=0 Ack=1 Win=8192 Len=0"},
		}},
		{"options that are cut", []step{
			{4000, 9, packet.TCP{Flags: syn, Options: []byte{1, 1, 2, 4}}, "", "[SYN] Seq=0 Win=8192 Len=0"},
			{4001, 9, packet.TCP{Flags: syn, Options: []byte{2, 0, 3, 3}}, "", "[SYN] Seq=0 Win=8192 Len=0"},
			{4002, 9, packet.TCP{Flags: syn, Options: []byte{0, 4, 2, 0}}, "", "[SYN] Seq=0 Win=8192 Len=0"},
			{4003, 9, packet.TCP{Flags: syn, Options: []byte{2, 3, 9, 4, 2, 3, 2, 1}}, "", "[SYN] Seq=0 Win=8192 Len=0 SACK_PERM"},
		}},
	}
	for _, tt := range tests {
		s := newSegments(t, true)
		for i, step := range tt.steps {
			got := s.line(step.from, step.to, step.tcp, step.payload)
			if step.want != "" && got != step.want {
				t.Errorf("%s, %d:\ngot  %s\nwant %s", tt.name, i+1, got, step.want)
			}
		}
	}

	s := newSegments(t, false)
	if got, want := s.line(4000, 9, packet.TCP{Seq: 1000, Flags: syn, Options: plain}, ""), "[SYN] Seq=1000 Win=8192 Len=0 MSS=1460"; got != want {
		t.Errorf("as it was sent: %s, want %s", got, want)
	}
}

// What is not printed counts, too, and so does a segment that is summed up by what
// it carries.
func TestRelativeToWhatIsNotPrinted(t *testing.T) {
	s := newSegments(t, true)
	s.read(frame(t, 4000, 80, packet.TCP{Seq: 1000, Flags: syn}, ""))
	s.lines.See(s.p)
	if got, want := s.line(4000, 80, packet.TCP{Seq: 1101, Ack: 7, Flags: ack}, ""), "[ACK] Seq=101 Ack=1 Win=8192 Len=0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.read(frame(t, 4001, 80, packet.TCP{Seq: 1000, Ack: 7, Flags: ack}, "GET / HTTP/1.1\r\n\r\n"))
	if line := string(s.lines.Append(nil, s.p)); !strings.Contains(line, " HTTP ") {
		t.Fatal(line)
	}
	if got, want := s.line(80, 4001, packet.TCP{Seq: 7, Ack: 1018, Flags: ack}, ""), "[ACK] Seq=1 Ack=19 Win=8192 Len=0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// However many connections there are, those that go on stay known, and the others
// are forgotten.
func TestConnectionsAreBounded(t *testing.T) {
	s := newSegments(t, true)
	s.line(4000, 9, packet.TCP{Seq: 1000, Flags: syn}, "")
	f := frame(t, 5000, 443, packet.TCP{Seq: 1, Flags: syn}, "")
	for i := range 3 * maxConnections {
		binary.BigEndian.PutUint16(f[34:], uint16(1024+i%60000))
		binary.BigEndian.PutUint16(f[28:], uint16(i/60000)) // of the source address
		s.read(f)
		s.lines.See(s.p)
		if i%(maxConnections/2) == 0 {
			if got, want := s.line(4000, 9, packet.TCP{Seq: 1000 + uint32(i), Ack: 1, Flags: ack}, ""), fmt.Sprintf("[ACK] Seq=%d Ack=1 Win=8192 Len=0", i); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
	if n := len(s.lines.known.recent) + len(s.lines.known.older); n > 2*maxConnections || n < maxConnections {
		t.Errorf("%d are known", n)
	}
}

// BenchmarkLines prints lines of the small segments of a thousand connections, and
// of frames of all kinds.
func BenchmarkLines(b *testing.B) {
	var small, mixed []pcap.Packet
	for i := range 2000 {
		f := frame(b, uint16(20000+i%1000), 443, packet.TCP{Seq: uint32(i) * 999_983, Ack: 3_000_000_000 + uint32(i), Flags: ack}, "")
		small = append(small, pcap.Packet{Time: time.Unix(1, int64(i)), Data: f, Length: len(f), LinkType: pcap.LinkEthernet})
	}
	framestest.Each(b, 20, func(f framestest.Frame) {
		mixed = append(mixed, pcap.Packet{Time: time.Unix(1, 0), Data: f.Data, Length: f.Length, LinkType: f.LinkType})
	})
	for _, kind := range []struct {
		name   string
		frames []pcap.Packet
	}{{"small", small}, {"mixed", mixed}} {
		for _, relative := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/relative=%t", kind.name, relative), func(b *testing.B) {
				s := newSegments(b, relative)
				s.lines.Time = Relative
				var out []byte
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					s.p.Read(&kind.frames[i%len(kind.frames)])
					out = s.lines.Append(out[:0], s.p)
				}
			})
		}
	}
}

// Sequence numbers and windows are those that tshark tells.
func TestRelativeAsTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tshark is not installed")
		}
		t.Skip("tshark is not installed")
	}
	suites := suiteFiles(t)
	files := []string{"../../examples/packet/web.pcap"}
	for _, name := range []string{"http__zeek-image-1080-80-x.pcapng", "http__m57-long-49600-80.pcap", "chksums__ip6-tcp-good-chksum.pcap"} {
		i := slices.IndexFunc(suites, func(file string) bool { return filepath.Base(file) == name })
		if i < 0 {
			t.Fatalf("there is no capture %s", name)
		}
		files = append(files, suites[i])
	}
	for _, file := range files {
		fields := exec.CommandContext(t.Context(), tshark, "-n", "-r", file, "-Y", "tcp.seq", "-T", "fields", "-e", "frame.number", "-e", "tcp.seq", "-e", "tcp.ack", "-e", "tcp.window_size")
		out, err := fields.Output()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		want := map[string]string{}
		for line := range strings.Lines(string(out)) {
			number, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
			want[number] = rest
		}
		compared := 0
		lines := NewLines(proto.Set())
		lines.Relative = true
		shown := regexp.MustCompile(`^ *(\d+) .* TCP \d+ .* Seq=(\d+)(?: Ack=(\d+))? Win=(\d+) `)
		r, err := pcap.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		p := NewPacket(proto.Set())
		for captured := new(pcap.Packet); r.Read(captured) == nil; {
			p.Read(captured)
			if m := shown.FindStringSubmatch(string(lines.Append(nil, p))); m != nil {
				compared++
				if got := m[2] + "\t" + cmp.Or(m[3], "0") + "\t" + m[4]; got != want[m[1]] {
					t.Errorf("%s: packet %s: %q, and tshark says %q", file, m[1], got, want[m[1]])
				}
			}
		}
		r.Close()
		if compared == 0 {
			t.Errorf("%s: no line was compared", file)
		}
	}
}
