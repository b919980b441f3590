package main

import "strings"

// habit is what to type instead of a short flag that people know from other tools,
// and that the command has not; empty where none comes to mind.
func habit(command string, flag byte) string {
	var of map[byte]string
	switch command {
	case "sniff":
		of = map[byte]string{
			'r': "files are read by: netwright dissect FILE",
			'f': "a capture filter stands by itself: netwright sniff tcp port 80",
			'D': "ip -brief link lists the interfaces",
			's': "--snap BYTES keeps the first ones",
			'B': "--ring SIZE sets the buffer",
			'C': "--rotate-size BYTES goes on to a new file", 'G': "--rotate-age TIME goes on to a new file", 'W': "--keep MANY bounds the files",
		}
	case "dissect":
		of = map[byte]string{
			'r': "the file stands by itself: netwright dissect FILE",
			'z': "--stats counts protocols and conversations; netwright flows -r FILE lists flows",
		}
	case "scan":
		of = map[byte]string{
			's': "SYN is the default (-sS); others are --connect (-sT), --udp (-sU), --ack (-sA), --fin (-sF), --null (-sN), --sweep (-sn) and --banner (-sV)",
			'P': "every target is asked anyway, as by -Pn; --sweep asks only which are there",
			'n': "names of addresses are not looked up",
			'e': "-i INTERFACE", 'A': "--banner asks open ports what they are", 'F': "without -p only the usual ports are asked",
			'T': "--rate PACKETS sets the speed",
		}
	case "arping":
		of = map[byte]string{'I': "-i INTERFACE", 's': "-S ADDRESS"}
	case "trace":
		of = map[byte]string{'r': "-w -c ROUNDS goes on for so many rounds, and prints them in the end", 'u': "UDP is the default"}
	}
	switch command {
	case "sniff", "dissect", "flows":
		switch flag {
		case 'n':
			return "addresses and ports are always numbers"
		case 'l', 'U':
			return "what comes is printed at once"
		}
	}
	switch command {
	case "sniff", "dissect":
		switch flag {
		case 'e', 'v', 'O':
			return "-V prints all fields, those of the link too"
		case 'A', 'X':
			return "-x prints the bytes, as hex and text"
		case 'T':
			return "--json, or --fields FIELDS"
		}
	case "ping", "arping":
		if flag == 'n' {
			return "names of addresses are not looked up"
		}
	}
	return of[flag]
}

// unknownShort finds the letter in "unknown shorthand flag: 'n' in -nn".
func unknownShort(text string) (letter byte, ok bool) {
	rest, ok := strings.CutPrefix(text, "unknown shorthand flag: '")
	if !ok || len(rest) < 2 || rest[1] != '\'' {
		return 0, false
	}
	return rest[0], true
}

// plainNumbers says that a flag's value is no number in fewer words than strconv
// does.
func plainNumbers(text string) string {
	before, rest, ok := strings.Cut(text, ": strconv.Parse")
	if !ok {
		return text
	}
	if strings.HasSuffix(rest, "value out of range") || strings.Contains(rest, `parsing "-`) {
		return before + ": the number is too small or too large"
	}
	return before + ": it must be a number"
}

// excluding says which flags exclude each other, in fewer words than cobra does.
func excluding(text string) string {
	if !strings.HasPrefix(text, "if any flags in the group [") {
		return text
	}
	_, rest, _ := strings.Cut(text, "; [")
	names, _, ok := strings.Cut(rest, "]")
	if !ok {
		return text
	}
	return "--" + strings.Join(strings.Fields(names), " and --") + " exclude each other"
}
