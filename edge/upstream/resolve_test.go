package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// nameServer answers from a zone in master-file form that can be changed.
type nameServer struct {
	mu      sync.Mutex
	records []dns.RR
	rcode   int
	cut     bool // makes clients come again over TCP
	asked   int
	address string
}

func (s *nameServer) set(t testing.TB, rcode int, lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcode, s.records = rcode, nil
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		s.records = append(s.records, rr)
	}
}

// overTCP makes clients ask again over TCP.
func (s *nameServer) overTCP(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = on
}

func (s *nameServer) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	m := new(dns.Msg).SetRcode(q, s.rcode)
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && s.cut {
		m.Truncated = true
		w.WriteMsg(m)
		return
	}
	for _, rr := range s.records {
		if h := rr.Header(); h.Rrtype == dns.TypeCNAME || h.Rrtype == q.Question[0].Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	w.WriteMsg(m)
}

// listenBoth opens a port that is free for UDP and for TCP.
func listenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	var clash error
	for range 20 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		stream, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, stream
		}
		packets.Close()
		clash = err
	}
	t.Fatal(clash)
	return nil, nil
}

// serveNames runs a name server on loopback, over UDP and TCP.
func serveNames(t testing.TB) *nameServer {
	t.Helper()
	packets, stream := listenBoth(t)
	s := &nameServer{address: packets.LocalAddr().String()}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: s}, {Listener: stream, Handler: s}} {
		ready := make(chan struct{})
		server.NotifyStartedFunc = func() { close(ready) }
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			server.ActivateAndServe()
		}()
		<-ready
		t.Cleanup(func() {
			server.Shutdown()
			<-ended
		})
	}
	return s
}

func TestLookupLearnsTTL(t *testing.T) {
	s := serveNames(t)
	r := &resolver{servers: []string{s.address}}
	for _, test := range []struct {
		name, network string
		records       []string
		want          []string
		ttl           time.Duration
	}{
		{"one", "ip", []string{"app.test. 60 IN A 192.0.2.1"}, []string{"192.0.2.1"}, time.Minute},
		{"shortest", "ip", []string{"app.test. 60 IN A 192.0.2.1", "app.test. 7 IN A 192.0.2.2"}, []string{"192.0.2.1", "192.0.2.2"}, 7 * time.Second},
		{"alias", "ip", []string{"app.test. 3 IN CNAME web.test.", "web.test. 60 IN A 192.0.2.1"}, []string{"192.0.2.1"}, 3 * time.Second},
		{"both", "ip", []string{"app.test. 60 IN A 127.0.0.1", "app.test. 5 IN AAAA ::1"}, []string{"127.0.0.1", "::1"}, 5 * time.Second},
		{"ipv6", "ip6", []string{"app.test. 60 IN AAAA ::1"}, []string{"::1"}, time.Minute},
		{"zero", "ip4", []string{"app.test. 0 IN A 192.0.2.1"}, []string{"192.0.2.1"}, 0},
	} {
		for _, cut := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				s.overTCP(cut)
				s.set(t, dns.RcodeSuccess, test.records...)
				found, ttl, err := r.lookup(t.Context(), test.network, "app.test")
				var got []string
				for _, a := range found {
					got = append(got, a.Unmap().String())
				}
				slices.Sort(got)
				if !hasIPv6() {
					test.want = slices.DeleteFunc(slices.Clone(test.want), func(a string) bool { return len(test.want) > 1 && a == "::1" })
				}
				if err != nil || !slices.Equal(got, test.want) || ttl != test.ttl {
					t.Errorf("over TCP %v: %v for %v, %v; want %v for %v", cut, got, ttl, err, test.want, test.ttl)
				}
			})
		}
	}
	s.overTCP(false)
	s.set(t, dns.RcodeNameError)
	if _, _, err := r.lookup(t.Context(), "ip", "app.test"); err == nil {
		t.Error("a name that does not exist was found")
	}
	// A server that refuses is passed over.
	s.set(t, dns.RcodeSuccess, "app.test. 60 IN A 192.0.2.1")
	other := serveNames(t)
	other.set(t, dns.RcodeRefused)
	r.servers = []string{other.address, s.address}
	if found, _, err := r.lookup(t.Context(), "ip", "app.test"); err != nil || len(found) != 1 || other.questions() == 0 {
		t.Errorf("with a second server: %v, %v", found, err)
	}
	// Names of the hosts file have no time to live.
	if _, ttl, err := (&resolver{}).lookup(t.Context(), "ip", "localhost"); err != nil || ttl >= 0 {
		t.Errorf("localhost: time to live %v, %v", ttl, err)
	}
}

func hasIPv6() bool {
	c, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv6loopback, Port: 9})
	if err == nil {
		c.Close()
	}
	return err == nil
}

func TestNamesAreFollowed(t *testing.T) {
	s := serveNames(t)
	s.set(t, dns.RcodeSuccess, "app.test. 0 IN A 127.0.0.2", "app.test. 0 IN A 127.0.0.3")
	p, err := New("test", Config{
		To:      targets("http://app.test:8080"),
		Resolve: ResolveConfig{Servers: []string{s.address}, Least: 10 * time.Millisecond, Family: "ipv4"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	seen := make(chan string, 100)
	p.OnEvent = func(e Event) { seen <- string(e.State) + " " + e.Address }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Serve(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for range want {
			select {
			case e := <-seen:
				got = append(got, strings.TrimSpace(e))
			case <-time.After(10 * time.Second):
				t.Fatalf("saw only %q of %q", got, want)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("saw %q, want %q", got, want)
		}
	}
	expect("added 127.0.0.2:8080", "added 127.0.0.3:8080", "removed app.test:8080")
	p.Drain("http://app.test:8080", true)
	expect("drained 127.0.0.2:8080", "drained 127.0.0.3:8080")
	s.set(t, dns.RcodeSuccess, "app.test. 0 IN A 127.0.0.3", "app.test. 0 IN A 127.0.0.4")
	expect("added 127.0.0.4:8080", "removed 127.0.0.2:8080")
	for _, target := range p.Status().Targets {
		if target.State != "draining" {
			t.Errorf("%s is %s, with its URL drained", target.Address, target.State)
		}
	}
	s.set(t, dns.RcodeServerFailure)
	expect("lookup failed")
	if got := p.Status().Targets; len(got) != 2 || got[0].Lookup == "" {
		t.Errorf("after a failed look-up: %+v", got)
	}
	s.set(t, dns.RcodeSuccess) // no records
	s.set(t, dns.RcodeSuccess, "app.test. 0 IN A 127.0.0.3", "app.test. 0 IN A 127.0.0.4")
	expect("looked up")
	if got := p.Status().Targets; len(got) != 2 || got[0].Lookup != "" {
		t.Errorf("after a good look-up: %+v", got)
	}
}

func TestNamesAreAskedAgainWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{
			To:      targets("http://app.test", "https://app.test", "http://127.0.0.1", "http://localhost"),
			Resolve: ResolveConfig{Every: 30 * time.Second, Most: time.Minute},
		})
		start := time.Now()
		var at []time.Duration
		answers := []struct {
			ttl time.Duration
			err error
		}{
			{0, nil}, {20 * time.Second, nil}, {-1, nil}, {time.Hour, nil},
			{0, errors.New("no answer")}, {0, errors.New("no answer")}, {0, errors.New("no answer")}, {10 * time.Second, nil},
		}
		p.Lookup = func(_ context.Context, network, name string) ([]netip.Addr, time.Duration, error) {
			if network != "ip" || name != "app.test" {
				t.Errorf("asked for %s %s", network, name)
			}
			a := answers[min(len(at), len(answers)-1)]
			at = append(at, time.Since(start)/time.Second)
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, a.ttl, a.err
		}
		run(t, p)
		time.Sleep(130 * time.Second)
		synctest.Wait()
		want := []time.Duration{0, 1, 21, 51, 111, 112, 114, 118, 128}
		if !slices.Equal(at, want) {
			t.Errorf("asked after %d, want %d seconds", at, want)
		}
		if got := p.Status().Targets; len(got) != 4 || got[1].Address != "192.0.2.1:443" || got[3].Address != "localhost:80" {
			t.Errorf("targets %+v", got)
		}
	})
}

func TestLookupOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: targets("http://app.test"), Resolve: ResolveConfig{Every: -1}})
		p.Lookup = func(context.Context, string, string) ([]netip.Addr, time.Duration, error) {
			t.Error("looked up")
			return nil, 0, errors.New("no")
		}
		run(t, p)
		time.Sleep(time.Hour)
		c := acquire(t, p, nil)
		if got := c.Target.Address(); got != "app.test:80" {
			t.Errorf("dialled %s", got)
		}
		c.Release(true)
	})
}

func FuzzStreamTap(f *testing.F) {
	m := new(dns.Msg).SetQuestion("app.test.", dns.TypeA)
	rr, _ := dns.NewRR("app.test. 7 IN A 192.0.2.1")
	m.Answer = append(m.Answer, rr)
	wire, _ := m.Pack()
	f.Add(append([]byte{0, byte(len(wire))}, wire...), uint8(3))
	f.Add([]byte{0, 0, 0, 1, 0, 0xff, 0xff}, uint8(1))
	// However a stream is cut into reads, the same is learnt, and nothing
	// that it says is changed.
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		learn := func(piece int) int64 {
			var ttl leastTTL
			ttl.seconds.Store(-1)
			near, far := net.Pipe()
			go func() {
				far.Write(stream)
				far.Close()
			}()
			tap := &streamTap{Conn: near, ttl: &ttl}
			var got []byte
			for buf := make([]byte, piece); ; {
				n, err := tap.Read(buf)
				got = append(got, buf[:n]...)
				if err != nil {
					break
				}
			}
			near.Close()
			if string(got) != string(stream) {
				t.Fatalf("read %q of %q", got, stream)
			}
			return ttl.seconds.Load()
		}
		if whole, cut := learn(len(stream)+1), learn(int(piece)+1); whole != cut {
			t.Errorf("time to live %d, in pieces %d", whole, cut)
		}
	})
}
