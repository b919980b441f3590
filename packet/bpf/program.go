package bpf

import (
	"encoding/binary"
	"fmt"

	netbpf "golang.org/x/net/bpf"
)

// Program is a classic BPF program that is run here, on frames of a file or
// of a socket that has no filter of its own. It is safe for concurrent use.
type Program struct {
	code []instruction
}

// Packet is what a program can ask about besides the bytes.
type Packet struct {
	Data      []byte // what was captured of it
	Length    int    // its length on the wire
	Type      uint16 // of Linux' packet types: 4 is what this host sends
	Interface uint32 // index of the interface
	Tagged    bool   // whether the driver took off a VLAN tag
	VLAN      uint16 // that tag (TCI)
}

// instruction is one decoded: a jump's targets are absolute.
type instruction struct {
	op      operation
	k       uint32
	yes, no uint16
}

// operation is an opcode in dense numbers, for which a switch becomes a jump
// table.
type operation uint8

const (
	doReturn operation = iota
	doReturnA
	loadWord
	loadHalf
	loadByte
	loadWordX
	loadHalfX
	loadByteX
	loadConstant
	loadLength
	loadCell
	loadMeta
	loadXConstant
	loadXLength
	loadXCell
	loadXHeader
	storeA
	storeX
	toX
	toA
	jumpAlways
	jumpEqual
	jumpGreater
	jumpAtLeast
	jumpBits
	jumpEqualX
	jumpGreaterX
	jumpAtLeastX
	jumpBitsX
	doAnd
	doAndX
	doAdd
	doAddX
	doLeft
	doLeftX
	doRight
	doRightX
	doSub
	doSubX
	doMul
	doMulX
	doDiv
	doDivX
	doMod
	doModX
	doOr
	doOrX
	doXor
	doXorX
	doNegate
)

// Load checks a program by the kernel's rules (jumps lead forward and inside,
// the last instruction returns, no cell of memory is read before it was
// written, no division by a constant zero) and makes it ready to run.
func Load(raw []netbpf.RawInstruction) (*Program, error) { return load(raw, MaxInstructions) }

func load(raw []netbpf.RawInstruction, most int) (*Program, error) {
	if len(raw) == 0 || len(raw) > most {
		return nil, fmt.Errorf("BPF program of %d instructions: at least 1 and at most %d are possible", len(raw), most)
	}
	if op := raw[len(raw)-1].Op; op&7 != opRet {
		return nil, fmt.Errorf("BPF instruction %d: the last one must return", len(raw)-1)
	}
	p := &Program{code: make([]instruction, len(raw))}
	for i, r := range raw {
		in, err := decode(r, i, len(raw))
		if err != nil {
			return nil, fmt.Errorf("BPF instruction %d: %w", i, err)
		}
		p.code[i] = in
	}
	return p, p.checkMemory()
}

// checkMemory refuses a program that may read a cell before writing it.
func (p *Program) checkMemory() error {
	written := make([]uint16, len(p.code)) // on every way to an instruction
	for i := range written {
		written[i] = 0xffff
	}
	written[0] = 0
	for i, in := range p.code {
		w := written[i]
		switch in.op {
		case loadCell, loadXCell:
			if w&(1<<in.k) == 0 {
				return fmt.Errorf("BPF instruction %d: memory cell %d is read before it is written", i, in.k)
			}
		case storeA, storeX:
			w |= 1 << in.k
		}
		switch {
		case in.op == doReturn || in.op == doReturnA:
		case in.op >= jumpAlways && in.op <= jumpBitsX:
			written[in.yes] &= w
			written[in.no] &= w
		default:
			written[i+1] &= w
		}
	}
	return nil
}

// Match reports whether a packet passes: data is what was captured of it,
// wireLength how long it was on the wire. It does not allocate.
func (p *Program) Match(data []byte, wireLength int) bool {
	return p.run(data, uint32(wireLength), nil) != 0
}

// Run returns how many bytes of a packet the program wants to keep; 0 means
// that it does not pass.
func (p *Program) Run(packet *Packet) uint32 {
	return p.run(packet.Data, uint32(packet.Length), packet)
}

// run is the machine. A load beyond the packet's end and a division by zero
// end the program with 0.
func (p *Program) run(data []byte, length uint32, meta *Packet) uint32 {
	var a, x uint32
	var cells [scratchCells]uint32
	code := p.code
	for pc := 0; pc < len(code); {
		in := &code[pc]
		k := in.k
		pc++
		switch in.op {
		case doReturn:
			return k
		case doReturnA:
			return a
		case loadWordX, loadHalfX, loadByteX:
			k += x
			fallthrough
		case loadWord, loadHalf, loadByte:
			var ok bool
			if a, ok = loadFrom(data, in.op, k); !ok {
				return 0
			}
		case loadConstant:
			a = k
		case loadLength:
			a = length
		case loadCell:
			a = cells[k&15]
		case loadMeta:
			a = meta.ask(k)
		case loadXConstant:
			x = k
		case loadXLength:
			x = length
		case loadXCell:
			x = cells[k&15]
		case loadXHeader:
			if uint64(k) >= uint64(len(data)) {
				return 0
			}
			x = uint32(data[k]&0xf) << 2
		case storeA:
			cells[k&15] = a
		case storeX:
			cells[k&15] = x
		case toX:
			x = a
		case toA:
			a = x
		case jumpAlways:
			pc = int(in.yes)
		case jumpEqual:
			pc = in.way(a == k)
		case jumpGreater:
			pc = in.way(a > k)
		case jumpAtLeast:
			pc = in.way(a >= k)
		case jumpBits:
			pc = in.way(a&k != 0)
		case jumpEqualX:
			pc = in.way(a == x)
		case jumpGreaterX:
			pc = in.way(a > x)
		case jumpAtLeastX:
			pc = in.way(a >= x)
		case jumpBitsX:
			pc = in.way(a&x != 0)
		case doAnd:
			a &= k
		case doAdd:
			a += k
		default:
			var ok bool
			if a, ok = in.op.calculate(a, k, x); !ok {
				return 0
			}
		}
	}
	return 0
}

// way is where a conditional jump leads.
func (in *instruction) way(yes bool) int {
	if yes {
		return int(in.yes)
	}
	return int(in.no)
}

// loadFrom reads a big endian number; false where it is not all inside.
func loadFrom(data []byte, op operation, k uint32) (uint32, bool) {
	left := uint64(len(data))
	at := uint64(k)
	switch op {
	case loadWord, loadWordX:
		if at+4 > left {
			return 0, false
		}
		return binary.BigEndian.Uint32(data[at:]), true
	case loadHalf, loadHalfX:
		if at+2 > left {
			return 0, false
		}
		return uint32(binary.BigEndian.Uint16(data[at:])), true
	}
	if at >= left {
		return 0, false
	}
	return uint32(data[at]), true
}

// ask answers for what Linux knows beside the bytes; 0 where nothing is known.
func (p *Packet) ask(k uint32) uint32 {
	if p == nil {
		return 0
	}
	switch k {
	case metaType:
		return uint32(p.Type)
	case metaInterface:
		return p.Interface
	case metaVLAN:
		return uint32(p.VLAN)
	case metaVLANTagged:
		if p.Tagged {
			return 1
		}
	}
	return 0
}

// calculate does the rarer arithmetic.
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
	case doDiv, doMod:
		if k == 0 {
			return 0, false
		}
		if op == doDiv {
			return a / k, true
		}
		return a % k, true
	case doOr:
		return a | k, true
	}
	return a ^ k, true
}
