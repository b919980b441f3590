package flows

// Flows of one patience stand in the order of their last packets, so that those
// which have been silent too long are the first of their class.
const (
	closing = iota
	stream
	other
	classes
)

// order is a list through the slots: the ends of it.
type order struct{ oldest, newest int32 }

func (f *Flow) patience() uint8 {
	switch {
	case f.closed:
		return closing
	case f.Proto == protoTCP:
		return stream
	}
	return other
}

// silent is the flow that has been silent the longest.
func (t *Table) silent() int32 {
	found := int32(-1)
	for class := range t.order {
		if i := t.order[class].oldest; i >= 0 && (found < 0 || t.slots[i].Last.Before(t.slots[found].Last)) {
			found = i
		}
	}
	return found
}

// touch makes a flow the last of its class.
func (t *Table) touch(i int32) {
	t.unlink(i)
	t.link(i)
}

func (t *Table) link(i int32) {
	f := &t.slots[i]
	f.class = f.patience()
	o := &t.order[f.class]
	f.older, f.newer = o.newest, -1
	if o.newest >= 0 {
		t.slots[o.newest].newer = i
	} else {
		o.oldest = i
	}
	o.newest = i
}

func (t *Table) unlink(i int32) {
	f := &t.slots[i]
	o := &t.order[f.class]
	if f.older >= 0 {
		t.slots[f.older].newer = f.newer
	} else {
		o.oldest = f.newer
	}
	if f.newer >= 0 {
		t.slots[f.newer].older = f.older
	} else {
		o.newest = f.older
	}
}
