package pcap

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"
)

var orders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

// readAll returns copies of all packets, all blocks, and how it ended.
func readAll(in io.Reader) (packets []Packet, blocks []Block, err error) {
	r, err := NewReader(in)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	r.OnBlock = func(b Block) error {
		blocks = append(blocks, b)
		return nil
	}
	for {
		p, err := r.Next()
		if err == io.EOF {
			return packets, blocks, nil
		}
		if err != nil {
			return packets, blocks, err
		}
		packets = append(packets, clone(p))
	}
}

// clone keeps a lent packet.
func clone(p Packet) Packet {
	p.Data = bytes.Clone(p.Data)
	var kept Options
	for _, o := range p.Options {
		kept = append(kept, Option{o.Code, bytes.Clone(o.Value)})
	}
	p.Options = kept
	return p
}

func TestReadPcap(t *testing.T) {
	for _, order := range orders {
		for _, tt := range []struct {
			magic, fraction uint32
			format          Format
			nano            int64
		}{
			{magicMicro, 123456, FormatPcap, 123456000},
			{magicNano, 123456789, FormatNano, 123456789},
			{magicModified, 123456, FormatPcap, 123456000},
			{magicMicro, 1999999, FormatPcap, 1999999000}, // carried into the seconds
		} {
			file := pcapFile(order, tt.magic, tt.fraction)
			want := []Packet{
				{Time: time.Unix(1700000000, tt.nano), Data: []byte("abcd"), Length: 4, LinkType: LinkRaw},
				{Time: time.Unix(1700000001, 0), Data: []byte("xyz"), Length: 1500, LinkType: LinkRaw},
			}
			got, _, err := readAll(iotest.OneByteReader(bytes.NewReader(file)))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v %#x: %+v, %v; want %+v", order, tt.magic, got, err, want)
			}
			r, err := NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if r.Format() != tt.format || len(r.Interfaces()) != 1 || r.Interfaces()[0].SnapLen != 65535 {
				t.Errorf("%v %#x: format %v, interfaces %+v", order, tt.magic, r.Format(), r.Interfaces())
			}
		}
	}
}

func TestPcapHeader(t *testing.T) {
	header := func(major, minor uint16, link uint32) []byte {
		f := &builder{ByteOrder: binary.BigEndian}
		return f.u32(magicMicro).u16(major, minor).u32(0, 0, 65535, link).u32(1, 2, 5, 3).text("abcde").b
	}
	for _, tt := range []struct {
		name   string
		file   []byte
		link   LinkType
		fcs    int
		length int // of the packet, whose lengths are 5 and 3
	}{
		{"usual", header(2, 4, 1), LinkEthernet, 0, 3},
		{"FCS of 4 octets", header(2, 4, 0x2400_0001), LinkEthernet, 4, 3},
		{"FCS bits without their flag", header(2, 4, 0x3000_0084), 132, 0, 3},
		{"BSD's raw IP", header(2, 4, 12), LinkRaw, 0, 3},
		{"OpenBSD's raw IP", header(2, 4, 14), LinkRaw, 0, 3},
	} {
		r, err := NewReader(bytes.NewReader(tt.file))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		p, err := r.Next()
		if i := r.Interfaces()[0]; err != nil || i.LinkType != tt.link || p.LinkType != tt.link || i.FCS != tt.fcs || p.Length != tt.length || len(p.Data) != 5 {
			t.Errorf("%s: interface %+v, packet %+v, %v", tt.name, i, p, err)
		}
	}
	// Old files have the lengths the other way round.
	for _, version := range [][2]uint16{{2, 2}, {2, 3}, {543, 0}} {
		f := &builder{ByteOrder: binary.LittleEndian}
		f.u32(magicMicro).u16(version[0], version[1]).u32(0, 0, 100, 1).u32(1, 2, 60, 3).text("abc")
		got, _, err := readAll(bytes.NewReader(f.b))
		if err != nil || len(got) != 1 || string(got[0].Data) != "abc" || got[0].Length != 60 {
			t.Errorf("version %v: %+v, %v", version, got, err)
		}
	}
	for _, bad := range [][]byte{header(3, 0, 1), header(2, 4, 0x0001_0001)} {
		if _, err := NewReader(bytes.NewReader(bad)); err == nil {
			t.Errorf("% x was read", bad)
		}
	}
}

func TestReadPcapng(t *testing.T) {
	for _, order := range orders {
		packets, blocks, err := readAll(iotest.HalfReader(bytes.NewReader(ngFile(order))))
		if err != nil {
			t.Fatalf("%v: %v", order, err)
		}
		le64 := func(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
		wantPackets := []Packet{
			{Time: at, Data: []byte("hello"), Length: 1500, LinkType: LinkEthernet, Options: Options{
				Comment("look here"), WithFlags(0x12), WithDropped(7), {OptVerdict, append([]byte{1}, le64(3)...)},
				{2988, append(binary.LittleEndian.AppendUint32(nil, 32473), "own"...)}, Comment("and here"),
			}},
			{Time: time.Unix(946684803, 5e8), Data: []byte("old"), Length: 3, Interface: 1, LinkType: LinkRaw, Options: Options{WithFlags(2), WithDropped(9)}},
			{Data: []byte("simple"), Length: 6, LinkType: LinkEthernet},
			{Data: []byte("cu"), Length: 100, Interface: 2, LinkType: LinkSLL},
		}
		for i, want := range wantPackets {
			if i >= len(packets) || !reflect.DeepEqual(packets[i], want) {
				t.Errorf("%v: packet %d is %+v, want %+v", order, i, packets[min(i, len(packets)-1)], want)
			}
		}
		big := order == binary.BigEndian
		wantBlocks := []Block{
			&Section{Hardware: "x86", OS: "Linux", Application: "test", Options: Options{Comment("first")}},
			&Interface{LinkType: LinkEthernet, Name: "eth0", Description: "uplink", Filter: "tcp port 80", OS: "Linux", Hardware: "card", FCS: 4, TicksPerSecond: 1e9, Options: Options{{8, le64(1e9)}, Comment("first port")}},
			&Interface{LinkType: LinkRaw, SnapLen: 4, TicksPerSecond: 1024, Offset: 946684800},
			&Names{Records: []Name{
				{1, []byte{192, 0, 2, 7}, []string{"www.example.com", "shop.example.com"}},
				{2, []byte("\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), []string{"six.example.com"}},
			}, Options: Options{{2, []byte("resolver")}}},
			&Secrets{Kind: SecretsTLS, Data: []byte("SECRET ab")},
			&Raw{Type: 0x7777, BigEndian: big, Body: []byte("unknown.")},
			&Custom{PEN: 32473, Data: []byte("ours")},
			&Custom{PEN: 32473, Data: []byte("stay"), Keep: true},
			&Statistics{Time: at, Start: at, Received: new(uint64(1000)), OSDropped: new(uint64(0)), Options: Options{Comment("done")}},
			&Section{Hardware: "x86", OS: "Linux", Application: "test", Options: Options{Comment("second")}},
			&Interface{LinkType: LinkSLL, SnapLen: 2, TicksPerSecond: 1e6},
		}
		if len(blocks) != len(wantBlocks) {
			t.Fatalf("%v: %d blocks, want %d", order, len(blocks), len(wantBlocks))
		}
		for i, want := range wantBlocks {
			if !reflect.DeepEqual(blocks[i], want) {
				t.Errorf("%v: block %d is %+v, want %+v", order, i, blocks[i], want)
			}
		}
		if got := packets[0]; got.Flags() != 0x12 || got.Flags().Direction() != Outbound || got.Dropped() != 7 || strings.Join(got.Options.Comments(), "|") != "look here|and here" {
			t.Errorf("%v: flags %#x, dropped %d, comments %q", order, got.Flags(), got.Dropped(), got.Options.Comments())
		}
		if a := wantBlocks[3].(*Names).Records[1].Addr().String(); a != "2001:db8::1" {
			t.Errorf("address %s", a)
		}
	}
}

// A file that ends anywhere gives what is whole, then says what is cut.
func TestTruncated(t *testing.T) {
	files := map[string][]byte{
		"pcap": pcapFile(binary.LittleEndian, magicMicro, 1), "modified": pcapFile(binary.BigEndian, magicModified, 1), "pcapng": ngFile(binary.BigEndian),
	}
	for name, file := range files {
		whole, _, err := readAll(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for i := range file {
			packets, _, err := readAll(bytes.NewReader(file[:i]))
			for j, p := range packets {
				if !reflect.DeepEqual(p, whole[j]) {
					t.Fatalf("%s cut at %d: packet %d is %+v, want %+v", name, i, j, p, whole[j])
				}
			}
			if err == nil {
				continue
			}
			var where *Error
			if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &where) {
				t.Fatalf("%s cut at %d: %v", name, i, err)
			}
			if where.Offset > int64(i) || where.Packet != int64(len(packets)) {
				t.Errorf("%s cut at %d after %d packets: %v", name, i, len(packets), err)
			}
		}
	}
	file := files["pcap"]
	_, _, err := readAll(bytes.NewReader(file[:len(file)-2]))
	if want := "at octet 44, after 1 packets: a packet is cut off: 17 of its 19 octets are there"; err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	if packets, _, err := readAll(bytes.NewReader(file[:44])); err != nil || len(packets) != 1 {
		t.Errorf("cut between packets: %d packets, %v", len(packets), err)
	}
}

func TestWrongFiles(t *testing.T) {
	record := func(captured uint32) []byte {
		f := &builder{ByteOrder: binary.LittleEndian}
		return f.u32(magicMicro).u16(2, 4).u32(0, 0, 65535, 1).u32(1, 2, captured, captured).b
	}
	ng := func(kind uint32, body func(f *builder)) []byte {
		f := &builder{ByteOrder: binary.LittleEndian}
		section(f, "x")
		f.block(blockInterface, func(f *builder) { f.u16(1, 0).u32(0) })
		return f.block(kind, body).b
	}
	broken := ng(0x7777, func(*builder) {})
	broken[len(broken)-1] = 1
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"text", []byte("hello world"), "not a capture file: it begins with 68 65 6c 6c"},
		{"xz", []byte("\xfd7zXZ\x00"), "packed by xz"},
		{"lz4", []byte("\x04\x22\x4d\x18"), "packed by lz4"},
		{"bzip2", []byte("BZh9"), "packed by bzip2"},
		{"three octets", []byte("\xd4\xc3\xb2"), "3 of its 24 octets"},
		{"huge packet", record(1 << 31), "claims 2147483648 octets, more than the limit of 262144"},
		{"section magic", []byte("\n\r\r\n\x1c\x00\x00\x00abcdefgh"), "byte-order magic"},
		{"section version", (&builder{ByteOrder: binary.LittleEndian}).block(blockSection, func(f *builder) { f.u32(magicByteOrder).u16(2, 0).u64(0) }).b, "version 2.0"},
		{"short section", (&builder{ByteOrder: binary.LittleEndian}).block(blockSection, func(f *builder) { f.u32(magicByteOrder) }).b, "needs 16"},
		{"lengths differ", broken, "before it and 16777228 behind"},
		{"odd length", append(ng(0x7777, func(*builder) {}), 1, 0, 0, 0, 13, 0, 0, 0), "steps of 4"},
		{"huge block", append(ng(0x7777, func(*builder) {}), 1, 0, 0, 0, 0, 0, 0, 255), "more than the limit of 16777216"},
		{"short interface", ng(blockInterface, func(f *builder) { f.u32(1) }), "needs 8"},
		{"short packet", ng(blockEnhanced, func(f *builder) { f.u32(0, 0, 0) }), "needs 20"},
		{"unknown interface", ng(blockEnhanced, func(f *builder) { f.u32(1, 0, 0, 0, 0) }), "of interface 1, but the section has 1"},
		{"packet beyond its block", ng(blockEnhanced, func(f *builder) { f.u32(0, 0, 0, 8, 8).text("abcd") }), "claims 8 octets, but its block has 4"},
		{"packet beyond its limit", ng(blockEnhanced, func(f *builder) { f.u32(0, 0, 0, 1<<30, 8).text("abcd") }), "more than the limit"},
		{"option beyond its block", ng(blockEnhanced, func(f *builder) { f.u32(0, 0, 0, 0, 0).u16(1, 100) }), "option 1 claims 100"},
		{"short obsolete packet", ng(blockPacket, func(f *builder) { f.u32(0) }), "needs 20"},
		{"empty simple packet", ng(blockSimple, func(*builder) {}), "needs 4"},
		{"simple packet beyond its block", ng(blockSimple, func(f *builder) { f.u32(9).text("abcd") }), "claims 9 octets"},
		{"short statistics", ng(blockStatistics, func(f *builder) { f.u32(0) }), "needs 12"},
		{"statistics of nothing", ng(blockStatistics, func(f *builder) { f.u32(5, 0, 0) }), "of interface 5"},
		{"short secrets", ng(blockSecrets, func(f *builder) { f.u32(0) }), "needs 8"},
		{"secrets beyond their block", ng(blockSecrets, func(f *builder) { f.u32(0, math.MaxUint32) }), "claim 4294967295"},
		{"short custom", ng(blockCustom, func(*builder) {}), "enterprise number"},
		{"name beyond its block", ng(blockNames, func(f *builder) { f.u16(1, 30) }), "name record claims 30"},
		{"name without address", ng(blockNames, func(f *builder) { f.u16(2, 4).u32(0) }), "needs 16"},
		{"simple before interface", func() []byte {
			f := &builder{ByteOrder: binary.LittleEndian}
			section(f, "")
			return f.block(blockSimple, func(f *builder) { f.u32(0) }).b
		}(), "before any interface"},
	} {
		_, _, err := readAll(bytes.NewReader(tt.file))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want …%s…", tt.name, err, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	file := ngFile(binary.LittleEndian)
	for name, set := range map[string]func(r *Reader){
		"packet":     func(r *Reader) { r.MaxPacket = 4 },
		"block":      func(r *Reader) { r.MaxBlock = 64 },
		"interfaces": func(r *Reader) { r.MaxInterfaces = 2 },
	} {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		set(r)
		for err == nil {
			_, err = r.Next()
		}
		if !strings.Contains(err.Error(), "limit") {
			t.Errorf("%s: %v", name, err)
		}
		if _, again := r.Next(); again != err {
			t.Errorf("%s: a second error %v", name, again)
		}
	}
	// A length that lies costs no memory.
	f := &builder{ByteOrder: binary.LittleEndian}
	f.u32(magicMicro).u16(2, 4).u32(0, 0, 0, uint32(LinkUSBLinux)).u32(1, 2, 128<<20, 0).text("abc")
	r, err := NewReader(bytes.NewReader(f.b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) || len(r.src.buf) > sourceSize {
		t.Errorf("%v, a buffer of %d octets", err, len(r.src.buf))
	}
}

func TestBlockCallback(t *testing.T) {
	r, err := NewReader(bytes.NewReader(ngFile(binary.LittleEndian)))
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	r.OnBlock = func(b Block) error {
		if _, ok := b.(*Secrets); ok {
			return stop
		}
		return nil
	}
	if _, err := r.Next(); err != stop {
		t.Errorf("error %v, want the callback's", err)
	}
}

// Whoever prints a secret sees its length alone.
func TestSecretsAreSecret(t *testing.T) {
	s := &Secrets{Kind: SecretsTLS, Data: []byte("CLIENT_RANDOM 00 11")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		for _, v := range []any{s, *s, []Block{s}, struct{ S Secrets }{*s}} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "CLIENT") || strings.Contains(got, "434c49454e54") || strings.Contains(got, "67, 76") {
				t.Errorf("%s of %T prints %s", verb, v, got)
			}
		}
	}
}

func TestSecretsKinds(t *testing.T) {
	for want, kind := range map[string]SecretsKind{
		"TLS key log": SecretsTLS, "SSH key log": SecretsSSH, "WireGuard key log": SecretsWireGuard,
		"ZigBee network key": SecretsZigBeeNwk, "ZigBee APS key": SecretsZigBeeAPS, "secrets of kind 0x7": 7,
	} {
		if kind.String() != want {
			t.Errorf("%#x is called %q, want %q", uint32(kind), kind, want)
		}
	}
}

// A reader that breaks says so in its own words, and where.
func TestReadError(t *testing.T) {
	broken := errors.New("cable pulled")
	file := pcapFile(binary.LittleEndian, magicMicro, 0)
	packets, _, err := readAll(io.MultiReader(bytes.NewReader(file[:50]), iotest.ErrReader(broken)))
	if len(packets) != 1 || !errors.Is(err, broken) || !strings.Contains(err.Error(), "at octet 44, after 1 packets") {
		t.Errorf("%d packets, %v", len(packets), err)
	}
	if _, _, err := readAll(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("from the start: %v", err)
	}
}

// A packet is there as soon as its octets are, however the pipe goes on.
func TestReadPipe(t *testing.T) {
	for _, file := range [][]byte{pcapFile(binary.LittleEndian, magicNano, 5), ngFile(binary.LittleEndian)} {
		whole, _, err := readAll(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		const held = 3
		if _, err := out.Write(file[:len(file)-held]); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(whole) - 1 {
			if _, err := r.Next(); err != nil {
				t.Fatalf("packet %d: %v", i, err)
			}
		}
		if _, err := out.Write(file[len(file)-held:]); err != nil {
			t.Fatal(err)
		}
		out.Close()
		if p, err := r.Next(); err != nil || !bytes.Equal(p.Data, whole[len(whole)-1].Data) {
			t.Errorf("the last packet: %+v, %v", p, err)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("the end: %v", err)
		}
		in.Close()
	}
}

func TestReadPacked(t *testing.T) {
	file := manySmall(t, 5000, nil)
	want, _, err := readAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var gz, zst bytes.Buffer
	half := len(file) / 2
	for _, part := range [][]byte{file[:half], file[half:]} { // two members, as from gzip >>
		z := gzip.NewWriter(&gz)
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	skippable := append([]byte{0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}, zst.Bytes()...)
	for name, packed := range map[string][]byte{"gzip": gz.Bytes(), "zstd": zst.Bytes(), "zstd after a skippable frame": skippable} {
		got, _, err := readAll(iotest.HalfReader(bytes.NewReader(packed)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d packets, %v; want %d", name, len(got), err, len(want))
		}
		got, _, err = readAll(bytes.NewReader(packed[:len(packed)*2/3]))
		if !errors.Is(err, io.ErrUnexpectedEOF) || len(got) > len(want) || !reflect.DeepEqual(got, want[:len(got)]) {
			t.Errorf("%s, cut: %d packets, %v", name, len(got), err)
		}
	}
	if _, err := NewReader(bytes.NewReader(gz.Bytes()[:5])); err == nil {
		t.Error("half a gzip header was read")
	}
}

func TestInterfaceTime(t *testing.T) {
	for _, tt := range []struct {
		resolution byte
		offset     int64
		ticks      uint64
		want       time.Time
	}{
		{6, 0, 1500000, time.Unix(1, 5e8)},
		{9, 0, 1500000000, time.Unix(1, 5e8)},
		{0, 0, 7, time.Unix(7, 0)},
		{3, 0, 7001, time.Unix(7, 1e6)},
		{12, 0, 1_000_000_001_999, time.Unix(1, 1)}, // picoseconds are cut
		{0x80 | 20, 0, 3 << 19, time.Unix(1, 5e8)},
		{0x80 | 63, 0, 3 << 62, time.Unix(1, 5e8)},
		{6, -10, 1500000, time.Unix(-9, 5e8)},
		{6, 100, 1500000, time.Unix(101, 5e8)},
		{0, 0, math.MaxUint64, time.Unix(lastSecond, 0)},
		{0, math.MaxInt64, 5, time.Unix(lastSecond, 0)},
		{0, math.MinInt64, 5, time.Unix(firstSecond, 0)},
		{127, 0, math.MaxUint64, time.Unix(1, 0)},
	} {
		i := Interface{TicksPerSecond: ticksPerSecond(tt.resolution), Offset: tt.offset}
		if got := i.time(tt.ticks); !got.Equal(tt.want) {
			t.Errorf("resolution %#x, offset %d, %d ticks: %v, want %v", tt.resolution, tt.offset, tt.ticks, got, tt.want)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pcap")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("no capture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
		t.Errorf("a text file: %v", err)
	}
	if err := os.WriteFile(path, pcapFile(binary.LittleEndian, magicMicro, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
