package pcap

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// maxInterfaces is how many interfaces a pcapng file may have here, as much
// as a Reader takes.
const maxInterfaces = 1 << 16

// AddInterface describes the next interface of a pcapng file and returns its
// index, from 0 on. Before the first packet it takes the place of the one that
// the Writer was made with. A pcap file has no interfaces: nothing is written.
func (w *Writer) AddInterface(i Interface) (int, error) {
	if err := w.WriteBlock(&i); err != nil || w.opts.Format != FormatPcapng {
		return 0, err
	}
	return len(w.interfaces) - 1, nil
}

// WriteBlock writes what a pcapng file has beside packets. A [Section] counts
// only before everything else; those that come later are left out, since
// interfaces are numbered on. Statistics must be of an interface that there
// is. A pcap file has no place for any of it but the length of the first
// interface's frame check sequence, before its first packet.
func (w *Writer) WriteBlock(b Block) error {
	if w.err != nil {
		return w.err
	}
	if w.opts.Format != FormatPcapng {
		if i, ok := b.(*Interface); ok && !w.started && i.LinkType == w.link {
			w.opts.Interface.FCS = i.FCS
		}
		return nil
	}
	if s, ok := b.(*Section); ok {
		if !w.started {
			w.start(s)
		}
		return w.err
	}
	if !w.started {
		w.start(nil)
	}
	switch b := b.(type) {
	case *Interface:
		if len(w.interfaces) >= maxInterfaces {
			return fmt.Errorf("a file has %d interfaces at most", maxInterfaces)
		}
		if err := w.appendBlock(b); err != nil {
			return err
		}
		w.interfaces = append(w.interfaces, b.LinkType)
		return w.wrote()
	case *Statistics:
		if b.Interface < 0 || b.Interface >= len(w.interfaces) {
			return fmt.Errorf("statistics of interface %d, but the file has %d so far", b.Interface, len(w.interfaces))
		}
	}
	if err := w.appendBlock(b); err != nil {
		return err
	}
	return w.wrote()
}

// CarryOver makes the Writer take over what r's file says beside its packets,
// as r comes by it: interfaces with their numbers, names, statistics, secrets
// and blocks that are not known, but those that are not to be copied. With
// other fields of r, it must be called before the first packet is read.
func (w *Writer) CarryOver(r *Reader) { carryOver(r, w.WriteBlock) }

func carryOver(r *Reader, write func(Block) error) {
	then := r.OnBlock
	r.OnBlock = func(b Block) error {
		if then != nil {
			if err := then(b); err != nil {
				return err
			}
		}
		switch b := b.(type) {
		case *Custom:
			if b.Keep {
				return nil
			}
		case *Raw:
			if b.BigEndian { // what is inside cannot be turned
				return nil
			}
		}
		return write(b)
	}
}

// endSection completes a pcapng file: it has an interface even where it has
// no packet, so that it says its link type.
func (w *Writer) endSection() {
	if w.err != nil {
		return
	}
	if w.err = w.need(0, w.link); w.err != nil || w.opts.Statistics == nil {
		return
	}
	for _, s := range w.opts.Statistics() {
		if w.err = w.WriteBlock(&s); w.err != nil {
			return
		}
	}
}

// need describes interfaces until there is one of that index: the first as
// the Writer was told, others by their link type alone.
func (w *Writer) need(index int, link LinkType) error {
	if index < 0 || index >= maxInterfaces {
		return fmt.Errorf("there is no interface %d; 0 to %d are right", index, maxInterfaces-1)
	}
	for len(w.interfaces) <= index {
		i := Interface{LinkType: link}
		if len(w.interfaces) == 0 {
			i = w.opts.Interface
			i.LinkType = w.link
		}
		if i.SnapLen == 0 {
			i.SnapLen = uint32(w.opts.SnapLen)
		}
		if err := w.WriteBlock(&i); err != nil {
			return err
		}
	}
	return nil
}

// appendEnhanced appends a packet as an enhanced packet block.
func (w *Writer) appendEnhanced(p *Packet, data []byte) error {
	if p.Interface >= len(w.interfaces) || p.Interface < 0 {
		if err := w.need(p.Interface, p.LinkType); err != nil {
			return err
		}
	}
	if link := w.interfaces[p.Interface]; p.LinkType != link {
		return fmt.Errorf("interface %d has %v packets and cannot take one of %v", p.Interface, link, p.LinkType)
	}
	ticks, err := nanoseconds(p.Time)
	if err != nil {
		return err
	}
	length := onWire(p)
	if int64(length)>>32 != 0 {
		return fmt.Errorf("a packet's length has 32 bits; %d is more", length)
	}
	n := len(w.buf)
	b := append(w.buf, make([]byte, 28)...)
	binary.LittleEndian.PutUint32(b[n:], blockEnhanced)
	binary.LittleEndian.PutUint32(b[n+8:], uint32(p.Interface))
	binary.LittleEndian.PutUint32(b[n+12:], uint32(ticks>>32))
	binary.LittleEndian.PutUint32(b[n+16:], uint32(ticks))
	binary.LittleEndian.PutUint32(b[n+20:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[n+24:], uint32(length))
	b = pad(append(b, data...), len(data))
	if len(p.Options) > 0 {
		if b, err = appendOptions(b, p.Options); err != nil {
			return err
		}
	}
	total := uint32(len(b) - n + blockTail)
	binary.LittleEndian.PutUint32(b[n+4:], total)
	w.buf = binary.LittleEndian.AppendUint32(b, total)
	return nil
}

// appendBlock appends a block around its body; after an error nothing of it
// is there.
func (w *Writer) appendBlock(block Block) error {
	n := len(w.buf)
	b, kind, err := block.appendTo(append(w.buf, make([]byte, blockHead)...))
	if err != nil {
		return err
	}
	b = pad(b, len(b)-n)
	if int64(len(b)-n) > math.MaxUint32-blockTail {
		return fmt.Errorf("a block of %d octets is too long", len(b)-n)
	}
	total := uint32(len(b) - n + blockTail)
	binary.LittleEndian.PutUint32(b[n:], kind)
	binary.LittleEndian.PutUint32(b[n+4:], total)
	w.buf = binary.LittleEndian.AppendUint32(b, total)
	return nil
}

// pad appends zeros that make n octets a multiple of four.
func pad(b []byte, n int) []byte {
	var zeros [3]byte
	return append(b, zeros[:-n&3]...)
}

// nanoseconds counts since 1970 in an interface's ticks, which are
// nanoseconds in all that is written here. The zero time is 0.
func nanoseconds(t time.Time) (uint64, error) {
	if t.IsZero() {
		return 0, nil
	}
	sec := t.Unix()
	if sec < 0 || sec >= int64(math.MaxUint64/1_000_000_000) {
		return 0, fmt.Errorf("a pcapng file with nanoseconds holds times from 1970 to 2554, not %v", t)
	}
	return uint64(sec)*1e9 + uint64(t.Nanosecond()), nil
}
