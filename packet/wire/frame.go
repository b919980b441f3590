package wire

import (
	"fmt"
	"strconv"
	"time"
)

// PacketType says for whom a frame was: sll_pkttype of packet(7).
type PacketType uint8

// The types of a packet.
const (
	Host      PacketType = 0 // to this host
	Broadcast PacketType = 1
	Multicast PacketType = 2
	OtherHost PacketType = 3 // seen because the interface is promiscuous
	Outgoing  PacketType = 4 // sent by this host
)

func (t PacketType) String() string {
	names := [...]string{"host", "broadcast", "multicast", "other host", "outgoing"}
	if int(t) < len(names) {
		return names[t]
	}
	return "type " + strconv.Itoa(int(t))
}

// Frame is a captured frame. Data is lent: it is in the kernel's ring, which
// takes it back when the function that got the Frame returns.
type Frame struct {
	Time      time.Time  // when the kernel got it
	Data      []byte     // from the link header on; may be cut, and may be written to
	Length    int        // bytes that it had on the wire
	Interface int        // index of the interface
	Type      PacketType // for whom it was
	// TagType and Tag are the VLAN tag that the kernel or the network card took
	// off: its type (0x8100, 0x88a8) and its control information (priority,
	// VLAN). TagType is 0 where there was none. Data has the tag in its place
	// unless [Config] wants it aside.
	TagType, Tag uint16
	// ChecksumPending says that the checksum of the transport layer is left for
	// the network card to fill in: it is wrong here, and not on the wire.
	ChecksumPending bool
}

// Stats counts the frames of a capture since it was opened.
type Stats struct {
	Received  uint64 // passed the filter
	Delivered uint64 // of these, those handed out
	Dropped   uint64 // of these, those lost because the ring was full
	Freezes   uint64 // how often the ring was full
}

func (s *Stats) add(t Stats) {
	s.Received += t.Received
	s.Delivered += t.Delivered
	s.Dropped += t.Dropped
	s.Freezes += t.Freezes
}

// String is the summary that ends a capture: "1200 frames, 3 dropped (0.2%)".
func (s Stats) String() string {
	text := fmt.Sprintf("%d frames, %d dropped", s.Delivered, s.Dropped)
	if s.Dropped > 0 {
		text += fmt.Sprintf(" (%.2g%%)", 100*float64(s.Dropped)/float64(max(s.Received, 1)))
	}
	if rest := s.Received - min(s.Received, s.Delivered+s.Dropped); rest > 0 {
		text += fmt.Sprintf(", %d not looked at", rest)
	}
	return text
}
