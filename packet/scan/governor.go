package scan

import (
	"math"
	"time"
)

// governor says how fast to send. It watches what part of those that are asked
// answer: they are asked in random order, so the part stays the same while
// nothing is lost. Where it falls, the rate is halved; while it holds, the rate
// grows, at first by doubling, as TCP does (RFC 5681). Nobody who answers
// nothing makes it grow.
type governor struct {
	rate        float64
	least, most float64
	doubling    bool          // until the first loss
	changed     time.Duration // when the rate changed: only what was sent after tells about it
	usual       float64       // part that answers
	known       bool          // whether there is a usual part yet
	cohorts     []cohort
	trip        roundTrip
	heard       time.Duration // when the newest answer came that was read
	losses      int
}

// cohort is what was sent in a stretch of time.
type cohort struct {
	begin, end     time.Duration
	sent, answered int
}

const (
	cohortTime = 10 * time.Millisecond  // a cohort's length at least
	cohortSize = 32                     // and how many it has at least
	mostOpen   = 256                    // cohorts whose answers are waited for
	slack      = 6 * time.Millisecond   // for answers to come through the ring
	deafness   = 200 * time.Millisecond // more, when none at all was read since
)

// newGovernor begins with a rate. Fixed ones have least and most equal to it.
func newGovernor(rate, least, most float64) *governor {
	return &governor{rate: rate, least: least, most: most, doubling: true}
}

// sent counts packets that left at a time.
func (g *governor) sent(n int, at time.Duration) {
	last := len(g.cohorts) - 1
	if last < 0 || g.cohorts[last].sent >= cohortSize && at-g.cohorts[last].begin >= cohortTime {
		if len(g.cohorts) == mostOpen {
			g.cohorts = append(g.cohorts[:0], g.cohorts[1:]...)
		}
		g.cohorts = append(g.cohorts, cohort{begin: at})
		last = len(g.cohorts) - 1
	}
	g.cohorts[last].sent += n
	g.cohorts[last].end = at
}

// answered counts an answer to what left at a time, and came that much later.
func (g *governor) answered(left, trip time.Duration) {
	g.trip.add(trip)
	g.heard = max(g.heard, left+trip)
	for i := len(g.cohorts) - 1; i >= 0; i-- {
		if c := &g.cohorts[i]; left >= c.begin {
			if left <= c.end {
				c.answered++
			}
			return
		}
	}
}

// adjust judges the cohorts whose answers must have come, and gives the rate.
// Where the reader is behind, and has not come to their time yet, it waits.
func (g *governor) adjust(now time.Duration) float64 {
	due := g.trip.timeout(slack, time.Second) + slack
	judged := 0
	for _, c := range g.cohorts {
		read := g.heard > c.end+g.trip.smooth || now >= c.end+due+deafness
		if c.sent < cohortSize || now < c.end+due || !read || judged == len(g.cohorts)-1 {
			break
		}
		judged++
		if c.begin >= g.changed {
			g.judge(c, now)
		}
	}
	g.cohorts = append(g.cohorts[:0], g.cohorts[judged:]...)
	return g.rate
}

func (g *governor) judge(c cohort, now time.Duration) {
	part := float64(c.answered) / float64(c.sent)
	expected := g.usual * float64(c.sent)
	if g.known && float64(c.answered) < 0.8*expected-2*math.Sqrt(expected) {
		g.losses++
		g.doubling = false
		g.set(g.rate/2, now)
		return
	}
	switch {
	case !g.known:
		g.usual, g.known = part, part > 0
	case part > g.usual:
		g.usual += (part - g.usual) / 4
	default:
		g.usual += (part - g.usual) / 32
	}
	switch {
	case part == 0:
	case g.doubling:
		g.set(g.rate*2, now)
	default:
		g.set(g.rate+g.most/64, now)
	}
}

func (g *governor) set(rate float64, now time.Duration) {
	rate = min(max(rate, g.least), g.most)
	if rate != g.rate {
		g.rate, g.changed = rate, now
	}
}

// slowTo begins anew with a lower rate.
func (g *governor) slowTo(rate float64, now time.Duration) {
	g.least, g.rate, g.changed = min(g.least, rate), rate, now
	g.doubling, g.known = false, false
	g.cohorts = g.cohorts[:0]
	g.losses++
}

// roundTrip estimates how long answers take (RFC 6298).
type roundTrip struct {
	smooth, varies, longest time.Duration
}

func (r *roundTrip) add(t time.Duration) {
	if t < 0 {
		return
	}
	r.longest = max(r.longest, t)
	if r.smooth == 0 {
		r.smooth, r.varies = t, t/2
		return
	}
	r.varies += ((r.smooth - t).Abs() - r.varies) / 4
	r.smooth += (t - r.smooth) / 8
}

// timeout is how long an answer may take: what the slow ones took, and more.
// Without any answer yet it is unknown.
func (r *roundTrip) timeout(least, unknown time.Duration) time.Duration {
	if r.longest == 0 {
		return unknown
	}
	return max(r.smooth+4*r.varies, r.longest*3/2, least)
}
