package pcap

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// FuzzReader reads anything. What is read must be written and read back
// equal, in pcapng with all that it holds and in pcap with the packets alone;
// nothing may take more memory than the input is worth.
func FuzzReader(f *testing.F) {
	for _, order := range orders {
		f.Add(pcapFile(order, magicMicro, 123456))
		f.Add(pcapFile(order, magicNano, 123456789))
		f.Add(pcapFile(order, magicModified, 1999999))
		f.Add(ngFile(order))
	}
	f.Add(manySmall(f, 20, &WriterOptions{Format: FormatPcapng, Compression: CompressGzip}))
	f.Add(manySmall(f, 20, &WriterOptions{Format: FormatPcapng, Compression: CompressZstd}))
	for _, pattern := range []string{"libpcap-filter/captures/*", "tcpdump-captures/a*.pcap*"} {
		files, err := filepath.Glob(filepath.Join(suites, pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			if b, err := os.ReadFile(name); err == nil && len(b) < 4096 {
				f.Add(b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(io.LimitReader(bytes.NewReader(file), 1<<20))
		if err != nil {
			return
		}
		defer r.Close()
		var packets []Packet
		var blocks []Block
		r.OnBlock = func(b Block) error {
			blocks = append(blocks, b)
			return nil
		}
		total := 0
		for total < 4<<20 { // unpacked, a little input may be a lot
			p, err := r.Next()
			if err != nil {
				break
			}
			if p.Interface >= len(r.Interfaces()) || r.Interfaces()[p.Interface].LinkType != p.LinkType {
				t.Fatalf("packet %+v of %d interfaces", p, len(r.Interfaces()))
			}
			total += len(p.Data) + 64
			packets = append(packets, clone(p))
		}
		if len(r.src.buf) > max(sourceSize, 2*(total+len(file))) {
			t.Fatalf("a buffer of %d octets for %d", len(r.src.buf), total)
		}
		checkPcapng(t, packets, blocks)
		checkPcap(t, packets)
	})
}

// checkPcapng writes packets and blocks as pcapng: all blocks first, since
// these were not kept in their order with the packets.
func checkPcapng(t *testing.T, packets []Packet, blocks []Block) {
	link := LinkEthernet
	if len(packets) > 0 { // of a pcap file, which has no block to say it
		link = packets[0].LinkType
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, link, &WriterOptions{Format: FormatPcapng})
	if err != nil {
		t.Fatal(err)
	}
	var wantBlocks []Block
	for _, b := range blocks {
		if _, ok := b.(*Section); ok && w.started {
			continue
		}
		if w.WriteBlock(b) != nil { // a time before 1970, a raw block of the other byte order
			continue
		}
		if i, ok := b.(*Interface); ok {
			i.TicksPerSecond, i.Offset = 1e9, 0
		}
		wantBlocks = append(wantBlocks, b)
	}
	var want []Packet
	for _, p := range packets {
		if w.Write(&p) == nil {
			want = append(want, written(p, time.Nanosecond))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, gotBlocks, err := readAll(&out)
	if err != nil {
		t.Fatalf("what was written is not read: %v", err)
	}
	comparePackets(t, got, want)
	if len(wantBlocks) > 0 {
		if _, ok := wantBlocks[0].(*Section); !ok { // of a pcap file, which has none
			gotBlocks = gotBlocks[1:]
		}
	}
	for i, b := range wantBlocks {
		if !reflect.DeepEqual(gotBlocks[i], b) {
			if _, ok := b.(*Statistics); ok {
				continue // its zero times may have been 1970
			}
			t.Fatalf("block %d is read back as %#v, was %#v", i, gotBlocks[i], b)
		}
	}
}

// checkPcap writes the packets that have the first one's link type as pcap.
func checkPcap(t *testing.T, packets []Packet) {
	if len(packets) == 0 {
		return
	}
	link := packets[0].LinkType
	for format, unit := range map[Format]time.Duration{FormatPcap: time.Microsecond, FormatNano: time.Nanosecond} {
		var out bytes.Buffer
		w, err := NewWriter(&out, link, &WriterOptions{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		var want []Packet
		for _, p := range packets {
			if p.LinkType != link || w.Write(&p) != nil {
				continue
			}
			p.Interface, p.Options = 0, nil
			want = append(want, written(p, unit))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, _, err := readAll(&out)
		if err != nil {
			t.Fatalf("%v: what was written is not read: %v", format, err)
		}
		comparePackets(t, got, want)
	}
}

// written is what a packet is after it was written: times in the file's unit,
// no time is 1970, and no length is that of the data.
func written(p Packet, unit time.Duration) Packet {
	if p.Time.IsZero() {
		p.Time = time.Unix(0, 0)
	}
	p.Time = p.Time.Add(-time.Duration(p.Time.Nanosecond()) % unit)
	if p.Length == 0 {
		p.Length = len(p.Data)
	}
	return p
}

func comparePackets(t *testing.T, got, want []Packet) {
	if len(got) != len(want) {
		t.Fatalf("%d packets are read back, %d were written", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if !g.Time.Equal(w.Time) || !bytes.Equal(g.Data, w.Data) || g.Length != w.Length || g.Interface != w.Interface || g.LinkType != w.LinkType || len(g.Options) != len(w.Options) {
			t.Fatalf("packet %d is read back as %+v, was %+v", i, g, w)
		}
		for j, o := range w.Options {
			if g.Options[j].Code != o.Code || !bytes.Equal(g.Options[j].Value, o.Value) {
				t.Fatalf("option %d of packet %d is read back as %v, was %v", j, i, g.Options[j], o)
			}
		}
	}
}

// FuzzPcap fuzzes the packets of a pcap file, whose header is right.
func FuzzPcap(f *testing.F) {
	magics := []uint32{magicMicro, magicNano, magicModified}
	f.Add(uint8(0), pcapFile(binary.LittleEndian, magicMicro, 5)[pcapHeader:])
	f.Add(uint8(5), pcapFile(binary.BigEndian, magicModified, 5)[pcapHeader:])
	f.Fuzz(func(t *testing.T, kind uint8, records []byte) {
		head := &builder{ByteOrder: orders[kind/3%2]}
		head.u32(magics[kind%3]).u16(2, 4).u32(0, 0, 65535, 1)
		packets, _, _ := readAll(bytes.NewReader(append(head.b, records...)))
		total := 0
		for _, p := range packets {
			total += len(p.Data) + 16
		}
		if total > len(records) {
			t.Fatalf("%d octets of packets out of %d", total, len(records))
		}
		checkPcap(t, packets)
	})
}
