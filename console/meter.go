package console

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/netwright/netwright/flow"
)

// meter counts what the journal says: for the page, what happened in the last
// minutes; for Prometheus, all since the start.
type meter struct {
	journal  *flow.Journal
	services func() []Service

	mu        sync.Mutex // protects all below
	names     names
	byService []*serviceMeter // by the id in names
	upstreams names
	byTarget  []*histogram // by the id in upstreams
	all       timelines
}

// serviceMeter counts for one service.
type serviceMeter struct {
	name     string
	routes   names
	byRoute  []*routeMeter // by the id in routes
	sessions [kinds]*histogram
	records  [kinds][outcomes]uint64
	in, out  int64
	timelines
}

type routeMeter struct {
	codes    [6]uint64 // by the first digit of the status; 0 for those without an answer
	duration *histogram
}

const kinds = int(flow.Event) + 1

// The outcomes of records, as indexes.
const (
	ok = iota
	refused
	failed
	outcomes
)

// timelines are the spans that the page can show.
type timelines struct{ minutes, hour *timeline }

func newTimelines() timelines {
	return timelines{newTimeline(time.Second, 5*time.Minute), newTimeline(15*time.Second, time.Hour)}
}

func (t timelines) add(r *flow.Record, second int64) {
	t.minutes.add(r, second)
	t.hour.add(r, second)
}

func (t timelines) connections(n, second int64) {
	t.minutes.connections(n, second)
	t.hour.connections(n, second)
}

// names gives texts small numbers. Texts beyond the most it may hold share one:
// what is counted must stay bounded, whoever chose the texts.
type names struct {
	ids  map[string]int
	list []string
}

const mostNames = 2000

func (n *names) id(text []byte) int {
	if id, ok := n.ids[string(text)]; ok { // allocates nothing
		return id
	}
	if n.ids == nil {
		n.ids = map[string]int{}
	}
	name := strings.ToValidUTF8(string(text), "\ufffd")
	if len(n.list) >= mostNames {
		name = "others"
		if id, ok := n.ids[name]; ok {
			return id
		}
	}
	n.list = append(n.list, name)
	n.ids[name] = len(n.list) - 1
	return len(n.list) - 1
}

func newMeter(journal *flow.Journal, services func() []Service) *meter {
	return &meter{journal: journal, services: services, all: newTimelines()}
}

// serve counts until ctx is done.
func (m *meter) serve(ctx context.Context) {
	var sampling sync.WaitGroup
	defer sampling.Wait()
	sampling.Go(func() { m.sampleConnections(ctx) })
	sub := m.journal.Subscribe("metrics", flow.Queue{})
	defer sub.Close()
	records := make([]flow.Record, 256)
	for {
		n, err := sub.Next(ctx, records)
		if err != nil {
			return
		}
		m.count(records[:n])
	}
}

// sampleConnections looks each second how many connections are open, which no
// record tells before they end.
func (m *meter) sampleConnections(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		m.sample(m.services(), time.Now().Unix())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m *meter) sample(services []Service, second int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var sum int64
	for _, s := range services {
		m.service([]byte(s.Name)).connections(s.Connections, second)
		sum += s.Connections
	}
	m.all.connections(sum, second)
}

func (m *meter) count(records []flow.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range records {
		m.add(&records[i])
	}
}

func (m *meter) add(r *flow.Record) {
	if r.Kind == flow.Event { // no traffic: it is counted, and moves no curve
		m.service(nil).add(r)
		return
	}
	second := (r.Start + int64(r.Duration)) / int64(time.Second)
	s := m.service(r.Bytes(flow.Service))
	s.add(r)
	s.timelines.add(r, second)
	m.all.add(r, second)
	if target := r.Bytes(flow.Target); len(target) > 0 && r.Kind == flow.Request {
		id := m.upstreams.id(target)
		if id == len(m.byTarget) {
			m.byTarget = append(m.byTarget, newHistogram(requestBounds))
		}
		m.byTarget[id].add(r.Duration)
	}
}

func (m *meter) service(name []byte) *serviceMeter {
	id := m.names.id(name)
	if id == len(m.byService) {
		m.byService = append(m.byService, &serviceMeter{name: m.names.list[id], timelines: newTimelines()})
	}
	return m.byService[id]
}

func (s *serviceMeter) add(r *flow.Record) {
	kind := min(int(r.Kind), kinds-1)
	outcome := ok
	switch r.Outcome() {
	case "refused":
		outcome = refused
	case "error":
		outcome = failed
	}
	s.records[kind][outcome]++
	s.in += r.BytesIn
	s.out += r.BytesOut
	if r.Kind == flow.Event {
		return
	}
	if r.Kind != flow.Request {
		if s.sessions[kind] == nil {
			s.sessions[kind] = newHistogram(sessionBounds)
		}
		s.sessions[kind].add(r.Duration)
		return
	}
	id := s.routes.id(r.Bytes(flow.Route))
	if id == len(s.byRoute) {
		s.byRoute = append(s.byRoute, &routeMeter{duration: newHistogram(requestBounds)})
	}
	route := s.byRoute[id]
	route.codes[min(int(r.Status/100), 5)]++
	route.duration.add(r.Duration)
}

// Series is what happened over a span of time, in steps.
type Series struct {
	Step     int64             `json:"step"`  // seconds
	First    int64             `json:"first"` // Unix time at which the first step begins
	Count    int               `json:"count"` // how many steps there are
	All      Curves            `json:"all"`
	Services map[string]Curves `json:"services"`
}

// settle is how long after a step has ended its records have surely been
// counted.
const settle = 500 * time.Millisecond

// series returns the whole steps of a span that begin after the Unix time after.
func (m *meter) series(span func(timelines) *timeline, after int64, now time.Time) Series {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := span(m.all)
	last := now.Add(-settle).Unix()/all.step - 1
	first := max(last-all.count+1, after/all.step+1)
	out := Series{
		Step: all.step, First: first * all.step, Count: int(max(0, last-first+1)),
		All: all.curves(first, last), Services: map[string]Curves{},
	}
	for _, s := range m.byService {
		if s.name != "" {
			out.Services[s.name] = span(s.timelines).curves(first, last)
		}
	}
	return out
}
