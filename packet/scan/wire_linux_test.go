package scan

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/netnstest"
)

// lab is two hosts with a cable between them: one scans the other.
type lab struct {
	here, there *netnstest.Namespace
}

const (
	there4 = "10.9.0.2"
	there6 = "2001:db8:9::2"
)

func newLab(t *testing.T) lab {
	t.Helper()
	l := lab{netnstest.New(t), netnstest.New(t)}
	netnstest.Pair(t, l.here, "eth0", "10.9.0.1/24 2001:db8:9::1/64", l.there, "eth0", there4+"/24 "+there6+"/64")
	l.there.Sysctl(t, "net.ipv4.icmp_ratelimit", "0")
	l.there.Sysctl(t, "net.ipv4.icmp_msgs_per_sec", "1000000")
	l.there.Sysctl(t, "net.ipv4.icmp_msgs_burst", "1000000")
	l.there.Sysctl(t, "net.ipv6.icmp.ratelimit", "0")
	return l
}

// listen opens TCP ports on the other host.
func (l lab) listen(t *testing.T, ports ...int) {
	t.Helper()
	l.there.Do(t, func() {
		for _, port := range ports {
			ln, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ln.Close() })
		}
	})
}

// filter loads rules for what comes to the other host.
func (l lab) filter(t *testing.T, rules ...string) {
	t.Helper()
	needs(t, "nft")
	l.there.Run(t, "nft", "table inet t { chain in { type filter hook input priority 0; "+strings.Join(rules, "; ")+"; }; }")
}

// verdicts are what was found, "open" by "10.9.0.2 80".
type verdicts map[string]string

// scan scans from a host to the end.
func scanFrom(t *testing.T, ns *netnstest.Namespace, cfg Config) (verdicts, Summary, *Report) {
	t.Helper()
	found, sum, report := begin(t, ns, cfg)(t.Context())
	if !sum.Complete || sum.Settled != sum.Pairs || len(found) != int(sum.Pairs) {
		t.Errorf("it is not complete: %d verdicts, %+v", len(found), sum)
	}
	return found, sum, report
}

// begin opens a scan that is to be run.
func begin(t *testing.T, ns *netnstest.Namespace, cfg Config) func(context.Context) (verdicts, Summary, *Report) {
	t.Helper()
	found := verdicts{}
	var report *Report
	also := cfg.Result
	cfg.Result = func(r Result) {
		where := fmt.Sprint(r.Addr, " ", r.Port)
		if was, again := found[where]; again {
			t.Errorf("%s is %s, and then %v", where, was, r.State)
		}
		found[where] = r.State.String()
		report.Add(r, Service{})
		if also != nil {
			also(r)
		}
	}
	cfg.Dial = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		ns.Do(t, func() { conn, err = new(net.Dialer).DialContext(ctx, network, address) })
		return conn, err
	}
	var s *Scanner
	ns.Do(t, func() {
		var err error
		if s, err = New(cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { s.Close() })
	report = s.NewReport()
	return func(ctx context.Context) (verdicts, Summary, *Report) {
		sum, err := s.Run(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return found, sum, report
	}
}

func ports(t *testing.T, text string) Ports {
	t.Helper()
	p, err := ParsePorts(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// nmap starts one; its verdicts are had by calling what it returns.
func nmap(t *testing.T, ns *netnstest.Namespace, args ...string) func(*testing.T) verdicts {
	t.Helper()
	needs(t, "nmap")
	cmd := exec.CommandContext(t.Context(), "nmap", append([]string{"-n", "-Pn", "-T4", "-oX", "-"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	ns.Start(t, cmd)
	return func(t *testing.T) verdicts {
		t.Helper()
		if err := cmd.Wait(); err != nil {
			t.Fatalf("nmap: %v", err)
		}
		return readXML(t, out.String())
	}
}

// readXML reads the verdicts from nmap's format.
func readXML(t *testing.T, text string) verdicts {
	t.Helper()
	var run xmlRun
	if err := xml.Unmarshal([]byte(text), &run); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found := verdicts{}
	for _, h := range run.Hosts {
		if h.Status.State == "down" {
			continue
		}
		for _, p := range h.Ports.Ports {
			found[fmt.Sprint(h.Address[0].Addr, " ", p.Port)] = p.State.State
		}
		for _, e := range h.Ports.Extra {
			count := 0
			for _, r := range e.Reasons {
				for _, p := range ports(t, r.Ports) {
					found[fmt.Sprint(h.Address[0].Addr, " ", p)] = e.State
					count++
				}
			}
			if count != e.Count {
				t.Errorf("%d ports are %s, but %d are listed", e.Count, e.State, count)
			}
		}
	}
	return found
}

func (v verdicts) same(t *testing.T, want verdicts, whose string) {
	t.Helper()
	if maps.Equal(v, want) {
		return
	}
	for _, where := range slices.Sorted(maps.Keys(want)) {
		if v[where] != want[where] {
			t.Errorf("%s is %q, %s %q", where, v[where], whose, want[where])
		}
	}
	if len(v) != len(want) {
		t.Errorf("%d verdicts, %s %d", len(v), whose, len(want))
	}
}

// toXML writes the report and reads it back.
func toXML(t *testing.T, r *Report, sum Summary) verdicts {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteXML(&out, XML{Args: "netwright scan", Version: "1"}, sum); err != nil {
		t.Fatal(err)
	}
	checkDTD(t, out.Bytes())
	return readXML(t, out.String())
}

// Every mode comes to nmap's verdicts, in its format too.
func TestVerdictsAreNmaps(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.listen(t, 22, 80, 443)
	l.filter(t,
		"tcp dport 90-94 drop",
		"tcp dport 95 reject with icmpx type admin-prohibited",
		"tcp dport 96 reject with icmpx type port-unreachable",
		"tcp dport 97 reject with tcp reset",
		"udp dport 100-101 drop",
		"udp dport 102 reject with icmpx type admin-prohibited")
	l.there.Do(t, func() {
		for _, port := range []string{":53", ":123"} {
			conn, err := net.ListenPacket("udp", port)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			go func() {
				buf := make([]byte, 2000)
				for {
					n, from, err := conn.ReadFrom(buf)
					if err != nil {
						return
					}
					conn.WriteTo(buf[:n], from)
				}
			}()
		}
	})
	var checks []func(*testing.T)
	var names []string
	for _, tt := range []struct {
		mode    Mode
		nmap    string
		ports   string
		targets []string
		connect string // nmap's option for connections
	}{
		{SYN, "-sS", "20-100,443", []string{there4}, "-sT"},
		{SYN, "-sS", "20-100,443", []string{there6}, ""},
		{ACK, "-sA", "80-100", []string{there6}, ""},
		{FIN, "-sF", "80-100", []string{there4}, ""},
		{NULL, "-sN", "80-100", []string{there6}, ""},
		{UDP, "-sU", "50-60,99-103,123", []string{there4}, "-sU"},
		{UDP, "-sU", "53,100-103", []string{there6}, ""},
	} {
		for _, target := range tt.targets {
			args := []string{"-p", tt.ports, target}
			if strings.Contains(target, ":") {
				args = append(args, "-6")
			}
			theirs := nmap(t, l.here, append(args, tt.nmap)...)
			var connected func(*testing.T) verdicts
			if tt.connect != "" {
				connected = nmap(t, l.here, append(args, tt.connect)...)
			}
			checks = append(checks, func(t *testing.T) {
				want := theirs(t)
				cfg := Config{Mode: tt.mode, Targets: ranges(t, target), Ports: ports(t, tt.ports), Wait: 500 * time.Millisecond}
				found, sum, report := scanFrom(t, l.here, cfg)
				found.same(t, want, "nmap's")
				toXML(t, report, sum).same(t, found, "the scan's")
				if connected == nil {
					return
				}
				cfg.Sockets = true
				found, _, _ = scanFrom(t, l.here, cfg)
				want = connected(t)
				for _, port := range []string{" 95", " 96"} {
					// Whether the kernel hears of an ICMP error while it is busy
					// with connecting is luck, for nmap as for us.
					delete(found, target+port)
					delete(want, target+port)
				}
				found.same(t, want, "nmap's of connections")
			})
			names = append(names, tt.mode.String()+" "+target)
		}
	}
	for i, check := range checks {
		t.Run(names[i], check)
	}
}

// All ports of a host: five of five, each time, and the end comes.
func TestAllPorts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	open := []int{22, 80, 443, 8080, 60001}
	l.listen(t, open...)
	for _, target := range []string{there4, there6, there4} {
		found, sum, _ := scanFrom(t, l.here, Config{Targets: ranges(t, target), Ports: ports(t, "-")})
		t.Logf("%s: %d sent in %v, slowed down %d times", target, sum.Sent, sum.Took, sum.Slowed)
		for _, port := range open {
			if got := found[fmt.Sprint(target, " ", port)]; got != "open" {
				t.Errorf("%s port %d is %s", target, port, got)
			}
		}
		if sum.Open != uint64(len(open)) {
			t.Errorf("%s: %d open", target, sum.Open)
		}
		if sum.Took > 20*time.Second {
			t.Errorf("%s: it took %v", target, sum.Took)
		}
	}
}

// This host's own addresses, which the loopback interface carries.
func TestLoopback(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.listen(t, 80)
	for _, target := range []string{"127.0.0.1", "::1", there4} {
		found, sum, _ := scanFrom(t, l.there, Config{Targets: ranges(t, target), Ports: ports(t, "70-90")})
		if found[target+" 80"] != "open" || sum.Open != 1 || found[target+" 81"] != "closed" {
			t.Errorf("%s: %v", target, found)
		}
	}
}

// Who loses two of ten is asked again, and nobody else: all are found.
func TestLostPacketsAreSentAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	open := []int{22, 80, 443, 800, 801}
	l.listen(t, open...)
	l.filter(t, "tcp flags syn numgen random mod 10 < 2 drop")
	for range 2 {
		found, sum, _ := scanFrom(t, l.here, Config{Targets: ranges(t, there4), Ports: ports(t, "1-1000"), Rate: 20_000, Fixed: true})
		if sum.Open != uint64(len(open)) {
			t.Errorf("%d open, %d sent", sum.Open, sum.Sent)
		}
		for where, state := range found {
			if state != "open" && state != "closed" {
				t.Errorf("%s is %s", where, state)
			}
		}
		if sum.Sent < 1120 || sum.Sent > 1500 {
			t.Errorf("%d were sent for 1000 of which two of ten are lost", sum.Sent)
		}
	}
}

// A host that takes 3,000 a second is not drowned.
func TestSlowsDown(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.listen(t, 80)
	l.filter(t, "tcp flags syn limit rate over 3000/second burst 200 packets drop")
	found, sum, _ := scanFrom(t, l.here, Config{Targets: ranges(t, there4), Ports: ports(t, "1-5000")})
	if sum.Slowed == 0 || sum.Open != 1 {
		t.Errorf("slowed down %d times, %d open", sum.Slowed, sum.Open)
	}
	silent := 0
	for _, state := range found {
		if state == "filtered" {
			silent++
		}
	}
	t.Logf("%d of 5000 stay silent; %d sent in %v, slowed down %d times", silent, sum.Sent, sum.Took, sum.Slowed)
	if silent > 50 {
		t.Errorf("%d of 5000 stay silent", silent)
	}
}

// A host that sends few ICMP errors is asked as slowly as it answers.
func TestUDPKeepsToTheLimitOfErrors(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.there.Sysctl(t, "net.ipv4.icmp_ratelimit", "500")
	found, sum, _ := scanFrom(t, l.here, Config{Mode: UDP, Targets: ranges(t, there4), Ports: ports(t, "1000-1009"), Wait: 300 * time.Millisecond})
	for where, state := range found {
		if state != "closed" {
			t.Errorf("%s is %s: %+v", where, state, sum)
		}
	}
}

// The rate is kept: never more, and less only as far as a busy machine makes it.
func TestRate(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, rate := range []float64{1000, 4000} {
		var first, last time.Time
		_, sum, _ := scanFrom(t, l.here, Config{Targets: ranges(t, there4), Ports: ports(t, "1-1000"), Rate: rate, Fixed: true, Result: func(r Result) {
			if first.IsZero() {
				first = r.Time
			}
			first, last = earlier(first, r.Time), later(last, r.Time)
		}})
		got := 999 / last.Sub(first).Seconds()
		if got > rate*1.03 || got < rate*0.3 {
			t.Errorf("answers came at %.0f a second, not at %v (slowed down %d times)", got, rate, sum.Slowed)
		}
	}
}

// A scan that was interrupted goes on where it was.
func TestResume(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.listen(t, 80)
	scanFrom(t, l.here, Config{Targets: ranges(t, there4, there6), Ports: Ports{80}}) // so that the neighbours are known
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg := Config{Targets: ranges(t, there4, there6), Ports: ports(t, "1-1000"), Rate: 4000}
	half := cfg
	answers := 0
	half.Result = func(Result) {
		if answers++; answers == 700 {
			cancel()
		}
	}
	first, sum, _ := begin(t, l.here, half)(ctx)
	if sum.Complete || sum.Next == 0 || sum.Next > 1500 {
		t.Fatalf("it was stopped at %+v", sum)
	}
	cfg.From = sum.Next
	second, sum2, report := begin(t, l.here, cfg)(t.Context())
	for _, h := range report.Hosts(true) {
		for _, g := range h.Others {
			if g.Reason == "no-response" {
				t.Errorf("%v is said to be silent on %v, which were asked before", h.Addr, g.Ports)
			}
		}
	}
	if !sum2.Complete || len(second) != 2000-int(sum.Next) {
		t.Errorf("it went on from %d with %d verdicts: %+v", sum.Next, len(second), sum2)
	}
	maps.Copy(first, second)
	if len(first) != 2000 || first[there4+" 80"] != "open" || first[there6+" 80"] != "open" {
		t.Errorf("both have %d verdicts", len(first))
	}
}

// Hosts on the link, behind a router, and this one.
func TestSweep(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	far := netnstest.New(t)
	netnstest.Pair(t, l.there, "eth1", "10.8.0.1/24 2001:db8:8::1/64", far, "eth0", "10.8.0.9/24 2001:db8:8::9/64")
	l.there.Router(t)
	l.here.Run(t, "ip", "route", "add", "10.8.0.0/24", "via", there4)
	l.here.Run(t, "ip", "route", "add", "2001:db8:8::/64", "via", there6)
	far.Run(t, "ip", "route", "add", "10.9.0.0/24", "via", "10.8.0.1")
	far.Run(t, "ip", "route", "add", "2001:db8:9::/64", "via", "2001:db8:8::1")
	up := map[string]string{}
	hardware := map[string]string{}
	cfg := Config{Mode: Sweep, Wait: 300 * time.Millisecond, Targets: ranges(t, "10.9.0.0/29", "2001:db8:9::1-2001:db8:9::7", "10.8.0.8/30", "2001:db8:8::8/126"),
		Result: func(r Result) {
			if r.State == Up {
				up[r.Addr.String()] = r.Reason
				hardware[r.Addr.String()] = r.Hardware
			}
		}}
	scanFrom(t, l.here, cfg)
	want := map[string]string{"10.9.0.1": "localhost-response", "2001:db8:9::1": "localhost-response", there4: "arp-response", there6: "nd-response",
		"10.8.0.9": "echo-reply", "2001:db8:8::9": "echo-reply"}
	if !maps.Equal(up, want) {
		t.Errorf("up: %v, want %v", up, want)
	}
	mac := strings.Fields(l.there.Run(t, "ip", "-br", "link", "show", "eth0"))[2]
	if hardware[there4] != mac || hardware[there6] != mac {
		t.Errorf("hardware addresses %v, want %s", hardware, mac)
	}

	// Without privileges: by connections, and where it is permitted by echo requests.
	cfg.Sockets = true
	for _, tt := range []struct{ groups, reason string }{{"1 0", "conn-refused"}, {"0 2147483647", "echo-reply"}} {
		l.here.Sysctl(t, "net.ipv4.ping_group_range", tt.groups)
		clear(up)
		scanFrom(t, l.here, cfg)
		for addr := range want {
			want[addr] = tt.reason
		}
		if !maps.Equal(up, want) {
			t.Errorf("by sockets, up: %v, want %v", up, want)
		}
	}
}

// Hosts that are not there are not taken for hosts that answer, though this
// host's kernel says of them that they cannot be reached.
func TestAbsentNeighbours(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.here.Sysctl(t, "net.ipv4.neigh.eth0.retrans_time_ms", "50")
	l.here.Sysctl(t, "net.ipv4.neigh.eth0.mcast_solicit", "1")
	reasons := map[string]int{}
	_, sum, report := scanFrom(t, l.here, Config{Targets: ranges(t, "10.9.0.2-10.9.0.40"), Ports: ports(t, "1-5"), Result: func(r Result) { reasons[r.Reason]++ }})
	if reasons["reset"] != 5 || reasons["no-neighbour"] == 0 || reasons["host-unreach"] > 0 {
		t.Errorf("%v", reasons)
	}
	if n := len(report.Hosts(true)); n != 1 || report.Up() != 1 || len(report.Silent()) != 38 || sum.Took > 10*time.Second {
		t.Errorf("%d hosts are listed, %d up, %d silent, after %v", n, report.Up(), len(report.Silent()), sum.Took)
	}
	toXML(t, report, sum)
}

// Where no route leads there is a verdict, and an error when that is all.
func TestNoRoute(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var s *Scanner
	l.here.Do(t, func() {
		var err error
		if s, err = New(Config{Targets: ranges(t, "10.77.0.1"), Ports: ports(t, "1-10")}); err != nil {
			t.Fatal(err)
		}
	})
	defer s.Close()
	sum, err := s.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "unreachable") || !sum.Complete {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestSourcesAreNotTheKernels(t *testing.T) {
	ns := netnstest.New(t)
	for _, local := range []string{"32768 60999", "1024 65535", "20000 65535"} {
		ns.Sysctl(t, "net.ipv4.ip_local_port_range", local)
		var low, high int
		fmt.Sscan(local, &low, &high)
		ns.Do(t, func() {
			base, err := chooseSources()
			if err != nil {
				t.Error(err)
			}
			if last := int(base) + sourcePorts - 1; low > 10_000 && int(base) <= high && last >= low || last > 65535 {
				t.Errorf("%s: %d to %d", local, base, last)
			}
		})
	}
}
