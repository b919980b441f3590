package pcap

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// blockHead and blockTail are the octets of a block around its body: type and
// total length before it, total length again behind it.
const (
	blockHead = 8
	blockTail = 4
)

func (r *Reader) maxBlock() int {
	if r.MaxBlock > 0 {
		return r.MaxBlock
	}
	return 16 << 20
}

// readFirstSection reads the section that begins the file and keeps it until
// Read may hand it on.
func (r *Reader) readFirstSection() error {
	body, n, err := r.readSectionBody()
	if err != nil {
		return err
	}
	s, err := r.parseSection(body)
	if err != nil {
		return err
	}
	r.first = s
	r.src.skip(n)
	return nil
}

// readSectionBody finds the byte order of the section that comes next, and
// returns its body and whole length.
func (r *Reader) readSectionBody() (body []byte, n int, err error) {
	b, err := r.src.peek(12)
	if err != nil {
		return nil, 0, r.short("a section header", len(b), 28, err)
	}
	switch magic := binary.LittleEndian.Uint32(b[8:]); {
	case magic == magicByteOrder:
		r.swap = false
	case bits.ReverseBytes32(magic) == magicByteOrder:
		r.swap = true
	default:
		return nil, 0, r.bad("a pcapng section has the byte-order magic % x, which is neither 1a 2b 3c 4d nor its reverse", b[8:12])
	}
	_, body, n, err = r.readBlock()
	return body, n, err
}

// readBlock lends the block that comes next, without skipping it: its type,
// body and whole length.
func (r *Reader) readBlock() (kind uint32, body []byte, n int, err error) {
	b, err := r.src.peek(blockHead)
	if err != nil {
		return 0, nil, 0, r.short("a block's header", len(b), blockHead, err)
	}
	kind, total := r.u32(b), r.u32(b[4:])
	if total < blockHead+blockTail || total%4 != 0 {
		return 0, nil, 0, r.bad("a block of type %#x has the length %d; 12 and more, in steps of 4, are right", kind, total)
	}
	if most := r.mostOf(kind); int64(total) > int64(most) {
		return 0, nil, 0, r.bad("a block of type %#x claims %d octets, more than the limit of %d; the file is damaged, here or before", kind, total, most)
	}
	n = int(total)
	if b, err = r.src.peek(n); err != nil {
		return 0, nil, 0, r.short(blockName(kind), len(b), n, err)
	}
	if again := r.u32(b[n-blockTail:]); again != total {
		return 0, nil, 0, r.bad("a block of type %#x has the length %d before it and %d behind it", kind, total, again)
	}
	return kind, b[blockHead : n-blockTail], n, nil
}

// mostOf returns the greatest length of a block: a packet may need more than
// other blocks, and has options beside.
func (r *Reader) mostOf(kind uint32) int {
	most := r.maxBlock()
	if kind != blockEnhanced && kind != blockPacket && kind != blockSimple {
		return most
	}
	packet := r.MaxPacket
	for _, itf := range r.interfaces[min(r.base, len(r.interfaces)):] {
		packet = max(packet, r.maxPacket(itf.LinkType))
	}
	return max(most, packet+1<<16)
}

func blockName(kind uint32) string {
	switch kind {
	case blockEnhanced, blockSimple, blockPacket:
		return "a packet"
	case blockSection:
		return "a section header"
	case blockInterface:
		return "an interface"
	}
	return "a block"
}

// readBlocks reads blocks until one is a packet.
func (r *Reader) readBlocks(p *Packet) error {
	for {
		h, err := r.src.peek(4)
		if err != nil {
			return r.short("a block's header", len(h), blockHead, err)
		}
		var kind uint32
		var body []byte
		var n int
		if binary.LittleEndian.Uint32(h) == blockSection {
			kind = blockSection
			body, n, err = r.readSectionBody()
		} else {
			kind, body, n, err = r.readBlock()
		}
		if err != nil {
			return err
		}
		isPacket := true
		switch kind {
		case blockEnhanced:
			err = r.readEnhanced(p, body)
		case blockSimple:
			err = r.readSimple(p, body)
		case blockPacket:
			err = r.readObsolete(p, body)
		default:
			isPacket = false
			err = r.readOther(kind, body)
		}
		if err != nil {
			return err
		}
		r.src.skip(n)
		if isPacket {
			r.count++
			return nil
		}
	}
}

// readEnhanced reads an enhanced packet block: interface, time in two words,
// captured length, length, data, options.
func (r *Reader) readEnhanced(p *Packet, body []byte) error {
	if len(body) < 20 {
		return r.bad("an enhanced packet block has %d octets; it needs 20 before its data", len(body))
	}
	return r.fill(p, body[4:], r.u32(body))
}

// readObsolete reads the packet block that was before the enhanced one: the
// interface has 16 bits, the other 16 are packets lost.
func (r *Reader) readObsolete(p *Packet, body []byte) error {
	if len(body) < 20 {
		return r.bad("a packet block has %d octets; it needs 20 before its data", len(body))
	}
	if err := r.fill(p, body[4:], uint32(r.u16(body))); err != nil {
		return err
	}
	if drops := r.u16(body[2:]); drops != 0 && drops != 0xffff {
		binary.LittleEndian.PutUint64(r.drops[:], uint64(drops))
		r.options = append(r.options, Option{OptDropCount, r.drops[:]})
		p.Options = r.options
	}
	return nil
}

// fill sets a packet of what both kinds of block have behind the interface.
func (r *Reader) fill(p *Packet, b []byte, id uint32) error {
	i := r.base + int(id)
	if i >= len(r.interfaces) {
		return r.bad("a packet is of interface %d, but the section has %d so far", id, len(r.interfaces)-r.base)
	}
	itf := r.interfaces[i]
	captured := r.u32(b[8:])
	if most := r.maxPacket(itf.LinkType); int64(captured) > int64(most) {
		return r.bad("a packet claims %d octets, more than the limit of %d; the file is damaged, here or before", captured, most)
	}
	data := b[16:]
	padded := (int(captured) + 3) &^ 3
	if padded > len(data) {
		return r.bad("a packet claims %d octets, but its block has %d for it", captured, len(data))
	}
	p.Time = itf.time(uint64(r.u32(b))<<32 | uint64(r.u32(b[4:])))
	p.Data = data[:captured:captured]
	p.Length = int(r.u32(b[12:]))
	p.Interface = i
	p.LinkType = itf.LinkType
	p.Options = nil
	if rest := data[padded:]; len(rest) > 0 {
		var err error
		r.options, err = r.parseOptions(r.options[:0], rest, packetNumbers)
		if err != nil {
			return err
		}
		p.Options = r.options
	} else {
		r.options = r.options[:0]
	}
	return nil
}

// readSimple reads a simple packet block, which has a length and data, and is
// of the section's first interface.
func (r *Reader) readSimple(p *Packet, body []byte) error {
	if len(body) < 4 {
		return r.bad("a simple packet block has %d octets; it needs 4 before its data", len(body))
	}
	if r.base >= len(r.interfaces) {
		return r.bad("a simple packet block comes before any interface of its section")
	}
	itf := r.interfaces[r.base]
	captured := r.u32(body)
	p.Length = int(captured)
	if itf.SnapLen != 0 {
		captured = min(captured, itf.SnapLen)
	}
	if most := r.maxPacket(itf.LinkType); int64(captured) > int64(most) {
		return r.bad("a packet claims %d octets, more than the limit of %d; the file is damaged, here or before", captured, most)
	}
	if int(captured) > len(body)-4 {
		return r.bad("a packet claims %d octets, but its block has %d for it", captured, len(body)-4)
	}
	p.Time = time.Time{}
	p.Data = body[4 : 4+captured : 4+captured]
	p.Interface = r.base
	p.LinkType = itf.LinkType
	p.Options = nil
	return nil
}

// The times that an Interface can say: what fits into RFC 3339, so that a
// damaged number still prints.
const (
	firstSecond = -62135596800 // year 1
	lastSecond  = 253402300799 // year 9999
)

// time turns a count of ticks since 1970 into a time.
func (i *Interface) time(ticks uint64) time.Time {
	var sec, nano uint64
	switch i.TicksPerSecond {
	case 1e6:
		sec = ticks / 1e6
		nano = ticks % 1e6 * 1000
	case 1e9:
		sec, nano = ticks/1e9, ticks%1e9
	default:
		sec = ticks / i.TicksPerSecond
		hi, lo := bits.Mul64(ticks%i.TicksPerSecond, 1e9)
		nano, _ = bits.Div64(hi, lo, i.TicksPerSecond)
	}
	s := int64(min(sec, lastSecond))
	if i.Offset != 0 {
		s += max(min(i.Offset, 2*lastSecond), 2*firstSecond)
	}
	return time.Unix(max(min(s, lastSecond), firstSecond), int64(nano))
}
