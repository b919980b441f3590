package bpf

import (
	"errors"
	"fmt"

	netbpf "golang.org/x/net/bpf"
)

// decode translates one instruction of a program of count.
func decode(r netbpf.RawInstruction, at, count int) (instruction, error) {
	in := instruction{k: r.K, yes: uint16(at + 1), no: uint16(at + 1)}
	if r.Op > 0xff { // no opcode has more bits, and what follows looks at some
		return in, unknownOpcode(r.Op)
	}
	switch class := r.Op & 7; class {
	case opJmp:
		return decodeJump(r, at, count)
	case opAlu:
		return decodeArithmetic(r, in)
	case opRet:
		switch r.Op &^ 7 {
		case sourceK:
			in.op = doReturn
		case 0x10:
			in.op = doReturnA
		default:
			return in, unknownOpcode(r.Op)
		}
		return in, nil
	case opMisc:
		switch r.Op {
		case opMisc | miscTax:
			in.op = toX
		case opMisc | miscTxa:
			in.op = toA
		default:
			return in, unknownOpcode(r.Op)
		}
		return in, nil
	}
	op, ok := loadOperation(r.Op)
	switch {
	case !ok:
		return in, unknownOpcode(r.Op)
	case op == loadCell || op == loadXCell || op == storeA || op == storeX:
		if r.K >= scratchCells {
			return in, fmt.Errorf("memory cell %d: there are %d", r.K, scratchCells)
		}
	case r.K >= metaBase && (op == loadWord || op == loadHalf || op == loadByte):
		op = loadMeta
	}
	in.op = op
	return in, nil
}

func unknownOpcode(op uint16) error { return fmt.Errorf("unknown opcode %#02x", op) }

// loadOperation is the operation of a load or store.
func loadOperation(op uint16) (operation, bool) {
	switch op {
	case opLd | sizeW | modeAbs:
		return loadWord, true
	case opLd | sizeH | modeAbs:
		return loadHalf, true
	case opLd | sizeB | modeAbs:
		return loadByte, true
	case opLd | sizeW | modeInd:
		return loadWordX, true
	case opLd | sizeH | modeInd:
		return loadHalfX, true
	case opLd | sizeB | modeInd:
		return loadByteX, true
	case opLd | modeImm:
		return loadConstant, true
	case opLd | modeLen:
		return loadLength, true
	case opLd | modeMem:
		return loadCell, true
	case opLdx | modeImm:
		return loadXConstant, true
	case opLdx | modeLen:
		return loadXLength, true
	case opLdx | modeMem:
		return loadXCell, true
	case opLdx | sizeB | modeMsh:
		return loadXHeader, true
	case opSt:
		return storeA, true
	case opStx:
		return storeX, true
	}
	return 0, false
}

func decodeArithmetic(r netbpf.RawInstruction, in instruction) (instruction, error) {
	switch r.Op & 0xf0 {
	case aluAnd:
		in.op = doAnd
	case aluAdd:
		in.op = doAdd
	case aluLsh:
		in.op = doLeft
	case aluRsh:
		in.op = doRight
	case aluSub:
		in.op = doSub
	case aluMul:
		in.op = doMul
	case aluDiv:
		in.op = doDiv
	case aluMod:
		in.op = doMod
	case aluOr:
		in.op = doOr
	case aluXor:
		in.op = doXor
	case aluNeg:
		in.op = doNegate
		return in, nil
	default:
		return in, unknownOpcode(r.Op)
	}
	switch {
	case r.Op&sourceX != 0:
		in.op++
	case r.K == 0 && (in.op == doDiv || in.op == doMod):
		return in, errors.New("division by the constant 0")
	case r.K > 31 && (in.op == doLeft || in.op == doRight):
		return in, fmt.Errorf("shift by %d bits", r.K)
	}
	return in, nil
}

func decodeJump(r netbpf.RawInstruction, at, count int) (instruction, error) {
	in := instruction{k: r.K}
	yes, no := uint64(at)+1+uint64(r.Jt), uint64(at)+1+uint64(r.Jf)
	switch r.Op & 0xf0 {
	case jmpJa:
		if r.Op&sourceX != 0 {
			return in, unknownOpcode(r.Op)
		}
		in.op, yes = jumpAlways, uint64(at)+1+uint64(r.K)
		no = yes
	case jmpJeq:
		in.op = jumpEqual
	case jmpJgt:
		in.op = jumpGreater
	case jmpJge:
		in.op = jumpAtLeast
	case jmpJset:
		in.op = jumpBits
	default:
		return in, unknownOpcode(r.Op)
	}
	if max(yes, no) >= uint64(count) {
		return in, errors.New("a jump leads out of the program")
	}
	if r.Op&sourceX != 0 && in.op != jumpAlways {
		in.op += jumpEqualX - jumpEqual
	}
	in.yes, in.no = uint16(yes), uint16(no)
	return in, nil
}
