package bpf_test

import (
	"bytes"
	"errors"
	"testing"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// FuzzCompile compiles any text. What is refused is so at a place in it; what
// compiles is a program that a kernel takes, and passes the same frames
// whether it was optimized or not.
func FuzzCompile(f *testing.F) {
	for _, exprs := range [][]string{everyday, etherOnly} {
		for i, expr := range exprs {
			f.Add(expr, uint8(i), i%2 == 0)
		}
	}
	f.Add("ether host ab:cd:ef:0g:00:00", uint8(0), false)
	f.Add("((((not (vlan and vlan)))))", uint8(0), true)
	frames := fuzzFrames()
	links := []pcap.LinkType{pcap.LinkEthernet, pcap.LinkRaw, pcap.LinkSLL, pcap.LinkSLL2, pcap.LinkNull, pcap.LinkPPP, pcap.LinkIPv4, pcap.LinkIPv6}
	f.Fuzz(func(t *testing.T, expr string, link uint8, extended bool) {
		opts := &bpf.Options{Resolver: suiteNames{}, LinuxExtensions: extended}
		on := links[int(link)%len(links)]
		raw, err := bpf.Compile(expr, on, opts)
		if err != nil {
			var e *bpf.Error
			if !errors.As(err, &e) || e.Column < 1 || e.Column > len(expr)+1 || e.Reason == "" {
				t.Fatalf("%q: error %#v", expr, err)
			}
			return
		}
		checkProgram(t, raw)
		p, err := bpf.Load(raw)
		if err != nil {
			t.Fatalf("%q: %v\n%s", expr, err, bpf.Disassemble(raw))
		}
		literal := *opts
		literal.NoOptimize = true
		asWritten, err := bpf.Compile(expr, on, &literal)
		if err != nil {
			return // longer, perhaps too long
		}
		for _, frame := range frames {
			packet := bpf.Packet{Data: frame, Length: len(frame), Tagged: len(frame)%2 == 0, VLAN: 5}
			want, whole := (&listing{code: asWritten}).judge(&packet)
			if got := p.Run(&packet); whole && got != want {
				t.Fatalf("%q on %x: got %d, not optimized %d\n%s\n%s", expr, frame, got, want, bpf.Disassemble(raw), bpf.Disassemble(asWritten))
			}
		}
	})
}

// checkProgram holds a program against the kernel's rules: every jump leads
// forward and inside, the end returns, and x/net knows each instruction.
func checkProgram(t *testing.T, raw []netbpf.RawInstruction) {
	t.Helper()
	for i, r := range raw {
		furthest := i + 1
		switch {
		case r.Op == 0x05:
			furthest += int(r.K)
		case r.Op&7 == 5:
			furthest += int(max(r.Jt, r.Jf))
		case r.Op&7 == 6:
			furthest = i
		}
		if furthest >= len(raw) {
			t.Fatalf("instruction %d leads out of the program\n%s", i, bpf.Disassemble(raw))
		}
		if _, raw := r.Disassemble().(netbpf.RawInstruction); raw {
			t.Fatalf("instruction %d: x/net does not know %v", i, r)
		}
	}
}

// fuzzFrames are frames of several protocols and some of noise.
func fuzzFrames() [][]byte {
	frames := [][]byte{
		append(bytes.Clone(segment), make([]byte, 200)...),
		append(bytes.Clone(segment[14:]), make([]byte, 300)...),
		append(append(bytes.Clone(segment[:12]), 0x81, 0, 0, 5), append(bytes.Clone(segment[12:]), make([]byte, 250)...)...),
		make([]byte, 400),
		bytes.Repeat([]byte{0xff}, 301),
	}
	noise := make([]byte, 700)
	for i, state := 0, uint32(1); i < len(noise); i++ {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	six := append(append(bytes.Clone(segment[:12]), 0x86, 0xdd, 0x60, 0, 0, 0, 0, 200, 44, 64), noise...)
	return append(frames, noise, six)
}

// FuzzLoad runs any program that is let in, on a frame: none panics, reads
// beyond the frame or fails to end.
func FuzzLoad(f *testing.F) {
	for _, expr := range everyday {
		raw, err := bpf.Compile(expr, pcap.LinkEthernet, nil)
		if err != nil {
			continue // one that is there to be refused
		}
		var text []byte
		for _, r := range raw {
			text = append(text, byte(r.Op>>8), byte(r.Op), r.Jt, r.Jf, byte(r.K>>24), byte(r.K>>16), byte(r.K>>8), byte(r.K))
		}
		f.Add(text, segment)
	}
	f.Fuzz(func(t *testing.T, text, frame []byte) {
		var raw []netbpf.RawInstruction
		for ; len(text) >= 8; text = text[8:] {
			raw = append(raw, netbpf.RawInstruction{
				Op: uint16(text[0])<<8 | uint16(text[1]), Jt: text[2], Jf: text[3],
				K: uint32(text[4])<<24 | uint32(text[5])<<16 | uint32(text[6])<<8 | uint32(text[7]),
			})
		}
		p, err := bpf.Load(raw)
		if err != nil {
			return
		}
		packet := bpf.Packet{Data: frame, Length: len(frame)}
		want, whole := (&listing{code: raw}).judge(&packet)
		if got := p.Run(&packet); whole && got != want {
			t.Fatalf("got %d, want %d\n%s", got, want, bpf.Disassemble(raw))
		}
		bpf.Disassemble(raw)
	})
}
