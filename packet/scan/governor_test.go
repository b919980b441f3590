package scan

import (
	"testing"
	"time"
)

// network is a host that answers a part of what it gets, as long as it comes no
// faster than it can take.
type network struct {
	trip     time.Duration
	part     float64 // that answers
	capacity float64 // packets a second; what is beyond is lost
}

// drive sends for a time by a governor, and gives the rate at its end and what
// was lost of all in the last half.
func drive(g *governor, n network, span time.Duration) (rate, lost float64) {
	type reply struct{ left, due time.Duration }
	var replies []reply
	var tokens, answers, gone, sent float64
	const tick = time.Millisecond
	var credit float64
	for now := tick; now < span; now += tick {
		tokens = min(tokens+n.capacity*tick.Seconds(), n.capacity*0.02)
		credit += g.rate * tick.Seconds()
		k := int(credit)
		credit -= float64(k)
		if k > 0 {
			g.sent(k, now)
		}
		for range k {
			sent++
			if tokens < 1 {
				if now > span/2 {
					gone++
				}
				continue
			}
			tokens--
			if answers += n.part; answers >= 1 {
				answers--
				replies = append(replies, reply{now, now + n.trip})
			}
		}
		for len(replies) > 0 && replies[0].due <= now {
			g.answered(replies[0].left, n.trip)
			replies = replies[1:]
		}
		g.adjust(now)
	}
	return g.rate, gone / max(sent, 1)
}

func TestGovernorGrowsWhileAllAnswer(t *testing.T) {
	for _, part := range []float64{1, 0.3, 0.05} {
		g := newGovernor(10_000, 50, 200_000)
		rate, _ := drive(g, network{time.Millisecond, part, 1e9}, 2*time.Second)
		if rate != 200_000 || g.losses > 0 {
			t.Errorf("where %v answer: %.0f/s after %d losses", part, rate, g.losses)
		}
	}
}

func TestGovernorStaysWhereNobodyAnswers(t *testing.T) {
	g := newGovernor(10_000, 50, 200_000)
	if rate, _ := drive(g, network{time.Millisecond, 0, 1e9}, 2*time.Second); rate != 10_000 || g.losses > 0 {
		t.Errorf("%.0f/s after %d losses", rate, g.losses)
	}
}

// A host that takes 20,000 a second gets about that many.
func TestGovernorFindsTheCapacity(t *testing.T) {
	for _, trip := range []time.Duration{time.Millisecond, 50 * time.Millisecond} {
		g := newGovernor(10_000, 50, 200_000)
		rate, lost := drive(g, network{trip, 0.8, 20_000}, 10*time.Second)
		if rate < 5_000 || rate > 40_000 || g.losses == 0 || lost > 0.15 {
			t.Errorf("trip %v: %.0f/s after %d losses; %.0f%% lost", trip, rate, g.losses, 100*lost)
		}
	}
}

func TestGovernorKeepsWithinItsBounds(t *testing.T) {
	g := newGovernor(1000, 400, 1000)
	if rate, _ := drive(g, network{time.Millisecond, 1, 1e9}, time.Second); rate != 1000 {
		t.Errorf("%.0f/s, more than asked for", rate)
	}
	g = newGovernor(1000, 400, 1000)
	drive(g, network{time.Millisecond, 1, 1e9}, time.Second)
	drive2 := network{time.Millisecond, 1, 10}
	for range 3 {
		drive(g, drive2, time.Second)
	}
	if g.rate < 400 {
		t.Errorf("%.0f/s, less than the least", g.rate)
	}
	g = newGovernor(1000, 1000, 1000)
	if rate, _ := drive(g, network{time.Millisecond, 1, 100}, time.Second); rate != 1000 {
		t.Errorf("%.0f/s of a fixed rate", rate)
	}
}

func TestRoundTrip(t *testing.T) {
	var r roundTrip
	if got := r.timeout(100*time.Millisecond, time.Second); got != time.Second {
		t.Errorf("of nothing: %v", got)
	}
	for range 100 {
		r.add(10 * time.Millisecond)
	}
	if got := r.timeout(time.Millisecond, time.Second); got != 15*time.Millisecond {
		t.Errorf("of 10ms: %v", got)
	}
	r.add(400 * time.Millisecond)
	if got := r.timeout(time.Millisecond, time.Second); got < 600*time.Millisecond {
		t.Errorf("with one of 400ms: %v", got)
	}
	r.add(-time.Second)
	if r.longest != 400*time.Millisecond {
		t.Errorf("the longest is %v", r.longest)
	}
}

func TestWindow(t *testing.T) {
	w := newWindow(1000, 130)
	if got := len(w.silents(nil)); got != 130 || w.settled() != 1000 {
		t.Errorf("%d silent, settled to %d", got, w.settled())
	}
	for k := range 130 {
		if k == 70 {
			continue
		}
		if !w.answer(k) || w.answer(k) {
			t.Fatalf("%d answers: new once, and not twice", k)
		}
	}
	if got := w.silents(nil); len(got) != 1 || got[0] != 70 || w.settled() != 1070 || w.gained != 129 {
		t.Errorf("silent %v, settled to %d, %d gained", got, w.settled(), w.gained)
	}
	select {
	case <-w.answered:
		t.Error("all have answered but one")
	default:
	}
	w.begin(1)
	w.answer(70)
	<-w.answered
	if w.settled() != 1130 || w.gained != 1 {
		t.Errorf("settled to %d, %d gained", w.settled(), w.gained)
	}
}
