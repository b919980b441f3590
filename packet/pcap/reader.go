package pcap

import (
	"encoding/binary"
	"io"
	"math/bits"
	"os"
)

// Reader reads a capture file from front to back, holding no more of it than
// a buffer. It is for one goroutine. The exported fields may be set until the
// first packet is read.
type Reader struct {
	// MaxPacket is the most octets that one packet may hold. 0 means 256 KiB,
	// and 128 MiB for USB and D-Bus.
	MaxPacket int
	// MaxBlock is the most octets that a pcapng block without a packet may
	// have, and all interfaces' descriptions together. 0 means 16 MiB.
	MaxBlock int
	// MaxInterfaces is how many interfaces a pcapng file may have. 0 means
	// 65,536.
	MaxInterfaces int
	// OnBlock is called with everything of a pcapng file that is no packet, in
	// its place: sections, interfaces, names, statistics, decryption secrets,
	// unknown blocks; and with the one interface of a pcap file. Blocks are the
	// callee's to keep, not to change. Its error ends reading.
	OnBlock func(Block) error

	src     *source
	closers []func()
	format  Format
	swap    bool // the file, or section, is big endian
	count   int64
	err     error // sticky

	interfaces []*Interface
	base       int // of the current section's first interface
	kept       int // octets that the interfaces' descriptions have

	header   int  // pcap: octets before a packet's data
	oldOrder bool // pcap before 2.4: captured and wire length change places
	maybeOld bool // … in some files of 2.3

	first   Block    // what the file begins with, until it is handed on
	options []Option // pcapng: reused for each packet
	drops   [8]byte  // pcapng: a drop count of the obsolete packet block
}

// NewReader finds out what r is, pcap or pcapng, in either byte order, plain
// or packed by gzip or zstd, and reads the head of it. It never reads further
// than it must, so r may be a pipe that is still being written.
func NewReader(r io.Reader) (*Reader, error) {
	src, closer, err := unpack(r)
	if err != nil {
		return nil, err
	}
	rd := &Reader{src: src}
	if closer != nil {
		rd.closers = append(rd.closers, closer)
	}
	if err := rd.readMagic(); err != nil {
		rd.Close()
		return nil, err
	}
	return rd, nil
}

func (r *Reader) readMagic() error {
	b, err := r.src.peek(4)
	if err != nil {
		if len(b) == 0 && cut(err) {
			return &Error{Reason: "the file is empty, even the header of a capture file is missing", Err: io.ErrUnexpectedEOF}
		}
		return r.short("the file header", len(b), pcapHeader, err)
	}
	magic := binary.LittleEndian.Uint32(b)
	if magic == magicSection {
		r.format = FormatPcapng
		return r.readFirstSection()
	}
	if swapped := bits.ReverseBytes32(magic); swapped == magicMicro || swapped == magicNano || swapped == magicModified {
		r.swap, magic = true, swapped
	}
	switch magic {
	case magicMicro:
		r.format, r.header = FormatPcap, 16
	case magicNano:
		r.format, r.header = FormatNano, 16
	case magicModified:
		r.format, r.header = FormatPcap, 24
	default:
		return r.bad("not a capture file: it begins with % x; pcap and pcapng are read, plain or packed by gzip or zstd", b)
	}
	return r.readPcapHeader()
}

// Format returns the format of the file.
func (r *Reader) Format() Format { return r.format }

// Interfaces returns the interfaces that the file has told of so far. A pcap
// file has one; those of a pcapng file come before their first packet. They
// are not to be changed.
func (r *Reader) Interfaces() []*Interface { return r.interfaces }

// Next reads the next packet; io.EOF is the clean end. Data and Options are
// lent until the next call.
func (r *Reader) Next() (Packet, error) {
	var p Packet
	err := r.Read(&p)
	return p, err
}

// Read is [Reader.Next] into a packet of the caller's. All of it is
// overwritten. After an error every further call returns it again.
func (r *Reader) Read(p *Packet) error {
	if r.err != nil {
		return r.err
	}
	if b := r.first; b != nil {
		r.first = nil
		r.err = r.handOn(b)
	}
	switch {
	case r.err != nil:
	case r.format == FormatPcapng:
		r.err = r.readBlocks(p)
	default:
		r.err = r.readRecord(p)
	}
	if r.err != nil {
		*p = Packet{}
	}
	return r.err
}

// Close gives back what unpacking holds, and closes the file that [Open]
// opened. It does not close the io.Reader of NewReader.
func (r *Reader) Close() error {
	for _, f := range r.closers {
		f()
	}
	r.closers = nil
	if r.err == nil {
		r.err = os.ErrClosed
	}
	return nil
}

func (r *Reader) maxPacket(link LinkType) int {
	if r.MaxPacket > 0 {
		return r.MaxPacket
	}
	return defaultMaxPacket(link)
}

func (r *Reader) u16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if r.swap {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (r *Reader) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if r.swap {
		v = bits.ReverseBytes32(v)
	}
	return v
}
