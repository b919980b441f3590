package packet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/netwright/netwright/packet/layer"
)

// Fragment cuts an IPv4 packet into fragments of at most mtu bytes (RFC 791
// section 2.3), and calls f with each, lent until f returns, until f returns an
// error. What lies in front of the IPv4 header, such as Ethernet's, stands in
// front of each fragment and does not count. Don't fragment is not obeyed: it is
// the caller's to look at.
func (p *Packet) Fragment(mtu int, f func(fragment []byte) error) error {
	ip := p.IPv4()
	if !ip.Valid() {
		return errors.New("packet: only IPv4 packets are cut into fragments")
	}
	if mtu < ip.header+8 {
		return fmt.Errorf("packet: a fragment of %d bytes has no room for a header of %d and 8 of the payload", mtu, ip.header)
	}
	start := p.Layer(p.Find("ip", 0)).Start
	payload := ip.Payload()
	room := (mtu - ip.header) &^ 7
	out := make([]byte, 0, start+mtu)
	offset, last := int(ip.FragOffset()), ip.Flags()&MF == 0
	for at := 0; at == 0 || at < len(payload); at += room {
		end := min(at+room, len(payload))
		out = append(out[:0], p.Data[:start]...)
		out = append(out, ip.Header()...)
		out = append(out, payload[at:end]...)
		header := out[start : start+ip.header]
		flags := uint16(ip.Flags()) &^ uint16(MF)
		if end < len(payload) || !last {
			flags |= uint16(MF)
		}
		if offset+at/8 > 0x1FFF {
			return errors.New("packet: the fragments reach further than an offset can say")
		}
		binary.BigEndian.PutUint16(header[2:], uint16(ip.header+end-at))
		binary.BigEndian.PutUint16(header[6:], flags<<13|uint16(offset+at/8))
		binary.BigEndian.PutUint16(header[10:], 0)
		binary.BigEndian.PutUint16(header[10:], layer.FoldSum(layer.AddSum(0, header)))
		if err := f(out); err != nil {
			return err
		}
	}
	return nil
}
