package pcap

import (
	"encoding/binary"
	"time"
)

// Packet is one frame of a capture file with what the file says about it.
// What a [Reader] fills in is lent: Data and Options point into the reader's
// buffer and hold until its next call.
type Packet struct {
	// Time is when the frame was seen, to the nanosecond; zero where the file
	// does not say (a simple packet block). Making a time.Time of the file's
	// number costs a few nanoseconds a frame, less than each caller's own
	// conversion would cost in mistakes.
	Time time.Time

	Data   []byte // as captured, from the link-layer header on
	Length int    // octets on the wire; more than len(Data) where the capture was cut

	// Interface is the index in [Reader.Interfaces]. It counts on over the
	// sections of a file, so that it names one interface all along.
	Interface int
	LinkType  LinkType

	Options Options // pcapng only: comments, flags, drops …
}

// Flags returns the flags word of the packet; 0, nothing known, where the
// file has none.
func (p *Packet) Flags() Flags {
	if v, ok := p.Options.Get(OptFlags); ok && len(v) == 4 {
		return Flags(binary.LittleEndian.Uint32(v))
	}
	return 0
}

// Dropped returns how many packets were lost between the packet before, of
// the same interface, and this one, where the file says so.
func (p *Packet) Dropped() uint64 {
	if v, ok := p.Options.Get(OptDropCount); ok && len(v) == 8 {
		return binary.LittleEndian.Uint64(v)
	}
	return 0
}

// Flags is the flags word of an enhanced packet block (pcapng, section 4.3.1).
type Flags uint32

// The directions that [Flags.Direction] returns.
const (
	Inbound  = 1
	Outbound = 2
)

// Direction returns [Inbound], [Outbound] or 0 for not known.
func (f Flags) Direction() int { return int(f & 3) }

// Option codes. Those above 1 mean something else in each kind of block; here
// are the ones of packets.
const (
	OptComment   uint16 = 1 // in every block: UTF-8 text
	OptFlags     uint16 = 2 // 4 octets, see [Flags]
	OptHash      uint16 = 3 // algorithm, then the hash
	OptDropCount uint16 = 4 // 8 octets
	OptPacketID  uint16 = 5 // 8 octets
	OptQueue     uint16 = 6 // 4 octets
	OptVerdict   uint16 = 7 // kind of verdict, then the verdict
)

// Option is one option of a pcapng block. Numbers that the specification
// defines are little endian in Value, whatever the byte order of the file.
type Option struct {
	Code  uint16
	Value []byte
}

// Options are the options of a block in their order; a code may come twice.
type Options []Option

// Get returns the first option of that code.
func (o Options) Get(code uint16) ([]byte, bool) {
	for i := range o {
		if o[i].Code == code {
			return o[i].Value, true
		}
	}
	return nil, false
}

// Comments returns the comments.
func (o Options) Comments() []string {
	var all []string
	for i := range o {
		if o[i].Code == OptComment {
			all = append(all, string(o[i].Value))
		}
	}
	return all
}

// Comment makes a comment for a packet or another block.
func Comment(text string) Option { return Option{OptComment, []byte(text)} }

// WithFlags makes the flags option of a packet.
func WithFlags(f Flags) Option {
	return Option{OptFlags, binary.LittleEndian.AppendUint32(nil, uint32(f))}
}

// WithDropped makes the option that says how many packets were lost before
// this one.
func WithDropped(n uint64) Option {
	return Option{OptDropCount, binary.LittleEndian.AppendUint64(nil, n)}
}
