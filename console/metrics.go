package console

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/netwright/netwright/flow"
)

// histogram counts durations in classes of given bounds.
type histogram struct {
	bounds []time.Duration
	counts []uint64 // one more than bounds
	sum    time.Duration
}

var (
	requestBounds = durations(100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
	sessionBounds = durations(1e-3, 10e-3, 0.1, 1, 10, 60, 600, 3600, 6*3600, 24*3600)
)

func durations(seconds ...float64) []time.Duration {
	var ds []time.Duration
	for _, s := range seconds {
		ds = append(ds, time.Duration(s*1e9))
	}
	return ds
}

func newHistogram(bounds []time.Duration) *histogram {
	return &histogram{bounds: bounds, counts: make([]uint64, len(bounds)+1)}
}

func (h *histogram) add(d time.Duration) {
	class := 0
	for class < len(h.bounds) && d > h.bounds[class] {
		class++
	}
	h.counts[class]++
	h.sum += d
}

// metric returns the histogram as Prometheus has it, with cumulative counts.
func (h *histogram) metric(desc *prometheus.Desc, labels ...string) prometheus.Metric {
	buckets := make(map[float64]uint64, len(h.bounds))
	var count uint64
	for class, bound := range h.bounds {
		count += h.counts[class]
		buckets[bound.Seconds()] = count
	}
	return prometheus.MustNewConstHistogram(desc, count+h.counts[len(h.bounds)], h.sum.Seconds(), buckets, labels...)
}

// collector gives the counts of a meter, and what the node says at the moment,
// to Prometheus.
type collector struct {
	meter *meter
	node  Node
	descs descs
}

type descs struct {
	info, up, started                              *prometheus.Desc
	requests, duration, upstream, sessions         *prometheus.Desc
	records, received, sent                        *prometheus.Desc
	open, accepted, restarts                       *prometheus.Desc
	targetUp, targetActive, targetFailures, queued *prometheus.Desc
	certificate, written, lost, pending            *prometheus.Desc
}

func newCollector(m *meter, node Node) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("netwright_"+name, help, labels, nil)
	}
	return &collector{meter: m, node: node, descs: descs{
		info:           desc("info", "Always 1; the label says which version runs.", "version"),
		started:        desc("start_time_seconds", "When the node started, in Unix time."),
		up:             desc("service_up", "Whether the service runs.", "service", "protocol"),
		requests:       desc("requests_total", "Requests answered, by class of status; none for those without an answer.", "service", "route", "code"),
		duration:       desc("request_duration_seconds", "From the first byte of a request to the last of its answer.", "service", "route"),
		upstream:       desc("upstream_request_duration_seconds", "As request_duration_seconds, by the upstream that answered.", "upstream"),
		sessions:       desc("session_duration_seconds", "How long connections, tunnels and other long things lasted.", "service", "kind"),
		records:        desc("records_total", "Everything that ended, by how it ended.", "service", "kind", "outcome"),
		received:       desc("received_bytes_total", "Bytes received from peers.", "service"),
		sent:           desc("sent_bytes_total", "Bytes sent to peers.", "service"),
		open:           desc("open_connections", "Connections open now.", "service"),
		accepted:       desc("accepted_connections_total", "Connections accepted.", "service"),
		restarts:       desc("service_restarts_total", "How often the service failed and was started again.", "service"),
		targetUp:       desc("upstream_up", "Whether the upstream gets requests.", "pool", "upstream"),
		targetActive:   desc("upstream_active_requests", "Requests on their way to the upstream.", "pool", "upstream"),
		targetFailures: desc("upstream_failures_total", "Failed tries of the upstream.", "pool", "upstream"),
		queued:         desc("pool_queued_requests", "Requests that wait for a connection to the pool.", "pool"),
		certificate:    desc("certificate_expiry_time_seconds", "When the certificate ends, in Unix time.", "certificate"),
		written:        desc("journal_records_total", "Records written to the journal."),
		lost:           desc("journal_lost_total", "Records that a subscriber of the journal lost.", "subscriber"),
		pending:        desc("journal_pending", "Records that wait for a subscriber of the journal.", "subscriber"),
	}}
}

// Describe sends nothing: the set of series changes with the config.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all that is known.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.collectNode(out)
	c.collectJournal(out)
	c.collectMeter(out)
}

func gauge(desc *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
}

func counter(desc *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, v, labels...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (c *collector) collectNode(out chan<- prometheus.Metric) {
	d, info := &c.descs, c.node.Info()
	out <- gauge(d.info, 1, info.Version)
	out <- gauge(d.started, float64(info.Started.UnixMilli())/1000)
	for _, s := range c.node.Services() {
		out <- gauge(d.up, truth(s.State == "running"), s.Name, s.Protocol)
		out <- gauge(d.open, float64(s.Connections), s.Name)
		out <- counter(d.accepted, float64(s.Accepted), s.Name)
		out <- counter(d.restarts, float64(s.Restarts), s.Name)
	}
	for _, p := range c.node.Pools() {
		out <- gauge(d.queued, float64(p.Queued), p.Name)
		for _, t := range p.Targets {
			out <- gauge(d.targetUp, truth(t.State == "up" || t.State == "starting"), p.Name, t.URL)
			out <- gauge(d.targetActive, float64(t.Active), p.Name, t.URL)
			out <- counter(d.targetFailures, float64(t.Failures), p.Name, t.URL)
		}
	}
	for _, cert := range c.node.Certificates() {
		out <- gauge(d.certificate, float64(cert.NotAfter.Unix()), cert.Name)
	}
}

func (c *collector) collectJournal(out chan<- prometheus.Metric) {
	out <- counter(c.descs.written, float64(c.meter.journal.Written()))
	// Several may have one name, such as two followers of the tail.
	lost, pending := map[string]float64{}, map[string]float64{}
	for _, s := range c.meter.journal.Subscriptions() {
		lost[s.Name] += float64(s.Lost)
		pending[s.Name] += float64(s.Pending)
	}
	for name := range lost {
		out <- counter(c.descs.lost, lost[name], name)
		out <- gauge(c.descs.pending, pending[name], name)
	}
}

func (c *collector) collectMeter(out chan<- prometheus.Metric) {
	m, d := c.meter, &c.descs
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.byService {
		s.collect(d, out)
	}
	for id, h := range m.byTarget {
		out <- h.metric(d.upstream, m.upstreams.list[id])
	}
}

func (s *serviceMeter) collect(d *descs, out chan<- prometheus.Metric) {
	out <- counter(d.received, float64(s.in), s.name)
	out <- counter(d.sent, float64(s.out), s.name)
	for id, route := range s.byRoute {
		name := s.routes.list[id]
		out <- route.duration.metric(d.duration, s.name, name)
		for class, n := range route.codes {
			if n > 0 {
				out <- counter(d.requests, float64(n), s.name, name, [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}[class])
			}
		}
	}
	for kind, h := range s.sessions {
		if h != nil {
			out <- h.metric(d.sessions, s.name, flow.Kind(kind).String())
		}
	}
	for kind := range s.records {
		for outcome, n := range s.records[kind] {
			if n > 0 {
				out <- counter(d.records, float64(n), s.name, flow.Kind(kind).String(), [...]string{"ok", "refused", "error"}[outcome])
			}
		}
	}
}
