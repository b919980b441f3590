package wire

import (
	"errors"
	"fmt"

	"golang.org/x/net/bpf"
)

// Parts of a classic BPF instruction's code (linux/bpf_common.h), and the
// offsets at which the kernel gives what is not in the packet
// (linux/filter.h).
const (
	bpfClass, bpfLd, bpfLdx, bpfJmp, bpfRet = 0x07, 0x00, 0x01, 0x05, 0x06
	bpfMode, bpfAbs, bpfInd, bpfLen, bpfMsh = 0xe0, 0x20, 0x40, 0x80, 0xa0
	bpfSize, bpfWord, bpfHalf, bpfByte      = 0x18, 0x00, 0x08, 0x10
	opLoadAbs, opLoadImm, opLoadLen         = 0x20, 0x00, 0x80
	opJumpEqual, opAdd                      = 0x15, 0x04
	opRetK                                  = 0x06

	extension     = 0xfff00000 // from here on an offset is none into the packet
	extProtocol   = 0xfffff000
	extPacketType = 0xfffff004
	extInterface  = 0xfffff008
	extHardware   = 0xfffff01c

	maxInstructions = 4096
)

var errNotForKernel = errors.New("the filter looks at parts of the cooked header that the kernel cannot give")

// dropAll refuses every frame.
func dropAll() []bpf.RawInstruction { return []bpf.RawInstruction{{Op: opRetK, K: 0}} }

// socketFilter is what a socket's filter program is made of.
type socketFilter struct {
	program   []bpf.RawInstruction
	direction Direction
	loopback  int    // index of the loopback interface, whose frames are shown once; 0: not among ours
	snap      uint32 // bytes that the kernel should keep
	outside   bool   // the program has to see what the kernel does not
	cooked    bool   // the kernel sees the packet without the header that the program expects
}

// assemble gives the program for the kernel, and where the kernel can do only a
// part of the work a machine for the rest.
func (s socketFilter) assemble() (kernel []bpf.RawInstruction, rest *bpf.VM, err error) {
	all := []bpf.RawInstruction{{Op: opRetK, K: s.snap}}
	switch {
	case len(s.program) == 0:
		kernel = all
	case s.outside:
		err = errNotForKernel
	case s.cooked:
		kernel, err = uncook(s.program)
	default:
		kernel = s.program
	}
	if errors.Is(err, errNotForKernel) {
		kernel = all
		rest, err = machine(s.program)
	}
	if err != nil {
		return nil, nil, err
	}
	kernel = append(s.prefix(), limitSnap(kernel, s.snap)...)
	if len(kernel) > maxInstructions {
		return nil, nil, fmt.Errorf("a filter of %d instructions: the kernel takes %d", len(kernel), maxInstructions)
	}
	return kernel, rest, nil
}

// prefix refuses frames of the wrong direction, and the sent ones of the
// loopback interface, before the program runs.
func (s socketFilter) prefix() []bpf.RawInstruction {
	loadType := bpf.RawInstruction{Op: opLoadAbs, K: extPacketType}
	drop := bpf.RawInstruction{Op: opRetK, K: 0}
	clear := bpf.RawInstruction{Op: opLoadImm, K: 0}
	switch {
	case s.direction == In:
		return []bpf.RawInstruction{loadType, {Op: opJumpEqual, Jf: 1, K: uint32(Outgoing)}, drop, clear}
	case s.direction == Out:
		return []bpf.RawInstruction{loadType, {Op: opJumpEqual, Jt: 1, K: uint32(Outgoing)}, drop, clear}
	case s.loopback != 0:
		return []bpf.RawInstruction{
			{Op: opLoadAbs, K: extInterface},
			{Op: opJumpEqual, Jf: 3, K: uint32(s.loopback)},
			loadType,
			{Op: opJumpEqual, Jf: 1, K: uint32(Outgoing)},
			drop,
			clear,
		}
	}
	return nil
}

// limitSnap makes a program keep no more than snap bytes of what it accepts.
func limitSnap(program []bpf.RawInstruction, snap uint32) []bpf.RawInstruction {
	out := append([]bpf.RawInstruction(nil), program...)
	for i := range out {
		if out[i].Op == opRetK {
			out[i].K = min(out[i].K, snap)
		}
	}
	return out
}

// machine runs a program outside the kernel.
func machine(program []bpf.RawInstruction) (*bpf.VM, error) {
	instructions, ok := bpf.Disassemble(program)
	if !ok {
		return nil, errors.New("the filter has an instruction that is none")
	}
	vm, err := bpf.NewVM(instructions)
	if err != nil {
		return nil, fmt.Errorf("the filter: %w", err)
	}
	return vm, nil
}

// uncook rewrites a program for frames with the SLL2 header into one for the
// same packets without it: what the header says the kernel gives in other ways.
// It fails with errNotForKernel where there is no other way.
func uncook(program []bpf.RawInstruction) ([]bpf.RawInstruction, error) {
	out := make([]bpf.RawInstruction, 0, len(program)+4)
	at := make([]int, len(program)+1) // where each instruction came to lie
	for i, ins := range program {
		at[i] = len(out)
		switch {
		case ins.Op == opLoadLen:
			out = append(out, ins, bpf.RawInstruction{Op: opAdd, K: sll2Len})
			continue
		case ins.Op&(bpfClass|bpfMode) == bpfLdx|bpfLen, ins.Op&bpfClass <= bpfLdx && !kernelLoads(ins.Op):
			return nil, errNotForKernel
		case ins.Op&(bpfClass|bpfMode) == bpfLd|bpfAbs && ins.K < extension:
			var ok bool
			if ins, ok = uncookLoad(ins); !ok {
				return nil, errNotForKernel
			}
		case ins.Op&(bpfClass|bpfMode) == bpfLd|bpfInd && ins.K < extension,
			ins.Op&(bpfClass|bpfMode) == bpfLdx|bpfMsh:
			if ins.K < sll2Len {
				return nil, errNotForKernel
			}
			ins.K -= sll2Len
		}
		out = append(out, ins)
	}
	at[len(program)] = len(out)
	return out, retarget(program, out, at)
}

// kernelLoads tells the loads that the kernel knows (net/core/filter.c,
// chk_code_allowed) from those that only machines out of it take.
func kernelLoads(op uint16) bool {
	switch op {
	case 0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80, 0x01, 0x61, 0x81, 0xb1:
		return true
	}
	return false
}

// uncookLoad rewrites a load from a fixed place.
func uncookLoad(ins bpf.RawInstruction) (bpf.RawInstruction, bool) {
	if ins.K >= sll2Len {
		ins.K -= sll2Len
		return ins, true
	}
	type field struct {
		offset uint32
		size   uint16
	}
	switch (field{ins.K, ins.Op & bpfSize}) {
	case field{0, bpfHalf}:
		return bpf.RawInstruction{Op: opLoadAbs, K: extProtocol}, true
	case field{2, bpfHalf}: // reserved
		return bpf.RawInstruction{Op: opLoadImm, K: 0}, true
	case field{4, bpfWord}:
		return bpf.RawInstruction{Op: opLoadAbs, K: extInterface}, true
	case field{8, bpfHalf}:
		return bpf.RawInstruction{Op: opLoadAbs, K: extHardware}, true
	case field{10, bpfByte}:
		return bpf.RawInstruction{Op: opLoadAbs, K: extPacketType}, true
	}
	return ins, false
}

// retarget sets the jumps of a program that was moved apart: at says where each
// old instruction now is.
func retarget(old, out []bpf.RawInstruction, at []int) error {
	for i, ins := range old {
		if ins.Op&bpfClass != bpfJmp {
			continue
		}
		from := at[i] + 1
		move := func(by uint32) (uint32, error) {
			to := uint64(i) + 1 + uint64(by)
			if to >= uint64(len(old)) {
				return 0, fmt.Errorf("instruction %d of the filter jumps past its end", i)
			}
			return uint32(at[to] - from), nil
		}
		if ins.Op&0xf0 == 0 { // an unconditional jump
			k, err := move(ins.K)
			if err != nil {
				return err
			}
			out[at[i]].K = k
			continue
		}
		jt, err := move(uint32(ins.Jt))
		if err != nil {
			return err
		}
		jf, err := move(uint32(ins.Jf))
		if err != nil {
			return err
		}
		if jt > 0xff || jf > 0xff {
			return errNotForKernel
		}
		out[at[i]].Jt, out[at[i]].Jf = uint8(jt), uint8(jf)
	}
	return nil
}
