package reassembly

import "slices"

// piece is a run of bytes at an offset.
type piece struct {
	at   int64
	data []byte
}

func (p *piece) end() int64 { return p.at + int64(len(p.data)) }

// pieces are runs of bytes, sorted, none of which overlaps another.
type pieces struct {
	list []piece
	held int
}

// put adds bytes, copied. Of what is there already the policy says which stays.
// It returns how many bytes more are held, and how many of those given were there
// with another value.
func (ps *pieces) put(at int64, b []byte, policy Policy) (more, differ int) {
	i, _ := slices.BinarySearchFunc(ps.list, at, func(p piece, at int64) int {
		if p.end() <= at {
			return -1
		}
		return 1
	})
	before := ps.held
	for len(b) > 0 {
		if i == len(ps.list) || at < ps.list[i].at {
			// A gap: what of b fits into it.
			n := len(b)
			if i < len(ps.list) {
				n = int(min(int64(n), ps.list[i].at-at))
			}
			ps.insert(&i, at, b[:n])
			at, b = at+int64(n), b[n:]
			continue
		}
		p := &ps.list[i]
		n := int(min(int64(len(b)), p.end()-at))
		over := p.data[at-p.at:][:n]
		for k := range over {
			if over[k] != b[k] {
				differ++
			}
		}
		if policy == Last {
			copy(over, b)
		}
		at, b = at+int64(n), b[n:]
		i++
	}
	return ps.held - before, differ
}

// insert puts a piece before the i-th, joined to the one before it where they
// touch, and moves i behind it.
func (ps *pieces) insert(i *int, at int64, b []byte) {
	ps.held += len(b)
	if *i > 0 && ps.list[*i-1].end() == at {
		last := &ps.list[*i-1]
		last.data = append(last.data, b...)
		return
	}
	ps.list = slices.Insert(ps.list, *i, piece{at, slices.Clone(b)})
	*i++
}

// take removes the first piece.
func (ps *pieces) take() piece {
	p := ps.list[0]
	ps.held -= len(p.data)
	ps.list = slices.Delete(ps.list, 0, 1)
	return p
}

// end is where the last piece ends.
func (ps *pieces) end() int64 {
	if len(ps.list) == 0 {
		return 0
	}
	return ps.list[len(ps.list)-1].end()
}

// join is all pieces one behind the other.
func (ps *pieces) join() []byte {
	whole := make([]byte, 0, ps.held)
	for i := range ps.list {
		whole = append(whole, ps.list[i].data...)
	}
	return whole
}

func (ps *pieces) clear() {
	*ps = pieces{}
}
