package wire

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/pcap"
)

// Frames of all interfaces come with the SLL2 header, and the tag where the
// frame had one.
func TestAnyInterface(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"blocks": {}, "immediate": {Immediate: true}, "fanout": {Workers: 2}} {
		t.Run(name, func(t *testing.T) {
			w := newCable(t)
			cfg.Interface = AnyInterface
			c := openIn(t, w.b, cfg)
			if c.LinkType() != pcap.LinkSLL2 {
				t.Errorf("link type %v", c.LinkType())
			}
			finish := collect(t, c, 2)
			plain := frame(w.macB, w.macA, ours, 7)
			send(t, w.a, plain, append(append(append([]byte{}, plain[:12]...), 0x81, 0, 0, 42), plain[12:]...))
			all, _ := finish()
			var index int
			w.b.Do(t, func() {
				ifc, err := net.InterfaceByName("eth0")
				if err != nil {
					t.Fatal(err)
				}
				index = ifc.Index
			})
			header := func(protocol uint16) []byte {
				h := binary.BigEndian.AppendUint16(nil, protocol)
				h = binary.BigEndian.AppendUint32(append(h, 0, 0), uint32(index))
				h = append(h, 0, 1, 0, 6)
				return append(append(h, w.macA...), 0, 0)
			}
			want := map[bool][]byte{
				false: append(header(ours), plain[14:]...),
				true:  append(append(header(0x8100), 0, 42, ours>>8, ours&0xff), plain[14:]...),
			}
			for _, f := range all {
				w := want[f.TagType != 0]
				if !bytes.Equal(f.Data, w) || f.Length != len(w) || f.Interface != index {
					t.Errorf("got %d of interface %d\n% x, want\n% x", f.Length, f.Interface, f.Data, w)
				}
			}
			if len(all) != 2 || all[0].TagType == all[1].TagType {
				t.Errorf("%d frames", len(all))
			}
		})
	}
}

// A filter for cooked frames holds in the kernel, and where the kernel cannot
// know what it asks for outside.
func TestFilterOfCookedFrames(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	accept := func(loads ...bpf.Instruction) []bpf.RawInstruction {
		return mustAssemble(t, append(loads, bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0})...)
	}
	filters := map[string][]bpf.RawInstruction{
		"in the kernel": accept(bpf.LoadAbsolute{Off: 0, Size: 2}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: ours, SkipTrue: 3},
			bpf.LoadAbsolute{Off: 27, Size: 1}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: 7, SkipFalse: 1}),
		"by the sender's address": accept(bpf.LoadAbsolute{Off: 14, Size: 4}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(w.macA[2:]), SkipTrue: 3},
			bpf.LoadAbsolute{Off: 27, Size: 1}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: 7, SkipFalse: 1}),
	}
	for name, filter := range filters {
		t.Run(name, func(t *testing.T) {
			c := openIn(t, w.b, Config{Interface: AnyInterface, Filter: filter})
			if inKernel := c.workers[0].rest.Load() == nil; inKernel != (name == "in the kernel") {
				t.Errorf("in the kernel: %t", inKernel)
			}
			finish := collect(t, c, 1)
			send(t, w.b, frame(w.macA, w.macB, ours, 6))
			send(t, w.a, frame(w.macB, w.macA, ours, 6), frame(w.macB, w.macA, theirs, 8), frame(w.macB, w.macA, ours, 7))
			all, stats := finish()
			if len(all) != 1 || all[0].Data[27] != 7 || stats.Received != 1 || stats.Delivered != 1 {
				t.Errorf("got %+v, %+v", all, stats)
			}
		})
	}
}

// On the loopback interface a packet passes twice and is shown once.
func TestLoopbackIsShownOnce(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	for _, name := range []string{"lo", AnyInterface} {
		c := openIn(t, w.a, Config{Interface: name})
		finish := collect(t, c, 2)
		w.a.Do(t, func() {
			conn, err := net.Dial("udp", "127.0.0.1:9")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("once")); err != nil {
				t.Fatal(err)
			}
		})
		all, _ := finish() // the datagram, and ICMP's answer that nobody is there
		if len(all) != 2 || !bytes.HasSuffix(all[0].Data, []byte("once")) || all[0].Type != Host || all[1].Type != Host {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestLinkTypes(t *testing.T) {
	w := newCable(t)
	w.a.Run(t, "ip", "tuntap", "add", "tun0", "mode", "tun")
	w.a.Run(t, "ip", "link", "set", "tun0", "up")
	for name, want := range map[string]pcap.LinkType{"eth0": pcap.LinkEthernet, "lo": pcap.LinkEthernet, "any": pcap.LinkSLL2, "tun0": pcap.LinkRaw} {
		w.a.Do(t, func() {
			if got, err := LinkTypeOf(name); err != nil || got != want {
				t.Errorf("%s: %v, %v, want %v", name, got, err, want)
			}
		})
	}
	for hardware, want := range map[uint16]pcap.LinkType{768: pcap.LinkSLL2, 512: pcap.LinkSLL2, 65534: pcap.LinkRaw, 803: pcap.LinkRadiotap} {
		if got := linkTypeOf(hardware); got != want {
			t.Errorf("ARPHRD %d: %v, want %v", hardware, got, want)
		}
	}
}
