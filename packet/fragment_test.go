package packet_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

func TestFragment(t *testing.T) {
	payload := bytes.Repeat([]byte("0123456789"), 10)
	frame, err := packet.Build(nil, &packet.Ethernet{}, &packet.IPv4{Src: one, Dst: two}, &packet.UDP{}, packet.Payload(payload))
	if err != nil {
		t.Fatal(err)
	}
	var p, piece packet.Packet
	p.Decode(frame, pcap.LinkEthernet)
	whole := bytes.Clone(p.IPv4().Payload())
	var got []byte
	more := true
	err = p.Fragment(60, func(b []byte) error {
		if len(b) > 14+60 {
			t.Errorf("a fragment has %d bytes", len(b))
		}
		piece.Decode(b, pcap.LinkEthernet)
		ip := piece.IPv4()
		if int(ip.FragOffset())*8 != len(got) || int(ip.Length()) != len(ip.Bytes()) {
			t.Errorf("offset %d, length %d after %d bytes", ip.FragOffset()*8, ip.Length(), len(got))
		}
		sum := ip.Checksum()
		if err := piece.Set("ip.checksum", 0); err != nil {
			t.Error(err)
		}
		again, err := packet.Build(nil, &packet.IPv4{Src: one, Dst: two, Flags: ip.Flags(), FragOffset: ip.FragOffset(), Protocol: packet.Set(17)}, packet.Payload(ip.Payload()))
		if err != nil || sum != uint16(again[10])<<8|uint16(again[11]) {
			t.Errorf("checksum %#x, %v", sum, err)
		}
		more = ip.Flags()&packet.MF != 0
		got = append(got, ip.Payload()...)
		return nil
	})
	if err != nil || more || !bytes.Equal(got, whole) {
		t.Errorf("%v, more: %v, together %q", err, more, got)
	}
	if err := p.Fragment(27, nil); err == nil || err.Error() != "packet: a fragment of 27 bytes has no room for a header of 20 and 8 of the payload" {
		t.Error(err)
	}
}

func TestFragmentIPv6(t *testing.T) {
	payload := bytes.Repeat([]byte("0123456789"), 30)
	table := func(proto string, fields ...layer.Given) layer.Part { return layer.Part{Proto: proto, Fields: fields} }
	for _, between := range [][]layer.Part{nil, {table("hopopts")}, {table("dstopts"), table("routing", layer.Given{Name: "type", U: 4}), table("dstopts")}} {
		parts := append([]layer.Part{table("eth"), table("ipv6", layer.Given{Name: "fl", U: 5})}, between...)
		frame, err := proto.Set().Build(nil, append(parts, table("udp"), layer.Part{Rest: payload})...)
		if err != nil {
			t.Fatal(err)
		}
		var p packet.Packet
		p.Decode(frame, pcap.LinkEthernet)
		together(t, &p, frame)

		var first []byte
		if err := p.Fragment(200, func(b []byte) error { first = append(first, b...); return errors.New("enough") }); err == nil || err.Error() != "enough" {
			t.Error(err)
		}
		p.Decode(first[:14+200], pcap.LinkEthernet)
		last := 0
		if err := p.Fragment(120, func(b []byte) error { last = len(b); return nil }); err != nil || last == 0 || last > 14+120 {
			t.Errorf("cut further: %v, the last has %d bytes", err, last)
		}
	}
}

// together cuts a packet, and puts it together again.
func together(t *testing.T, p *packet.Packet, frame []byte) {
	t.Helper()
	var got, headers []byte
	var key byte
	more := true
	err := p.Fragment(200, func(b []byte) error {
		var piece packet.Packet
		piece.Decode(b, pcap.LinkEthernet)
		i := piece.Find("ipv6.fraghdr", 0)
		if i < 0 || len(b) > 14+200 || int(piece.IPv6().PayloadLen()) != len(b)-54 {
			t.Fatalf("the fragment is %x", b)
		}
		sp := piece.Layer(i)
		place := binary.BigEndian.Uint16(b[sp.Start+2:])
		if int(place&^7) != len(got) {
			t.Errorf("offset %d after %d bytes", place&^7, len(got))
		}
		key, more, headers = b[sp.Start], place&1 != 0, append(headers[:0], b[:sp.Start]...)
		got = append(got, b[sp.Header:]...)
		return nil
	})
	if err != nil || more {
		t.Errorf("%v, more: %v", err, more)
	}
	whole := append(headers, got...)
	binary.BigEndian.PutUint16(whole[18:], uint16(len(whole)-54))
	at := 20 // of the key that named the fragment header
	for n := 54; n < len(headers); n += (int(whole[n+1]) + 1) * 8 {
		at = n
	}
	if whole[at] != 44 {
		t.Errorf("the header before names %d", whole[at])
	}
	if whole[at] = key; !bytes.Equal(whole, frame) {
		t.Errorf("together it is\n%x, and was\n%x", whole, frame)
	}
}
