package packet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/netwright/netwright/packet/layer"
)

// Set changes a field of the packet where it lies, in the first layer that has
// it, and the checksums that cover it: incrementally (RFC 1624), so that a wrong
// one stays as wrong as it was. The value is a number, a bool, a [MAC], an
// address, bytes, or text as the craft line has it ("S", "192.0.2.1"). Its length
// is the field's; lengths and layers do not change with it.
func (p *Packet) Set(field string, value any) error {
	if p.known == nil {
		return errors.New("packet: nothing is decoded")
	}
	refs := p.known.set.Fields(field)
	if len(refs) == 0 {
		return fmt.Errorf("packet: there is no field %q%s", field, p.known.set.Suggest(field))
	}
	var v layer.Value
	for _, ref := range refs {
		for i := range p.Len() {
			if p.Value(i, &ref, &p.walker, &v) {
				return p.set(i, &v, value)
			}
		}
	}
	return fmt.Errorf("packet: it has no %s", field)
}

// SetUint changes a number as [Packet.Set] does, without allocation. It returns
// false where the packet does not have the field, or the number does not fit.
func (p *Packet) SetUint(ref *layer.FieldRef, u uint64) bool {
	var v layer.Value
	for i := range p.Len() {
		if p.Value(i, ref, &p.walker, &v) {
			return p.setNumber(i, &v, u) == nil
		}
	}
	return false
}

// SetIn changes a field in the i-th layer, to b if that is not nil, and else to u.
// It returns false where the layer does not have the field, or it does not fit.
func (p *Packet) SetIn(i int, ref *layer.FieldRef, u uint64, b []byte) bool {
	var v layer.Value
	if i >= p.Len() || !p.Value(i, ref, &p.walker, &v) {
		return false
	}
	if b == nil {
		return p.setNumber(i, &v, u) == nil
	}
	if v.Bits != 0 || len(b) != v.Len {
		return false
	}
	p.patch(i, v.Off, b)
	return true
}

func (p *Packet) set(i int, v *layer.Value, value any) error {
	f := v.Field
	var b []byte
	var u uint64
	switch x := value.(type) {
	case string:
		var err error
		if u, b, err = f.Parse(x); err != nil {
			return fmt.Errorf("packet: %w", err)
		}
	case []byte:
		b = x
	case MAC:
		b = x[:]
	case net.HardwareAddr:
		b = x
	case netip.Addr:
		b = x.AsSlice()
	case bool:
		u = uint64(bit(x))
	case int:
		u = uint64(x)
	case uint8:
		u = uint64(x)
	case uint16:
		u = uint64(x)
	case uint32:
		u = uint64(x)
	case uint64:
		u = x
	case TCPFlags:
		u = uint64(x)
	case IPv4Flags:
		u = uint64(x)
	default:
		return fmt.Errorf("packet: %s cannot be set to a %T", f.Name, value)
	}
	if b == nil {
		return p.setNumber(i, v, u)
	}
	if v.Bits != 0 || len(b) != v.Len {
		return fmt.Errorf("packet: %s has %d bytes, not %d", f.Name, v.Len, len(b))
	}
	p.patch(i, v.Off, b)
	return nil
}

func (p *Packet) setNumber(i int, v *layer.Value, u uint64) error {
	bits := v.Bits
	if bits == 0 {
		bits = v.Len * 8
	}
	switch v.Field.Kind {
	case layer.Uint, layer.Int, layer.Bool, layer.Seconds, layer.NTP, layer.Float, layer.IPv4:
	default:
		return fmt.Errorf("packet: %s is not a number", v.Field.Name)
	}
	if bits < 64 && u>>bits != 0 || v.Len > 8 {
		return fmt.Errorf("packet: %s: %d does not fit in %d bits", v.Field.Name, u, bits)
	}
	var b [8]byte
	part := b[:v.Len]
	copy(part, p.Data[v.Off:v.Off+v.Len])
	if v.Field.LE {
		for k := range part {
			part[k] = byte(u >> (8 * k))
		}
	} else {
		// Bits from the right end of these bytes on.
		shift := v.Len*8 - v.Bit - bits
		for k := range part {
			down := (v.Len-1-k)*8 - shift
			mask, val := byte(shiftBy(1<<bits-1, down, bits)), byte(shiftBy(u, down, bits))
			part[k] = part[k]&^mask | val&mask
		}
	}
	p.patch(i, v.Off, part)
	return nil
}

// shiftBy is u shifted to the right, or to the left if by is negative. A mask of
// 64 bits is all ones.
func shiftBy(u uint64, by, bits int) uint64 {
	if bits == 64 && u == 0 {
		return 0
	}
	if by < 0 {
		return u << -by
	}
	return u >> by
}

// patch writes bytes of the i-th layer, and changes the checksums of it, of what
// it is in, and of those that count its addresses.
func (p *Packet) patch(i, off int, b []byte) {
	old := p.Data[off : off+len(b)]
	if bytes.Equal(old, b) {
		return
	}
	delta := difference(old, b, off&1)
	copy(old, b)
	p.addresses(i, off, len(b), delta)
	for k := i; k >= 0; k-- {
		sp := p.Layer(k)
		c := sp.Proto().Checksum
		if c == nil || c.Header && off >= sp.Header {
			continue
		}
		at, ok := p.sumAt(k)
		if !ok || off < at+2 && at < off+len(b) {
			continue // it is what was written
		}
		switch c.Sum {
		case layer.Internet:
			d := delta
			if sp.Start&1 != 0 {
				d = d>>8 | d<<8
			}
			p.adjust(k, at, d, c.Zero)
			return
		case layer.CRC32C:
			p.crc(k, at)
			return
		}
	}
}

// difference is what a change adds to a sum: the new words less the old ones, of
// which the first byte is the low one if odd is 1.
func difference(old, b []byte, odd int) uint16 {
	var sum uint32
	for k := range b {
		d := uint32(b[k]) + uint32(^old[k])&0xFF
		if (k+odd)&1 == 0 {
			sum += d<<8 | 0xFF
		} else {
			sum += d + 0xFF00
		}
		sum = sum>>16 + sum&0xFFFF
	}
	return uint16(sum>>16 + sum&0xFFFF)
}

// adjust adds a difference to the checksum of the k-th layer (RFC 1624 equation
// 3), and goes on with what that changes.
func (p *Packet) adjust(k, at int, delta uint16, zero bool) {
	was := binary.BigEndian.Uint16(p.Data[at:])
	if zero && was == 0 {
		return // there is none (RFC 768)
	}
	sum := uint32(^was) + uint32(delta)
	sum = sum>>16 + sum&0xFFFF
	now := ^uint16(sum)
	if zero && now == 0 {
		now = 0xFFFF
	}
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], now)
	p.outer(k, at, b[:])
}

// crc computes a checksum that cannot be adjusted.
func (p *Packet) crc(k, at int) {
	sp := p.Layer(k)
	var b [4]byte
	was := b
	copy(was[:], p.Data[at:])
	copy(p.Data[at:], b[:])
	binary.BigEndian.PutUint32(b[:], layer.CRC32CSum(p.Data[sp.Start:sp.End]))
	copy(p.Data[at:], was[:])
	p.outer(k, at, b[:])
}

// outer writes a checksum of the k-th layer and changes those around it.
func (p *Packet) outer(k, at int, b []byte) {
	if k == 0 {
		copy(p.Data[at:], b)
		return
	}
	p.patch(k-1, at, b)
}

// addresses changes the checksums that count the addresses of an IP header.
func (p *Packet) addresses(i, off, n int, delta uint16) {
	sp := p.Layer(i)
	at := off - sp.Start
	switch name := sp.Proto().Name; {
	case name == "ip" && at >= 12 && at+n <= 20, name == "ipv6" && at >= 8 && at+n <= 40:
	default:
		return
	}
	if sp.Start&1 != 0 {
		delta = delta>>8 | delta<<8
	}
	for k := i + 1; k < p.Len(); k++ {
		next := p.Layer(k).Proto()
		if next.Name == "ip" || next.Name == "ipv6" {
			return
		}
		if c := next.Checksum; c != nil && c.Counts(p.Data[p.Layer(k).Start:p.Layer(k).End]) {
			if at, ok := p.sumAt(k); ok {
				p.adjust(k, at, delta, c.Zero)
			}
			return
		}
	}
}

// sumAt is where the checksum of the k-th layer lies.
func (p *Packet) sumAt(k int) (off int, ok bool) {
	sp := p.Layer(k)
	ref := &p.known.sums[sp.ID()]
	if ref.Field == nil {
		return 0, false
	}
	if ref.Fixed() {
		bit, width := ref.Place()
		off = sp.Start + bit/8
		return off, off+width/8 <= sp.Header
	}
	var v layer.Value
	if !p.Value(k, ref, &p.walker, &v) {
		return 0, false
	}
	return v.Off, v.Off+v.Len <= sp.End && v.Len >= 2
}
