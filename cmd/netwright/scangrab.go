package main

import (
	"context"
	"net/netip"
	"sync"

	"github.com/netwright/netwright/packet/scan"
)

// grabber asks open ports what they are while the scan goes on, some at a time.
type grabber struct {
	ctx   context.Context
	names map[netip.Addr]string
	done  func(scan.Result, scan.Service)

	mu      sync.Mutex // guards what follows
	queue   []scan.Result
	working int
	workers sync.WaitGroup
}

// mostGrabs is how many are asked at the same time.
const mostGrabs = 32

// take takes an open port. It does not wait.
func (g *grabber) take(r scan.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, r)
	if g.working < mostGrabs {
		g.working++
		g.workers.Go(g.work)
	}
}

func (g *grabber) work() {
	var asks scan.Grabber
	for {
		r, ok := g.next()
		if !ok {
			return
		}
		g.done(r, asks.Grab(g.ctx, netip.AddrPortFrom(r.Addr, r.Port), g.names[r.Addr]))
	}
}

func (g *grabber) next() (r scan.Result, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		g.working--
		return r, false
	}
	r, g.queue = g.queue[0], g.queue[1:]
	return r, true
}

// wait waits until all have been asked.
func (g *grabber) wait() { g.workers.Wait() }
