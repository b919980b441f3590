package console

import (
	"fmt"
	"math"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/netwright/netwright/flow"
)

func request(service, route, target string, status uint16, end time.Time, took time.Duration) flow.Record {
	var r flow.Record
	r.Begin(flow.Request, end.Add(-took))
	r.Duration, r.Status, r.BytesIn, r.BytesOut = took, status, 100, 1000
	r.SetString(flow.Service, service)
	r.SetString(flow.Route, route)
	r.SetString(flow.Target, target)
	return r
}

func TestSeries(t *testing.T) {
	m := newMeter(flow.NewJournal(10), nil)
	now := time.Unix(1_800_000_000, 0)
	for i := range 1000 { // the second before last
		m.count([]flow.Record{request("web", "/", "", 200, now.Add(-1500*time.Millisecond), time.Duration(i+1)*time.Millisecond)})
	}
	m.count([]flow.Record{
		request("api", "/", "", 200, now.Add(-300*time.Second), time.Millisecond),
		request("api", "/", "", 200, now, time.Millisecond), // takes no place of an older one
		request("web", "/", "", 502, now.Add(-10*time.Second), time.Millisecond),
		request("api", "/", "", 200, now.Add(-299*time.Second), time.Millisecond),
		request("web", "/", "", 200, now.Add(-time.Hour), time.Millisecond), // no longer shown
	})
	event := request("pool", "", "", 0, now.Add(-10*time.Second), 0)
	event.Kind = flow.Event
	event.SetString(flow.Error, "target is down")
	m.count([]flow.Record{event})
	m.sample([]Service{{Name: "web", Connections: 7}, {Name: "api", Connections: 3}}, now.Unix()-2)

	minutes := func(t timelines) *timeline { return t.minutes }
	s := m.series(minutes, 0, now.Add(600*time.Millisecond))
	if s.Step != 1 || s.Count != 300 || s.First != now.Unix()-300 || len(s.All.Requests) != 300 {
		t.Fatalf("step %d, count %d, first %d", s.Step, s.Count, s.First)
	}
	at := func(values []float64, ago int64) float64 { return values[now.Unix()-ago-s.First] }
	web, api := s.Services["web"], s.Services["api"]
	if at(web.Requests, 2) != 1000 || at(web.Errors, 10) != 1 || at(api.Requests, 299) != 1 || at(s.All.Requests, 299) != 1 || at(api.Requests, 300) != 1 || at(web.In, 2) != 100000 {
		t.Errorf("web %v\napi %v", web, api)
	}
	if _, ok := s.Services["pool"]; ok || at(s.All.Errors, 10) != 1 {
		t.Error("an event counts as traffic")
	}
	if at(web.Connections, 2) != 7 || at(s.All.Connections, 2) != 10 {
		t.Errorf("connections %v", web.Connections)
	}
	for name, got := range map[float64]float64{0.5: at(web.P50, 2), 0.95: at(web.P95, 2), 0.99: at(web.P99, 2)} {
		if math.Abs(got-name)/name > 0.25 {
			t.Errorf("the %v quantile of 1 to 1000 ms is %v s", name, got)
		}
	}
	if more := m.series(minutes, now.Unix()-3, now.Add(600*time.Millisecond)); more.Count != 2 || more.First != now.Unix()-2 || more.All.Requests[0] != 1000 {
		t.Errorf("what is new: %+v", more)
	}
	if none := m.series(minutes, now.Unix(), now); none.Count != 0 || len(none.All.Requests) != 0 {
		t.Errorf("nothing new: %+v", none)
	}
}

func TestLatencyClasses(t *testing.T) {
	last := -1
	for d := time.Duration(0); d < 10*time.Minute; d += d/7 + 300 {
		class := latency(d)
		if class < last || class >= latencies {
			t.Fatalf("%v is of class %d, after %d", d, class, last)
		}
		low, high := floor(class), floor(class+1)
		if s := math.Floor(float64(d)/1e3) / 1e6; s < low-1e-12 || s >= high && class < latencies-1 {
			t.Fatalf("%v is of class %d, from %v to %v", d, class, low, high)
		}
		last = class
	}
	if latency(-time.Second) != 0 || latency(math.MaxInt64) != latencies-1 {
		t.Error("the ends")
	}
}

func TestRound(t *testing.T) {
	for in, want := range map[float64]string{0: "0", 0.000123456: "0.0001235", 2.0 / 3: "0.6667", -1.5: "-1.5", 12345: "12345", 99999.6: "100000"} {
		if got := fmt.Sprint(round(in)); got != want {
			t.Errorf("%v became %s, want %s", in, got, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	journal := flow.NewJournal(10)
	c := New(newFakeNode(), journal)
	now := time.Now()
	slow := journal.Subscribe("slow", flow.Queue{Size: 1})
	defer slow.Close()
	for range 3 {
		r := request("web", "/", "", 200, now, 0)
		journal.Write(&r)
	}
	buf := make([]flow.Record, 1)
	if _, err := slow.Next(t.Context(), buf); err != nil {
		t.Fatal(err)
	}
	hostile := request("web\n\"x\" 1", "\xff", "http://10.0.0.5:8080", 404, now, 3*time.Second)
	long := flow.Record{}
	long.Begin(flow.Tunnel, now)
	long.Duration = 2 * time.Minute
	c.meter.count([]flow.Record{
		request("web", "/a", "http://10.0.0.5:8080", 200, now, 3*time.Millisecond),
		request("web", "/a", "http://10.0.0.5:8080", 502, now, 30*time.Millisecond),
		request("web", "/b", "", 0, now, time.Minute),
		hostile, long,
	})
	w := httptest.NewRecorder()
	c.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("Prometheus could not read this: %v\n%s", err, text)
	}
	for _, line := range []string{
		`netwright_requests_total{code="2xx",route="/a",service="web"} 1`,
		`netwright_requests_total{code="5xx",route="/a",service="web"} 1`,
		`netwright_requests_total{code="none",route="/b",service="web"} 1`,
		`netwright_request_duration_seconds_bucket{route="/a",service="web",le="0.0025"} 0`,
		`netwright_request_duration_seconds_bucket{route="/a",service="web",le="0.005"} 1`,
		`netwright_request_duration_seconds_bucket{route="/a",service="web",le="+Inf"} 2`,
		`netwright_request_duration_seconds_sum{route="/a",service="web"} 0.033`,
		`netwright_request_duration_seconds_count{route="/b",service="web"} 1`,
		`netwright_upstream_request_duration_seconds_count{upstream="http://10.0.0.5:8080"} 3`,
		`netwright_session_duration_seconds_bucket{kind="tunnel",service="",le="600"} 1`,
		`netwright_records_total{kind="request",outcome="error",service="web"} 1`,
		`netwright_received_bytes_total{service="web"} 300`,
		`netwright_sent_bytes_total{service="web"} 3000`,
		`netwright_open_connections{service="echo"} 0`,
		`netwright_service_up{protocol="echo",service="echo"} 0`,
		`netwright_upstream_up{pool="shop",upstream="http://10.0.0.7:8080"} 0`,
		`netwright_upstream_up{pool="shop",upstream="http://10.0.0.5:8080"} 1`,
		`netwright_pool_queued_requests{pool="/api/*"} 3`,
		`netwright_journal_records_total 3`,
		`netwright_journal_lost_total{subscriber="slow"} 2`,
		`netwright_info{version="0.1.0"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no %s", line)
		}
	}
	described, err := os.ReadFile("../docs/console.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range families {
		if strings.HasPrefix(name, "netwright_") && !strings.Contains(string(described), "`"+name+"`") {
			t.Errorf("docs/console.md does not describe %s", name)
		}
	}
	for _, name := range []string{"process_resident_memory_bytes", "go_goroutines", "netwright_certificate_expiry_time_seconds"} {
		if families[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	m := newMeter(flow.NewJournal(10), nil)
	now := time.Now()
	for i := range 3 * mostNames {
		m.count([]flow.Record{request("web", fmt.Sprint("/", i), fmt.Sprint("http://10.0.0.1:", i), 200, now, 0)})
	}
	if n := len(m.byService[0].byRoute); n > mostNames+1 || len(m.byTarget) > mostNames+1 {
		t.Errorf("%d routes, %d targets", n, len(m.byTarget))
	}
	if others := m.byService[0].byRoute[mostNames]; others.codes[2] != 2*mostNames {
		t.Errorf("%d requests of others, want %d", others.codes[2], 2*mostNames)
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	m := newMeter(flow.NewJournal(10), nil)
	records := []flow.Record{request("web", "/a", "http://10.0.0.5:8080", 200, time.Now(), time.Millisecond)}
	m.count(records)
	if n := testing.AllocsPerRun(100, func() { m.count(records) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCount(b *testing.B) {
	m := newMeter(flow.NewJournal(10), nil)
	records := []flow.Record{request("web", "/a", "http://10.0.0.5:8080", 200, time.Now(), time.Millisecond)}
	for b.Loop() {
		m.count(records)
	}
}
