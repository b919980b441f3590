package upstream

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// answering serves each connection one answer.
func answering(answer func() string) func(net.Conn) {
	return func(c net.Conn) {
		buf := make([]byte, 4096)
		if n, _ := c.Read(buf); n > 0 {
			c.Write([]byte(answer()))
		}
		c.Read(buf)
	}
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := newPool(t, Config{
			To:        many(2),
			Health:    &HealthConfig{Path: "/healthz", Body: "fine", Every: 2 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3, Jitter: -1},
			SlowStart: 10 * time.Second,
		})
		const good = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nI'm fine"
		var sick atomic.Pointer[string]
		n.set("10.0.0.1:80", answering(func() string {
			if s := sick.Load(); s != nil {
				return *s
			}
			return good
		}))
		n.set("10.0.0.2:80", answering(func() string { return good }))
		q := run(t, p)
		time.Sleep(100 * time.Millisecond)
		if s := p.Status().Targets[0]; s.State != "up" || !s.Check.OK || s.Check.Problem != "" {
			t.Errorf("at first: %+v", s)
		}
		for _, c := range []struct{ answer, problem string }{
			{"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "status 503"},
			{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad", `the body does not contain "fine"`},
			{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10), "no answer"},
			{"SSH-2.0-OpenSSH_9.9\r\n", "no answer"},
			{"", "no answer within 1s"}, // the far side says nothing
		} {
			sick.Store(&c.answer)
			time.Sleep(4 * time.Second)
			expectState(t, p, 0, "up")  // two are not three
			time.Sleep(3 * time.Second) // the third, with its timeout
			expectState(t, p, 0, "down")
			expectStates(t, q, "1:80 down")
			if s := p.Status().Targets[0]; !strings.Contains(s.Check.Problem, c.problem) {
				t.Errorf("problem %q, want %q", s.Check.Problem, c.problem)
			}
			if got := draw(p, 10, anything); got[p.targets[0]] != 0 {
				t.Errorf("%d requests to a target that is down", got[p.targets[0]])
			}
			sick.Store(nil)
			time.Sleep(2 * time.Second)
			expectState(t, p, 0, "down") // one is not two
			time.Sleep(time.Second)
			expectState(t, p, 0, "warming")
			expectStates(t, q, "1:80 up")
			time.Sleep(12 * time.Second)
			expectState(t, p, 0, "up")
		}
		if err := p.Reconfigure(Config{To: many(2)}); err != nil { // no checks any more
			t.Fatal(err)
		}
		synctest.Wait()
		before := n.dials("10.0.0.1:80")
		time.Sleep(time.Minute)
		if got := n.dials("10.0.0.1:80"); got != before {
			t.Errorf("%d checks after they were taken out", got-before)
		}
	})
}

func TestHealthByTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := newPool(t, Config{To: many(2), Health: &HealthConfig{Type: "tcp", Port: 9000, Fall: 1, Rise: 1}})
		n.set("10.0.0.1:9000", silent)
		run(t, p)
		time.Sleep(time.Second)
		expectState(t, p, 0, "up")
		expectState(t, p, 1, "down")
		if got := p.Status().Targets[1].Check.Problem; got != "cannot connect: connection refused" {
			t.Errorf("problem %q", got)
		}
	})
}

func TestHealthRequest(t *testing.T) {
	h := HealthConfig{Path: "/up?x", Method: "HEAD", Headers: map[string]string{"X-Check": "1"}}
	want := "HEAD /up?x HTTP/1.1\r\nHost: app.test\r\nX-Check: 1\r\nUser-Agent: netwright-health\r\nConnection: close\r\n\r\n"
	if got := string(h.request("app.test")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What this machine has run out of is no fault of a target's, neither in traffic
// nor in checks.
func TestExhaustionIsNoTargetsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{To: many(3), Health: &HealthConfig{Type: "tcp", Every: time.Second, Fall: 1}, Eject: EjectConfig{After: 1, Most: 1}}
		p, _ := newPool(t, cfg)
		var err atomic.Pointer[error]
		lacking := error(&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)})
		err.Store(&lacking)
		p.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, *err.Load() }
		got := run(t, p)
		for range 10 {
			if _, e := p.Acquire(t.Context(), &Choice{}); !errors.Is(e, syscall.EMFILE) {
				t.Errorf("%v", e)
			}
		}
		time.Sleep(10 * time.Second)
		expectStates(t, got)
		if check := p.Status().Targets[0].Check; check.OK || check.Problem == "" {
			t.Errorf("the check hides its problem: %+v", check)
		}
		refused := error(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
		err.Store(&refused)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if state(p, 0) != "down" {
			t.Errorf("a target that refuses is %s", state(p, 0))
		}
	})
}
