package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// writeSize is how much a Writer gathers before it writes.
const writeSize = 64 << 10

// WriterOptions are the settings of a [Writer].
type WriterOptions struct {
	// Format is pcap with microseconds where it is not set; [Create] goes by
	// the file's name.
	Format Format
	// Compression is none where it is not set; [Create] goes by the file's
	// name.
	Compression Compression
	// SnapLen cuts packets to that many octets. 0 cuts none, and packets of
	// more than 256 KiB (128 MiB for USB and D-Bus), which no reader would
	// take, are an error.
	SnapLen int
	// FlushEach writes every packet on at once, for a pipe that somebody is
	// looking at. Otherwise some 64 KiB are gathered.
	FlushEach bool

	// Section says in a pcapng file by what it was made. Interface describes
	// its first interface; its link type is that of the Writer.
	Section   Section
	Interface Interface
	// Statistics is called at Close and gives what a pcapng file ends with:
	// how many packets each interface had and lost. Nil means none.
	Statistics func() []Statistics
}

// Writer writes a capture file. It is for one goroutine, and after an error
// every further call returns it again.
type Writer struct {
	opts    WriterOptions
	link    LinkType
	out     io.Writer
	pack    packer      // nil where nothing is packed
	closers []io.Closer // the file that Create made
	buf     []byte
	written int64
	started bool
	err     error

	interfaces []LinkType // pcapng: those that the file has
}

// packer is what gzip and zstd have in common.
type packer interface {
	io.WriteCloser
	Flush() error
}

// NewWriter makes a Writer of packets of that link type; nil options are the
// defaults. Nothing is written before the first packet, block, Flush or Close.
// The caller must call Close, which does not close w.
func NewWriter(w io.Writer, link LinkType, opts *WriterOptions) (*Writer, error) {
	wr := &Writer{link: link, out: w}
	if opts != nil {
		wr.opts = *opts
	}
	if err := wr.opts.check(); err != nil {
		return nil, err
	}
	if wr.opts.Format == FormatAuto {
		wr.opts.Format = FormatPcap
	}
	switch wr.opts.Compression {
	case CompressGzip:
		wr.pack = gzip.NewWriter(w)
	case CompressZstd:
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, err
		}
		wr.pack = z
	}
	if wr.pack != nil {
		wr.out = wr.pack
	}
	wr.buf = make([]byte, 0, writeSize+4096)
	return wr, nil
}

func (o *WriterOptions) check() error {
	switch {
	case o.Format > FormatPcapng:
		return fmt.Errorf("%v is no format of a file", o.Format)
	case o.Compression > CompressZstd:
		return fmt.Errorf("Compression(%d) is not known", o.Compression)
	case o.SnapLen < 0:
		return fmt.Errorf("a snap length of %d cannot be; 0 is none", o.SnapLen)
	}
	return nil
}

// Write writes one packet. In a pcapng file p.Interface names the interface;
// those that were not described are taken to have p.LinkType. A pcap file has
// one link type and takes no other. A Length of 0 stands for that of Data. p and its data are the caller's again when Write returns.
func (w *Writer) Write(p *Packet) error {
	if w.err != nil {
		return w.err
	}
	data, err := w.cut(p)
	if err != nil {
		return err
	}
	if !w.started {
		w.start(nil)
	}
	if w.opts.Format == FormatPcapng {
		err = w.appendEnhanced(p, data)
	} else {
		err = w.appendRecord(p, data)
	}
	if err != nil {
		return err
	}
	return w.wrote()
}

// cut returns the part of a packet's data that is kept.
func (w *Writer) cut(p *Packet) ([]byte, error) {
	if w.opts.SnapLen > 0 {
		return p.Data[:min(len(p.Data), w.opts.SnapLen)], nil
	}
	if most := max(defaultMaxPacket(w.link), defaultMaxPacket(p.LinkType)); len(p.Data) > most {
		return nil, fmt.Errorf("a packet of %d octets is more than the %d that readers take; set SnapLen", len(p.Data), most)
	}
	return p.Data, nil
}

// onWire returns a packet's length on the wire.
func onWire(p *Packet) int {
	if p.Length == 0 {
		return len(p.Data)
	}
	return p.Length
}

// start puts the file's header into the buffer.
func (w *Writer) start(s *Section) {
	w.started = true
	if w.opts.Format != FormatPcapng {
		w.appendHeader()
		return
	}
	if s == nil {
		s = &w.opts.Section
	}
	if err := w.appendBlock(s); err != nil {
		w.err = err
	}
}

// wrote sends the buffer on where it is full, or where each packet is to be
// sent on.
func (w *Writer) wrote() error {
	if w.opts.FlushEach {
		return w.Flush()
	}
	if len(w.buf) >= writeSize {
		return w.send()
	}
	return w.err
}

// send writes the buffer.
func (w *Writer) send() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.out.Write(w.buf)
		w.written += int64(len(w.buf))
		w.buf = w.buf[:0]
	}
	return w.err
}

// Written returns how many octets the file has by now, before packing.
func (w *Writer) Written() int64 { return w.written + int64(len(w.buf)) }

// Flush writes what was gathered, and the header of a file that has nothing
// else yet.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	if !w.started {
		w.start(nil)
	}
	if err := w.send(); err != nil {
		return err
	}
	if w.pack != nil {
		w.err = w.pack.Flush()
	}
	return w.err
}

// Close ends the file: statistics, what was gathered, the end of the packed
// data. It closes the file that [Create] made, but not the io.Writer of
// NewWriter. A file without a packet is a right file too.
func (w *Writer) Close() error {
	if errors.Is(w.err, os.ErrClosed) {
		return nil
	}
	err := w.end()
	for _, c := range w.closers {
		err = errors.Join(err, c.Close())
	}
	w.err = os.ErrClosed
	return err
}

func (w *Writer) end() error {
	if w.err == nil {
		if !w.started {
			w.start(nil)
		}
		if w.opts.Format == FormatPcapng {
			w.endSection()
		}
	}
	err := w.send()
	if w.pack != nil {
		err = errors.Join(err, w.pack.Close())
	}
	return err
}

// appendHeader appends the header of a pcap file.
func (w *Writer) appendHeader() {
	magic, snap := uint32(magicMicro), w.opts.SnapLen
	if w.opts.Format == FormatNano {
		magic = magicNano
	}
	if snap == 0 {
		snap = defaultMaxPacket(w.link)
	}
	link := uint32(w.link)
	if fcs := w.opts.Interface.FCS; fcs > 0 {
		link |= fcsPresent | uint32(fcs/2)<<fcsShift
	}
	b := w.buf
	b = binary.LittleEndian.AppendUint32(b, magic)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(snap))
	w.buf = binary.LittleEndian.AppendUint32(b, link)
}

// appendRecord appends a packet of a pcap file.
func (w *Writer) appendRecord(p *Packet, data []byte) error {
	if p.LinkType != w.link {
		return fmt.Errorf("a pcap file of %v packets cannot take one of %v; pcapng can", w.link, p.LinkType)
	}
	var sec, frac int64
	if !p.Time.IsZero() {
		sec, frac = p.Time.Unix(), int64(p.Time.Nanosecond())
	}
	if w.opts.Format == FormatPcap {
		frac /= 1000
	}
	length := onWire(p)
	if sec < 0 || sec>>32 != 0 || int64(length)>>32 != 0 {
		return fmt.Errorf("a pcap file holds times from 1970 to 2106 and lengths of 32 bits, not %v and %d", p.Time, length)
	}
	n := len(w.buf)
	b := append(w.buf, make([]byte, 16)...)
	binary.LittleEndian.PutUint32(b[n:], uint32(sec))
	binary.LittleEndian.PutUint32(b[n+4:], uint32(frac))
	binary.LittleEndian.PutUint32(b[n+8:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[n+12:], uint32(length))
	w.buf = append(b, data...)
	return nil
}
