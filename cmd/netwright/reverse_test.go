package main

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// slowNames answers for one address at once, and for others never.
type slowNames struct{ asked chan string }

func (s slowNames) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	s.asked <- addr
	if addr == "192.0.2.1" {
		return []string{"router.example."}, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := slowNames{make(chan string, 10)}
		r := newReverse(t.Context(), names)
		known, slow := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		for range 3 {
			r.ask(known)
			r.ask(slow)
		}
		begin := time.Now()
		r.wait(time.Second)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("waited %v for one that is slow", took)
		}
		if r.name(known) != "router.example" || r.name(slow) != "" {
			t.Errorf("names %q and %q", r.name(known), r.name(slow))
		}
		if n := len(names.asked); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
	var none *reverse
	none.wait(time.Hour)
	if none.name(netip.Addr{}) != "" {
		t.Error("a name of nothing")
	}
}

func TestSecondsFlag(t *testing.T) {
	for text, want := range map[string]time.Duration{"2": 2 * time.Second, "0.2": 200 * time.Millisecond, "15ms": 15 * time.Millisecond, "0": 0, "-1": 0, "soon": 0, "NaN": 0, "1e300": 0} {
		var d time.Duration
		err := secondsFlag{&d}.Set(text)
		if d != want || (err == nil) != (want > 0) {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	if err := (secondsFlag{new(time.Duration)}).Set(""); err == nil {
		t.Errorf("nothing: %v", err)
	}
}
