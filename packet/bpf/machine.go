package bpf

import "encoding/binary"

// machine is what a program works with besides its two registers.
type machine struct {
	cells  [scratchCells]uint32
	length uint32
	packet *Packet // nil where only the bytes are known
}

// run runs the program. A load beyond the packet's end and a division by zero
// end it with 0. The cases here are those that everyday filters are made of.
func (p *Program) run(data []byte, length uint32, packet *Packet) uint32 {
	m := machine{length: length, packet: packet}
	var a, x uint32
	code := p.code
	for pc, ok := 0, true; ok && pc < len(code); {
		in := &code[pc]
		pc++
		switch in.op {
		case byteEqual:
			a, ok = byteAt(data, in.at)
			pc = in.way(a == in.k)
		case halfEqual:
			a, ok = halfAt(data, in.at)
			pc = in.way(a == in.k)
		case halfXEqual:
			a, ok = halfAt(data, in.at+x)
			pc = in.way(a == in.k)
		case halfBits:
			a, ok = halfAt(data, in.at)
			pc = in.way(a&in.k != 0)
		case wordEqual:
			a, ok = wordAt(data, in.at)
			pc = in.way(a == in.k)
		case doReturn:
			return in.k
		case doReturnA:
			return a
		case jumpAlways:
			pc = int(in.yes)
		case jumpEqual:
			pc = in.way(a == in.k)
		case jumpGreater:
			pc = in.way(a > in.k)
		case jumpAtLeast:
			pc = in.way(a >= in.k)
		case jumpBits:
			pc = in.way(a&in.k != 0)
		case jumpEqualX, jumpGreaterX, jumpAtLeastX, jumpBitsX:
			pc = in.way(related(in.op, a, x))
		case doAnd:
			a &= in.k
		case loadByte:
			a, ok = byteAt(data, in.k)
		case loadXHeader:
			x, ok = byteAt(data, in.k)
			x = x & 0xf << 2
		default:
			a, x, ok = m.rare(data, in, a, x)
		}
	}
	return 0
}

// rare does an instruction that is neither a jump nor frequent, and returns
// the registers, or false where it ends the program.
func (m *machine) rare(data []byte, in *instruction, a, x uint32) (uint32, uint32, bool) {
	ok := true
	switch in.op {
	case loadHalf:
		a, ok = halfAt(data, in.k)
	case loadWord:
		a, ok = wordAt(data, in.k)
	case loadByteX:
		a, ok = byteAt(data, in.k+x)
	case loadHalfX:
		a, ok = halfAt(data, in.k+x)
	case loadWordX:
		a, ok = wordAt(data, in.k+x)
	case loadConstant:
		a = in.k
	case loadLength:
		a = m.length
	case loadCell:
		a = m.cells[in.k&15]
	case loadMeta:
		a = m.packet.ask(in.k)
	case loadXConstant:
		x = in.k
	case loadXLength:
		x = m.length
	case loadXCell:
		x = m.cells[in.k&15]
	case storeA:
		m.cells[in.k&15] = a
	case storeX:
		m.cells[in.k&15] = x
	case toX:
		x = a
	case toA:
		a = x
	default:
		a, ok = in.op.calculate(a, in.k, x)
	}
	return a, x, ok
}

// way is where a conditional jump leads.
func (in *instruction) way(yes bool) int {
	if yes {
		return int(in.yes)
	}
	return int(in.no)
}

// byteAt, halfAt and wordAt read a big endian number; false where it is not
// all inside.
func byteAt(data []byte, at uint32) (uint32, bool) {
	if uint64(at) >= uint64(len(data)) {
		return 0, false
	}
	return uint32(data[at]), true
}

func halfAt(data []byte, at uint32) (uint32, bool) {
	if uint64(at)+2 > uint64(len(data)) {
		return 0, false
	}
	return uint32(binary.BigEndian.Uint16(data[at:])), true
}

func wordAt(data []byte, at uint32) (uint32, bool) {
	if uint64(at)+4 > uint64(len(data)) {
		return 0, false
	}
	return binary.BigEndian.Uint32(data[at:]), true
}

// related compares the registers.
func related(op operation, a, x uint32) bool {
	switch op {
	case jumpEqualX:
		return a == x
	case jumpGreaterX:
		return a > x
	case jumpAtLeastX:
		return a >= x
	}
	return a&x != 0
}

// ask answers for what Linux knows beside the bytes; 0 where nothing is known.
func (p *Packet) ask(k uint32) uint32 {
	switch {
	case p == nil:
	case k == metaType:
		return uint32(p.Type)
	case k == metaInterface:
		return p.Interface
	case k == metaVLAN:
		return uint32(p.VLAN)
	case k == metaVLANTagged && p.Tagged:
		return 1
	}
	return 0
}

// calculate does arithmetic; false for a division by zero.
func (op operation) calculate(a, k, x uint32) (uint32, bool) {
	if op == doNegate {
		return -a, true
	}
	if (op-doAnd)&1 == 1 { // the X form of an operation follows its K form
		k = x
		op--
	}
	switch op {
	case doAnd:
		return a & k, true
	case doAdd:
		return a + k, true
	case doLeft:
		return a << k, true
	case doRight:
		return a >> k, true
	case doSub:
		return a - k, true
	case doMul:
		return a * k, true
	case doOr:
		return a | k, true
	case doXor:
		return a ^ k, true
	case doDiv:
		if k != 0 {
			return a / k, true
		}
	case doMod:
		if k != 0 {
			return a % k, true
		}
	}
	return 0, false
}
