package layer

import "encoding/binary"

// scope is what an expression sees: a layer of a frame, and how far a walk has
// come in it. All places are offsets in data.
type scope struct {
	data   []byte
	start  int  // of the layer
	header int  // end of its header, 0 while unknown
	inner  int  // end of the next layer, 0 if there is none, or a malformed one
	stream bool // whether a stream carries the layer
	reply  bool // whether it comes from the port of its protocol
	base   int  // start of what the current field stands in
	end    int  // and its end
	wire   int  // end of the layer on the wire
	bit    int  // the place of the walk, in bits
	vals   []uint64
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (e *Expr) eval(s *scope) int64 {
	switch e.op {
	case opNumber:
		return e.n
	case opStatic:
		return int64(readBits(s.data, s.start*8+int(e.n), e.bits, e.le))
	case opSlot:
		return int64(s.vals[e.n])
	case opPos:
		return int64(s.bit/8 - s.base)
	case opRest:
		return int64(s.end - (s.bit+7)/8)
	case opSize:
		return int64(s.end - s.base)
	case opHeader:
		return int64(max(s.header-s.start, 0))
	case opInner:
		return int64(max(s.inner-s.start, 0))
	case opWire:
		return int64(max(s.wire, s.end) - s.start)
	case opStream:
		return truth(s.stream)
	case opReply:
		return truth(s.reply)
	case opRead:
		at := e.a.eval(s)
		if at < 0 || at > int64(len(s.data)) {
			return 0
		}
		return int64(readBits(s.data[:min(s.end, len(s.data))], s.bit+int(at)*8, e.bits, e.le))
	case opNot:
		return truth(e.a.eval(s) == 0)
	case opNeg:
		return -e.a.eval(s)
	case opInvert:
		return ^e.a.eval(s)
	case opChoose:
		if e.a.eval(s) != 0 {
			return e.b.eval(s)
		}
		return e.c.eval(s)
	case opOr:
		return truth(e.a.eval(s) != 0 || e.b.eval(s) != 0)
	case opAnd:
		return truth(e.a.eval(s) != 0 && e.b.eval(s) != 0)
	}
	return e.op.apply(e.a.eval(s), e.b.eval(s))
}

func (o op) apply(a, b int64) int64 {
	switch o {
	case opBitOr:
		return a | b
	case opBitXor:
		return a ^ b
	case opBitAnd:
		return a & b
	case opEq:
		return truth(a == b)
	case opNe:
		return truth(a != b)
	case opLt:
		return truth(a < b)
	case opLe:
		return truth(a <= b)
	case opGt:
		return truth(a > b)
	case opGe:
		return truth(a >= b)
	case opShl:
		return a << (uint64(b) & 63)
	case opShr:
		return int64(uint64(a) >> (uint64(b) & 63))
	case opAdd:
		return a + b
	case opSub:
		return a - b
	case opMul:
		return a * b
	}
	if b == 0 || b == -1 && a == -1<<63 {
		return 0
	}
	if o == opDiv {
		return a / b
	}
	return a % b
}

// readBits reads a number of up to 64 bits at a place given in bits. What lies
// past the end of data reads as 0.
func readBits(data []byte, bit, n int, le bool) uint64 {
	at, odd := bit>>3, bit&7
	if odd == 0 && at+(n+7)>>3 <= len(data) {
		b := data[at:]
		if le {
			return readLE(b, n)
		}
		switch n {
		case 8:
			return uint64(b[0])
		case 16:
			return uint64(binary.BigEndian.Uint16(b))
		case 32:
			return uint64(binary.BigEndian.Uint32(b))
		case 64:
			return binary.BigEndian.Uint64(b)
		}
	}
	var v uint64
	for n > 0 {
		var c byte
		if at < len(data) {
			c = data[at]
		}
		take := min(8-odd, n)
		v = v<<take | uint64(c>>(8-odd-take))&(1<<take-1)
		n -= take
		at, odd = at+1, 0
	}
	return v
}

func readLE(b []byte, n int) uint64 {
	switch n {
	case 8:
		return uint64(b[0])
	case 16:
		return uint64(binary.LittleEndian.Uint16(b))
	case 32:
		return uint64(binary.LittleEndian.Uint32(b))
	case 64:
		return binary.LittleEndian.Uint64(b)
	}
	var v uint64
	for i := (n+7)/8 - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	if n%8 != 0 {
		v &= 1<<n - 1
	}
	return v
}
