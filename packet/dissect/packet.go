package dissect

import (
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// Packet is a captured frame with its layers. It is reused from frame to frame
// and not safe for several goroutines.
type Packet struct {
	layer.Stack
	Number    int // from 1
	Time      time.Time
	Since     time.Duration // since the first frame
	Interface int
	Link      pcap.LinkType
	Comments  []string

	set   *layer.Set
	first time.Time
	link  pcap.LinkType
	start layer.Start
	ready bool
	fixed bool // start is, whatever the link type
}

// NewPacket makes a packet that is read by a set of protocols.
func NewPacket(set *layer.Set) *Packet { return &Packet{set: set} }

// NewPacketAt makes a packet whose frames begin with the protocol of that name,
// whatever their link type.
func NewPacketAt(set *layer.Set, proto string) *Packet {
	return &Packet{set: set, start: set.StartAt(proto), fixed: true}
}

// Read finds the layers of the next frame, whose data it shows and does not
// copy.
func (p *Packet) Read(c *pcap.Packet) {
	if !p.fixed && (!p.ready || c.LinkType != p.link) {
		p.ready, p.link = true, c.LinkType
		p.start = p.set.Start("link", uint32(c.LinkType))
	}
	if p.Number == 0 {
		p.first = c.Time
	}
	p.Number++
	p.Time, p.Since, p.Interface, p.Link = c.Time, c.Time.Sub(p.first), c.Interface, c.LinkType
	p.Comments = p.Comments[:0]
	if len(c.Options) > 0 {
		p.Comments = append(p.Comments, c.Options.Comments()...)
	}
	p.ResetFrom(p.start, c.Data, c.Length)
}
