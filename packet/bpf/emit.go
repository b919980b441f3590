package bpf

import (
	netbpf "golang.org/x/net/bpf"
)

// Opcodes of classic BPF (linux/bpf_common.h): class, size and mode of loads,
// operation and source of arithmetic and jumps.
const (
	opLd, opLdx, opSt, opStx    = 0x00, 0x01, 0x02, 0x03
	opAlu, opJmp, opRet, opMisc = 0x04, 0x05, 0x06, 0x07

	sizeW, sizeH, sizeB = 0x00, 0x08, 0x10

	modeImm, modeAbs, modeInd, modeMem, modeLen, modeMsh = 0x00, 0x20, 0x40, 0x60, 0x80, 0xa0

	aluAdd, aluSub, aluMul, aluDiv, aluOr  = 0x00, 0x10, 0x20, 0x30, 0x40
	aluAnd, aluLsh, aluRsh, aluNeg, aluMod = 0x50, 0x60, 0x70, 0x80, 0x90
	aluXor                                 = 0xa0
	jmpJa, jmpJeq, jmpJgt, jmpJge, jmpJset = 0x00, 0x10, 0x20, 0x30, 0x40
	sourceK, sourceX                       = 0x00, 0x08

	miscTax, miscTxa = 0x00, 0x80
)

// registers are the values that the machine's two registers hold, nil where
// that is not known.
type registers struct{ a, x *value }

// emitter writes the instructions of one step.
type emitter struct {
	registers
	code  []netbpf.RawInstruction
	cells map[*value]int // where slots are in the scratch memory
	busy  uint16         // cells that hold something
	full  bool           // no cell was left
}

func (e *emitter) put(op uint16, k uint32) {
	e.code = append(e.code, netbpf.RawInstruction{Op: op, K: k})
}

// loadA brings a value into the accumulator.
func (e *emitter) loadA(v *value) {
	switch {
	case e.a == v:
		return
	case e.x == v:
		e.put(opMisc|miscTxa, 0)
	default:
		e.computeA(v)
	}
	e.a = v
}

func (e *emitter) computeA(v *value) {
	switch v.kind {
	case valueConstant:
		e.put(opLd|modeImm, v.k)
	case valueLength:
		e.put(opLd|modeLen, 0)
	case valueSlot:
		e.put(opLd|modeMem, uint32(e.cells[v]))
	case valueMeta:
		e.put(opLd|sizeOf(v)|modeAbs, v.k)
	case valueHeader:
		e.loadX(v)
		e.put(opMisc|miscTxa, 0)
	case valueLoad:
		if v.a == nil {
			e.put(opLd|sizeOf(v)|modeAbs, v.k)
			return
		}
		e.loadX(v.a)
		e.put(opLd|sizeOf(v)|modeInd, v.k)
	case valueNegative:
		e.loadA(v.a)
		e.put(opAlu|aluNeg, 0)
	case valueBinary:
		if v.b.kind == valueConstant {
			e.loadA(v.a)
			e.put(opAlu|aluOf(v.op), v.b.k)
			return
		}
		e.loadBoth(v.a, v.b)
		e.put(opAlu|aluOf(v.op)|sourceX, 0)
	}
}

// loadX brings a value into the index register. Unless that is possible
// without, the accumulator is lost.
func (e *emitter) loadX(v *value) {
	switch {
	case e.x == v:
		return
	case e.a == v:
		e.put(opMisc|miscTax, 0)
	case v.kind == valueConstant:
		e.put(opLdx|modeImm, v.k)
	case v.kind == valueLength:
		e.put(opLdx|modeLen, 0)
	case v.kind == valueSlot:
		e.put(opLdx|modeMem, uint32(e.cells[v]))
	case v.kind == valueHeader:
		e.put(opLdx|sizeB|modeMsh, v.k)
	default:
		e.loadA(v)
		e.put(opMisc|miscTax, 0)
	}
	e.x = v
}

// loadBoth brings one value into the accumulator and one into the index
// register, by way of the scratch memory where both take computing.
func (e *emitter) loadBoth(a, x *value) {
	switch {
	case e.keepsX(a, x):
		e.loadX(x)
		e.loadA(a)
	case x.kind == valueConstant || x.kind == valueLength || x.kind == valueSlot || x.kind == valueHeader:
		e.loadA(a)
		e.loadX(x)
	default:
		e.loadA(x)
		cell := e.cell()
		e.put(opSt, uint32(cell))
		e.loadA(a)
		e.put(opLdx|modeMem, uint32(cell))
		e.busy &^= 1 << cell
	}
	e.a, e.x = a, x
}

// keepsX reports whether a can be computed while the index register holds x.
func (e *emitter) keepsX(a, x *value) bool {
	for ; a != nil; a = a.a {
		switch {
		case a.kind == valueHeader && a != x, a.kind == valueLoad && a.a != nil && a.a != x:
			return false
		case a == x, a.kind == valueLoad && a.a == x:
			return true
		case a.kind == valueBinary && a.b.kind != valueConstant:
			return false
		}
	}
	return true
}

// store puts a value into a slot. A register that held the value counts as
// holding the slot from then on: that is what will be asked for.
func (e *emitter) store(slot, v *value) {
	cell := uint32(e.cells[slot])
	if e.a != v && (e.x == v || v.kind == valueConstant || v.kind == valueHeader) {
		e.loadX(v)
		e.put(opStx, cell)
		e.x = slot
		return
	}
	e.loadA(v)
	e.put(opSt, cell)
	e.a = slot
}

// cell takes a free cell of the scratch memory.
func (e *emitter) cell() int {
	for i := range scratchCells {
		if e.busy&(1<<i) == 0 {
			e.busy |= 1 << i
			return i
		}
	}
	e.full = true
	return 0
}

// scratchCells is the size of the machine's scratch memory in words.
const scratchCells = 16

func sizeOf(v *value) uint16 {
	switch v.size {
	case 1:
		return sizeB
	case 2:
		return sizeH
	}
	return sizeW
}

func aluOf(op byte) uint16 {
	switch op {
	case '+':
		return aluAdd
	case '-':
		return aluSub
	case '*':
		return aluMul
	case '/':
		return aluDiv
	case '%':
		return aluMod
	case '&':
		return aluAnd
	case '|':
		return aluOr
	case '^':
		return aluXor
	case '<':
		return aluLsh
	}
	return aluRsh
}

func jumpOf(op testOp) uint16 {
	switch op {
	case isEqual:
		return jmpJeq
	case isGreater:
		return jmpJgt
	case isAtLeast:
		return jmpJge
	}
	return jmpJset
}
