package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that passes when one sleeps or sends.
type clock struct {
	now   time.Duration
	rng   *rand.Rand
	late  time.Duration // by which a sleep ends too late at most
	cost  time.Duration // of sending a batch
	each  time.Duration // and of a packet
	stall time.Duration // once, in the middle
}

// simulate sends n packets on a schedule and gives the rate reached.
func (c *clock) simulate(p *pace, n int) (rate float64, biggest int) {
	begin, sent := c.now, 0
	for sent < n {
		k := min(p.count(c.now), n-sent)
		if at := p.due(); c.now < at {
			c.now = at + time.Duration(c.rng.Int64N(int64(c.late)+1))
		}
		if c.stall > 0 && sent > n/2 {
			c.now += c.stall
			c.stall = 0
		}
		c.now += c.cost + time.Duration(k)*c.each
		p.done(k)
		sent += k
		biggest = max(biggest, k)
	}
	return float64(n) / (c.now - begin).Seconds(), biggest
}

// The rate holds within 2 % from 10 to 300,000 packets a second, though sleeps
// end late and sending takes time.
func TestPaceKeepsTheRate(t *testing.T) {
	for _, rate := range []float64{10, 33.3, 100, 1000, 5000, 9999, 20000, 100000, 300000} {
		for _, late := range []time.Duration{0, 50 * time.Microsecond, time.Millisecond} {
			t.Run(fmt.Sprintf("%v/s late %v", rate, late), func(t *testing.T) {
				c := &clock{rng: rand.New(rand.NewPCG(1, 2)), late: late, cost: 2 * time.Microsecond, each: 1500 * time.Nanosecond}
				p := newPace(rate, 0, 256, 0)
				got, _ := c.simulate(p, int(max(rate, 200)))
				if math.Abs(got/rate-1) > 0.02 {
					t.Errorf("reached %.1f/s", got)
				}
				if p.slipped != 0 {
					t.Errorf("gave up %v", p.slipped)
				}
			})
		}
	}
}

// A short stall is made up for, of a long one only the burst.
func TestPaceAfterAStall(t *testing.T) {
	simulate := func(stall time.Duration, burst int) (*pace, float64, int) {
		c := &clock{rng: rand.New(rand.NewPCG(1, 2)), cost: time.Microsecond, each: time.Microsecond, stall: stall}
		p := newPace(1000, burst, 64, 0)
		rate, biggest := c.simulate(p, 2000)
		return p, rate, biggest
	}
	if p, rate, biggest := simulate(20*time.Millisecond, 0); math.Abs(rate/1000-1) > 0.02 || p.slipped != 0 || biggest > 21 {
		t.Errorf("short: rate %v, slipped %v, at most %d at once", rate, p.slipped, biggest)
	}
	if p, rate, _ := simulate(time.Second, 0); math.Abs(rate/(2000/2.95)-1) > 0.02 || p.slipped < 940*time.Millisecond || p.slipped > 960*time.Millisecond {
		t.Errorf("long: rate %v, slipped %v", rate, p.slipped)
	}
	if p, _, biggest := simulate(time.Second, 3); biggest > 4 || p.slipped < 990*time.Millisecond {
		t.Errorf("long, burst of 3: slipped %v, at most %d at once", p.slipped, biggest)
	}
}

func TestPaceBatches(t *testing.T) {
	for _, tt := range []struct {
		rate     float64
		most     int
		want     int
		wantFine bool
	}{
		{0, 64, 64, false}, {-1, 64, 64, false}, {1, 64, 1, true}, {7000, 64, 1, true}, {12000, 64, 3, false}, {300000, 64, 64, false}, {300000, 1, 1, true},
	} {
		p := newPace(tt.rate, 0, tt.most, time.Second)
		if got := p.count(time.Second); got != tt.want || p.precise() != tt.wantFine {
			t.Errorf("%v/s: %d at once, precise %t", tt.rate, got, p.precise())
		}
		if p.due() != time.Second {
			t.Errorf("%v/s: begins at %v", tt.rate, p.due())
		}
	}
}

func TestRunEndsWithItsSource(t *testing.T) {
	failing := errors.New("failing")
	for _, give := range []error{io.EOF, failing} {
		r := run{rate: new(atomic.Uint64), packets: make([][]byte, 0, 4), next: func([]byte) ([]byte, error) { return nil, give }, pace: newPace(0, 0, 4, 0), clock: func() time.Duration { return 0 }}
		err := r.all(context.Background())
		if give == io.EOF && err != nil || give == failing && err != failing {
			t.Errorf("%v: got %v", give, err)
		}
	}
}

func TestReport(t *testing.T) {
	first := time.Unix(100, 0)
	r := Report{Packets: 1010, Bytes: 60600, First: first, Last: first.Add(time.Second), final: 10, Failed: 2, Slipped: 3 * time.Millisecond}
	if r.Rate() != 1000 {
		t.Errorf("rate %v", r.Rate())
	}
	if got, want := r.String(), "1010 packets, 60600 bytes in 1s (1000/s), 2 refused, 3ms behind"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if (Report{Packets: 1}).Rate() != 0 {
		t.Error("one packet has a rate")
	}
}

// A rate that changes on the way holds from there on.
func TestPaceChanges(t *testing.T) {
	c := &clock{rng: rand.New(rand.NewPCG(1, 2)), cost: 2 * time.Microsecond, each: time.Microsecond}
	p := newPace(1000, 0, 64, 0)
	c.simulate(p, 1000)
	for _, rate := range []float64{50_000, 200, 5000} {
		p.change(rate, c.now)
		if got, _ := c.simulate(p, int(rate)); math.Abs(got/rate-1) > 0.02 {
			t.Errorf("reached %.1f/s after a change to %v/s", got, rate)
		}
	}
	if p.slipped != 0 {
		t.Errorf("gave up %v", p.slipped)
	}
}

// The figures of a long or fast sending are written out.
func TestReportFigures(t *testing.T) {
	first := time.Unix(1, 0)
	for want, r := range map[string]Report{
		"10001 packets, 60 bytes in 1s (10001/s)":   {Packets: 10001, Bytes: 60, First: first, Last: first.Add(time.Second)},
		"300000 packets, 60 bytes in 1234s (243/s)": {Packets: 300_000, Bytes: 60, First: first, Last: first.Add(1234 * time.Second)},
		"3 packets, 60 bytes in 30s (0.1/s)":        {Packets: 3, Bytes: 60, First: first, Last: first.Add(30 * time.Second)},
		"1 packet, 60 bytes in 0.00125s (800/s)":    {Packets: 1, Bytes: 60, First: first, Last: first.Add(1250 * time.Microsecond)},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, and should be %q", got, want)
		}
	}
}
