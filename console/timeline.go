package console

import (
	"math"
	"math/bits"
	"time"

	"github.com/netwright/netwright/flow"
)

// timeline holds what happened in each step of a span that ends now, as a ring
// of points.
type timeline struct {
	step   int64 // seconds
	count  int64 // how many whole steps are shown
	points []point
}

type point struct {
	step               int64 // number of the step since the epoch that the point is about
	requests, sessions uint32
	errors, refused    uint32
	in, out            int64
	connections        int64 // open, the most that was seen
	latency            [latencies]uint32
}

func newTimeline(step, span time.Duration) *timeline {
	// Two more: for the step that is not over, and the one that is being settled.
	return &timeline{step: int64(step / time.Second), count: int64(span / step), points: make([]point, span/step+2)}
}

// at returns the point of that second, or nil if it is no longer kept.
func (t *timeline) at(second int64) *point {
	step := second / t.step
	p := &t.points[uint64(step)%uint64(len(t.points))]
	switch {
	case p.step < step:
		*p = point{step: step}
	case p.step > step:
		return nil
	}
	return p
}

// add counts a record at its end.
func (t *timeline) add(r *flow.Record, second int64) {
	p := t.at(second)
	if p == nil {
		return
	}
	if r.Kind == flow.Request {
		p.requests++
		p.latency[latency(r.Duration)]++
	} else {
		p.sessions++
	}
	switch r.Outcome() {
	case "error":
		p.errors++
	case "refused":
		p.refused++
	}
	p.in += r.BytesIn
	p.out += r.BytesOut
}

func (t *timeline) connections(n, second int64) {
	if p := t.at(second); p != nil {
		p.connections = max(p.connections, n)
	}
}

// latencies is the number of latency classes of a point: two for each doubling
// from 1 µs to two minutes.
const latencies = 56

// latency returns the class of a duration.
func latency(d time.Duration) int {
	us := uint64(max(0, d)) / 1000
	n := bits.Len64(us)
	if n < 2 {
		return 2 * n
	}
	return min(2*n+int(us>>(n-2)&1), latencies-1)
}

// floor returns the least duration of a class in seconds.
func floor(class int) float64 {
	n, half := class/2, class%2
	if n == 0 {
		return float64(half) / 1e6
	}
	return math.Ldexp(1+float64(half)/2, n-1) / 1e6
}

// quantile returns the q-quantile of the classes in seconds, and 0 where there
// is nothing. It is exact to a part in four.
func quantile(classes *[latencies]uint32, q float64) float64 {
	var total uint64
	for _, n := range classes {
		total += uint64(n)
	}
	rank := q * float64(total)
	for class, n := range classes {
		if n > 0 && rank <= float64(n) {
			low, high := floor(class), floor(class+1)
			return low + (high-low)*rank/float64(n)
		}
		rank -= float64(n)
	}
	return 0
}

// Curves is what happened in each step of a span, the oldest first. Counts are
// per second; latencies are in seconds, of requests alone.
type Curves struct {
	Requests    []float64 `json:"requests"`
	Sessions    []float64 `json:"sessions"` // connections, tunnels and others that ended
	Errors      []float64 `json:"errors"`
	Refused     []float64 `json:"refused"`
	In          []float64 `json:"in"`
	Out         []float64 `json:"out"`
	Connections []float64 `json:"connections"` // open
	P50         []float64 `json:"p50"`
	P95         []float64 `json:"p95"`
	P99         []float64 `json:"p99"`
}

func (c *Curves) all() []*[]float64 {
	return []*[]float64{&c.Requests, &c.Sessions, &c.Errors, &c.Refused, &c.In, &c.Out, &c.Connections, &c.P50, &c.P95, &c.P99}
}

// curves returns the steps from the first to the last.
func (t *timeline) curves(first, last int64) Curves {
	var c Curves
	for _, values := range c.all() {
		*values = make([]float64, 0, max(0, last-first+1))
	}
	for step := first; step <= last; step++ {
		p := t.points[uint64(step)%uint64(len(t.points))]
		if p.step != step {
			p = point{}
		}
		rate := func(n float64) float64 { return round(n / float64(t.step)) }
		c.Requests = append(c.Requests, rate(float64(p.requests)))
		c.Sessions = append(c.Sessions, rate(float64(p.sessions)))
		c.Errors = append(c.Errors, rate(float64(p.errors)))
		c.Refused = append(c.Refused, rate(float64(p.refused)))
		c.In = append(c.In, rate(float64(p.in)))
		c.Out = append(c.Out, rate(float64(p.out)))
		c.Connections = append(c.Connections, float64(p.connections))
		c.P50 = append(c.P50, round(quantile(&p.latency, 0.50)))
		c.P95 = append(c.P95, round(quantile(&p.latency, 0.95)))
		c.P99 = append(c.P99, round(quantile(&p.latency, 0.99)))
	}
	return c
}

// round keeps the JSON short: four digits say enough.
func round(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-3)
	if unit >= 1 {
		return math.Round(v)
	}
	inverse := math.Round(1 / unit)
	return math.Round(v*inverse) / inverse
}
