package upstream

// view is the picture of a pool that requests read without a lock. It is
// never changed: each change of state puts a new one in its place.
type view struct {
	plan    *plan
	live    []entry            // the targets that may get requests
	total   int64              // sum of the weights of live
	uniform bool               // all weights are the same
	draw    sampler            // by weight
	turns   []uint32           // round-robin: indexes into live
	cookies map[string]*Target // sticky: value of the cookie
	limited bool               // some target has a limit of connections
	panic   bool               // too few targets were available: live holds all
	shut    bool               // the pool is closed
}

// entry is a target in a view. Its weight counts in steps of slow start.
type entry struct {
	t      *Target
	weight int64
}

// newView draws the picture of targets. Drained ones never get requests;
// those that are down or ejected only when too few others are well. A drained
// target that is well counts there: it was taken out on purpose, and shows that
// what is known of the others can be trusted.
func newView(pl *plan, targets []*Target, share func(*Target) int64) *view {
	v := &view{plan: pl, uniform: true}
	var all, well []entry
	spared := 0 // drained and well
	for _, t := range targets {
		if t.drained {
			if t.healthy() {
				spared++
			}
			continue
		}
		all = append(all, entry{t, int64(t.weight) * warmSteps})
		if t.available() {
			well = append(well, entry{t, int64(t.weight) * share(t)})
		}
		v.limited = v.limited || t.limit.Load() > 0
	}
	v.live = well
	deserted := len(well) == 0 && spared > 0
	if !deserted && float64(len(well)+spared) < pl.Panic*float64(len(all)+spared) {
		v.live, v.panic = all, true
	}
	for _, e := range v.live {
		v.total += e.weight
		v.uniform = v.uniform && e.weight == v.live[0].weight
	}
	switch pl.policy {
	case roundRobin:
		v.turns = smooth(v.live)
	case random, leastRequests:
		v.draw = newSampler(v.live, v.total)
	}
	if pl.Sticky != nil {
		v.cookies = make(map[string]*Target, len(v.live))
		for _, e := range v.live {
			v.cookies[e.t.Cookie()] = e.t
		}
	}
	return v
}
