package packet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/netwright/netwright/packet/layer"
)

// Fragment cuts an IP packet into fragments of at most mtu bytes (RFC 791 section
// 2.3, RFC 8200 section 4.5), and calls f with each, lent until f returns, until f
// returns an error. What lies in front of the IP header, such as Ethernet's, stands
// in front of each fragment and does not count. Don't fragment is not obeyed: it is
// the caller's to look at.
//
// IPv6 gets a fragment header behind the headers that routers look at, with an
// identification of the flow label and the sum of the payload; a packet that has
// such a header is cut further under the same, and one that fits stays as it is.
func (p *Packet) Fragment(mtu int, f func(fragment []byte) error) error {
	four, six := p.Find("ip", 0), p.Find("ipv6", 0)
	switch {
	case four >= 0 && (six < 0 || four < six):
		return p.fragment4(mtu, f)
	case six >= 0:
		return p.fragment6(six, mtu, f)
	}
	return errors.New("packet: only IP packets are cut into fragments")
}

var errOffset = errors.New("packet: the fragments reach further than an offset can say")

func tooSmall(mtu, header int) error {
	return fmt.Errorf("packet: a fragment of %d bytes has no room for a header of %d and 8 of the payload", mtu, header)
}

func (p *Packet) fragment4(mtu int, f func(fragment []byte) error) error {
	ip := p.IPv4()
	if !ip.Valid() {
		return errors.New("packet: its IPv4 header is malformed")
	}
	if mtu < ip.header+8 {
		return tooSmall(mtu, ip.header)
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
			return errOffset
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

// fragment6 cuts an IPv6 packet, whose header is the i-th layer.
func (p *Packet) fragment6(i, mtu int, f func(fragment []byte) error) error {
	sp := p.Layer(i)
	if sp.Header-sp.Start < 40 {
		return errors.New("packet: its IPv6 header is malformed")
	}
	named, cut := p.perFragment(i)
	key, offset, more := p.Data[named], 0, false
	payload := p.Data[cut:sp.End]
	var id uint32
	if key == 44 && len(payload) >= 8 { // a fragment
		key, offset, more = payload[0], int(binary.BigEndian.Uint16(payload[2:])>>3), payload[3]&1 != 0
		id, payload = binary.BigEndian.Uint32(payload[4:]), payload[8:]
	} else {
		id = binary.BigEndian.Uint32(p.Data[sp.Start:])<<16 | uint32(layer.FoldSum(layer.AddSum(0, payload)))
	}
	headers := cut - sp.Start + 8
	if mtu < headers+8 {
		return tooSmall(mtu, headers)
	}
	if sp.End-sp.Start <= mtu {
		return f(p.Data[:sp.End])
	}
	room := (mtu - headers) &^ 7
	out := make([]byte, 0, sp.Start+mtu)
	for at := 0; at == 0 || at < len(payload); at += room {
		end := min(at+room, len(payload))
		if offset+at/8 > 0x1FFF {
			return errOffset
		}
		out = append(out[:0], p.Data[:cut]...)
		place := uint16(offset+at/8) << 3
		if end < len(payload) || more {
			place |= 1
		}
		out = append(out, key, 0)
		out = binary.BigEndian.AppendUint16(out, place)
		out = binary.BigEndian.AppendUint32(out, id)
		out = append(out, payload[at:end]...)
		out[named] = 44
		binary.BigEndian.PutUint16(out[sp.Start+4:], uint16(len(out)-sp.Start-40))
		if err := f(out); err != nil {
			return err
		}
	}
	return nil
}

// perFragment is where the key of what is cut lies, and where that begins: behind
// the headers that routers on the way look at.
func (p *Packet) perFragment(i int) (named, cut int) {
	named, cut = p.Layer(i).Start+6, p.Layer(i).Header
	for k := i + 1; k < p.Len(); k++ {
		switch sp := p.Layer(k); sp.Proto().Name {
		case "ipv6.hopopts", "ipv6.routing":
			named, cut = sp.Start, sp.Header
		case "ipv6.dstopts":
		default:
			return named, cut
		}
	}
	return named, cut
}
