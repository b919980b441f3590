//go:build linux

package main

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"
)

// settle is how long a server may give back what opening the connections
// cost it, before its memory is read.
const settle = 3 * time.Second

// warmup is the load that a server has had before its memory is first read, so
// that what it keeps whatever the number of connections is there already: its
// log of the last requests, pools, code that was never run before.
const (
	warmupConns = 64
	warmup      = time.Second // far more than 10,000 requests
)

// measureIdle opens the row's connections, has each answer one request, and
// reads how much the server has grown while they are all idle.
func (b *bench) measureIdle(ctx context.Context, r row) (*result, error) {
	res := &result{row: r, configs: make(map[string]string)}
	for _, p := range b.servers(r) {
		f := &figure{Peer: p.name}
		s, err := b.launch(ctx, p, r)
		if err != nil {
			return nil, err
		}
		value, err := b.growth(ctx, r, s)
		s.stop()
		if err != nil {
			f.fail(err)
		} else {
			f.Values = append(f.Values, value)
			f.Requests = r.conns
		}
		f.finish()
		res.configs[p.name] = s.config
		res.figures = append(res.figures, f)
	}
	return res, nil
}

// growth returns KiB per connection.
func (b *bench) growth(ctx context.Context, r row, s *running) (float64, error) {
	j := b.job(r, s.at, nil)
	if err := b.warmUp(ctx, r, j); err != nil {
		return 0, fmt.Errorf("warming up: %w", err)
	}
	before, err := residentBytes(s.pids)
	if err != nil {
		return 0, err
	}
	if r.tls {
		conns, err := (&secureLoad{job: j, tls: b.identity.client()}).once(ctx)
		defer closeAll(conns)
		if err != nil {
			return 0, err
		}
	} else {
		l, err := openLoad(j)
		if err != nil {
			return 0, err
		}
		defer l.close()
		if err := l.once(); err != nil {
			return 0, err
		}
	}
	time.Sleep(settle)
	after, err := residentBytes(s.pids)
	return float64(after-before) / 1024 / float64(r.conns), err
}

// warmUp has the server answer a while, and then settle.
func (b *bench) warmUp(ctx context.Context, r row, j job) error {
	j.conns, j.warm, j.measured, j.requests = warmupConns, 0, warmup, 0
	j.sample = func() error { return nil }
	var err error
	if r.tls {
		_, err = (&secureLoad{job: j, tls: b.identity.client()}).run(ctx)
	} else {
		_, err = runLoad(j)
	}
	time.Sleep(settle)
	return err
}

// quickstart is where `up --quickstart` puts its page.
const quickstart = "127.0.0.1:8080"

// measureStart takes the time from exec to the first whole answer. Netwright
// runs its quickstart; the others, which have none, the config of a proxy.
func (b *bench) measureStart(ctx context.Context, r row) (*result, error) {
	res := &result{row: r, configs: make(map[string]string)}
	servers := b.servers(r)
	for _, p := range servers {
		res.figures = append(res.figures, &figure{Peer: p.name})
	}
	for range b.rounds {
		for i, p := range servers {
			took, config, err := b.startOnce(ctx, p, r)
			if err != nil {
				res.figures[i].fail(err)
				continue
			}
			res.configs[p.name] = config
			res.figures[i].Requests++
			res.figures[i].Values = append(res.figures[i].Values, float64(took.Microseconds())/1e3)
		}
	}
	for _, f := range res.figures {
		f.finish()
	}
	return res, nil
}

func (b *bench) startOnce(ctx context.Context, p peer, r row) (time.Duration, string, error) {
	s, err := b.site(p, r)
	if err != nil {
		return 0, "", err
	}
	config, text, err := p.configure(s)
	if err != nil {
		return 0, "", err
	}
	args := p.command(s, config)
	ask := func(at netip.AddrPort) error { return b.once(ctx, r, at) }
	if p.name == "netwright" {
		args = []string{args[0], "up", "--quickstart"}
		s.Listen, text = quickstart, "netwright up --quickstart\n"
		ask = func(at netip.AddrPort) error { return askPage(ctx, at) }
	}
	if free, err := nobodyOn(s.Listen); !free {
		return 0, text, fmt.Errorf("%s is taken by another process (%w)", s.Listen, err)
	}
	started := time.Now()
	proc, err := start(p.name, b.serverCPU, args, s.Dir, filepath.Join(s.Dir, "output.txt"))
	if err != nil {
		return 0, text, err
	}
	defer proc.stop()
	if err := proc.answers(ctx, s.Listen); err != nil {
		return 0, text, err
	}
	err = ask(netip.MustParseAddrPort(s.Listen))
	return time.Since(started), text, err
}
