package ping

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/wire"
)

// network is a host a, a router r, and a host b behind it, which owns
// 10.2.0.0/16, too. The router's link to b takes packets of 1400 bytes.
type network struct{ a, r, b *netnstest.Namespace }

func newNetwork(t testing.TB) network {
	t.Helper()
	n := network{netnstest.New(t), netnstest.New(t), netnstest.New(t)}
	netnstest.Pair(t, n.a, "eth0", "10.1.0.1/24 2001:db8:1::1/64", n.r, "left", "10.1.0.254/24 2001:db8:1::fe/64")
	netnstest.Pair(t, n.r, "right", "10.3.0.254/24 2001:db8:2::fe/64", n.b, "eth0", "10.3.0.1/24 2001:db8:2::1/64")
	n.r.Router(t)
	n.r.Sysctl(t, "net.ipv4.icmp_ratemask", "0")
	n.r.Sysctl(t, "net.ipv6.icmp.ratelimit", "0")
	n.a.Sysctl(t, "net.ipv4.neigh.eth0.retrans_time_ms", "100")
	n.r.Run(t, "ip", "link", "set", "right", "mtu", "1400")
	n.b.Run(t, "ip", "link", "set", "eth0", "mtu", "1400")
	n.r.Run(t, "ip", "route", "add", "10.2.0.0/16", "via", "10.3.0.1")
	n.r.Run(t, "ip", "route", "add", "unreachable", "10.98.0.0/16")
	n.b.Run(t, "ip", "route", "add", "local", "10.2.0.0/16", "dev", "lo")
	for _, end := range []struct {
		n *netnstest.Namespace
		v [2]string
	}{{n.a, [2]string{"10.1.0.254", "2001:db8:1::fe"}}, {n.b, [2]string{"10.3.0.254", "2001:db8:2::fe"}}} {
		for _, via := range end.v {
			end.n.Run(t, "ip", "route", "add", "default", "via", via)
		}
	}
	n.a.Run(t, "ip", "route", "add", "unreachable", "10.97.0.0/16")
	return n
}

// unprivileged has a's groups ping without privileges.
func (n network) unprivileged(t testing.TB) {
	n.a.Sysctl(t, "net.ipv4.ping_group_range", "0 2147483647")
}

func open(t testing.TB, n *netnstest.Namespace, cfg Config) *Pinger {
	t.Helper()
	var p *Pinger
	n.Do(t, func() {
		var err error
		if p, err = Open(cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { p.Close() })
	return p
}

func addrs(words ...string) (list []netip.Addr) {
	for _, w := range words {
		list = append(list, netip.MustParseAddr(w))
	}
	return list
}

// run pings and collects what happens.
func collect(t testing.TB, p *Pinger, targets []netip.Addr) (events []Event, stats []Stats) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stats, err := p.Run(ctx, targets, func(e Event) error {
		events = append(events, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, stats
}

func eachWay(t *testing.T, f func(t *testing.T, n network)) {
	t.Helper()
	for _, way := range []string{"raw", "datagram"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			if way == "datagram" {
				n.unprivileged(t)
			}
			f(t, n)
		})
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, n network) {
		for _, size := range []int{56, 4, 1300} {
			p := open(t, n.a, Config{Count: 3, Interval: 20 * time.Millisecond, Size: size})
			targets := addrs("10.2.0.7", "2001:db8:2::1", "10.1.0.1", "10.3.0.1")
			events, stats := collect(t, p, targets)
			if len(events) != 12 {
				t.Fatalf("size %d: %d events: %v", size, len(events), events)
			}
			for _, e := range events {
				ttl := 63
				if e.Target == 2 {
					ttl = 64 // itself
				}
				if e.Kind != Reply || e.From != targets[e.Target] || e.TTL != ttl || e.Size != size+8 || e.Seq < 1 || e.Seq > 3 {
					t.Errorf("size %d: %+v", size, e)
				}
				if e.RTT <= 0 || e.RTT > time.Second || time.Since(e.Time).Abs() > 10*time.Second {
					t.Errorf("round trip %v, came at %v", e.RTT, e.Time)
				}
			}
			for i, s := range stats {
				if s.Sent != 3 || s.Received != 3 || s.Loss() != 0 || s.Min <= 0 || s.Min > s.Mean() || s.Mean() > s.Max || s.Deviation() > s.Max-s.Min {
					t.Errorf("target %d: %v", i, s)
				}
			}
		}
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, n network) {
		tests := []struct {
			name, dst string
			cfg       Config
			from, err string
		}{
			{"TTL", "10.2.0.7", Config{TTL: 1}, "10.1.0.254", "time to live exceeded in transit"},
			{"hop limit", "2001:db8:2::1", Config{TTL: 1}, "2001:db8:1::fe", "hop limit exceeded in transit"},
			{"unreachable", "10.98.0.1", Config{}, "10.1.0.254", "host unreachable"},
			{"no route of the router", "10.99.0.1", Config{}, "10.1.0.254", "network unreachable"},
			{"no route v6", "2001:db8:99::1", Config{}, "2001:db8:1::fe", "no route"},
			{"no route of this host", "10.97.0.1", Config{}, "", "no route to host"},
			{"path MTU", "10.2.0.7", Config{Size: 1440, PMTU: PMTUProbe}, "10.1.0.254", "fragmentation needed (MTU 1400)"},
			{"path MTU v6", "2001:db8:2::1", Config{Size: 1440, PMTU: PMTUProbe}, "2001:db8:1::fe", "packet too big (MTU 1400)"},
			{"own MTU", "10.2.0.8", Config{Size: 1480, PMTU: PMTUDo}, "", "message too long: the path takes packets of 1500 bytes"},
			{"own MTU v6", "2001:db8:2::1", Config{Size: 1480, PMTU: PMTUProbe}, "", "message too long: the path takes packets of 1500 bytes"},
			{"fragments", "10.2.0.7", Config{Size: 1480, PMTU: PMTUDont}, "10.2.0.7", ""},
			{"nobody on the link", "10.1.0.77", Config{Timeout: 10 * time.Second}, "10.1.0.1", "host unreachable"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				tt.cfg.Count = 1
				events, stats := collect(t, open(t, n.a, tt.cfg), addrs(tt.dst))
				if len(events) != 1 {
					t.Fatalf("%d events: %+v", len(events), events)
				}
				e := events[0]
				if tt.err == "" {
					if e.Kind != Reply {
						t.Errorf("got %v", e)
					}
					return
				}
				if e.Kind != Failed || e.Err == nil || e.Err.Error() != tt.err || e.From.IsValid() != (tt.from != "") || tt.from != "" && e.From.String() != tt.from {
					t.Errorf("got %+v: %v", e, e)
				}
				if stats[0].Failed != 1 || stats[0].Lost != 1 || stats[0].Sent != 1 || stats[0].Err == nil {
					t.Errorf("statistics %+v", stats[0])
				}
			})
		}
	})
}

// answerer answers echo requests to b in the kernel's place, as answer says:
// after those delays, once for each.
func (n network) answerer(t *testing.T, answer func(seq int) []time.Duration) {
	n.b.Sysctl(t, "net.ipv4.icmp_echo_ignore_all", "1")
	var conn net.PacketConn
	n.b.Do(t, func() {
		var err error
		if conn, err = net.ListenPacket("ip4:icmp", "0.0.0.0"); err != nil {
			t.Fatal(err)
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if buf[0] != 8 {
				continue
			}
			reply, err := packet.Build(nil, &packet.ICMP{Type: packet.Set(0), ID: uint16(buf[4])<<8 | uint16(buf[5]), Seq: uint16(buf[6])<<8 | uint16(buf[7])}, packet.Payload(buf[8:n]))
			if err != nil {
				t.Error(err)
				return
			}
			for _, d := range answer(int(buf[6])<<8 | int(buf[7])) {
				time.AfterFunc(d, func() { conn.WriteTo(reply, from) })
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
}

func TestLossLateAndDuplicates(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.answerer(t, func(seq int) []time.Duration {
		return [][]time.Duration{1: {0}, 2: {0, 10 * time.Millisecond}, 3: {500 * time.Millisecond}, 4: nil, 5: {0}, 6: nil}[seq]
	})
	p := open(t, n.a, Config{Count: 6, Interval: 200 * time.Millisecond, Timeout: 300 * time.Millisecond})
	events, stats := collect(t, p, addrs("10.3.0.1"))
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprintf("%d %v", e.Seq, e.Kind))
	}
	want := []string{"1 reply", "2 reply", "2 duplicate", "3 timeout", "3 late", "5 reply", "4 timeout", "6 timeout"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s := stats[0]
	if s.Sent != 6 || s.Received != 3 || s.Lost != 3 || s.Duplicates != 1 || s.LateOnes != 1 || s.Loss() != 0.5 {
		t.Errorf("statistics %+v", s)
	}
	if got := s.String(); !strings.HasPrefix(got, "6 sent, 3 received, 1 duplicates, 1 late, 50% loss, min/avg/max/mdev ") {
		t.Error(got)
	}
}

func TestOnceEndsWithThoseThatAnswered(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.answerer(t, func(seq int) []time.Duration {
		if seq < 3 {
			return nil
		}
		return []time.Duration{0}
	})
	p := open(t, n.a, Config{Count: 5, Interval: 50 * time.Millisecond, Timeout: 100 * time.Millisecond, Once: true})
	_, stats := collect(t, p, addrs("10.3.0.1", "10.1.0.254", "10.98.0.1"))
	if stats[0].Received != 1 || stats[0].Sent != 3 || stats[1].Received != 1 || stats[1].Sent != 1 || stats[2].Received != 0 || stats[2].Sent != 5 {
		t.Errorf("got %v", stats)
	}
}

func TestManyTargets(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	targets, err := ParseTargets(t.Context(), net.DefaultResolver, "ip", []string{"10.2.0.0/22"})
	if err != nil {
		t.Fatal(err)
	}
	var list []netip.Addr
	for _, target := range targets {
		list = append(list, target.Addr)
	}
	p := open(t, n.a, Config{Count: 2, Interval: 250 * time.Millisecond})
	begin := time.Now()
	_, stats := collect(t, p, list)
	for i, s := range stats {
		if s.Sent != 2 || s.Received != 2 {
			t.Errorf("%v: %v", list[i], s)
		}
	}
	if took := time.Since(begin); took < 450*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if p.Dropped() != 0 {
		t.Errorf("%d answers found no room", p.Dropped())
	}
	var reports atomic.Int32
	p = open(t, n.a, Config{Interval: 10 * time.Millisecond, Report: func(s []Stats) { reports.Add(int32(len(s))) }, ReportEvery: 20 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if stats, err = p.Run(ctx, list[:3], nil); err != nil || stats[0].Sent < 5 || stats[0].Loss() > 0 {
		t.Errorf("stopped: %v, %v", stats, err)
	}
	if n := reports.Load(); n < 9 || n > 33 {
		t.Errorf("%d reports of targets", n)
	}
	stop := errors.New("enough")
	if _, err := p.Run(t.Context(), list[:1], func(Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// Answers are read, and the end is seen, at a rate that cannot be reached.
func TestFlood(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	p := open(t, n.a, Config{Interval: time.Microsecond, Rate: 5e6, Timeout: 500 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	stats, err := p.Run(ctx, addrs("10.3.0.1"), nil)
	if took := time.Since(begin); err != nil || took > 5*time.Second {
		t.Errorf("took %v: %v", took, err)
	}
	if s := stats[0]; s.Received < 100 || s.Received > s.Sent {
		t.Errorf("got %v", s)
	}
}

// The round trips are those that a capture on the interface sees.
func TestRoundTripsAreTheWires(t *testing.T) {
	n := newNetwork(t)
	var capture *wire.Capture
	n.a.Do(t, func() {
		var err error
		if capture, err = wire.Open(wire.Config{Interface: "eth0", Snap: 128}); err != nil {
			t.Fatal(err)
		}
	})
	defer capture.Close()
	type key struct {
		addr [4]byte
		seq  [2]byte
	}
	seen := make(map[key][2]time.Time)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := capture.Run(ctx, func(_ int, frames []wire.Frame) error {
			for _, f := range frames {
				if len(f.Data) < 42 || f.Data[12] != 8 || f.Data[13] != 0 || f.Data[23] != 1 {
					continue
				}
				i := map[byte]int{8: 0, 0: 1}[f.Data[34]]
				k := key{[4]byte(f.Data[30-4*i:]), [2]byte(f.Data[40:])}
				at := seen[k]
				at[i] = f.Time
				seen[k] = at
			}
			return nil
		})
		done <- err
	}()
	var list []netip.Addr
	for i := range 1000 { // 10,000 a second
		list = append(list, netip.AddrFrom4([4]byte{10, 2, byte(i >> 8), byte(i)}))
	}
	p := open(t, n.a, Config{Count: 2, Interval: 100 * time.Millisecond})
	events, _ := collect(t, p, list)
	if !p.sockets[0].stamps {
		t.Error("the kernel does not tell when requests leave")
	}
	time.Sleep(20 * time.Millisecond) // the ring's blocks come each 10 ms
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var off []time.Duration
	for _, e := range events {
		at := seen[key{list[e.Target].As4(), [2]byte{0, byte(e.Seq)}}]
		if e.Kind != Reply || at[0].IsZero() || at[1].IsZero() {
			continue
		}
		off = append(off, (e.RTT - at[1].Sub(at[0])).Abs())
	}
	if len(off) < 1980 {
		t.Fatalf("%d of 2000 round trips", len(off))
	}
	slices.Sort(off)
	median, most := off[len(off)/2], off[len(off)*95/100]
	t.Logf("error of the round trips: median %v, 95%% up to %v, at most %v", median, most, off[len(off)-1])
	if median > 20*time.Microsecond || most > 200*time.Microsecond { // a machine that does other things, too
		t.Errorf("error of the round trips: median %v, 95%% up to %v", median, most)
	}
}

func TestAgainstFping(t *testing.T) {
	t.Parallel()
	fping, err := exec.LookPath("fping")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("fping is not installed")
		}
		t.Skip("fping is not installed")
	}
	n := newNetwork(t)
	n.b.Run(t, "ip", "route", "add", "blackhole", "10.2.5.0/24")
	targets := []string{"10.2.0.1", "10.1.0.254", "10.2.5.1", "10.98.0.1", "10.2.0.9", "10.3.0.1"}
	var out []byte
	n.a.Do(t, func() {
		out, _ = exec.CommandContext(t.Context(), fping, append([]string{"-q", "-c2", "-p100", "-t200"}, targets...)...).CombinedOutput()
	})
	var theirs []string
	line := regexp.MustCompile(`^(\S+)\s*: xmt/rcv/%loss = (\d+)/(\d+)/(\d+)%`)
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		if m := line.FindStringSubmatch(s.Text()); m != nil {
			theirs = append(theirs, strings.Join(m[1:], " "))
		}
	}
	_, stats := collect(t, open(t, n.a, Config{Count: 2, Interval: 100 * time.Millisecond, Timeout: 200 * time.Millisecond}), addrs(targets...))
	var ours []string
	for i, s := range stats {
		ours = append(ours, fmt.Sprintf("%s %d %d %.0f", targets[i], s.Sent, s.Received, 100*s.Loss()))
	}
	if !slices.Equal(ours, theirs) {
		t.Errorf("ours  %q\nfping %q\n%s", ours, theirs, out)
	}
}
