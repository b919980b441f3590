package bpf

import "slices"

// allocate gives each slot a cell of the scratch memory. Since the steps are
// in an order in which every way goes forward, a slot needs its cell from the
// first step that assigns it to the last that reads it. Returned besides are
// the cells in use at each step, and the slots that a way can reach unassigned.
func allocate(order []*step) (cells map[*value]int, busy []uint16, unset []*value, err error) {
	unset = unassigned(order)
	first, last := map[*value]int{}, map[*value]int{}
	for _, slot := range unset {
		first[slot] = 0
	}
	for i, s := range order {
		read := map[*value]bool{}
		markSlots(s.v, read)
		markSlots(s.other, read)
		for slot := range read {
			last[slot] = i
		}
		if s.kind == stepAssign {
			if _, ok := first[s.slot]; !ok {
				first[s.slot] = i
			}
			last[s.slot] = max(last[s.slot], i)
		}
	}
	cells, busy = map[*value]int{}, make([]uint16, len(order))
	for i := range order {
		starts := unset
		if i > 0 {
			starts = nil
		}
		if s := order[i]; s.kind == stepAssign && first[s.slot] == i {
			starts = append(slices.Clip(starts), s.slot)
		}
		for _, slot := range starts {
			if _, done := cells[slot]; done {
				continue
			}
			cell, ok := freeCell(busy, i, last[slot])
			if !ok {
				return nil, nil, nil, tooComplex()
			}
			cells[slot] = cell
			for j := i; j <= last[slot]; j++ {
				busy[j] |= 1 << cell
			}
		}
	}
	return cells, busy, unset, nil
}

// freeCell is a cell that nothing holds at any of these steps.
func freeCell(busy []uint16, from, to int) (int, bool) {
	used := uint16(0)
	for _, b := range busy[from : to+1] {
		used |= b
	}
	for cell := range scratchCells {
		if used&(1<<cell) == 0 {
			return cell, true
		}
	}
	return 0, false
}

// slotSet is a set of slots by their number.
type slotSet []uint64

func (s slotSet) has(slot *value) bool { return s[slot.k/64]&(1<<(slot.k%64)) != 0 }

func (s slotSet) add(slot *value) { s[slot.k/64] |= 1 << (slot.k % 64) }

// unassigned are the slots that are read at a step which some way reaches
// without having assigned them. The kernel refuses to read such a cell.
func unassigned(order []*step) (slots []*value) {
	words := slotWords(order)
	assigned := map[*step]slotSet{order[0]: make(slotSet, words)}
	found := make(slotSet, words)
	for _, s := range order {
		have := assigned[s]
		read := map[*value]bool{}
		markSlots(s.v, read)
		markSlots(s.other, read)
		for slot := range read {
			if !have.has(slot) && !found.has(slot) {
				found.add(slot)
				slots = append(slots, slot)
			}
		}
		if s.kind == stepAssign {
			have = slices.Clone(have)
			have.add(s.slot)
		}
		for _, to := range [...]*step{s.yes, s.no} {
			earlier, ok := assigned[to]
			if !ok {
				assigned[to] = slices.Clone(have)
			}
			for i := range earlier {
				earlier[i] &= have[i]
			}
		}
	}
	slices.SortFunc(slots, func(a, b *value) int { return int(a.k) - int(b.k) })
	return slots
}

// slotWords is the size of a set of all slots that are assigned.
func slotWords(order []*step) int {
	most := uint32(0)
	for _, s := range order {
		if s.kind == stepAssign {
			most = max(most, s.slot.k)
		}
	}
	return int(most/64) + 1
}
