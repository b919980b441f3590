package bpf

// A condition is what a primitive means: a tree of tests of values. Parts are
// evaluated from left to right and only as far as needed, since a load beyond
// the packet's end ends the program.
type condition interface{ isCondition() }

type (
	// test compares a value with a constant, or with another value.
	test struct {
		v     *value
		op    testOp
		k     uint32
		other *value // nil for k
	}
	constantly bool
	not        struct{ c condition }
	all        []condition
	anyOf      []condition
	// assign puts a value into a slot, and is true.
	assign struct{ slot, v *value }
)

func (test) isCondition()       {}
func (constantly) isCondition() {}
func (not) isCondition()        {}
func (all) isCondition()        {}
func (anyOf) isCondition()      {}
func (assign) isCondition()     {}

// testOp is one of the machine's four comparisons.
type testOp uint8

const (
	isEqual   testOp = iota
	isGreater        // unsigned
	isAtLeast
	hasBits // v & k != 0
)

func equal(v *value, k uint32) condition { return compare(v, isEqual, k) }

// compare makes a test of a value against a constant, and answers at once
// what the value's possible bits decide.
func compare(v *value, op testOp, k uint32) condition {
	if v.kind == valueConstant {
		return constantly(holds(op, v.k, k))
	}
	if op == isEqual && v.kind == valueBinary && v.op == '&' && v.b.kind == valueConstant {
		switch mask := v.b.k; {
		case k == 0:
			return not{test{v: v.a, op: hasBits, k: mask}}
		case k == mask && mask&(mask-1) == 0:
			return test{v: v.a, op: hasBits, k: mask}
		}
	}
	return test{v: v, op: op, k: k}
}

// relate makes a test of two values.
func relate(a *value, op testOp, b *value) condition {
	switch {
	case b.kind == valueConstant:
		return compare(a, op, b.k)
	case a.kind != valueConstant:
		return test{v: a, op: op, other: b}
	case op == isGreater: // k > b
		return not{compare(b, isAtLeast, a.k)}
	case op == isAtLeast:
		return not{compare(b, isGreater, a.k)}
	default:
		return compare(b, op, a.k)
	}
}

// oneOf is true for any of these numbers.
func oneOf(v *value, ks ...uint32) condition {
	var c anyOf
	for _, k := range ks {
		c = append(c, equal(v, k))
	}
	return c
}

func holds(op testOp, a, b uint32) bool {
	switch op {
	case isEqual:
		return a == b
	case isGreater:
		return a > b
	case isAtLeast:
		return a >= b
	default:
		return a&b != 0
	}
}
