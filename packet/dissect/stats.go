package dissect

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// maxConversations is how many of them are told apart; more are counted
// together.
const maxConversations = 1 << 20

// Stats counts the protocols and the conversations of many frames. It is not
// safe for several goroutines.
type Stats struct {
	Frames, Bytes int
	Malformed     int
	First, Last   time.Time

	root  branch
	pairs map[pair]*Conversation
	other Conversation // beyond maxConversations
}

// branch is a protocol on top of those above it in the tree.
type branch struct {
	name          string
	frames, bytes int
	subs          []*branch
}

// Conversation is what went between two ends.
type Conversation struct {
	Proto       string // "tcp", "udp" or what carried it: "ip", "eth"
	A, B        string // an address, with its port where there is one
	FramesAB    int
	FramesBA    int
	BytesAB     int
	BytesBA     int
	First, Last time.Time
}

// pair is what tells conversations apart, the lesser end first.
type pair struct {
	proto string
	a, b  end
}

type end struct {
	addr netip.Addr
	mac  [6]byte
	port uint16
}

func (e end) compare(f end) int {
	if c := e.addr.Compare(f.addr); c != 0 {
		return c
	}
	if c := slices.Compare(e.mac[:], f.mac[:]); c != 0 {
		return c
	}
	return cmp.Compare(e.port, f.port)
}

func (e end) String() string {
	switch {
	case !e.addr.IsValid():
		return string(appendMAC(nil, e.mac[:]))
	case e.port != 0:
		return netip.AddrPortFrom(e.addr, e.port).String()
	}
	return e.addr.String()
}

// Add counts a packet.
func (s *Stats) Add(p *Packet) {
	if s.Frames == 0 {
		s.First = p.Time
	}
	s.Last = p.Time
	s.Frames++
	s.Bytes += p.Wire
	if p.Reason() != "" {
		s.Malformed++
	}
	at := &s.root
	for i := range p.Len() {
		at = at.sub(p.Layer(i).Proto().Name)
		at.frames++
		at.bytes += p.Wire
	}
	s.converse(p)
}

func (b *branch) sub(name string) *branch {
	for _, s := range b.subs {
		if s.name == name {
			return s
		}
	}
	s := &branch{name: name}
	b.subs = append(b.subs, s)
	return s
}

func (s *Stats) converse(p *Packet) {
	proto, from, to := ends(p)
	if proto == "" {
		return
	}
	key, forward := pair{proto, from, to}, true
	if from.compare(to) > 0 {
		key, forward = pair{proto, to, from}, false
	}
	if s.pairs == nil {
		s.pairs = map[pair]*Conversation{}
	}
	c := s.pairs[key]
	if c == nil {
		if len(s.pairs) >= maxConversations {
			c = &s.other
		} else {
			c = &Conversation{Proto: proto, A: key.a.String(), B: key.b.String(), First: p.Time}
			s.pairs[key] = c
		}
	}
	c.Last = p.Time
	if forward {
		c.FramesAB++
		c.BytesAB += p.Wire
	} else {
		c.FramesBA++
		c.BytesBA += p.Wire
	}
}

// ends are the two ends of a packet by its innermost addresses.
func ends(p *Packet) (proto string, from, to end) {
	var a, b uint16
	for i := p.Len() - 1; i >= 0; i-- {
		sp := p.Layer(i)
		bytes := p.Data[sp.Start:sp.End]
		name := sp.Proto().Name
		switch {
		case (name == "tcp" || name == "udp" || name == "sctp") && len(bytes) >= 4 && proto == "":
			proto = name
			a, b = uint16(bytes[0])<<8|uint16(bytes[1]), uint16(bytes[2])<<8|uint16(bytes[3])
		case name == "ip" && len(bytes) >= 20:
			from.addr, _ = netip.AddrFromSlice(bytes[12:16])
			to.addr, _ = netip.AddrFromSlice(bytes[16:20])
		case name == "ipv6" && len(bytes) >= 40:
			from.addr, _ = netip.AddrFromSlice(bytes[8:24])
			to.addr, _ = netip.AddrFromSlice(bytes[24:40])
		case name == "eth" && len(bytes) >= 12 && proto == "":
			return name, end{mac: [6]byte(bytes[6:])}, end{mac: [6]byte(bytes)}
		}
		if from.addr.IsValid() {
			if proto == "" {
				proto = name
			}
			from.port, to.port = a, b
			return proto, from, to
		}
	}
	return "", from, to
}

// Conversations lists them, those of the most bytes first.
func (s *Stats) Conversations() []Conversation {
	list := make([]Conversation, 0, len(s.pairs))
	for _, c := range s.pairs {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Conversation) int {
		return cmp.Or(cmp.Compare(b.BytesAB+b.BytesBA, a.BytesAB+a.BytesBA), strings.Compare(a.Proto, b.Proto),
			strings.Compare(a.A, b.A), strings.Compare(a.B, b.B))
	})
	return list
}

// WriteHierarchy writes the tree of protocols, with frames and bytes.
func (s *Stats) WriteHierarchy(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%-34s %10s %14s %7s\n", "PROTOCOL", "PACKETS", "BYTES", "SHARE"); err != nil {
		return err
	}
	return s.root.write(w, s.Frames, 0)
}

func (b *branch) write(w io.Writer, all, depth int) error {
	slices.SortStableFunc(b.subs, func(x, y *branch) int { return cmp.Compare(y.frames, x.frames) })
	for _, sub := range b.subs {
		name := strings.Repeat("  ", depth) + sub.name
		if _, err := fmt.Fprintf(w, "%-34s %10d %14d %6.1f%%\n", name, sub.frames, sub.bytes, 100*float64(sub.frames)/float64(all)); err != nil {
			return err
		}
		if err := sub.write(w, all, depth+1); err != nil {
			return err
		}
	}
	return nil
}
