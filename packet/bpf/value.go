package bpf

import "math/bits"

// valueKind tells the numbers apart that a filter can compare.
type valueKind uint8

const (
	valueConstant valueKind = iota
	valueLength             // of the packet on the wire
	valueLoad               // size bytes of the packet at base+k
	valueHeader             // 4*(byte at k & 0xf): the length of an IPv4 header
	valueMeta               // what Linux knows about the packet beside its bytes
	valueSlot               // what an assignment, one on each way, put into slot k
	valueBinary             // a operator b
	valueNegative           // -a
)

// value is a number of the packet. Values are interned: two that are computed
// alike are the same pointer, so whether a register already holds one, or an
// earlier test knows it, is a comparison of pointers.
type value struct {
	kind valueKind
	op   byte // of valueBinary: + - * / % & | ^ and < > for the shifts
	size uint8
	k    uint32
	a, b *value // operands; of valueLoad a is the base, nil for the packet's start
	mask uint32 // bits that can be set
}

// valueKey is all of a value but what follows from it.
type valueKey struct {
	kind valueKind
	op   byte
	size uint8
	k    uint32
	a, b *value
}

// values interns the values of one program.
type values struct {
	known map[valueKey]*value
	slots uint32
}

func newValues() *values { return &values{known: map[valueKey]*value{}} }

func (vs *values) intern(key valueKey) *value {
	v, ok := vs.known[key]
	if !ok {
		v = &value{kind: key.kind, op: key.op, size: key.size, k: key.k, a: key.a, b: key.b}
		v.mask = maskOf(v)
		vs.known[key] = v
	}
	return v
}

func (vs *values) constant(k uint32) *value { return vs.intern(valueKey{kind: valueConstant, k: k}) }
func (vs *values) length() *value           { return vs.intern(valueKey{kind: valueLength}) }
func (vs *values) header(at uint32) *value  { return vs.intern(valueKey{kind: valueHeader, k: at}) }

func (vs *values) meta(offset uint32, size uint8) *value {
	return vs.intern(valueKey{kind: valueMeta, k: offset, size: size})
}

func (vs *values) newSlot() *value {
	vs.slots++
	return vs.intern(valueKey{kind: valueSlot, k: vs.slots - 1})
}

// load is size bytes at base+k; a constant base is added to k.
func (vs *values) load(base *value, k uint32, size uint8) *value {
	if base != nil && base.kind == valueConstant {
		k, base = k+base.k, nil
	}
	if base != nil && base.kind == valueBinary && base.op == '+' && base.b.kind == valueConstant {
		k, base = k+base.b.k, base.a
	}
	return vs.intern(valueKey{kind: valueLoad, a: base, k: k, size: size})
}

func (vs *values) negative(a *value) *value {
	if a.kind == valueConstant {
		return vs.constant(-a.k)
	}
	return vs.intern(valueKey{kind: valueNegative, a: a})
}

// binary is a op b, computed at once where both are constants. Division by a
// constant zero must not get here.
func (vs *values) binary(op byte, a, b *value) *value {
	if a.kind == valueConstant && b.kind == valueConstant {
		return vs.constant(calculate(op, a.k, b.k))
	}
	if a.kind == valueConstant && commutes(op) {
		a, b = b, a
	}
	if b.kind == valueConstant {
		switch {
		case b.k == 0 && (op == '&' || op == '*'):
			return b
		case b.k == 0 && op != '/' && op != '%', b.k == 1 && (op == '*' || op == '/'):
			return a
		case op == '&' && a.mask&^b.k == 0:
			return a
		case op == '+' && a.kind == valueBinary && a.op == '+' && a.b.kind == valueConstant:
			return vs.binary('+', a.a, vs.constant(a.b.k+b.k))
		}
	}
	return vs.intern(valueKey{kind: valueBinary, op: op, a: a, b: b})
}

func (vs *values) and(a *value, mask uint32) *value { return vs.binary('&', a, vs.constant(mask)) }
func (vs *values) add(a *value, k uint32) *value    { return vs.binary('+', a, vs.constant(k)) }

func commutes(op byte) bool {
	return op == '+' || op == '*' || op == '&' || op == '|' || op == '^'
}

// calculate is what the machine's arithmetic gives; a division by zero, which
// ends a program, is the caller's to see.
func calculate(op byte, a, b uint32) uint32 {
	switch op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	case '/':
		return a / b
	case '%':
		return a % b
	case '&':
		return a & b
	case '|':
		return a | b
	case '^':
		return a ^ b
	case '<':
		return a << b
	default:
		return a >> b
	}
}

// maskOf returns the bits that a value can have, as far as that is plain.
func maskOf(v *value) uint32 {
	const all = 0xffffffff
	switch v.kind {
	case valueConstant:
		return v.k
	case valueLoad, valueMeta:
		return uint32(uint64(1)<<(8*v.size) - 1)
	case valueHeader:
		return 0x3c
	case valueBinary:
		switch v.op {
		case '&':
			return v.a.mask & v.b.mask
		case '|', '^':
			return v.a.mask | v.b.mask
		case '<', '>':
			if v.b.kind == valueConstant {
				return calculate(v.op, v.a.mask, v.b.k)
			}
		case '+':
			if sum := uint64(v.a.mask) + uint64(v.b.mask); sum <= all {
				return all >> bits.LeadingZeros32(uint32(sum))
			}
		case '/', '%':
			return all >> bits.LeadingZeros32(v.a.mask)
		}
	}
	return all
}
