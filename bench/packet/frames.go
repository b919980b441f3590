//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// smallFrames are n TCP segments of some 60 bytes, of 32 hosts.
func smallFrames(n int) [][]byte {
	frames := make([][]byte, n)
	for i := range frames {
		from := netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 32)})
		frame, err := packet.Build(nil,
			&packet.Ethernet{Dst: packet.MAC{2, 0, 0, 0, 0, 1}, Src: packet.MAC{2, 0, 0, 0, 0, byte(i)}},
			&packet.IPv4{Src: from, Dst: addr("198.51.100.7")},
			&packet.TCP{SrcPort: uint16(40000 + i%1000), DstPort: uint16(80 + i%2*363), Seq: uint32(i), Ack: 1, Flags: packet.ACK},
			packet.Payload("hello"))
		if err != nil {
			panic(err)
		}
		frames[i] = frame
	}
	return frames
}

// mixed are the Ethernet frames of the suites.
func (b *bench) mixed() ([][]byte, error) {
	files, _ := filepath.Glob(filepath.Join(b.suites, "*captures", "*"))
	var frames [][]byte
	for _, file := range files {
		r, err := pcap.Open(file)
		if err != nil {
			continue // some are no captures, on purpose
		}
		var p pcap.Packet
		for r.Read(&p) == nil && p.LinkType == pcap.LinkEthernet {
			frames = append(frames, slices.Clone(p.Data))
		}
		r.Close()
	}
	if len(frames) < 1000 {
		return nil, fmt.Errorf("%s has no captures of mixed frames; name their folder with -suites", b.suites)
	}
	return frames, nil
}

// write makes a capture of n frames, the given ones again and again, a
// microsecond apart.
func (b *bench) write(name string, frames [][]byte, n int) (string, error) {
	path := filepath.Join(b.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	w, err := pcap.Create(path, pcap.LinkEthernet, nil)
	if err != nil {
		return "", err
	}
	at := time.Unix(1_700_000_000, 0)
	for i := range n {
		f := frames[i%len(frames)]
		at = at.Add(time.Microsecond)
		if err := w.Write(&pcap.Packet{Time: at, Data: f, Length: len(f), LinkType: pcap.LinkEthernet}); err != nil {
			return "", err
		}
	}
	return path, w.Close()
}

// frameCount is how many packets a classic capture holds, by its own headers.
func frameCount(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n := 0
	for at := 24; at+16 <= len(text); n++ {
		at += 16 + int(binary.LittleEndian.Uint32(text[at+8:]))
	}
	return n, nil
}
