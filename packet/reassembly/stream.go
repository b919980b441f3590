package reassembly

// Stream is one direction of a TCP connection (RFC 9293). The zero value waits
// for its first segment. What is in order is handed on at once and not kept.
type Stream struct {
	Bytes     int64 // handed on
	Missing   int64 // never seen, and given up
	Repeated  int64 // seen again
	Differing int64 // seen again with another value: an attack, or a broken sender
	Gaps      int   // how often something was given up
	Early     int   // segments that came before one that should precede them

	begun bool
	next  int64 // the offset that is expected, from the first byte
	base  uint32
	fin   int64 // the offset of the end; -1 while unknown
	kept  pieces
	ended bool
}

// maxAhead is how far before the expected byte a segment may lie: the largest
// window of RFC 7323. What lies farther is not of this stream.
const maxAhead = 1 << 30

// Segment takes a segment: its sequence number, flags and payload, which is
// copied if it must be kept. deliver gets the bytes that are in order now, lent,
// and how many are missing before them. It returns true when the stream has
// ended with all that it had.
func (s *Stream) Segment(b *Budget, seq uint32, syn, fin bool, payload []byte, deliver func(data []byte, missing int)) (ended bool) {
	if s.ended {
		s.Repeated += int64(len(payload))
		return true
	}
	if syn {
		seq++
	}
	if !s.begun {
		s.begun, s.base, s.fin = true, seq, -1
	}
	at := s.offset(seq)
	if at > s.next+maxAhead || at < s.next-maxAhead {
		return false
	}
	if fin && s.fin < 0 {
		s.fin = at + int64(len(payload))
	}
	if old := s.next - at; old > 0 {
		n := min(old, int64(len(payload)))
		s.Repeated += n
		payload, at = payload[n:], at+n
	}
	if s.fin >= 0 && at+int64(len(payload)) > s.fin {
		payload = payload[:max(s.fin-at, 0)]
	}
	switch {
	case len(payload) == 0:
	case at == s.next && len(s.kept.list) == 0:
		s.hand(payload, 0, deliver)
	default:
		s.keep(b, at, payload)
		s.ready(b, deliver)
		for s.kept.held > b.stream() || len(s.kept.list) > b.pieces() || s.kept.held > 0 && b.full(0) {
			s.skip(b, deliver)
		}
	}
	s.ended = s.fin >= 0 && s.next >= s.fin
	return s.ended
}

// offset is where a sequence number lies in the stream: the place closest to the
// one that is expected, since numbers wrap around.
func (s *Stream) offset(seq uint32) int64 {
	return s.next + int64(int32(seq-s.base-uint32(s.next)))
}

func (s *Stream) keep(b *Budget, at int64, payload []byte) {
	if at > s.next {
		s.Early++
	}
	more, differ := s.kept.put(at, payload, b.Policy)
	b.held += more
	s.Repeated += int64(len(payload) - more)
	s.Differing += int64(differ)
}

// ready hands on what is in order now.
func (s *Stream) ready(b *Budget, deliver func([]byte, int)) {
	for len(s.kept.list) > 0 && s.kept.list[0].at == s.next {
		p := s.kept.take()
		b.held -= len(p.data)
		s.hand(p.data, 0, deliver)
	}
}

// skip gives up what is missing before the first piece that is kept.
func (s *Stream) skip(b *Budget, deliver func([]byte, int)) {
	p := s.kept.take()
	b.held -= len(p.data)
	missing := int(p.at - s.next)
	s.next = p.at
	s.Missing += int64(missing)
	s.Gaps++
	s.hand(p.data, missing, deliver)
	s.ready(b, deliver)
}

func (s *Stream) hand(data []byte, missing int, deliver func([]byte, int)) {
	s.next += int64(len(data))
	s.Bytes += int64(len(data))
	if deliver != nil {
		deliver(data, missing)
	}
}

// Flush hands on all that is kept, with the gaps between, and frees it: for the
// end of a connection that is not waited for any longer.
func (s *Stream) Flush(b *Budget, deliver func(data []byte, missing int)) {
	for len(s.kept.list) > 0 {
		s.skip(b, deliver)
	}
	s.kept.clear()
}

// Kept is how many bytes wait for what is missing before them.
func (s *Stream) Kept() int { return s.kept.held }
