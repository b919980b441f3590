package endpoint

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A fake network: how long each address takes, and whether it then answers.
type fakeNet map[string]struct {
	after time.Duration
	fails bool
}

type fakeConn struct {
	net.Conn
	addr   string
	closed *[]string
}

func (c fakeConn) Close() error {
	*c.closed = append(*c.closed, c.addr)
	return nil
}

func TestRace(t *testing.T) {
	const never = time.Hour
	f := func(name string, network fakeNet, wins string, took time.Duration) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				tried := make(chan string, 3)
				start := time.Now()
				conn, err := race(ctx, []string{"a", "b", "c"}, func(ctx context.Context, addr string) (net.Conn, error) {
					tried <- addr
					select {
					case <-time.After(network[addr].after):
					case <-ctx.Done():
						return nil, ctx.Err()
					}
					if network[addr].fails {
						return nil, errors.New(addr + " failed")
					}
					return fakeConn{addr: addr, closed: new([]string)}, nil
				})
				got := ""
				if err == nil {
					got = conn.(fakeConn).addr
				}
				if got != wins || time.Since(start) != took {
					t.Errorf("%q after %s, %v; want %q after %s", got, time.Since(start), err, wins, took)
				}
				close(tried)
				var order string
				for addr := range tried {
					order += addr
				}
				if !strings.HasPrefix("abc", order) {
					t.Errorf("tried %s", order)
				}
				if wins == "" && took < time.Second && strings.Count(err.Error(), "failed") != 3 {
					t.Errorf("%v does not name each attempt", err)
				}
			})
		})
	}
	f("the first is quick", fakeNet{"a": {after: time.Millisecond}}, "a", time.Millisecond)
	f("a failure starts the next at once", fakeNet{"a": {time.Millisecond, true}, "b": {after: time.Millisecond}}, "b", 2*time.Millisecond)
	f("a silent one is overtaken", fakeNet{"a": {after: never}, "b": {after: time.Millisecond}}, "b", attemptDelay+time.Millisecond)
	f("two silent ones", fakeNet{"a": {after: never}, "b": {after: never}, "c": {}}, "c", 2*attemptDelay)
	f("a slow one still wins", fakeNet{"a": {after: 300 * time.Millisecond}, "b": {after: never}, "c": {after: never}}, "a", 300*time.Millisecond)
	f("all fail", fakeNet{"a": {0, true}, "b": {0, true}, "c": {0, true}}, "", 0)
	f("all silent", fakeNet{"a": {after: never}, "b": {after: never}, "c": {after: never}}, "", 10*time.Second)
}

// A connection that comes too late is closed, not leaked.
func TestRaceClosesLosers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var closed []string
		conn, err := race(t.Context(), []string{"a", "b"}, func(ctx context.Context, addr string) (net.Conn, error) {
			time.Sleep(map[string]time.Duration{"a": 400 * time.Millisecond, "b": 200 * time.Millisecond}[addr])
			return fakeConn{addr: addr, closed: &closed}, nil
		})
		if err != nil || conn.(fakeConn).addr != "a" || len(closed) != 1 || closed[0] != "b" {
			t.Errorf("%v won, %v, closed %v", conn, err, closed)
		}
	})
}

func TestInterleave(t *testing.T) {
	var in []netip.Addr
	for _, s := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "::ffff:192.0.2.1", "192.0.2.2"} {
		in = append(in, netip.MustParseAddr(s))
	}
	var out []string
	for _, a := range interleave(in) {
		out = append(out, a.String())
	}
	if got, want := strings.Join(out, " "), "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A resolver that never answers does not take the whole of the dial's time.
func TestDNSTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dialer{Timeout: time.Minute, Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}}
		start := time.Now()
		_, err := d.Dial(t.Context(), mustParse(t, "tcp://slow.test:1"))
		var e *Error
		if !errors.As(err, &e) || e.Step != StepResolve || !e.Timeout() || time.Since(start) > dnsTimeout+time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}
