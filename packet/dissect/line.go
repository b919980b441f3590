package dissect

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// TimeFormat is how a line says when a frame was seen.
type TimeFormat uint8

// The formats of time.
const (
	Relative TimeFormat = iota // seconds since the first frame: 1.250003
	Clock                      // time of day: 15:04:05.000000
	Date                       // RFC 3339 in local time
	Epoch                      // seconds since 1970
	NoTime
)

// Lines prints a line for each frame:
//
//	1 0.000000 192.0.2.1 → 192.0.2.2 TCP 58 40000 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460
//
// number, time, addresses, the innermost protocol, length on the wire and what
// that protocol says of itself. It is not safe for several goroutines.
type Lines struct {
	Time TimeFormat
	// Interface names the interface with an index. Where it is set, lines of captures
	// on all interfaces (SLL2) say by which a frame came or went.
	Interface func(index int) string
	// Relative shows sequence numbers of TCP from the begin of the connection on, or
	// from its first segment that was printed or given to See, and scales windows.
	Relative bool

	set   *layer.Set
	infos []info // by position of the protocol in the set
	walk  layer.Walker
	value layer.Value
	day   day

	tcp   int // position of TCP in the set
	known connections

	// Of the template that is being filled: the fields that a walk has found.
	format *template
	text   []byte
	found  []span
	left   int
	take   func(*layer.Value) bool
}

// span is a part of a text. Nothing was found where it starts before 0.
type span struct{ start, end int }

// info is how one protocol is summed up.
type info struct {
	label  string
	coded  func(dst []byte, l *Lines, p *Packet, i int) []byte
	format *template // made when the first line needs it
}

// NewLines makes lines for packets of a set.
func NewLines(set *layer.Set) *Lines {
	l := &Lines{set: set, tcp: -1}
	l.take = l.wanted
	for i, p := range set.Protos() {
		if p.Name == "tcp" {
			l.tcp = i
		}
		l.infos = append(l.infos, info{label: label(p), coded: coded[p.Name]})
	}
	return l
}

// Append appends the line of a packet, with its end.
func (l *Lines) Append(dst []byte, p *Packet) []byte {
	dst = appendPadded(dst, p.Number, 5)
	dst = append(dst, ' ')
	dst = l.appendTime(dst, p)
	top := p.Len() - 1
	for top > 0 && (p.Layer(top).Quoted || p.Layer(top).Proto().Name == "data") {
		top--
	}
	dst = l.addresses(l.way(dst, p), p, top)
	if l.Relative && p.Layer(top).ID() != l.tcp {
		l.See(p) // below what the line is about
	}
	in := &l.infos[p.Layer(top).ID()]
	dst = append(dst, in.label...)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(p.Wire), 10)
	before := len(dst)
	dst = append(dst, ' ')
	if in.coded != nil {
		dst = in.coded(dst, l, p, top)
	} else {
		dst = l.fill(dst, p, top)
	}
	if len(dst) == before+1 {
		dst = dst[:before]
	}
	if reason := p.Reason(); reason != "" {
		dst = append(dst, " [malformed: "...)
		dst = append(dst, reason...)
		dst = append(dst, ']')
	} else if p.Wire > len(p.Data) {
		dst = append(dst, " [cut at "...)
		dst = strconv.AppendInt(dst, int64(len(p.Data)), 10)
		dst = append(dst, ']')
	}
	return append(dst, '\n')
}

// See takes note of a packet that is not printed, for what is told relative to it.
func (l *Lines) See(p *Packet) {
	if i := l.segment(p, p.Len()-1); l.Relative && i >= 0 {
		l.known.see(p, i)
	}
}

// segment is the layer of TCP, from top down, that is whole; -1 where there is none.
func (l *Lines) segment(p *Packet, top int) int {
	for i := top; i > 0; i-- {
		if sp := p.Layer(i); sp.ID() == l.tcp && !sp.Quoted && sp.End-sp.Start >= 20 {
			return i
		}
	}
	return -1
}

func appendPadded(dst []byte, n, width int) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], int64(n), 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, ' ')
	}
	return append(dst, text...)
}

// addresses appends those of the innermost layer, up to the one at top, that has
// some.
func (l *Lines) addresses(dst []byte, p *Packet, top int) []byte {
	for i := top; i >= 0; i-- {
		sp := p.Layer(i)
		b := p.Data[sp.Start:sp.End]
		switch sp.Proto().Name {
		case "ip":
			if len(b) >= 20 {
				return append(appendIPv4(append(appendIPv4(dst, b[12:16]), arrow...), b[16:20]), ' ')
			}
		case "ipv6":
			if len(b) >= 40 {
				return append(appendIPv6(append(appendIPv6(dst, b[8:24]), arrow...), b[24:40]), ' ')
			}
		case "eth":
			if len(b) >= 12 {
				return append(appendMAC(append(appendMAC(dst, b[6:12]), arrow...), b[:6]), ' ')
			}
		}
	}
	return dst
}

const arrow = " → "

// way appends the interface of a frame and its direction, if they are wanted and
// known.
func (l *Lines) way(dst []byte, p *Packet) []byte {
	const header, outgoing = 20, 4 // LINKTYPE_LINUX_SLL2
	if l.Interface == nil || p.Link != pcap.LinkSLL2 || len(p.Data) < header {
		return dst
	}
	dst = append(dst, l.Interface(int(binary.BigEndian.Uint32(p.Data[4:])))...)
	if p.Data[10] == outgoing {
		return append(dst, " out "...)
	}
	return append(dst, " in "...)
}

// fill appends a template with the fields of a layer. The text before a field
// that the layer does not have is left out.
func (l *Lines) fill(dst []byte, p *Packet, i int) []byte {
	in := &l.infos[p.Layer(i).ID()]
	if in.format == nil {
		in.format = newTemplate(l.set, p.Layer(i).Proto())
	}
	t := in.format
	if t.walked > 0 {
		l.collect(t, p, i)
	}
	for k := range t.parts {
		part := &t.parts[k]
		switch {
		case !part.is:
			dst = append(dst, part.text...)
		case part.ref.Fixed():
			if p.Value(i, &part.ref, &l.walk, &l.value) {
				dst = appendName(appendBefore(dst, part.text), &l.value)
			}
		case l.found[k].start >= 0:
			dst = append(appendBefore(dst, part.text), l.text[l.found[k].start:l.found[k].end]...)
		}
	}
	return dst
}

// collect finds the fields of a template that have no fixed place, the first of
// each, in one walk.
func (l *Lines) collect(t *template, p *Packet, i int) {
	l.format, l.text, l.found, l.left = t, l.text[:0], l.found[:0], t.walked
	for range t.parts {
		l.found = append(l.found, span{-1, -1})
	}
	l.walk.Walk(&p.Stack, i, l.take)
}

func (l *Lines) wanted(v *layer.Value) bool {
	for k := range l.format.parts {
		if part := &l.format.parts[k]; part.is && part.ref.ID == v.ID && l.found[k].start < 0 && !part.ref.Fixed() {
			start := len(l.text)
			l.text = appendName(l.text, v)
			l.found[k] = span{start, len(l.text)}
			l.left--
		}
	}
	return l.left > 0
}

// appendBefore appends the text before a field, without a second space.
func appendBefore(dst []byte, text string) []byte {
	if len(dst) > 0 && dst[len(dst)-1] == ' ' {
		text = strings.TrimPrefix(text, " ")
	}
	return append(dst, text...)
}

// appendName appends what a value is called, or else the value.
func appendName(dst []byte, v *layer.Value) []byte {
	if name := v.Name(); name != "" {
		return append(dst, name...)
	}
	return v.AppendShow(dst)
}

func (l *Lines) appendTime(dst []byte, p *Packet) []byte {
	switch l.Time {
	case Relative:
		dst = appendSeconds(dst, p.Since)
	case Clock:
		dst = l.day.append(dst, p.Time)
	case Date:
		dst = p.Time.Local().AppendFormat(dst, "2006-01-02T15:04:05.000000Z07:00")
	case Epoch:
		dst = appendSeconds(dst, time.Duration(p.Time.UnixNano()))
	case NoTime:
		return dst
	}
	return append(dst, ' ')
}

// appendSeconds appends a duration as seconds with microseconds.
func appendSeconds(dst []byte, d time.Duration) []byte {
	if d < 0 {
		dst, d = append(dst, '-'), -d
	}
	dst = strconv.AppendInt(dst, int64(d/time.Second), 10)
	return appendMicros(dst, int(d%time.Second/time.Microsecond))
}

func appendMicros(dst []byte, us int) []byte {
	digits := [7]byte{0: '.'}
	for i := 6; i > 0; i-- {
		digits[i] = byte('0' + us%10)
		us /= 10
	}
	return append(dst, digits[:]...)
}

// day prints the time of day, and finds out only once a second what a zone makes
// of it.
type day struct {
	second int64
	text   [8]byte
}

func (d *day) append(dst []byte, t time.Time) []byte {
	if sec := t.Unix(); sec != d.second || d.text[0] == 0 {
		d.second = sec
		t.Local().AppendFormat(d.text[:0], "15:04:05")
	}
	dst = append(dst, d.text[:]...)
	return appendMicros(dst, t.Nanosecond()/1000)
}
