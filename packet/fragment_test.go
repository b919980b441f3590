package packet_test

import (
	"bytes"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
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
