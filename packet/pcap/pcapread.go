package pcap

import "time"

// pcapHeader is the length of a pcap file's header: magic, version (2 and 2),
// two words of no use, snap length, link type.
const pcapHeader = 24

func (r *Reader) readPcapHeader() error {
	b, err := r.src.peek(pcapHeader)
	if err != nil {
		return r.short("the file header", len(b), pcapHeader, err)
	}
	major, minor := r.u16(b[4:]), r.u16(b[6:])
	switch {
	case major == 2 && minor < 3, major == 543 && minor == 0: // the latter from DG/UX
		r.oldOrder = true
	case major == 2 && minor == 3:
		r.maybeOld = true
	case major != 2:
		return r.bad("pcap of version %d.%d is not known; 2.4 is usual", major, minor)
	}
	word := r.u32(b[20:])
	link := word & linkMask
	if link > 0xffff {
		return r.bad("the link type %d is none: they have 16 bits", link)
	}
	itf := &Interface{LinkType: FromDLT(uint16(link)), SnapLen: r.u32(b[16:]), TicksPerSecond: 1e6}
	if r.format == FormatNano {
		itf.TicksPerSecond = 1e9
	}
	if word&fcsPresent != 0 {
		itf.FCS = int(word>>fcsShift) * 2
	}
	r.interfaces = []*Interface{itf}
	r.first = itf
	r.src.skip(pcapHeader)
	return nil
}

// readRecord reads one packet of a pcap file: seconds, their fraction,
// captured length, length on the wire, data.
func (r *Reader) readRecord(p *Packet) error {
	h, err := r.src.peek(r.header)
	if err != nil {
		return r.short("a packet's header", len(h), r.header, err)
	}
	sec, frac := r.u32(h), r.u32(h[4:])
	captured, length := r.u32(h[8:]), r.u32(h[12:])
	if r.oldOrder || r.maybeOld && captured > length {
		captured, length = length, captured
	}
	itf := r.interfaces[0]
	if most := r.maxPacket(itf.LinkType); int64(captured) > int64(most) {
		return r.bad("a packet claims %d octets, more than the limit of %d; the file is damaged, here or before", captured, most)
	}
	n := r.header + int(captured)
	b, err := r.src.peek(n)
	if err != nil {
		return r.short("a packet", len(b), n, err)
	}
	if r.format != FormatNano {
		p.Time = time.Unix(int64(sec), int64(frac)*1000)
	} else {
		p.Time = time.Unix(int64(sec), int64(frac))
	}
	p.Data = b[r.header:]
	p.Length = int(length)
	p.Interface = 0
	p.LinkType = itf.LinkType
	p.Options = nil
	r.src.skip(n)
	r.count++
	return nil
}
