package upstream

import (
	"fmt"
	"time"
)

// Drain takes a target out of use by hand, or back in: on means that it gets
// no requests any more, nor those of clients that stick to it, while those
// under way finish. target is its URL as the config has it, which stands for
// all addresses of the URL's name, or one address. It stays so until it is
// undone or the URL leaves the config.
func (p *Pool) Drain(target string, on bool) error {
	err := fmt.Errorf("pool %s has no target %q", p.name, target)
	p.change(func(now time.Time) {
		for _, t := range p.targets {
			if t.source.url != target && t.address != target {
				continue
			}
			err = nil
			if on {
				p.drained[target] = true
			} else {
				delete(p.drained, target)
				delete(p.drained, t.address)
			}
			p.setDrained(t, now)
		}
	})
	return err
}

func (p *Pool) setDrained(t *Target, now time.Time) {
	drained := p.drained[t.source.url] || p.drained[t.address]
	if drained == t.drained {
		return
	}
	t.drained = drained
	if drained {
		t.idle.flush(true)
		p.noteTarget(t, Drained, "")
		return
	}
	t.idle.open()
	p.warmUp(t, now)
	p.noteTarget(t, Undrained, "")
}
