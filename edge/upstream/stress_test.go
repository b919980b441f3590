package upstream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// Requests, drains, reloads, ejections and sweeps at once: in the end nothing
// is counted that is not there, and no connection is open.
func TestEverythingAtOnce(t *testing.T) {
	for policy := range policies {
		t.Run(policy, func(t *testing.T) { everythingAtOnce(t, policy) })
	}
}

func everythingAtOnce(t *testing.T, policy string) {
	cfg := Config{
		To: many(4), Balance: BalanceConfig{Policy: policy}, Connections: 3, Sticky: &StickyConfig{},
		Queue: QueueConfig{Size: 4, Timeout: 10 * time.Second}, Keepalive: KeepaliveConfig{Idle: 2},
		Eject: EjectConfig{After: 2, For: time.Millisecond}, Circuit: &CircuitConfig{For: time.Millisecond},
		SlowStart: 5 * time.Millisecond,
	}
	p, n := newPool(t, cfg)
	p.OnEvent = func(Event) { p.Status() } // may call back
	ctx, cancel := context.WithCancel(t.Context())
	var service, users sync.WaitGroup
	service.Go(func() { p.Serve(ctx) })
	for user := range 12 {
		users.Go(func() {
			c := Choice{Hash: mix(uint64(user))}
			for i := range 300 {
				c.Retry, c.Fresh = i%7 == 0, i%11 == 0
				conn, err := p.Acquire(ctx, &c)
				if err != nil {
					var dial *DialError
					switch { // ErrNoTarget where all that are not drained are ejected
					case errors.As(err, &dial), err == ErrQueueFull, err == ErrCircuitOpen, err == ErrRetryBudget, err == ErrNoTarget:
					default:
						t.Error(err)
					}
					continue
				}
				c.Sticky = []byte(conn.Target.Cookie())
				switch rand.IntN(10) {
				case 0:
					conn.Target.Report(0, errors.New("reset"), 0)
				case 1:
					conn.Target.Report(0, context.Canceled, 0)
				default:
					conn.Target.Report(200, nil, time.Microsecond)
				}
				conn.Release(rand.IntN(4) != 0)
			}
		})
	}
	users.Go(func() {
		for i := range 60 {
			other := cfg
			other.To = many(3 + i%2)
			other.Connections = 2 + i%3
			if err := p.Reconfigure(other); err != nil {
				t.Error(err)
			}
			p.Drain(fmt.Sprintf("http://10.0.0.%d", 1+i%2), i%4 < 2)
			p.sweep(p.clock(), 0)
		}
	})
	users.Wait()
	cancel()
	service.Wait()
	s := p.Status()
	if s.Active != 0 || s.Waiting != 0 || s.Retries != 0 {
		t.Errorf("in the end: %+v", s)
	}
	for _, target := range p.targets {
		var idle int
		for i := range target.idle.parts {
			idle += len(target.idle.parts[i].conns)
		}
		if target.active.Load() != 0 || int(target.idle.count.Load()) != idle {
			t.Errorf("%s: %d in use, %d idle counted, %d there", target.address, target.active.Load(), target.idle.count.Load(), idle)
		}
	}
	p.Close()
	n.open.Wait() // each connection has been closed
}
