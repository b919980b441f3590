package exchange

import (
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
)

// request is a packet that was sent, or is about to be.
type request struct {
	number  uint64
	data    []byte // from the link header on
	begin   string // the protocol that it begins with
	keys    [3]Hash
	nkeys   int
	tries   int
	sent    time.Time // of the last try; zero before the first
	early   []arrival // what came before the time of sending was known
	replied bool
	gone    bool // no longer waited for
}

// arrival is a packet that came.
type arrival struct {
	time time.Time
	data []byte
}

// pending are the requests that are waited for, found by the keys of what answers
// them. It is not safe for use by several goroutines.
type pending struct {
	matcher *Matcher
	buckets map[Hash]*bucket
	ask     packet.Packet
	keys    []Hash
	live    int
}

// bucket is the requests under one key, those sent first before the others.
type bucket struct {
	list []*request
	dead int
}

func newPending(set *layer.Set) (*pending, error) {
	m, err := NewMatcher(set)
	if err != nil {
		return nil, err
	}
	p := &pending{matcher: m, buckets: map[Hash]*bucket{}}
	p.ask.Use(m.set)
	return p, nil
}

// add begins to wait for the answer to a request.
func (p *pending) add(r *request) {
	p.ask.DecodeAs(r.begin, r.data)
	p.keys = p.matcher.Keys(p.keys[:0], &p.ask.Stack, true)
	r.nkeys = copy(r.keys[:], p.keys)
	r.gone = false
	for _, key := range r.keys[:r.nkeys] {
		b := p.buckets[key]
		if b == nil {
			b = &bucket{}
			p.buckets[key] = b
		}
		b.list = append(b.list, r)
	}
	p.live++
}

// remove ends the waiting for a request, if it had begun.
func (p *pending) remove(r *request) {
	if r.gone {
		return
	}
	r.gone = true
	if r.nkeys == 0 {
		return
	}
	p.live--
	for _, key := range r.keys[:r.nkeys] {
		b := p.buckets[key]
		if b == nil {
			continue
		}
		if b.dead++; b.dead == len(b.list) {
			delete(p.buckets, key)
		} else if b.dead > 16 && b.dead*2 > len(b.list) {
			b.sweep()
		}
	}
}

// sweep forgets those that are no longer waited for.
func (b *bucket) sweep() {
	kept := b.list[:0]
	for _, r := range b.list {
		if !r.gone {
			kept = append(kept, r)
		}
	}
	clear(b.list[len(kept):])
	b.list, b.dead = kept, 0
}

// mostAlike is how many requests that a packet answers are compared with what it
// quotes.
const mostAlike = 256

// find is the request that a packet answers: the first that has no answer yet, or,
// of several that an error may be about, the one that it quotes the most of; nil if
// there is none.
func (p *pending) find(answer *layer.Stack) *request {
	if p.live == 0 {
		return nil
	}
	_, q := p.matcher.findQuote(answer)
	p.keys = p.matcher.Keys(p.keys[:0], answer, false)
	var best *request
	score, seen := -1, 0
	for _, key := range p.keys {
		b := p.buckets[key]
		if b == nil {
			continue
		}
		for _, r := range b.list {
			if r.gone {
				continue
			}
			p.ask.DecodeAs(r.begin, r.data)
			if !p.matcher.Answers(&p.ask.Stack, answer) {
				continue
			}
			if q == 0 && !r.replied {
				return r
			}
			alike := 0
			if q > 0 {
				alike = p.likeness(answer.Data[answer.Layer(q).Start:])
			}
			if !r.replied {
				alike += 1 << 16
			}
			if alike > score {
				best, score = r, alike
			}
			if seen++; seen == mostAlike {
				return best
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// likeness is how many bytes of a quoted packet are as in the request at hand.
func (p *pending) likeness(quoted []byte) int {
	i := p.matcher.next(&p.ask.Stack, 0)
	for i < p.ask.Len() && !p.matcher.rule(&p.ask.Stack, i).addresses {
		i = p.matcher.next(&p.ask.Stack, i+1)
	}
	if i == p.ask.Len() {
		return 0
	}
	asked, n := p.ask.Data[p.ask.Layer(i).Start:], 0
	for k := range min(len(asked), len(quoted), 128) {
		if asked[k] == quoted[k] {
			n++
		}
	}
	return n
}
