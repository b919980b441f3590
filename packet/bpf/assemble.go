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
	step *step
	yes  *step // where it leads: the step's own ways, unless blocks were merged
	no   *step
	code []netbpf.RawInstruction // without the jump
}

// assemble writes the graph as a program whose true end keeps snapLen bytes.
// With reuse a step relies on what the registers hold from those before it.
func (g *graph) assemble(snapLen uint32, reuse bool, most int) ([]netbpf.RawInstruction, error) {
	order := g.order()
	if len(order) > most { // each takes an instruction at least
		return nil, tooLong(len(order), most)
	}
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

func tooLong(needed, most int) *Error {
	return errorAt(0, "expression is too long: it needs %d instructions", needed).hint("at most %d are possible", most)
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
