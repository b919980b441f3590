package bpf_test

import (
	"strings"
	"testing"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// TestSuiteApply runs the suite's filters on its captures.
func TestSuiteApply(t *testing.T) {
	files := map[string][]pcap.Packet{}
	done, unsupported := 0, 0
	for _, test := range readSuite[applyTest](t, "apply.json") {
		frames, ok := files[test.SaveFile]
		if !ok {
			frames = readCapture(t, needSuite(t, "libpcap-filter/captures/"+test.SaveFile))
			files[test.SaveFile] = frames
		}
		if len(frames) == 0 {
			t.Errorf("%s: no frames in %s", test.Name, test.SaveFile)
			continue
		}
		opts := &bpf.Options{Resolver: suiteNames{}}
		if test.Netmask != "" {
			opts.Netmask = maskOf(test.Netmask)
		}
		for _, r := range test.Results {
			opts.SnapLen = max(opts.SnapLen, r)
		}
		p, err := bpf.New(test.Expr, frames[0].LinkType, opts)
		if !isSupported(frames[0].LinkType) {
			if unsupported++; err == nil || !strings.Contains(err.Error(), "not supported") {
				t.Errorf("%s: %q on %s: got %v, want a refusal", test.Name, test.Expr, frames[0].LinkType, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %q: %v", test.Name, test.Expr, err)
			continue
		}
		done++
		for i, want := range test.Results {
			got := p.Run(&bpf.Packet{Data: frames[i].Data, Length: frames[i].Length})
			if got != want {
				t.Errorf("%s: %q on frame %d of %s: got %d, want %d", test.Name, test.Expr, i+1, test.SaveFile, got, want)
			}
		}
	}
	t.Logf("%d tests on supported link types, %d refused on others", done, unsupported)
}

func isSupported(link pcap.LinkType) bool {
	for _, l := range supported {
		if l == link {
			return true
		}
	}
	return false
}

// notOurs are tests of the suite that no capture-filter compiler can meet
// beside the others.
var notOurs = map[string]string{
	"igrp_88":             "is for systems whose headers give the number of EIGRP; Linux has IGRP's own, 9",
	"protochain_disabled": "is for a libpcap built without protochain, which other tests of the suite ask for",
}

// TestSuiteReject compiles what must be refused, and looks for the reason.
func TestSuiteReject(t *testing.T) {
	done, unsupported := 0, 0
	for _, test := range readSuite[rejectTest](t, "reject.json") {
		if why := notOurs[test.Name]; why != "" {
			t.Logf("%s %s", test.Name, why)
			continue
		}
		if test.SaveFile != "" {
			continue // of damaged files: packet/pcap's
		}
		link, ok := supported[test.DLT]
		opts := &bpf.Options{Resolver: suiteNames{}}
		if test.Netmask != "" {
			opts.Netmask = maskOf(test.Netmask)
		}
		if !ok {
			link, err := pcap.ParseLinkType(test.DLT)
			if err != nil {
				continue
			}
			if _, err := bpf.Compile(test.Expr, link, opts); err == nil || !strings.Contains(err.Error(), "not supported") {
				t.Errorf("%s: %q on %s: got %v, want that it is not supported", test.Name, test.Expr, test.DLT, err)
			}
			unsupported++
			continue
		}
		done++
		_, err := bpf.Compile(test.Expr, link, opts)
		if err == nil || !strings.Contains(err.Error(), test.ErrStr) {
			t.Errorf("%s: %q on %s: got %v, want %q", test.Name, test.Expr, test.DLT, err, test.ErrStr)
		}
	}
	t.Logf("%d refused for the right reason on supported link types, %d on others", done, unsupported)
}

// TestSuiteFrames judges every frame of the captures by our programs and by
// the suite's, and asks the machine of golang.org/x/net too.
func TestSuiteFrames(t *testing.T) {
	byLink := map[pcap.LinkType][]pcap.Packet{}
	for _, folder := range []string{"libpcap-filter/captures", "tcpdump-captures"} {
		for _, c := range captures(t, folder) {
			byLink[c.link] = append(byLink[c.link], c.frames...)
		}
	}
	same, passed, different := 0, 0, 0
	for _, b := range acceptBlocks(t) {
		link := supported[b.DLT]
		lines := b.program(true)
		if lines == nil || notOurs[b.Name] != "" {
			continue
		}
		want, err := parseListing(lines)
		if err != nil {
			t.Fatalf("%s: %v", b.Name, err)
		}
		raw, err := bpf.Compile(b.Aliases[0], link, b.options())
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		ours, err := bpf.Load(raw)
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		vm := netVM(t, b, raw)
		wrong := 0
		for i, f := range byLink[link] {
			for _, p := range variants(b, f) {
				w, g := want.run(&p), ours.Run(&p)
				if vm != nil && i%16 == 0 {
					if v, err := vm.Run(f.Data); err != nil || (v != 0) != (g != 0) {
						t.Fatalf("%s on frame %d: x/net says %d (%v), we %d", b.Name, i, v, err, g)
					}
				}
				if w == g {
					same++
					if w != 0 {
						passed++
					}
					continue
				}
				different++
				if wrong++; wrong <= 3 {
					t.Errorf("%s: %q on frame %d (%x): got %d, want %d\n%s", b.Name, b.Aliases[0], i, f.Data, g, w, bpf.Disassemble(raw))
				}
			}
		}
	}
	t.Logf("%d verdicts alike (%d of them pass), %d different", same, passed, different)
}

// netVM is the machine of golang.org/x/net for a program that it can run: it
// knows nothing of lengths on the wire and of what Linux knows besides.
func netVM(t *testing.T, b *acceptBlock, raw []netbpf.RawInstruction) *netbpf.VM {
	text := bpf.Disassemble(raw)
	if b.LinuxExt != 0 || strings.Contains(text, "#pktlen") {
		return nil
	}
	var code []netbpf.Instruction
	for _, r := range raw {
		code = append(code, r.Disassemble())
	}
	vm, err := netbpf.NewVM(code)
	if err != nil {
		t.Errorf("%s: x/net refuses the program: %v\n%s", b.Name, err, text)
	}
	return vm
}

// variants are the packets to make of a frame: for a program that asks Linux
// for more, with and without a tag, going in and out.
func variants(b *acceptBlock, f pcap.Packet) []bpf.Packet {
	p := bpf.Packet{Data: f.Data, Length: f.Length}
	if b.LinuxExt == 0 {
		return []bpf.Packet{p}
	}
	tagged, out := p, p
	tagged.Tagged, tagged.VLAN, tagged.Interface = true, 10, 10
	out.Type = 4
	return []bpf.Packet{p, tagged, out}
}
