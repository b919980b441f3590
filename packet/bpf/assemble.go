package bpf

import (
	"fmt"

	netbpf "golang.org/x/net/bpf"
)

// MaxInstructions is the length of the longest program that Linux takes, and
// that [Compile] makes.
const MaxInstructions = 4096

// maxHere is the length of the longest program that runs here.
const maxHere = 1 << 15

// block is the code of one step.
type block struct {
	step  *step
	yes   *step // where it leads: the step's own ways, unless blocks were merged
	no    *step
	code  []netbpf.RawInstruction // without the jump
	start int                     // index of its first instruction
	// Whether the step is too far away for the eight bits of a conditional
	// jump, which then leads to an unconditional one behind it.
	farYes, farNo bool
}

// assemble writes the graph as a program whose true end keeps snapLen bytes.
// With reuse a step relies on what the registers hold from those before it.
func (g *graph) assemble(snapLen uint32, reuse bool, most int) ([]netbpf.RawInstruction, error) {
	order := g.order()
	cells, busy, unset, err := allocate(order)
	if err != nil {
		return nil, err
	}
	blocks := make([]block, len(order))
	entry := map[*step]registers{}
	for i, s := range order {
		e := emitter{cells: cells, busy: busy[i]}
		if reuse {
			e.registers = entry[s]
		}
		if i == 0 && len(unset) > 0 {
			e.clear(unset)
		}
		e.step(s, snapLen)
		if e.full {
			return nil, tooComplex()
		}
		e.meet(entry, s.yes)
		e.meet(entry, s.no)
		blocks[i] = block{step: s, yes: s.yes, no: s.no, code: e.code}
	}
	if reuse {
		blocks = merge(blocks)
	}
	return link(blocks, most)
}

// merge drops each block whose code and continuation a later one has too,
// which happens where the registers hold different values for the same test.
func merge(blocks []block) []block {
	instead := map[*step]*step{}
	same := map[string]*step{}
	kept := len(blocks)
	for i := len(blocks) - 1; i >= 0; i-- {
		b := blocks[i]
		for _, way := range [...]**step{&b.yes, &b.no} {
			if s, ok := instead[*way]; ok {
				*way = s
			}
		}
		key := fmt.Sprintf("%v %d %d %d %t %p %p", b.code, b.step.kind, b.step.op, b.step.k, b.step.other != nil, b.yes, b.no)
		if s, ok := same[key]; ok {
			instead[b.step] = s
			continue
		}
		same[key] = b.step
		kept--
		blocks[kept] = b
	}
	return blocks[kept:]
}

func tooComplex() *Error {
	return errorAt(0, "expression is too complex").hint("it needs more than the machine's %d cells of memory", scratchCells)
}

// clear sets slots to 0 that may be read before they are assigned.
func (e *emitter) clear(slots []*value) {
	zero := &value{kind: valueConstant}
	for _, s := range slots {
		e.loadA(zero)
		e.put(opSt, uint32(e.cells[s]))
	}
	e.a = nil
}

// step writes what comes before the jump.
func (e *emitter) step(s *step, snapLen uint32) {
	switch s.kind {
	case stepAccept:
		e.put(opRet|sourceK, snapLen)
	case stepReject:
		e.put(opRet|sourceK, 0)
	case stepAssign:
		e.store(s.slot, s.v)
	case stepTest:
		if s.other != nil {
			e.loadBoth(s.v, s.other)
		} else {
			e.loadA(s.v)
		}
	}
}

// meet leaves for a following step what the registers hold on every way to it.
func (e *emitter) meet(entry map[*step]registers, to *step) {
	if to == nil {
		return
	}
	have, ok := entry[to]
	if !ok {
		entry[to] = e.registers
		return
	}
	if have.a != e.a {
		have.a = nil
	}
	if have.x != e.x {
		have.x = nil
	}
	entry[to] = have
}

// size is how many instructions a block takes in front of the block behind it.
func (b *block) size(next *step) int {
	n := len(b.code)
	switch {
	case b.step.kind == stepTest:
		n++
		if b.farYes {
			n++
		}
		if b.farNo {
			n++
		}
	case b.step.kind == stepAssign && b.yes != next:
		n++
	}
	return n
}

// link places the blocks and fills in their jumps.
func link(blocks []block, most int) ([]netbpf.RawInstruction, error) {
	index := make(map[*step]int, len(blocks))
	for i := range blocks {
		index[blocks[i].step] = i
	}
	next := func(i int) *step {
		if i+1 < len(blocks) {
			return blocks[i+1].step
		}
		return nil
	}
	for again := true; again; {
		again = false
		at := 0
		for i := range blocks {
			blocks[i].start = at
			at += blocks[i].size(next(i))
		}
		if at > most {
			return nil, errorAt(0, "expression is too long: it needs %d instructions", at).hint("at most %d are possible", most)
		}
		for i := range blocks {
			b := &blocks[i]
			if b.step.kind != stepTest {
				continue
			}
			from := b.start + len(b.code) + 1
			if !b.farYes && blocks[index[b.yes]].start-from > 255 {
				b.farYes, again = true, true
			}
			if !b.farNo && blocks[index[b.no]].start-from > 255 {
				b.farNo, again = true, true
			}
		}
	}
	var program []netbpf.RawInstruction
	for i := range blocks {
		program = blocks[i].appendTo(program, next(i), func(s *step) int { return blocks[index[s]].start })
	}
	return program, nil
}

// appendTo writes the block and its jumps.
func (b *block) appendTo(program []netbpf.RawInstruction, next *step, start func(*step) int) []netbpf.RawInstruction {
	program = append(program, b.code...)
	switch {
	case b.step.kind == stepAssign && b.yes != next:
		program = append(program, jumpTo(len(program), start(b.yes)))
	case b.step.kind == stepTest:
		jump := netbpf.RawInstruction{Op: opJmp | jumpOf(b.step.op), K: b.step.k}
		if b.step.other != nil {
			jump.Op, jump.K = jump.Op|sourceX, 0
		}
		from, far := len(program)+1, 0
		var ways []*step
		set := func(isFar bool, to *step) uint8 {
			if !isFar {
				return uint8(start(to) - from)
			}
			ways = append(ways, to)
			far++
			return uint8(far - 1)
		}
		jump.Jt = set(b.farYes, b.yes)
		jump.Jf = set(b.farNo, b.no)
		program = append(program, jump)
		for _, to := range ways {
			program = append(program, jumpTo(len(program), start(to)))
		}
	}
	return program
}

// jumpTo is the unconditional jump at one index to another.
func jumpTo(at, to int) netbpf.RawInstruction {
	return netbpf.RawInstruction{Op: opJmp | jmpJa, K: uint32(to - at - 1)}
}
