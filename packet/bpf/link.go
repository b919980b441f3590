package bpf

import (
	"slices"

	netbpf "golang.org/x/net/bpf"
)

// linker writes blocks from the last to the first, so that where a jump leads
// is known when it is written. Places count from the program's end.
type linker struct {
	reversed []netbpf.RawInstruction
	starts   map[*step]int
	// A conditional jump reaches 255 instructions. One that leads further goes
	// to an unconditional jump, which others before it use as well.
	relays map[*step]int
}

// reach is how far a conditional jump leads.
const reach = 255

// link places the blocks and fills in their jumps.
func link(blocks []block, most int) ([]netbpf.RawInstruction, error) {
	l := linker{starts: map[*step]int{}, relays: map[*step]int{}}
	for i := len(blocks) - 1; i >= 0; i-- {
		b := &blocks[i]
		switch b.step.kind {
		case stepAssign:
			if i+1 == len(blocks) || blocks[i+1].step != b.yes {
				l.jump(b.yes)
			}
		case stepTest:
			l.branch(b)
		}
		for j := len(b.code) - 1; j >= 0; j-- {
			l.reversed = append(l.reversed, b.code[j])
		}
		l.starts[b.step] = len(l.reversed)
	}
	if n := len(l.reversed); n > most {
		return nil, tooLong(n, most)
	}
	slices.Reverse(l.reversed)
	return l.reversed, nil
}

// jump writes an unconditional jump.
func (l *linker) jump(to *step) {
	l.reversed = append(l.reversed, netbpf.RawInstruction{Op: opJmp | jmpJa, K: uint32(len(l.reversed) - l.starts[to])})
}

// branch writes a conditional jump, and in front of what follows it the
// unconditional ones that it needs.
func (l *linker) branch(b *block) {
	relayYes, relayNo := false, false
	for again := true; again; {
		again = false
		extra := 0
		for _, relay := range [...]bool{relayYes, relayNo} {
			if relay {
				extra++
			}
		}
		if !relayYes && l.offset(b.yes, extra) > reach {
			relayYes, again = true, true
		}
		if !relayNo && l.offset(b.no, extra) > reach {
			relayNo, again = true, true
		}
	}
	if relayNo {
		l.jump(b.no)
		l.relays[b.no] = len(l.reversed)
	}
	if relayYes {
		l.jump(b.yes)
		l.relays[b.yes] = len(l.reversed)
	}
	in := netbpf.RawInstruction{Op: opJmp | jumpOf(b.step.op), K: b.step.k}
	if b.step.other != nil {
		in.Op, in.K = in.Op|sourceX, 0
	}
	in.Jt, in.Jf = uint8(l.offset(b.yes, 0)), uint8(l.offset(b.no, 0))
	l.reversed = append(l.reversed, in)
}

// offset is that of a jump written next, with so many instructions in
// between: straight to the step, or to a relay where the step is too far.
func (l *linker) offset(to *step, extra int) int {
	at := len(l.reversed) + extra
	straight := at - l.starts[to]
	if relay, ok := l.relays[to]; ok && straight > reach {
		return at - relay
	}
	return straight
}
