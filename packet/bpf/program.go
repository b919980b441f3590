package bpf

import (
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

// instruction is one decoded: a jump's targets are absolute. A load with the
// comparison behind it is one instruction, at is then the load's offset.
type instruction struct {
	op      operation
	yes, no uint16
	k, at   uint32
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

	// A load and the comparison behind it.
	byteEqual
	halfEqual
	wordEqual
	halfXEqual
	halfBits
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
	if err := p.checkMemory(); err != nil {
		return nil, err
	}
	p.fuse()
	return p, nil
}

// fuse makes one instruction of a load and the comparison behind it. The
// comparison also stays where it was, for jumps that lead to it.
func (p *Program) fuse() {
	for i := range len(p.code) - 1 {
		in, next := &p.code[i], p.code[i+1]
		op := fused(in.op, next.op)
		if op == doReturn {
			continue
		}
		*in = instruction{op: op, yes: next.yes, no: next.no, k: next.k, at: in.k}
	}
}

// fused is the operation of a load with the comparison behind it, doReturn
// where there is none.
func fused(load, jump operation) operation {
	switch {
	case jump == jumpEqual && load == loadByte:
		return byteEqual
	case jump == jumpEqual && load == loadHalf:
		return halfEqual
	case jump == jumpEqual && load == loadWord:
		return wordEqual
	case jump == jumpEqual && load == loadHalfX:
		return halfXEqual
	case jump == jumpBits && load == loadHalf:
		return halfBits
	}
	return doReturn
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
