package wire

import (
	"encoding/binary"
	"time"
)

const (
	sll2Len = 20 // of the header of pcap.LinkSLL2
	tagLen  = 4  // of a VLAN tag

	// headroom is what the kernel is asked to leave free before a packet, for
	// the header and the tag.
	headroom = 32
)

// view makes Frames of what the kernel puts into a ring.
type view struct {
	cooked   bool // the packet begins after the link header; give it one
	ethernet bool
	aside    bool // leave VLAN tags out
	snap     int
}

// slot is where a packet lies in the ring and what is known of it.
type slot struct {
	mem      []byte // from the slot's begin on
	offset   int    // of the packet
	captured int    // bytes of it
	length   int
	sec      uint32
	nsec     uint32
	tagType  uint16 // 0: none
	tag      uint16
	pending  bool
	address  []byte // struct sockaddr_ll
}

// fill makes the Frame. The bytes before a packet are free: headroom.
func (v *view) fill(f *Frame, s *slot) {
	*f = Frame{
		Time:      time.Unix(int64(s.sec), int64(s.nsec)),
		Length:    s.length,
		Interface: int(binary.NativeEndian.Uint32(s.address[4:])),
		Type:      PacketType(s.address[10]),
		TagType:   s.tagType, Tag: s.tag,
		ChecksumPending: s.pending,
	}
	begin, end := s.offset, s.offset+s.captured
	restore := s.tagType != 0 && !v.aside
	switch {
	case v.cooked:
		begin = cook(s, restore)
	case restore && v.ethernet && s.captured >= 12:
		begin -= tagLen
		copy(s.mem[begin:], s.mem[s.offset:s.offset+12])
		binary.BigEndian.PutUint16(s.mem[begin+12:], s.tagType)
		binary.BigEndian.PutUint16(s.mem[begin+14:], s.tag)
	}
	f.Length += s.offset - begin
	f.Data = s.mem[begin:min(end, begin+v.snap):end]
}

// cook writes the SLL2 header before the packet and returns where it begins.
// A tag stands, as on other links, between the type that announces it and the
// type of what follows.
func cook(s *slot, restore bool) int {
	begin := s.offset - sll2Len
	protocol := binary.BigEndian.Uint16(s.address[2:])
	if restore {
		begin -= tagLen
		binary.BigEndian.PutUint16(s.mem[s.offset-4:], s.tag)
		binary.BigEndian.PutUint16(s.mem[s.offset-2:], protocol)
		protocol = s.tagType
	}
	h := s.mem[begin : begin+sll2Len]
	binary.BigEndian.PutUint16(h, protocol)
	h[2], h[3] = 0, 0
	binary.BigEndian.PutUint32(h[4:], binary.NativeEndian.Uint32(s.address[4:]))
	binary.BigEndian.PutUint16(h[8:], binary.NativeEndian.Uint16(s.address[8:]))
	copy(h[10:], s.address[10:20]) // packet type, length of the address, the address
	return begin
}
