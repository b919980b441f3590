package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// some are packets as every format can hold them.
func some() []Packet {
	var all []Packet
	for i := range 9 {
		data := bytes.Repeat([]byte{byte(i)}, 60+i)
		all = append(all, Packet{Time: at.Truncate(time.Microsecond).Add(time.Duration(i) * time.Second), Data: data, Length: 60 + i*i + i, LinkType: LinkEthernet})
	}
	return all
}

func TestWritePcapExactly(t *testing.T) {
	for _, tt := range []struct {
		format          Format
		magic, fraction uint32
	}{{FormatAuto, magicMicro, 123456}, {FormatPcap, magicMicro, 123456}, {FormatNano, magicNano, 123456789}} {
		var out bytes.Buffer
		w, err := NewWriter(&out, LinkRaw, &WriterOptions{Format: tt.format, SnapLen: 65535})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []Packet{
			{Time: at, Data: []byte("abcd"), LinkType: LinkRaw}, // its length is understood
			{Time: at.Truncate(time.Second).Add(time.Second), Data: []byte("xyz"), Length: 1500, LinkType: LinkRaw},
		} {
			if err := w.Write(&p); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if want := pcapFile(binary.LittleEndian, tt.magic, tt.fraction); !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%v:\n% x, want\n% x", tt.format, out.Bytes(), want)
		}
		if w.Written() != int64(out.Len()) {
			t.Errorf("%v: %d octets written, says %d", tt.format, out.Len(), w.Written())
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, format := range []Format{FormatPcap, FormatNano, FormatPcapng} {
		for _, comp := range []Compression{CompressNone, CompressGzip, CompressZstd} {
			var out bytes.Buffer
			w, err := NewWriter(&out, LinkEthernet, &WriterOptions{Format: format, Compression: comp})
			if err != nil {
				t.Fatal(err)
			}
			want := some()
			for i := range want {
				if format == FormatPcapng && i%2 == 0 {
					want[i].Options = Options{Comment(fmt.Sprint("packet ", i)), WithFlags(Inbound), WithDropped(uint64(i))}
				}
				if err := w.Write(&want[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got, _, err := readAll(&out)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, compression %d: %+v, %v; want %+v", format, comp, got, err, want)
			}
		}
	}
}

// A file taken over whole says the same, but for what is not to be copied and
// what cannot be turned to another byte order.
func TestCarryOver(t *testing.T) {
	for _, order := range orders {
		wantPackets, wantBlocks, err := readAll(bytes.NewReader(ngFile(order)))
		if err != nil {
			t.Fatal(err)
		}
		got, gotBlocks, err := readAll(bytes.NewReader(copyOf(t, ngFile(order), FormatPcapng)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range wantPackets {
			if wantPackets[i].Time.IsZero() { // a simple packet becomes an enhanced one
				wantPackets[i].Time = time.Unix(0, 0)
			}
		}
		if !reflect.DeepEqual(got, wantPackets) {
			t.Errorf("%v: packets %+v, want %+v", order, got, wantPackets)
		}
		var want []Block
		sections := 0
		for _, b := range wantBlocks {
			switch b := b.(type) {
			case *Section:
				if sections++; sections > 1 {
					continue
				}
			case *Interface:
				b.TicksPerSecond, b.Offset = 1e9, 0
			case *Raw:
				if b.BigEndian {
					continue
				}
			case *Custom:
				if b.Keep {
					continue
				}
			}
			want = append(want, b)
		}
		if !reflect.DeepEqual(gotBlocks, want) {
			t.Errorf("%v: blocks %+v, want %+v", order, gotBlocks, want)
		}
	}
}

// The interface of a pcap file is carried over like one of pcapng.
func TestCarryOverPcap(t *testing.T) {
	f := &builder{ByteOrder: binary.BigEndian}
	f.u32(magicNano).u16(2, 4).u32(0, 0, 65535, fcsPresent|2<<fcsShift|1).u32(1, 2, 3, 4).text("abc")
	for _, format := range []Format{FormatPcap, FormatPcapng} {
		r, err := NewReader(bytes.NewReader(copyOf(t, f.b, format)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if i := r.Interfaces()[0]; len(r.Interfaces()) != 1 || i.LinkType != LinkEthernet || i.FCS != 4 {
			t.Errorf("%v: %+v", format, i)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range []Format{FormatAuto, FormatPcap, FormatNano, FormatPcapng} {
		if got, err := ParseFormat(f.String()); got != f || err != nil {
			t.Errorf("%v: %v, %v", f, got, err)
		}
	}
	if f, err := ParseFormat("erf"); err == nil {
		t.Errorf("erf is %v", f)
	}
}

// copyOf reads a file and writes it again.
func copyOf(t *testing.T, file []byte, format Format) []byte {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, LinkEthernet, &WriterOptions{Format: format})
	if err != nil {
		t.Fatal(err)
	}
	w.CarryOver(r)
	for {
		p, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestInterfaces(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, LinkEthernet, &WriterOptions{
		Format: FormatPcapng, SnapLen: 96,
		Section:   Section{Application: "netwright", Options: Options{Comment("a test")}},
		Interface: Interface{Name: "eth0", Filter: "arp"},
		Statistics: func() []Statistics {
			return []Statistics{{Interface: 0, Time: at, Received: new(uint64(3)), Dropped: new(uint64(1))}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&Packet{Time: at, Data: []byte("one"), LinkType: LinkEthernet}); err != nil {
		t.Fatal(err)
	}
	if i, err := w.AddInterface(Interface{Name: "lo", LinkType: LinkNull}); i != 1 || err != nil {
		t.Fatalf("interface %d, %v", i, err)
	}
	// Number 1 has no frames of Ethernet; 2 and 3 were not told of.
	if err := w.Write(&Packet{Time: at, Interface: 1, Data: []byte("two"), LinkType: LinkEthernet}); err == nil {
		t.Error("an interface took packets of another link type")
	}
	if err := w.Write(&Packet{Time: at, Interface: 3, Data: []byte("three"), LinkType: LinkRaw}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packets, blocks, err := readAll(&out)
	if err != nil || len(packets) != 2 || packets[0].LinkType != LinkEthernet || packets[1].Interface != 3 || packets[1].LinkType != LinkRaw {
		t.Errorf("packets %+v, %v", packets, err)
	}
	want := []Block{
		&Section{Application: "netwright", Options: Options{Comment("a test")}},
		&Interface{LinkType: LinkEthernet, Name: "eth0", Filter: "arp", SnapLen: 96, TicksPerSecond: 1e9},
		&Interface{LinkType: LinkNull, Name: "lo", TicksPerSecond: 1e9},
		&Interface{LinkType: LinkRaw, SnapLen: 96, TicksPerSecond: 1e9},
		&Interface{LinkType: LinkRaw, SnapLen: 96, TicksPerSecond: 1e9},
		&Statistics{Time: at, Received: new(uint64(3)), Dropped: new(uint64(1))},
	}
	if !reflect.DeepEqual(blocks, want) {
		t.Errorf("blocks %+v, want %+v", blocks, want)
	}
}

func TestEmptyFile(t *testing.T) {
	for _, format := range []Format{FormatPcap, FormatNano, FormatPcapng} {
		for _, comp := range []Compression{CompressNone, CompressGzip, CompressZstd} {
			var out bytes.Buffer
			w, err := NewWriter(&out, LinkSLL, &WriterOptions{Format: format, Compression: comp})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := NewReader(&out)
			if err != nil {
				t.Fatalf("%v: %v", format, err)
			}
			if _, err := r.Next(); err != io.EOF {
				t.Errorf("%v: %v", format, err)
			}
			if i := r.Interfaces(); len(i) != 1 || i[0].LinkType != LinkSLL {
				t.Errorf("%v: interfaces %+v", format, i)
			}
		}
	}
}

// With FlushEach a packet can be read before the next one is written.
func TestFlushEach(t *testing.T) {
	for _, format := range []Format{FormatPcap, FormatPcapng} {
		for _, comp := range []Compression{CompressNone, CompressGzip, CompressZstd} {
			in, out := io.Pipe()
			go func() { // ends with the pipe
				w, err := NewWriter(out, LinkEthernet, &WriterOptions{Format: format, Compression: comp, FlushEach: true})
				if err != nil {
					out.CloseWithError(err)
					return
				}
				for i := range 3 {
					if err := w.Write(&Packet{Time: at, Data: []byte{byte(i)}, LinkType: LinkEthernet}); err != nil {
						out.CloseWithError(err)
						return
					}
				}
				// Never closed: what was written must be there all the same.
			}()
			r, err := NewReader(in)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				if p, err := r.Next(); err != nil || p.Data[0] != byte(i) {
					t.Errorf("%v, compression %d: packet %d is %+v, %v", format, comp, i, p, err)
				}
			}
			in.Close()
		}
	}
}

func TestWriteErrors(t *testing.T) {
	long := make([]byte, 256<<10+1)
	for _, tt := range []struct {
		format Format
		p      Packet
		want   string
	}{
		{FormatPcap, Packet{LinkType: LinkRaw}, "cannot take one of RAW"},
		{FormatPcapng, Packet{LinkType: LinkRaw}, "cannot take one of RAW"},
		{FormatPcap, Packet{Time: time.Unix(-1, 0)}, "1970 to 2106"},
		{FormatPcap, Packet{Time: time.Unix(1<<32, 0)}, "1970 to 2106"},
		{FormatPcap, Packet{Length: 1 << 32}, "32 bits"},
		{FormatPcap, Packet{Data: long}, "set SnapLen"},
		{FormatPcapng, Packet{Data: long}, "set SnapLen"},
		{FormatPcapng, Packet{Time: time.Unix(-1, 0)}, "1970 to 2554"},
		{FormatPcapng, Packet{Time: time.Unix(1<<35, 0)}, "1970 to 2554"},
		{FormatPcapng, Packet{Length: 1 << 32}, "32 bits"},
		{FormatPcapng, Packet{Interface: -1}, "no interface -1"},
		{FormatPcapng, Packet{Interface: 1 << 16}, "no interface 65536"},
		{FormatPcapng, Packet{Options: Options{Comment(string(long))}}, "65,535 octets"},
		{FormatPcapng, Packet{Options: Options{{0, nil}}}, "codes from 1"},
	} {
		var out bytes.Buffer
		w, err := NewWriter(&out, LinkEthernet, &WriterOptions{Format: tt.format})
		if err != nil {
			t.Fatal(err)
		}
		if tt.p.LinkType == 0 {
			tt.p.LinkType = LinkEthernet
		}
		if err := w.Write(&tt.p); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want …%s…", tt.format, err, tt.want)
		}
		// A packet that was refused leaves no trace.
		if err := w.Write(&Packet{Time: at, Data: []byte("good"), LinkType: LinkEthernet}); err != nil {
			t.Errorf("%v: after %s: %v", tt.format, tt.want, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, _, err := readAll(&out); err != nil || len(got) != 1 || string(got[0].Data) != "good" {
			t.Errorf("%v: after %s: %+v, %v", tt.format, tt.want, got, err)
		}
	}
	for _, bad := range []WriterOptions{{Format: 9}, {Compression: 9}, {SnapLen: -1}} {
		if _, err := NewWriter(io.Discard, 1, &bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestWriteBlockErrors(t *testing.T) {
	w, err := NewWriter(io.Discard, LinkEthernet, &WriterOptions{Format: FormatPcapng})
	if err != nil {
		t.Fatal(err)
	}
	for want, b := range map[string]Block{
		"big-endian":            &Raw{Type: 99, BigEndian: true},
		"not to be written raw": &Raw{Type: blockEnhanced},
		"of interface 0":        &Statistics{},
		"an address of 3":       &Names{Records: []Name{{1, []byte{1, 2, 3}, []string{"x"}}}},
	} {
		if err := w.WriteBlock(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: %v, want …%s…", b, err, want)
		}
	}
}

func TestSnapLen(t *testing.T) {
	for _, format := range []Format{FormatPcap, FormatPcapng} {
		var out bytes.Buffer
		w, err := NewWriter(&out, LinkEthernet, &WriterOptions{Format: format, SnapLen: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&Packet{Time: at, Data: []byte("abcdef"), LinkType: LinkEthernet}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, _, err := readAll(&out)
		if err != nil || string(got[0].Data) != "abc" || got[0].Length != 6 {
			t.Errorf("%v: %+v, %v", format, got, err)
		}
	}
}

// fullDisk takes so many octets and no more.
type fullDisk int

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > int(*d) {
		return 0, errors.New("disk full")
	}
	*d -= fullDisk(len(b))
	return len(b), nil
}

func TestWriteErrorStays(t *testing.T) {
	disk := fullDisk(100)
	w, err := NewWriter(&disk, LinkEthernet, &WriterOptions{FlushEach: true})
	if err != nil {
		t.Fatal(err)
	}
	p := Packet{Time: at, Data: make([]byte, 60), LinkType: LinkEthernet}
	if err := w.Write(&p); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.Write(&p); err == nil || err.Error() != "disk full" {
			t.Errorf("error %v", err)
		}
	}
	if err := w.Close(); err == nil {
		t.Error("Close says that all is well")
	}
	if err := w.Write(&p); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	for name, magic := range map[string]string{
		"a.pcap": "\xd4\xc3\xb2\xa1", "b.cap": "\xd4\xc3\xb2\xa1", "c.pcapng": "\n\r\r\n", "d.PCAPNG.GZ": "\x1f\x8b", "e.pcap.zst": "\x28\xb5\x2f\xfd",
	} {
		path := filepath.Join(dir, name)
		w, err := Create(path, LinkEthernet, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := some()
		for i := range want {
			if err := w.Write(&want[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(b), magic) {
			t.Errorf("%s begins with % x, %v", name, b[:min(4, len(b))], err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		got, _, err := readAll(bytes.NewReader(b))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	path := filepath.Join(dir, "f.pcap")
	if _, err := Create(path, LinkEthernet, &WriterOptions{SnapLen: -1}); err == nil {
		t.Error("wrong options were taken")
	} else if _, err := os.Stat(path); err == nil {
		t.Error("wrong options left a file")
	}
}
