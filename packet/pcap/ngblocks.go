package pcap

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// numbers says where in an option's value numbers are, so that they can be
// turned: by option code, the octets of each number. Zero ends it.
type numbers func(code uint16, value []byte) (at, width int)

func packetNumbers(code uint16, value []byte) (at, width int) {
	switch code {
	case OptFlags, OptQueue:
		return 0, 4
	case OptDropCount, OptPacketID:
		return 0, 8
	case OptVerdict: // Linux' verdicts are numbers, those of hardware are not
		if len(value) == 9 && value[0] != 0 {
			return 1, 8
		}
	}
	return 0, 0
}

func interfaceNumbers(code uint16, _ []byte) (at, width int) {
	switch code {
	case 8, 14, 16, 17: // speed, time offset, speed of sending and receiving
		return 0, 8
	case 10: // time zone
		return 0, 4
	}
	return 0, 0
}

// statisticsNumbers turns the counters; times are two words, high then low,
// which parseStatistics puts together.
func statisticsNumbers(code uint16, _ []byte) (at, width int) {
	switch {
	case code == 2 || code == 3:
		return 0, 4
	case code >= 4 && code <= 8:
		return 0, 8
	}
	return 0, 0
}

// noNumbers is for blocks whose options are all text.
func noNumbers(uint16, []byte) (at, width int) { return 0, 0 }

// parseOptions appends the options in b to dst. Values point into b, where
// numbers are turned to little endian.
func (r *Reader) parseOptions(dst []Option, b []byte, numbers numbers) ([]Option, error) {
	for len(b) >= 4 {
		code, n := r.u16(b), int(r.u16(b[2:]))
		if code == 0 {
			break
		}
		if n > len(b)-4 {
			return dst, r.bad("option %d claims %d octets, but its block has %d for it", code, n, len(b)-4)
		}
		value := b[4 : 4+n : 4+n]
		if r.swap {
			turn(code, value, numbers)
		}
		dst = append(dst, Option{code, value})
		b = b[min(4+(n+3)&^3, len(b)):]
	}
	return dst, nil
}

// turn changes the byte order of the numbers of one option.
func turn(code uint16, value []byte, numbers numbers) {
	at, width := numbers(code, value)
	switch code {
	case 2988, 2989, 19372, 19373: // custom options begin with an enterprise number
		at, width = 0, 4
	}
	if width == 0 || len(value) < at+width {
		return
	}
	slices.Reverse(value[at : at+width])
	if width == 4 && len(value) == 8 { // a time, in two words
		slices.Reverse(value[4:8])
	}
}

// readOther reads a block that is no packet and hands it on.
func (r *Reader) readOther(kind uint32, body []byte) error {
	var b Block
	var err error
	switch kind {
	case blockSection:
		r.base = len(r.interfaces)
		b, err = r.parseSection(body)
	case blockInterface:
		b, err = r.parseInterface(body)
	default:
		if r.OnBlock == nil {
			return nil
		}
		switch body = bytes.Clone(body); kind {
		case blockNames:
			b, err = r.parseNames(body)
		case blockStatistics:
			b, err = r.parseStatistics(body)
		case blockSecrets:
			b, err = r.parseSecrets(body)
		case blockCustom, blockCustomKeep:
			if len(body) < 4 {
				return r.bad("a custom block has %d octets; it needs 4 for its enterprise number", len(body))
			}
			b = &Custom{PEN: r.u32(body), Data: body[4:], Keep: kind == blockCustomKeep}
		default:
			b = &Raw{Type: kind, BigEndian: r.swap, Body: body}
		}
	}
	if err != nil {
		return err
	}
	return r.handOn(b)
}

func (r *Reader) handOn(b Block) error {
	if r.OnBlock == nil {
		return nil
	}
	return r.OnBlock(b)
}

// parseSection reads a section header: byte-order magic, version, the
// section's length (a hint that is not needed), options.
func (r *Reader) parseSection(body []byte) (*Section, error) {
	if len(body) < 16 {
		return nil, r.bad("a section header has %d octets; it needs 16", len(body))
	}
	if major, minor := r.u16(body[4:]), r.u16(body[6:]); major != 1 {
		return nil, r.bad("pcapng of version %d.%d is not known; 1.0 is usual", major, minor)
	}
	all, err := r.parseOptions(nil, bytes.Clone(body[16:]), noNumbers)
	if err != nil {
		return nil, err
	}
	s := new(Section)
	for _, o := range all {
		switch o.Code {
		case 2:
			s.Hardware = string(o.Value)
		case 3:
			s.OS = string(o.Value)
		case 4:
			s.Application = string(o.Value)
		default:
			s.Options = append(s.Options, o)
		}
	}
	return s, nil
}

// parseInterface reads an interface description and adds it to the list.
func (r *Reader) parseInterface(body []byte) (*Interface, error) {
	if len(body) < 8 {
		return nil, r.bad("an interface description has %d octets; it needs 8", len(body))
	}
	most := 1 << 16
	if r.MaxInterfaces > 0 {
		most = r.MaxInterfaces
	}
	if len(r.interfaces) >= most {
		return nil, r.bad("the file has more than %d interfaces, the limit", most)
	}
	if r.kept += len(body); r.kept > r.maxBlock() {
		return nil, r.bad("the descriptions of the file's interfaces have more than %d octets, the limit", r.maxBlock())
	}
	all, err := r.parseOptions(nil, bytes.Clone(body[8:]), interfaceNumbers)
	if err != nil {
		return nil, err
	}
	itf := &Interface{LinkType: FromDLT(r.u16(body)), SnapLen: r.u32(body[4:]), TicksPerSecond: 1e6}
	for _, o := range all {
		itf.set(o)
	}
	r.interfaces = append(r.interfaces, itf)
	return itf, nil
}

func (i *Interface) set(o Option) {
	switch {
	case o.Code == 2:
		i.Name = string(o.Value)
	case o.Code == 3:
		i.Description = string(o.Value)
	case o.Code == 9 && len(o.Value) == 1:
		i.TicksPerSecond = ticksPerSecond(o.Value[0])
	case o.Code == 11 && len(o.Value) > 0 && o.Value[0] == 0: // as text; other kinds stay options
		i.Filter = string(o.Value[1:])
	case o.Code == 12:
		i.OS = string(o.Value)
	case o.Code == 13 && len(o.Value) == 1:
		i.FCS = int(o.Value[0])
	case o.Code == 14 && len(o.Value) == 8:
		i.Offset = int64(binary.LittleEndian.Uint64(o.Value))
	case o.Code == 15:
		i.Hardware = string(o.Value)
	default:
		i.Options = append(i.Options, o)
	}
}

// ticksPerSecond reads if_tsresol: a negative power of 10, or of 2 where the
// high bit is set. Finer ones than 64 bits can count become as fine as these
// can.
func ticksPerSecond(resolution byte) uint64 {
	power, base := int(resolution&0x7f), uint64(10)
	if resolution&0x80 != 0 {
		base = 2
	}
	ticks := uint64(1)
	for range power {
		if ticks > math.MaxUint64/base {
			return math.MaxUint64
		}
		ticks *= base
	}
	return ticks
}

// parseNames reads a name resolution block: records of an address and its
// names, each ended by a zero octet.
func (r *Reader) parseNames(b []byte) (*Names, error) {
	names := new(Names)
	for len(b) >= 4 {
		kind, n := r.u16(b), int(r.u16(b[2:]))
		if n > len(b)-4 {
			return nil, r.bad("a name record claims %d octets, but its block has %d for it", n, len(b)-4)
		}
		value := b[4 : 4+n : 4+n]
		b = b[min(4+(n+3)&^3, len(b)):]
		if kind == 0 {
			break
		}
		width := addressWidth(kind)
		if width == 0 {
			continue // newer than this reader
		}
		if n < width {
			return nil, r.bad("a name record of kind %d has %d octets; its address alone needs %d", kind, n, width)
		}
		name := Name{Kind: kind, Address: value[:width:width]}
		for s := range bytes.SplitSeq(bytes.TrimSuffix(value[width:], []byte{0}), []byte{0}) {
			name.Names = append(name.Names, string(s))
		}
		names.Records = append(names.Records, name)
	}
	var err error
	names.Options, err = r.parseOptions(nil, b, noNumbers)
	return names, err
}

func addressWidth(kind uint16) int {
	return map[uint16]int{1: 4, 2: 16, 3: 6, 4: 8}[kind]
}

// parseStatistics reads an interface statistics block: interface, time in two
// words, options.
func (r *Reader) parseStatistics(b []byte) (*Statistics, error) {
	if len(b) < 12 {
		return nil, r.bad("an interface statistics block has %d octets; it needs 12", len(b))
	}
	id := int(r.u32(b))
	if r.base+id >= len(r.interfaces) {
		return nil, r.bad("statistics are of interface %d, but the section has %d so far", id, len(r.interfaces)-r.base)
	}
	itf := r.interfaces[r.base+id]
	s := &Statistics{Interface: r.base + id, Time: itf.time(uint64(r.u32(b[4:]))<<32 | uint64(r.u32(b[8:])))}
	all, err := r.parseOptions(nil, b[12:], statisticsNumbers)
	if err != nil {
		return nil, err
	}
	counters := map[uint16]**uint64{4: &s.Received, 5: &s.Dropped, 6: &s.Accepted, 7: &s.OSDropped, 8: &s.Delivered}
	for _, o := range all {
		if c := counters[o.Code]; c != nil && len(o.Value) == 8 {
			*c = new(binary.LittleEndian.Uint64(o.Value))
			continue
		}
		if (o.Code == 2 || o.Code == 3) && len(o.Value) == 8 {
			t := itf.time(bits64(o.Value))
			if o.Code == 2 {
				s.Start = t
			} else {
				s.End = t
			}
			continue
		}
		s.Options = append(s.Options, o)
	}
	return s, nil
}

// bits64 puts a number of two little-endian words together, the high one
// first.
func bits64(b []byte) uint64 {
	return uint64(binary.LittleEndian.Uint32(b))<<32 | uint64(binary.LittleEndian.Uint32(b[4:]))
}

// parseSecrets reads a decryption secrets block: kind, length, data, options.
func (r *Reader) parseSecrets(b []byte) (*Secrets, error) {
	if len(b) < 8 {
		return nil, r.bad("a decryption secrets block has %d octets; it needs 8", len(b))
	}
	n := r.u32(b[4:])
	if int64(n) > int64(len(b)-8) {
		return nil, r.bad("decryption secrets claim %d octets, but their block has %d for them", n, len(b)-8)
	}
	s := &Secrets{Kind: SecretsKind(r.u32(b)), Data: b[8 : 8+n : 8+n]}
	var err error
	s.Options, err = r.parseOptions(nil, b[min(8+(int(n)+3)&^3, len(b)):], noNumbers)
	return s, err
}
