package wire

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

func mustAssemble(t testing.TB, program ...bpf.Instruction) []bpf.RawInstruction {
	t.Helper()
	raw, err := bpf.Assemble(program)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestUncook(t *testing.T) {
	ext := func(num bpf.Extension) bpf.Instruction { return bpf.LoadExtension{Num: num} }
	tests := map[string]struct{ in, want []bpf.Instruction }{
		"protocol":     {[]bpf.Instruction{bpf.LoadAbsolute{Off: 0, Size: 2}}, []bpf.Instruction{ext(bpf.ExtProto)}},
		"interface":    {[]bpf.Instruction{bpf.LoadAbsolute{Off: 4, Size: 4}}, []bpf.Instruction{ext(bpf.ExtInterfaceIndex)}},
		"packet type":  {[]bpf.Instruction{bpf.LoadAbsolute{Off: 10, Size: 1}}, []bpf.Instruction{ext(bpf.ExtType)}},
		"address":      {[]bpf.Instruction{bpf.LoadAbsolute{Off: 12, Size: 4}}, nil},
		"packet":       {[]bpf.Instruction{bpf.LoadAbsolute{Off: 32, Size: 4}}, []bpf.Instruction{bpf.LoadAbsolute{Off: 12, Size: 4}}},
		"header bytes": {[]bpf.Instruction{bpf.LoadAbsolute{Off: 1, Size: 1}}, nil},
		"by X":         {[]bpf.Instruction{bpf.LoadMemShift{Off: 20}, bpf.LoadIndirect{Off: 22, Size: 2}}, []bpf.Instruction{bpf.LoadMemShift{Off: 0}, bpf.LoadIndirect{Off: 2, Size: 2}}},
		"by X alone":   {[]bpf.Instruction{bpf.LoadIndirect{Off: 2, Size: 2}}, nil},
		"an extension": {[]bpf.Instruction{ext(bpf.ExtVLANTag)}, []bpf.Instruction{ext(bpf.ExtVLANTag)}},
		"length": {
			[]bpf.Instruction{bpf.Jump{Skip: 1}, ext(bpf.ExtLen), bpf.JumpIf{Cond: bpf.JumpEqual, Val: 9, SkipTrue: 1}, ext(bpf.ExtLen)},
			[]bpf.Instruction{bpf.Jump{Skip: 2}, ext(bpf.ExtLen), bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 20}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: 9, SkipTrue: 2}, ext(bpf.ExtLen), bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 20}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			end := bpf.RetConstant{Val: 1}
			got, err := uncook(mustAssemble(t, append(tt.in, end)...))
			if tt.want == nil {
				if !errors.Is(err, errNotForKernel) {
					t.Fatalf("got %v, %v", got, err)
				}
				return
			}
			if want := mustAssemble(t, append(tt.want, end)...); err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

func TestUncookRefusesBrokenJumps(t *testing.T) {
	for _, ins := range []bpf.RawInstruction{{Op: 0x05, K: 0xffffffff}, {Op: 0x05, K: 2}, {Op: opJumpEqual, Jt: 9}, {Op: opJumpEqual, Jf: 9}} {
		if got, err := uncook([]bpf.RawInstruction{ins, {Op: opRetK}}); err == nil {
			t.Errorf("%v became %v", ins, got)
		}
	}
}

func TestAssembleLimitsTheSnap(t *testing.T) {
	program := mustAssemble(t, bpf.RetConstant{Val: 1 << 18})
	kernel, rest, err := socketFilter{program: program, snap: 96, direction: In}.assemble()
	if err != nil || rest != nil || len(kernel) != 5 || kernel[4].K != 96 || program[0].K != 1<<18 {
		t.Errorf("got %v, %v, %v; the program is %v", kernel, rest, err, program)
	}
	if kernel, _, _ = (socketFilter{snap: 96}).assemble(); len(kernel) != 1 || kernel[0].K != 96 {
		t.Errorf("no filter became %v", kernel)
	}
	if _, _, err := (socketFilter{program: make([]bpf.RawInstruction, 5000), snap: 1}).assemble(); err == nil {
		t.Error("5000 instructions are taken")
	}
	if _, rest, err := (socketFilter{program: mustAssemble(t, bpf.LoadAbsolute{Off: 12, Size: 4}, bpf.RetConstant{Val: 1}), snap: 1, cooked: true}).assemble(); err != nil || rest == nil {
		t.Errorf("a filter for what the kernel cannot give: %v, %v", rest, err)
	}
}

// A rewritten program says of a packet without the header what the program said
// of it with the header, wherever both can run here.
func FuzzUncook(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 0, 0x15, 1, 0, 60, 0x06, 0, 0, 0, 0x06, 0, 0, 9}, []byte("a packet that is long enough to be read"))
	f.Add([]byte{0xb1, 0, 0, 20, 0x48, 0, 0, 22, 0x15, 0, 1, 7, 0x06, 0, 0, 1, 0x06, 0, 0, 0}, []byte{0x45, 0, 0, 0, 0, 7})
	f.Add([]byte{0x31, 0xf8, 0x16, 0x16, 0x16, 0x30, 0, 0x30}, []byte{0x31, 0xf8, 0x16, 0x16, 0x16})
	f.Add([]byte("D\xc3\x95\r\xb0N\x00\x01\x06D00"), []byte("D"))
	f.Fuzz(func(t *testing.T, code, packet []byte) {
		if len(code) > 4*64 || len(packet) > 256 {
			return
		}
		var program []bpf.RawInstruction
		for ; len(code) >= 4; code = code[4:] {
			program = append(program, bpf.RawInstruction{Op: uint16(code[0]), Jt: code[1], Jf: code[2], K: uint32(code[3])})
		}
		with, err := machine(program)
		if err != nil {
			return
		}
		bare, err := uncook(program)
		if err != nil {
			return
		}
		without, err := machine(bare)
		if err != nil {
			return // it asks for what the kernel alone knows
		}
		header := make([]byte, sll2Len, sll2Len+len(packet))
		binary.BigEndian.PutUint16(header, 0x0800)
		want, err := with.Run(append(header, packet...))
		if err != nil {
			return
		}
		got, err := without.Run(packet)
		if err != nil || got != want {
			t.Fatalf("%v says %d, %v says %d, %v", program, want, bare, got, err)
		}
	})
}
