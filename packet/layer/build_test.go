package layer_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

func num(name string, u uint64) layer.Given { return layer.Given{Name: name, U: u} }

func text(name, s string) layer.Given { return layer.Given{Name: name, B: []byte(s)} }

func sub(name string, of ...layer.Given) layer.Given { return layer.Given{Name: name, Sub: of} }

// What is not given is filled in; the bytes are Scapy's for the same packets.
func TestBuild(t *testing.T) {
	macs := []layer.Given{text("dst", "\x02\x42\xac\x11\x00\x02"), text("src", "\x02\x42\xac\x11\x00\x03")}
	ips := func(more ...layer.Given) layer.Part {
		return layer.Part{Proto: "ip", Fields: append(more, num("src", 0xac110003), num("dst", 0xac110002))}
	}
	for _, tt := range []struct {
		name, want string
		parts      []layer.Part
	}{
		{
			"a SYN with options in any order",
			"0242ac110002 0242ac110003 0800 4500003c1c4640004006c64eac110003ac110002 c3500050 00000001 00000000 a002faf0 3145 0000 020405b40402080a000000010000000001030307 68656c6c6f",
			[]layer.Part{{Proto: "Ether", Fields: macs, Trailer: []byte("hello")}, ips(num("id", 0x1c46), num("ip.flags.df", 1)), {Proto: "TCP", Fields: []layer.Given{
				num("dport", 80), num("sport", 50000), num("seq", 1), num("window", 0xfaf0),
				sub("options", sub("", num("mss_val", 1460)), sub("", num("option_kind", 4)), sub("", num("tsval", 1), num("tsecr", 0)), sub("", num("option_kind", 1)), sub("", num("shift", 7))),
			}}},
		},
	} {
		got, err := proto.Set().Build([]byte("before"), tt.parts...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want, err := hex.DecodeString(strings.ReplaceAll(tt.want, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Errorf("%s: is\n%x and should be\n%x", tt.name, got[6:], want)
		}
	}
}

// What is given stays, however wrong.
func TestBuildWrongOnPurpose(t *testing.T) {
	got, err := proto.Set().Build(nil,
		layer.Part{Proto: "ip", Fields: []layer.Given{num("ihl", 15), num("len", 1), num("chksum", 0xdead), num("proto", 17), num("version", 6)}},
		layer.Part{Proto: "tcp", Fields: []layer.Given{num("dataofs", 1), num("chksum", 0)}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "6f000001000100004011dead0000000000000000" + "00140050000000000000000010022000" + "00000000"; hex.EncodeToString(got) != want {
		t.Errorf("is %x and should be %s", got, want)
	}
}

func TestBuildErrors(t *testing.T) {
	for _, tt := range []struct {
		part layer.Part
		want string
	}{
		{layer.Part{Proto: "tpc"}, `there is no protocol "tpc"; did you mean "tcp"?`},
		{layer.Part{Proto: "tcp", Fields: []layer.Given{num("dprt", 1)}}, `tcp has no field "dprt"; did you mean "dport"?`},
		{layer.Part{Proto: "tcp", Fields: []layer.Given{num("dport", 70000)}}, "tcp: tcp.dstport: 70000 does not fit in 16 bits"},
		{layer.Part{Proto: "eth", Fields: []layer.Given{text("dst", "1234567")}}, "eth: eth.dst: 7 bytes do not fit in 6"},
		{layer.Part{Proto: "ip", Trailer: make([]byte, 70000)}, "ip: ip.len: 70020 does not fit in 16 bits"},
	} {
		_, err := proto.Set().Build(nil, tt.part)
		if err == nil || err.Error() != tt.want {
			t.Errorf("the error is %v and should be %s", err, tt.want)
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add(uint32(1), []byte("\x02\x42\xac\x11\x00\x02\x02\x42\xac\x11\x00\x03\x08\x00E\x00\x00\x2c\x00\x01\x00\x00\x40\x06\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x50\x00\x50AAAABBBB\x60\x02\x00\x00\x00\x00\x00\x00\x02\x04\x05\xb4pad"))
	set := proto.Set()
	f.Fuzz(func(t *testing.T, link uint32, data []byte) {
		if len(data) > 4096 {
			return
		}
		var st layer.Stack
		st.Reset(set, "link", link, data, len(data))
		got, err := set.Build(nil, st.Parts()...)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%x is built as %x, %v", data, got, err)
		}
	})
}

// A text that fills a field of fixed length has no room for a NUL, and gets none.
func TestTextThatFillsItsField(t *testing.T) {
	set, err := layer.NewSet(&layer.Proto{Name: "data"}, &layer.Proto{Name: "p", Fields: []layer.Field{
		{Name: "p.name", Alias: "name", Kind: layer.CString, Len: "4"}, {Name: "p.more", Bits: 8, Default: 9},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"abcd": "abcd\x09", "abc": "abc\x00\x09", "": "\x00\x00\x00\x00\x09"} {
		got, err := set.Build(nil, layer.Part{Proto: "p", Fields: []layer.Given{{Name: "name", B: []byte(text)}}})
		if err != nil || string(got) != want {
			t.Errorf("%q is built as %q (%v), and should be %q", text, got, err, want)
		}
	}
}
