package upstream

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// network is an in-memory network: what is dialled is served by a function,
// or refused.
type network struct {
	mu     sync.Mutex
	serve  map[string]func(net.Conn) // by address; nil refuses
	dialed map[string]int
	far    []net.Conn
	open   sync.WaitGroup
}

func newNetwork() *network {
	return &network{serve: make(map[string]func(net.Conn)), dialed: make(map[string]int)}
}

var errRefused = errors.New("connection refused")

func (n *network) set(address string, serve func(net.Conn)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.serve[address] = serve
}

func (n *network) dials(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dialed[address]
}

func (n *network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	serve := n.serve[address]
	n.dialed[address]++
	n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if serve == nil {
		return nil, errRefused
	}
	near, far := net.Pipe()
	n.mu.Lock()
	n.far = append(n.far, far)
	n.mu.Unlock()
	n.open.Go(func() {
		defer far.Close()
		serve(far)
	})
	return near, nil
}

// silent serves nothing until the other side closes.
func silent(c net.Conn) {
	var b [1]byte
	c.Read(b[:])
}

func targets(urls ...string) []TargetConfig {
	var list []TargetConfig
	for _, u := range urls {
		list = append(list, TargetConfig{URL: u})
	}
	return list
}

// newPool makes a pool on an in-memory network where every target of cfg
// accepts connections.
func newPool(t testing.TB, cfg Config) (*Pool, *network) {
	t.Helper()
	p, err := New("test", cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := newNetwork()
	p.Dial = n.Dial
	for _, target := range p.targets {
		n.set(target.address, silent)
	}
	t.Cleanup(func() {
		p.Close()
		for _, c := range n.far {
			c.Close()
		}
		n.open.Wait()
	})
	return p, n
}

func acquire(t testing.TB, p *Pool, c *Choice) *Conn {
	t.Helper()
	if c == nil {
		c = &Choice{}
	}
	conn, err := p.Acquire(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestConnectionIsReused(t *testing.T) {
	p, n := newPool(t, Config{To: targets("http://10.0.0.1")})
	first := acquire(t, p, nil)
	if first.Reused || first.Target.Host() != "10.0.0.1" || first.Target.Address() != "10.0.0.1:80" {
		t.Fatalf("first: reused %v, host %q, address %q", first.Reused, first.Target.Host(), first.Target.Address())
	}
	first.Codec = "kept"
	first.Release(true)
	second := acquire(t, p, nil)
	if second != first || !second.Reused || second.Codec != "kept" {
		t.Fatalf("second: %p after %p, reused %v, codec %v", second, first, second.Reused, second.Codec)
	}
	third := acquire(t, p, nil) // none idle
	if third == second {
		t.Fatal("a connection in use was given out")
	}
	second.Release(true)
	third.Release(false)
	fresh := acquire(t, p, &Choice{Fresh: true})
	if fresh.Reused || fresh == second {
		t.Fatal("fresh: got an idle connection")
	}
	fresh.Release(true)
	if got := n.dials("10.0.0.1:80"); got != 3 {
		t.Errorf("dialled %d times, want 3", got)
	}
	s := p.Status()
	if got := s.Targets[0]; got.Idle != 2 || got.Active != 0 || got.Requests != 4 || got.Dials != 3 || s.Active != 0 {
		t.Errorf("status: %+v", got)
	}
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Keepalive: KeepaliveConfig{Idle: 2}})
	var conns []*Conn
	for range 5 {
		conns = append(conns, acquire(t, p, nil))
	}
	for _, c := range conns {
		c.Release(true)
	}
	if got := p.Status().Targets[0].Idle; got != 2 {
		t.Errorf("%d idle connections, want 2", got)
	}
}

func TestDialErrorAvoidsTheTarget(t *testing.T) {
	p, n := newPool(t, Config{To: targets("http://10.0.0.1", "http://10.0.0.2")})
	n.set("10.0.0.1:80", nil)
	for range 20 {
		var c Choice
		conn, err := p.Acquire(context.Background(), &c)
		if dial, ok := errors.AsType[*DialError](err); ok {
			if dial.Target.Address() != "10.0.0.1:80" || !errors.Is(err, errRefused) {
				t.Fatalf("error %v", err)
			}
			conn, err = p.Acquire(context.Background(), &c)
		}
		if err != nil || conn.Target.Address() != "10.0.0.2:80" {
			t.Fatalf("got %v, %v", conn, err)
		}
		conn.Release(true)
	}
}

func TestCanceledDialIsNotTheTargetsFault(t *testing.T) {
	p, _ := newPool(t, Config{To: targets("http://10.0.0.1")})
	p.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, errors.New("operation was canceled")
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := p.Acquire(ctx, &Choice{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if s := p.Status(); s.Targets[0].Errors != 0 || s.Active != 0 || s.Targets[0].Active != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestClosedPool(t *testing.T) {
	p, n := newPool(t, Config{To: targets("http://10.0.0.1")})
	used, idle := acquire(t, p, nil), acquire(t, p, nil)
	idle.Release(true)
	p.Close()
	if _, err := p.Acquire(context.Background(), &Choice{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Acquire: %v", err)
	}
	select {
	case <-used.Target.Gone():
	default:
		t.Error("the target is not gone")
	}
	used.Release(true)
	n.open.Wait() // both are closed
}

func BenchmarkAcquireRelease(b *testing.B) {
	for _, bench := range []struct {
		name    string
		targets int
		balance string
		limit   int
	}{
		{"least-requests/2", 2, "least-requests", 0},
		{"least-requests/10", 10, "least-requests", 0},
		{"least-requests/10/limited", 10, "least-requests", 100},
		{"round-robin/10", 10, "round-robin", 0},
		{"random/10", 10, "random", 0},
		{"hash/10", 10, "hash", 0},
	} {
		cfg := Config{Balance: BalanceConfig{Policy: bench.balance}, Connections: bench.limit}
		for i := range bench.targets {
			cfg.To = append(cfg.To, TargetConfig{URL: "http://10.0.0." + string(rune('0'+i))})
		}
		p, _ := newPool(b, cfg)
		for _, t := range p.targets { // warm: an idle connection to each
			for range 4 {
				near, far := net.Pipe()
				far.Close()
				t.idle.push(&Conn{Conn: near, Target: t}, 100)
			}
		}
		ctx := context.Background()
		run := func(next func() bool) {
			var c Choice
			for next() {
				c.Hash = mix(c.Hash + 1)
				conn, err := p.Acquire(ctx, &c)
				if err != nil {
					b.Error(err)
					return
				}
				conn.Release(true)
			}
		}
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b.Loop)
		})
		b.Run(bench.name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) { run(pb.Next) })
		})
	}
}

func TestAcquireOfIdleConnectionDoesNotAllocate(t *testing.T) {
	for policy := range policies {
		p, _ := newPool(t, Config{
			To: many(10), Balance: BalanceConfig{Policy: policy}, Connections: 10, Sticky: &StickyConfig{},
			Circuit: &CircuitConfig{}, Eject: EjectConfig{After: 3},
		})
		var conns []*Conn
		for range 20 {
			conns = append(conns, acquire(t, p, nil))
		}
		for _, c := range conns {
			c.Release(true)
		}
		ctx := t.Context()
		c := Choice{Sticky: []byte(conns[0].Target.Cookie())}
		if got := testing.AllocsPerRun(100, func() {
			conn, err := p.Acquire(ctx, &c)
			if err != nil {
				t.Fatal(err)
			}
			conn.Target.Report(200, nil, time.Millisecond)
			conn.Release(true)
		}); got != 0 {
			t.Errorf("%s: %v allocations", policy, got)
		}
	}
}

func TestEventsAreLogged(t *testing.T) {
	var out strings.Builder
	p, err := New("shop", Config{To: targets("http://10.0.0.1:8080", "http://10.0.0.2")}, slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Drain("http://10.0.0.1:8080", true)
	p.Drain("http://10.0.0.2", true)
	fail(p.targets[0], 1)
	p.note(Event{State: PanicOn, Detail: "too few"})
	p.announce()
	var got []string
	for line := range strings.Lines(out.String()) {
		_, what, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ") // without its time
		got = append(got, what)
	}
	want := []string{
		`level=INFO msg="upstream drained" pool=shop target=http://10.0.0.1:8080`,
		`level=INFO msg="upstream drained" pool=shop target=http://10.0.0.2 address=10.0.0.2:80`,
		`level=WARN msg="upstream panic" pool=shop detail="too few"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("logged:\n%s", strings.Join(got, "\n"))
	}
}
