package pcap

import (
	"encoding/binary"
	"time"
)

// at is the time that the tests' packets have.
var at = time.Unix(1700000000, 123456789)

// builder writes files octet by octet, apart from the Writer, in either order.
type builder struct {
	binary.ByteOrder
	b []byte
}

func (f *builder) u16(vs ...uint16) *builder {
	for _, v := range vs {
		f.b = append(f.b, 0, 0)
		f.PutUint16(f.b[len(f.b)-2:], v)
	}
	return f
}

func (f *builder) u32(vs ...uint32) *builder {
	for _, v := range vs {
		f.b = append(f.b, 0, 0, 0, 0)
		f.PutUint32(f.b[len(f.b)-4:], v)
	}
	return f
}

func (f *builder) u64(v uint64) *builder {
	f.b = append(f.b, 0, 0, 0, 0, 0, 0, 0, 0)
	f.PutUint64(f.b[len(f.b)-8:], v)
	return f
}

func (f *builder) text(s string) *builder {
	f.b = append(f.b, s...)
	return f
}

func (f *builder) pad() *builder {
	for len(f.b)%4 != 0 {
		f.b = append(f.b, 0)
	}
	return f
}

// block writes a pcapng block with the body that body writes.
func (f *builder) block(kind uint32, body func(f *builder)) *builder {
	in := &builder{ByteOrder: f.ByteOrder}
	body(in)
	in.pad()
	n := uint32(len(in.b) + 12)
	f.u32(kind, n)
	f.b = append(f.b, in.b...)
	return f.u32(n)
}

// option writes an option with the value that value writes.
func (f *builder) option(code uint16, value func(f *builder)) *builder {
	in := &builder{ByteOrder: f.ByteOrder}
	value(in)
	f.u16(code, uint16(len(in.b)))
	f.b = append(f.b, in.b...)
	return f.pad()
}

func (f *builder) textOption(code uint16, s string) *builder {
	return f.option(code, func(f *builder) { f.text(s) })
}

// pcapFile is a pcap file of two packets, of which the second was cut.
func pcapFile(order binary.ByteOrder, magic, fraction uint32) []byte {
	f := &builder{ByteOrder: order}
	f.u32(magic).u16(2, 4).u32(0, 0, 65535, 101)
	modified := func() {
		if magic == magicModified {
			f.u32(3).u16(0x800).text("\x04\x00")
		}
	}
	f.u32(1700000000, fraction, 4, 4)
	modified()
	f.text("abcd").u32(1700000001, 0, 3, 1500)
	modified()
	return f.text("xyz").b
}

// ngFile is a pcapng file with a block of every kind.
func ngFile(order binary.ByteOrder) []byte {
	f := &builder{ByteOrder: order}
	section(f, "first")
	f.block(blockInterface, func(f *builder) {
		f.u16(1, 0).u32(0)
		f.textOption(2, "eth0").textOption(3, "uplink").textOption(11, "\x00tcp port 80").textOption(12, "Linux").textOption(15, "card")
		f.textOption(9, "\x09").textOption(13, "\x04").option(8, func(f *builder) { f.u64(1e9) }).textOption(1, "first port")
		f.u32(0)
	})
	f.block(blockInterface, func(f *builder) { // 1/1024 s, counted from the year 2000
		f.u16(101, 0).u32(4).textOption(9, "\x8a").option(14, func(f *builder) { f.u64(946684800) }).u32(0)
	})
	f.block(blockNames, func(f *builder) {
		f.textOption(1, "\xc0\x00\x02\x07www.example.com\x00shop.example.com\x00")
		f.textOption(2, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01six.example.com\x00")
		f.textOption(77, "from the future").u32(0).textOption(2, "resolver").u32(0)
	})
	f.block(blockSecrets, func(f *builder) { f.u32(uint32(SecretsTLS), 9).text("SECRET ab").pad() })
	ticks := uint64(at.UnixNano())
	f.block(blockEnhanced, func(f *builder) {
		f.u32(0, uint32(ticks>>32), uint32(ticks), 5, 1500).text("hello").pad()
		f.textOption(1, "look here").option(2, func(f *builder) { f.u32(0x12) }).option(4, func(f *builder) { f.u64(7) })
		f.option(7, func(f *builder) { f.text("\x01").u64(3) }).option(2988, func(f *builder) { f.u32(32473).text("own") }).textOption(1, "and here").u32(0)
	})
	f.block(0x7777, func(f *builder) { f.text("unknown.") })
	f.block(blockCustom, func(f *builder) { f.u32(32473).text("ours") })
	f.block(blockCustomKeep, func(f *builder) { f.u32(32473).text("stay") })
	f.block(blockPacket, func(f *builder) { // of the second interface, 3 s and a half after its start
		f.u16(1, 9).u32(0, 3*1024+512, 3, 3).text("old").pad().option(2, func(f *builder) { f.u32(2) }).u32(0)
	})
	f.block(blockSimple, func(f *builder) { f.u32(6).text("simple").pad() })
	f.block(blockStatistics, func(f *builder) {
		f.u32(0, uint32(ticks>>32), uint32(ticks)).option(2, func(f *builder) { f.u32(uint32(ticks>>32), uint32(ticks)) })
		f.option(4, func(f *builder) { f.u64(1000) }).option(7, func(f *builder) { f.u64(0) }).textOption(1, "done").u32(0)
	})
	section(f, "second")
	f.block(blockInterface, func(f *builder) { f.u16(113, 0).u32(2) })
	f.block(blockSimple, func(f *builder) { f.u32(100).text("cu").pad() })
	return f.b
}

func section(f *builder, comment string) {
	f.block(blockSection, func(f *builder) {
		f.u32(magicByteOrder).u16(1, 0).u64(1<<64-1).textOption(2, "x86").textOption(3, "Linux").textOption(4, "test").textOption(1, comment).u32(0)
	})
}
