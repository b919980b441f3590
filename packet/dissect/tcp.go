package dissect

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

const (
	flagSYN = 0x02
	flagACK = 0x10
)

// tcpInfo sums a segment up as Wireshark does: numbers from where the connection
// began, windows scaled, and on a SYN what it offers.
func tcpInfo(dst []byte, l *Lines, p *Packet, i int) []byte {
	sp := p.Layer(i)
	b := p.Data[sp.Start:sp.End]
	if len(b) < 20 {
		return dst
	}
	dst = appendFlags(append(ports(dst, b), " ["...), b[13])
	seq, ack, window := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), uint64(binary.BigEndian.Uint16(b[14:]))
	if l.Relative {
		from, to := l.known.see(p, i)
		seq, ack = seq-from.base, ack-to.base
		if b[13]&flagSYN == 0 && from.scales && (to.scales || from.answers) {
			window <<= from.shift
		}
	}
	dst = strconv.AppendUint(append(dst, "] Seq="...), uint64(seq), 10)
	if b[13]&flagACK != 0 {
		dst = strconv.AppendUint(append(dst, " Ack="...), uint64(ack), 10)
	}
	dst = strconv.AppendUint(append(dst, " Win="...), window, 10)
	dst = strconv.AppendInt(append(dst, " Len="...), int64(sp.End-sp.Header), 10)
	if b[13]&flagSYN != 0 {
		dst = appendOptions(dst, b[20:max(sp.Header-sp.Start, 20)])
	}
	return dst
}

func appendFlags(dst []byte, flags byte) []byte {
	first := true
	for bit, name := range [8]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if flags&(1<<bit) != 0 {
			if !first {
				dst = append(dst, ", "...)
			}
			dst = append(dst, name...)
			first = false
		}
	}
	return dst
}

// Kinds of options of TCP (RFC 9293 section 3.2, RFC 7323, RFC 2018).
const (
	optionEnd        = 0
	optionNone       = 1
	optionMSS        = 2
	optionScale      = 3
	optionSelective  = 4
	optionTimestamps = 8
)

// nextOption takes the first option, without its kind and length, off the others.
func nextOption(b []byte) (kind byte, value, rest []byte, ok bool) {
	for len(b) > 0 && b[0] == optionNone {
		b = b[1:]
	}
	if len(b) < 2 || b[0] == optionEnd || b[1] < 2 || int(b[1]) > len(b) {
		return 0, nil, nil, false
	}
	return b[0], b[2:b[1]], b[b[1]:], true
}

// appendOptions appends what a SYN offers.
func appendOptions(dst, b []byte) []byte {
	for {
		kind, value, rest, ok := nextOption(b)
		if !ok {
			return dst
		}
		switch {
		case kind == optionMSS && len(value) == 2:
			dst = strconv.AppendUint(append(dst, " MSS="...), uint64(binary.BigEndian.Uint16(value)), 10)
		case kind == optionScale && len(value) == 1:
			dst = strconv.AppendUint(append(dst, " WS="...), 1<<shift(value[0]), 10)
		case kind == optionSelective && len(value) == 0:
			dst = append(dst, " SACK_PERM"...)
		case kind == optionTimestamps && len(value) == 8:
			dst = strconv.AppendUint(append(dst, " TSval="...), uint64(binary.BigEndian.Uint32(value)), 10)
			dst = strconv.AppendUint(append(dst, " TSecr="...), uint64(binary.BigEndian.Uint32(value[4:])), 10)
		}
		b = rest
	}
}

// shift is by how much a window is scaled: 14 at most (RFC 7323 section 2.3).
func shift(b byte) uint8 { return min(b, 14) }

// connections knows the latest TCP connections. When there are as many recent
// ones as it may know, they become the older ones, and those are forgotten which
// had no segment meanwhile.
type connections struct{ recent, older map[ends2]connection }

// maxConnections is how many are recent at most.
const maxConnections = 1 << 16

// ends2 tells connections apart, the lesser end first. An IPv4 address is the
// beginning of one.
type ends2 struct {
	a, b         [16]byte
	portA, portB uint16
}

// connection is what is known of its two ends.
type connection [2]side

// side is what one end sends.
type side struct {
	base   uint32 // sequence numbers are shown from here on
	known  bool
	scales bool // its SYN had the option, of which this is the value
	shift  uint8
	// Its SYN was an answer, which has the option only where the other's had it.
	answers bool
}

// see takes note of the segment in a layer, and returns what is known of who sent
// it and of who is to get it.
func (c *connections) see(p *Packet, i int) (from, to side) {
	sp := p.Layer(i)
	b := p.Data[sp.Start:sp.End]
	key, way, ok := endsOf(p, i, b)
	if !ok {
		return from, to
	}
	is, isOlder := c.find(key)
	was := is
	is.take(way, b, b[20:max(sp.Header-sp.Start, 20)])
	if is != was || isOlder {
		c.put(key, is)
	}
	return is[way], is[1-way]
}

func (c *connections) find(key ends2) (is connection, isOlder bool) {
	is, ok := c.recent[key]
	if !ok {
		is, isOlder = c.older[key]
	}
	return is, isOlder
}

func (c *connections) put(key ends2, is connection) {
	if c.recent == nil || len(c.recent) >= maxConnections {
		c.recent, c.older = make(map[ends2]connection), c.recent
	}
	c.recent[key] = is
}

// take learns from a segment. Where the begin was not seen, numbers are shown from
// 1 on.
func (c *connection) take(way int, b, options []byte) {
	seq, ack, flags := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13]
	if flags&(flagSYN|flagACK) == flagSYN && c[way].known && c[way].base != seq {
		*c = connection{} // a new one by the same ports
	}
	from, to := &c[way], &c[1-way]
	switch {
	case flags&flagSYN != 0:
		*from = side{base: seq, known: true, answers: flags&flagACK != 0}
		for kind, value, rest, ok := nextOption(options); ok; kind, value, rest, ok = nextOption(rest) {
			if kind == optionScale && len(value) == 1 {
				from.scales, from.shift = true, shift(value[0])
			}
		}
	case !from.known:
		from.base, from.known = seq-1, true
	}
	if flags&flagACK != 0 && !to.known {
		to.base, to.known = ack-1, true
	}
}

// endsOf finds the ends of a segment; way is 1 where the lesser one is to get it.
func endsOf(p *Packet, i int, b []byte) (key ends2, way int, ok bool) {
	for i--; i >= 0; i-- {
		sp := p.Layer(i)
		h := p.Data[sp.Start:sp.End]
		switch sp.Proto().Name {
		case "ip":
			if ok = len(h) >= 20; ok {
				copy(key.a[:4], h[12:16])
				copy(key.b[:4], h[16:20])
			}
		case "ipv6":
			if ok = len(h) >= 40; ok {
				copy(key.a[:], h[8:24])
				copy(key.b[:], h[24:40])
			}
		default:
			continue
		}
		break
	}
	key.portA, key.portB = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if order := bytes.Compare(key.a[:], key.b[:]); order > 0 || order == 0 && key.portA > key.portB {
		key.a, key.b, key.portA, key.portB, way = key.b, key.a, key.portB, key.portA, 1
	}
	return key, way, ok
}
