package trace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/ping"
)

func traceIn(t *testing.T, n *netnstest.Namespace, cfg Config, target string) *Trace {
	t.Helper()
	var tracer *Tracer
	var result *Trace
	n.Do(t, func() { // the route is asked for there
		var err error
		if tracer, err = Open(cfg); err != nil {
			t.Fatal(err)
		}
		defer tracer.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if result, err = tracer.Run(ctx, netip.MustParseAddr(target), nil); err != nil {
			t.Fatal(err)
		}
		if ctx.Err() != nil {
			t.Fatal("it did not end")
		}
	})
	return result
}

// way is the hops of a trace in words: "10.8.1.1 * 10.9.0.1".
func way(r *Trace) string {
	var words []string
	for _, h := range r.Hops {
		var at []string
		for _, n := range h.Nodes {
			at = append(at, n.Addr.String())
		}
		slices.Sort(at)
		if at == nil {
			at = []string{"*"}
		}
		words = append(words, strings.Join(at, "|"))
	}
	return strings.Join(words, " ")
}

// methods are all the ways to send probes.
func methods() map[string]Config {
	return map[string]Config{
		"raw UDP": {Method: UDP}, "datagram UDP": {Method: UDP, datagrams: true},
		"raw ICMP": {Method: ICMP}, "datagram ICMP": {Method: ICMP, datagrams: true}, "TCP": {Method: TCP},
	}
}

func each(t *testing.T, f func(t *testing.T, cfg Config)) {
	t.Helper()
	for name, cfg := range methods() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, cfg)
		})
	}
}

func (i *internet) pingable(t *testing.T) *netnstest.Namespace {
	n := i.start(t)
	n.Sysctl(t, "net.ipv4.ping_group_range", "0 2147483647")
	return n
}

func TestSimulated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, cfg Config) {
		i := &internet{hops: 5, labels: func(ttl int) []uint32 {
			if ttl == 2 {
				return []uint32{100<<12 | 5<<9 | 3, 200<<12 | 1<<8 | 7}
			}
			return nil
		}}
		n := i.pingable(t)
		if cfg.Method == ICMP && !cfg.datagrams {
			n.Sysctl(t, "net.ipv4.ping_group_range", "1 0")
		}
		for _, tt := range []struct{ target, want string }{
			{"10.9.0.1", "10.8.1.1 10.8.2.1 10.8.3.1 10.8.4.1 10.8.5.1 10.9.0.1"},
			{"2001:db8:9::1", "2001:db8:8::1:1 2001:db8:8::2:1 2001:db8:8::3:1 2001:db8:8::4:1 2001:db8:8::5:1 2001:db8:9::1"},
		} {
			begin := time.Now()
			r := traceIn(t, n, cfg, tt.target)
			if got := way(r); got != tt.want || !r.Reached {
				t.Errorf("got %s, reached %v, want %s", got, r.Reached, tt.want)
			}
			for _, h := range r.Hops {
				if h.Sent != 3 || h.Lost != 0 || h.Loss() != 0 || len(h.Nodes) != 1 || h.Nodes[0].Received != 3 || h.Nodes[0].Best <= 0 || h.Nodes[0].Max > time.Second || len(h.Events) != 3 {
					t.Errorf("hop %+v", h)
				}
				var labels []Label
				if h.TTL == 2 {
					labels = []Label{{100, 5, false, 3}, {200, 0, true, 7}}
				}
				if len(h.Nodes) > 0 && !slices.Equal(h.Nodes[0].Labels, labels) {
					t.Errorf("hop %d: labels %v", h.TTL, h.Nodes[0].Labels)
				}
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		}
		if flows := i.seen(); len(flows) != 2 { // one of each IP
			t.Errorf("%d flows were seen: %x", len(flows), flows)
		}
	})
}

// Labels are found where routers do not tell the place, and probes where they
// quote but eight bytes.
func TestOldRouters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, cfg Config) {
		i := &internet{hops: 3, oldStyle: true, labels: func(int) []uint32 { return []uint32{77<<12 | 1<<8 | 1} }}
		n := i.pingable(t)
		for _, h := range traceIn(t, n, cfg, "10.9.0.1").Hops[:3] {
			if len(h.Nodes) != 1 || !slices.Equal(h.Nodes[0].Labels, []Label{{77, 0, true, 1}}) {
				t.Errorf("hop %d: %+v", h.TTL, h.Nodes)
			}
		}
		i = &internet{hops: 3, quote: 8}
		n = i.pingable(t)
		cfg.Hops, cfg.Timeout = 6, 200*time.Millisecond
		if got := way(traceIn(t, n, cfg, "10.9.0.1")); got != "10.8.1.1 10.8.2.1 10.8.3.1 10.9.0.1" {
			t.Errorf("short quotations: %s", got)
		}
	})
}

func TestLossAndSilence(t *testing.T) {
	t.Parallel()
	i := &internet{hops: 4, lost: func(ttl, nth int) bool { return ttl == 2 || ttl == 3 && nth == 2 }}
	r := traceIn(t, i.start(t), Config{Timeout: 300 * time.Millisecond}, "10.9.0.1")
	if got := way(r); got != "10.8.1.1 * 10.8.3.1 10.8.4.1 10.9.0.1" {
		t.Error(got)
	}
	if h := r.Hops[1]; h.Lost != 3 || h.Loss() != 1 {
		t.Errorf("%+v", h)
	}
	if h := r.Hops[2]; h.Lost != 1 || h.Sent != 3 || h.Nodes[0].Received != 2 {
		t.Errorf("%+v", h)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, cfg Config) {
		i := &internet{hops: 4, width: func(ttl int) int { return []int{0, 1, 3, 6, 1, 1}[ttl] }}
		n := i.pingable(t)
		cfg.Paths, cfg.Gap = true, 100*time.Microsecond
		r := traceIn(t, n, cfg, "10.9.0.1")
		// The last digits of an address are those of the router.
		want := "10.8.1.1 10.8.2.1|10.8.2.2|10.8.2.3 10.8.3.1|10.8.3.2|10.8.3.3|10.8.3.4|10.8.3.5|10.8.3.6 10.8.4.1 10.9.0.1"
		if got := way(r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		for k := range r.Hops[2].Nodes {
			if len(r.Before(2, k)) == 0 {
				t.Errorf("nobody is before %v", r.Hops[2].Nodes[k])
			}
		}
		if h := r.Hops[0]; h.Sent < 6 || h.Sent > 6+3 { // those besides show ways to the next
			t.Errorf("a hop with one router got %d probes", h.Sent)
		}
		if h := r.Hops[2]; h.Sent < 33 || h.Sent > 60 {
			t.Errorf("a hop with six routers got %d probes", h.Sent)
		}
	})
}

func TestMTU(t *testing.T) {
	t.Parallel()
	for name, cfg := range methods() {
		if cfg.Method == TCP {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &internet{hops: 5, mtu: func(ttl int) int { return map[int]int{2: 1400, 4: 1300}[ttl] }}
			n := i.pingable(t)
			cfg.MTU = true
			for _, target := range []string{"10.9.0.1", "2001:db8:9::1"} {
				r := traceIn(t, n, cfg, target)
				var got []int
				for _, h := range r.Hops {
					got = append(got, h.MTU)
				}
				if want := []int{1500, 1500, 1400, 1400, 1300, 1300}; !slices.Equal(got, want) || r.MTU != 1300 || !r.Reached {
					t.Errorf("%s: MTUs %v, path %d (%v), want %v", target, got, r.MTU, way(r), want)
				}
			}
		})
	}
}

// routers are three routers of the kernel's between a and b.
func routers(t *testing.T) (a, b *netnstest.Namespace) {
	t.Helper()
	n := make([]*netnstest.Namespace, 5)
	for i := range n {
		n[i] = netnstest.New(t)
		n[i].Sysctl(t, "net.ipv4.icmp_ratemask", "0")
		n[i].Sysctl(t, "net.ipv6.icmp.ratelimit", "0")
	}
	for i := range 4 {
		netnstest.Pair(t, n[i], "right", fmt.Sprintf("10.%d.0.1/24 2001:db8:%d::1/64", i+1, i+1), n[i+1], "left", fmt.Sprintf("10.%d.0.2/24 2001:db8:%d::2/64", i+1, i+1))
	}
	for i := range n {
		if i > 0 && i < 4 {
			n[i].Router(t)
		}
		if i < 4 {
			n[i].Run(t, "ip", "route", "add", "default", "via", fmt.Sprintf("10.%d.0.2", i+1))
			n[i].Run(t, "ip", "route", "add", "default", "via", fmt.Sprintf("2001:db8:%d::2", i+1))
		}
		for k := 1; k < i; k++ { // back to the left
			n[i].Run(t, "ip", "route", "add", fmt.Sprintf("10.%d.0.0/24", k), "via", fmt.Sprintf("10.%d.0.1", i))
			n[i].Run(t, "ip", "route", "add", fmt.Sprintf("2001:db8:%d::/64", k), "via", fmt.Sprintf("2001:db8:%d::1", i))
		}
	}
	n[3].Run(t, "ip", "route", "add", "prohibit", "10.77.0.0/16")
	n[0].Sysctl(t, "net.ipv4.ping_group_range", "0 2147483647")
	answers(t, n[0], "2001:db8:4::2")
	return n[0], n[4]
}

func TestThroughThreeRouters(t *testing.T) {
	t.Parallel()
	a, b := routers(t)
	for name, cfg := range methods() {
		for _, tt := range []struct{ target, want string }{
			{"10.4.0.2", "10.1.0.2 10.2.0.2 10.3.0.2 10.4.0.2"},
			{"2001:db8:4::2", "2001:db8:1::2 2001:db8:2::2 2001:db8:3::2 2001:db8:4::2"},
		} {
			r := traceIn(t, a, cfg, tt.target)
			if got := way(r); got != tt.want || !r.Reached {
				t.Errorf("%s: got %s, reached %v, want %s", name, got, r.Reached, tt.want)
			}
			for _, h := range r.Hops {
				if h.Sent != 3 || h.Lost != 0 {
					t.Errorf("%s: hop %+v", name, h)
				}
			}
		}
		cfg.Probes = 1 // such errors are few in a second, whatever the settings
		r := traceIn(t, a, cfg, "10.77.0.1")
		if got := way(r); got != "10.1.0.2 10.2.0.2 10.3.0.2" {
			t.Errorf("%s: prohibited: %s", name, got)
			continue
		}
		last := r.Hops[len(r.Hops)-1].Nodes[0]
		var icmp *ping.ICMPError
		if r.Reached || last.Kind != Unreachable || !errors.As(last.Err, &icmp) || icmp.Code != 13 {
			t.Errorf("%s: prohibited: reached %v, %v", name, r.Reached, last.Err)
		}
	}
	theirs := debians(t, a, "10.4.0.2")
	for tool, way := range theirs {
		if way != "10.1.0.2 10.2.0.2 10.3.0.2 10.4.0.2" {
			t.Errorf("%s sees %s", tool, way)
		}
	}
	// Loss: the second router drops what it would send, of what expired there.
	nft(t, b, a)
}

// nft has the host lose half of the answers, and sees that an endless trace
// counts them.
func nft(t *testing.T, b, a *netnstest.Namespace) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("nftables is not installed")
		}
		t.Skip("nftables is not installed")
	}
	b.Run(t, "nft", "add table ip t; add chain ip t c { type filter hook input priority 0; }; add rule ip t c icmp type echo-request numgen inc mod 2 == 1 drop")
	a.Do(t, func() {
		tracer, err := Open(Config{Method: ICMP, Endless: true, Interval: 20 * time.Millisecond, Timeout: 100 * time.Millisecond, Gap: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer tracer.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := tracer.Run(ctx, netip.MustParseAddr("10.4.0.2"), func(_ Event, r *Trace) error {
			if len(r.Hops) == 4 && r.Hops[3].Lost >= 10 {
				return ErrStop
			}
			return nil
		})
		if err != nil || ctx.Err() != nil || len(r.Hops) != 4 {
			t.Fatal(err, ctx.Err(), r)
		}
		if h := r.Hops[3]; h.Loss() < 0.35 || h.Loss() > 0.65 {
			t.Errorf("loss of %v at the host", h.Loss())
		}
		for _, h := range r.Hops[:3] {
			if h.Loss() > 0 || h.Nodes[0].Received < 15 || h.Nodes[0].Jitter <= 0 || h.Nodes[0].Deviation() <= 0 {
				t.Errorf("hop %d: loss %v, %+v", h.TTL, h.Loss(), h.Nodes[0].Stats)
			}
		}
	})
}

// debians are the ways that Debian's tools see.
func debians(t *testing.T, n *netnstest.Namespace, target string) map[string]string {
	t.Helper()
	ways := make(map[string]string)
	run := func(name string, args ...string) string {
		path, err := exec.LookPath(name)
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(name, " is not installed")
			}
			t.Log(name, " is not installed")
			return ""
		}
		return n.Run(t, path, args...)
	}
	if out := run("traceroute", "-n", "-q1", "-w1", target); out != "" {
		var hops []string
		for _, m := range regexp.MustCompile(`(?m)^ *\d+ +(\S+)`).FindAllStringSubmatch(out, -1) {
			hops = append(hops, m[1])
		}
		ways["traceroute"] = strings.Join(hops, " ")
	}
	if out := run("mtr", "--json", "-n", "-c1", "-i0.2", "-G1", "-Z1", target); out != "" {
		var report struct {
			Report struct{ Hubs []struct{ Host string } }
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatalf("mtr: %v\n%s", err, out)
		}
		var hops []string
		for _, h := range report.Report.Hubs {
			hops = append(hops, h.Host)
		}
		ways["mtr"] = strings.Join(hops, " ")
	}
	return ways
}

// What Debian's traceroute reads of MPLS labels is what we read.
func TestLabelsAgainstTraceroute(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("traceroute")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("traceroute is not installed")
		}
		t.Skip("traceroute is not installed")
	}
	i := &internet{hops: 2, labels: func(ttl int) []uint32 { return []uint32{uint32(ttl)*1000<<12 | 2<<9 | 1<<8 | 9} }}
	n := i.start(t)
	out := n.Run(t, path, "-n", "-e", "-q1", "-w1", "10.9.0.1")
	var theirs, ours []string
	for _, m := range regexp.MustCompile(`<MPLS:L=(\d+),E=(\d+),S=(\d),T=(\d+)>`).FindAllStringSubmatch(out, -1) {
		theirs = append(theirs, strings.Join(m[1:], " "))
	}
	for _, h := range traceIn(t, n, Config{}, "10.9.0.1").Hops {
		for _, l := range h.Nodes[0].Labels {
			ours = append(ours, fmt.Sprintf("%d %d %d %d", l.Label, l.Class, map[bool]int{true: 1}[l.Bottom], l.TTL))
		}
	}
	if len(theirs) != 3 || !slices.Equal(ours, theirs) {
		t.Errorf("ours %v, traceroute's %v\n%s", ours, theirs, out)
	}
}
