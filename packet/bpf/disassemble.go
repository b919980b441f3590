package bpf

import (
	"fmt"
	"strings"

	netbpf "golang.org/x/net/bpf"
)

// Disassemble writes a program as `tcpdump -d` does, one instruction a line.
func Disassemble(program []netbpf.RawInstruction) string {
	var out strings.Builder
	for i, r := range program {
		out.WriteString(disassemble(i, r))
		out.WriteByte('\n')
	}
	return out.String()
}

// disassemble writes one instruction.
func disassemble(i int, r netbpf.RawInstruction) string {
	name, operand := mnemonic(i, r)
	line := fmt.Sprintf("(%03d) %-8s %s", i, name, operand)
	if r.Op&7 == opJmp && r.Op&0xf0 != jmpJa {
		return fmt.Sprintf("(%03d) %-8s %-16s jt %d\tjf %d", i, name, operand, i+1+int(r.Jt), i+1+int(r.Jf))
	}
	return strings.TrimRight(line, " ")
}

// mnemonic returns the name and the operand of an instruction.
func mnemonic(i int, r netbpf.RawInstruction) (name, operand string) {
	switch r.Op & 7 {
	case opLd, opLdx, opSt, opStx:
		return loadMnemonic(r)
	case opRet:
		if r.Op&0x18 == 0x10 {
			return "ret", ""
		}
		return "ret", fmt.Sprintf("#%d", r.K)
	case opMisc:
		if r.Op&miscTxa != 0 {
			return "txa", ""
		}
		return "tax", ""
	case opJmp:
		name = [...]string{"ja", "jeq", "jgt", "jge", "jset"}[min(r.Op>>4&0xf, 4)]
		if name == "ja" {
			return name, fmt.Sprint(i + 1 + int(int32(r.K)))
		}
	default:
		names := [...]string{"add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", "mod", "xor"}
		name = names[min(int(r.Op>>4&0xf), len(names)-1)]
		if name == "neg" {
			return name, ""
		}
	}
	switch {
	case r.Op&sourceX != 0:
		return name, "x"
	case r.Op&7 == opJmp, name == "and", name == "or", name == "xor":
		return name, fmt.Sprintf("#0x%x", r.K)
	}
	return name, fmt.Sprintf("#%d", r.K)
}

// loadMnemonic is that of loads and stores.
func loadMnemonic(r netbpf.RawInstruction) (name, operand string) {
	class := r.Op & 7
	name = [...]string{"ld", "ldx", "st", "stx"}[class]
	if class == opSt || class == opStx {
		return name, fmt.Sprintf("M[%d]", r.K)
	}
	switch r.Op & 0x18 {
	case sizeH:
		name += "h"
	case sizeB:
		name += "b"
	}
	switch r.Op & 0xe0 {
	case modeImm:
		return name, fmt.Sprintf("#0x%x", r.K)
	case modeMem:
		return name, fmt.Sprintf("M[%d]", r.K)
	case modeLen:
		return name, "#pktlen"
	case modeInd:
		return name, fmt.Sprintf("[x + %d]", r.K)
	case modeMsh:
		return name, fmt.Sprintf("4*([%d]&0xf)", r.K)
	}
	return name, "[" + placeName(r.K) + "]"
}

// placeName is an offset, or tcpdump's name of what Linux knows beside the
// bytes.
func placeName(k uint32) string {
	switch k {
	case metaType:
		return "type"
	case metaInterface:
		return "ifidx"
	case metaVLAN:
		return "vlan_tci"
	case metaVLANTagged:
		return "vlanp"
	}
	return fmt.Sprint(k)
}
