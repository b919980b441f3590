//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// bench holds what all rows share.
type bench struct {
	settings
	dir      string // for configs, certificates, files and logs
	backend  netip.AddrPort
	files    uint64 // limit of open files
	identity *identity
	subject  *peer // Netwright, or what stands in its place; nil for the peers alone
	peers    []peer
}

// running is a server that has been started for a row.
type running struct {
	*process
	peer   string
	at     netip.AddrPort
	pids   []int
	config string
	log    string // its access log, "" for none
}

// figure is what one server reached in one row.
type figure struct {
	Peer      string    `json:"peer"`
	Values    []float64 `json:"values"` // one a round, in the row's unit
	Median    float64   `json:"median"`
	Spread    float64   `json:"spread"`             // of the values, as a share of the median
	Rate      float64   `json:"rate,omitempty"`     // requests per second, median
	Busy      float64   `json:"busy,omitempty"`     // share of its processor, median
	Requests  int       `json:"requests,omitempty"` // in all rounds
	Failed    int       `json:"failed"`
	First     string    `json:"first_failure,omitempty"`
	Handshake string    `json:"handshake,omitempty"`
	rates     []float64
	busy      []float64
	answered  int
}

func (f *figure) fail(err error) {
	if f.Failed++; f.First == "" {
		f.First = err.Error()
	}
}

func (f *figure) finish() {
	f.Median, f.Spread = median(f.Values), spread(f.Values)
	f.Rate, f.Busy = median(f.rates), median(f.busy)
}

// result is one row as measured.
type result struct {
	row     row
	figures []*figure
	configs map[string]string
}

// servers lists who takes part in a row, Netwright first.
func (b *bench) servers(r row) []peer {
	var all []peer
	if b.subject != nil {
		all = append(all, *b.subject)
	}
	for _, p := range b.peers {
		if r.peers == nil || slices.Contains(r.peers, p.name) {
			all = append(all, p)
		}
	}
	return all
}

// measure does one row. What fails is in the figures; an error ends the run.
func (b *bench) measure(ctx context.Context, r row) (*result, error) {
	switch r.kind {
	case perIdle:
		return b.measureIdle(ctx, r)
	case perStart:
		return b.measureStart(ctx, r)
	default:
		return b.measureRequests(ctx, r)
	}
}

func (b *bench) measureRequests(ctx context.Context, r row) (*result, error) {
	res := &result{row: r, configs: make(map[string]string)}
	var all []*running
	for _, p := range b.servers(r) {
		s, err := b.launch(ctx, p, r)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		all = append(all, s)
		res.configs[p.name] = s.config
		res.figures = append(res.figures, &figure{Peer: p.name})
	}
	for range b.rounds {
		for i, s := range all {
			if err := b.round(ctx, r, s, res.figures[i]); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", r.name, s.name, err)
			}
		}
	}
	if b.profile && b.subject != nil {
		if err := b.profileRow(ctx, r, all[0]); err != nil {
			return nil, err
		}
	}
	for i, f := range res.figures {
		f.finish()
		all[i].stop() // and write what it holds of its log
		if err := all[i].logged(f.answered); err != nil {
			f.fail(err)
		}
	}
	return res, nil
}

// logged checks that a server which had to write a log has written a line for
// each answer: what it leaves out costs it nothing.
func (s *running) logged(answers int) error {
	if s.log == "" {
		return nil
	}
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err
	}
	if n := bytes.Count(text, []byte("\n")); n < answers {
		return fmt.Errorf("the access log has %d lines for %d answers", n, answers)
	}
	return nil
}

// round measures one server once.
func (b *bench) round(ctx context.Context, r row, s *running, f *figure) error {
	var pids []int
	var clocks []time.Duration
	sample := func() (err error) {
		if pids == nil { // first asked under load, when all workers are there
			if pids, err = family(s.cmd.Process.Pid); err != nil {
				return err
			}
		}
		d, err := cpuTime(pids)
		clocks = append(clocks, d)
		return err
	}
	out, suite, err := b.drive(ctx, b.job(r, s.at, sample), r)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.tail())
	}
	if suite != "" {
		f.Handshake = suite
	}
	f.Requests += out.Requests
	f.answered += out.Answered
	f.Failed += out.Failed
	if f.First == "" {
		f.First = out.First
	}
	used := clocks[1] - clocks[0]
	if out.Requests == 0 || used == 0 {
		return fmt.Errorf("%d requests for %s of CPU time", out.Requests, used)
	}
	f.Values = append(f.Values, float64(used.Nanoseconds())/1e3/float64(out.Requests))
	f.rates = append(f.rates, float64(out.Requests)/out.Elapsed.Seconds())
	f.busy = append(f.busy, used.Seconds()/out.Elapsed.Seconds())
	return nil
}

// drive does the job with the generator that the row needs, and returns the
// kind of TLS handshake where there was one.
func (b *bench) drive(ctx context.Context, j job, r row) (outcome, string, error) {
	if !r.tls {
		out, err := runLoad(j)
		return out, "", err
	}
	l := &secureLoad{job: j, tls: b.identity.client(), fresh: r.fresh}
	out, err := l.run(ctx)
	return out, l.suite, err
}

// job is the generator's part of a row.
func (b *bench) job(r row, at netip.AddrPort, sample func() error) job {
	j := job{
		server: at, conns: r.conns, want: payload(r.size), sample: sample,
		warm: b.warm, measured: b.measured, requests: b.requests,
	}
	closing := ""
	if r.fresh {
		closing = "Connection: close\r\n"
	}
	if r.upload {
		body := payload(largeSize)
		j.request = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nContent-Length: %d\r\n\r\n%s",
			r.path, serverName, len(body), body)
		return j
	}
	j.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n%s\r\n",
		r.path, serverName, closing)
	return j
}

// launch configures and starts a server for a row and has it answer once.
func (b *bench) launch(ctx context.Context, p peer, r row) (*running, error) {
	s, err := b.site(p, r)
	if err != nil {
		return nil, err
	}
	config, text, err := p.configure(s)
	if err != nil {
		return nil, fmt.Errorf("configure %s: %w", p.name, err)
	}
	output := filepath.Join(s.Dir, "output.txt")
	if s.Log != "" && p.logsToStdout {
		output = s.Log
	}
	proc, err := start(p.name, b.serverCPU, p.command(s, config), s.Dir, output)
	if err != nil {
		return nil, err
	}
	run := &running{process: proc, peer: p.name, config: text, log: s.Log, at: netip.MustParseAddrPort(s.Listen)}
	if err := run.answers(ctx, s.Listen); err != nil {
		run.stop()
		return nil, err
	}
	if err := b.once(ctx, r, run.at); err != nil {
		run.stop()
		return nil, fmt.Errorf("first request to %s: %w\n%s", p.name, err, run.tail())
	}
	if run.pids, err = family(run.cmd.Process.Pid); err != nil {
		run.stop()
		return nil, err
	}
	return run, nil
}

func (b *bench) site(p peer, r row) (site, error) {
	dir, err := os.MkdirTemp(b.dir, r.name+"-"+p.name+"-")
	if err != nil {
		return site{}, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's worker is another user
		return site{}, err
	}
	at, err := freeAddress()
	if err != nil {
		return site{}, err
	}
	console, err := freeAddress()
	if err != nil {
		return site{}, err
	}
	s := site{
		Listen: at.String(), Port: fmt.Sprint(at.Port()), Console: console.String(), Backend: b.backend.String(),
		Idle: max(64, r.conns), TLS: r.tls, Cert: b.identity.Cert, Key: b.identity.Key, Both: b.identity.Both,
		LogBuffer: r.logBuff, Dir: dir, Files: b.files,
	}
	if r.kind == perIdle {
		s.Idle = 64
	}
	if r.log {
		s.Log = filepath.Join(dir, "access.log")
	}
	if r.files {
		s.Root = filepath.Join(b.dir, "files")
	}
	return s, nil
}

// once makes one request on a connection of its own.
func (b *bench) once(ctx context.Context, r row, at netip.AddrPort) error {
	j := b.job(r, at, nil)
	j.conns = 1
	if r.tls {
		conns, err := (&secureLoad{job: j, tls: b.identity.client()}).once(ctx)
		closeAll(conns)
		return err
	}
	l, err := openLoad(j)
	if err != nil {
		return err
	}
	defer l.close()
	return l.once()
}

func closeAll(conns []*secureConn) {
	for _, c := range conns {
		if c != nil {
			_ = c.NetConn().Close()
		}
	}
}
