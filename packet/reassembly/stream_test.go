package reassembly

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// collect takes what a stream hands on; what is missing becomes question marks.
type collect struct{ bytes.Buffer }

func (c *collect) take(b []byte, missing int) {
	for range missing {
		c.WriteByte('?')
	}
	c.Write(b)
}

type segment struct {
	seq      uint32
	syn, fin bool
	data     string
}

func TestStream(t *testing.T) {
	wrap := uint32(1<<32 - 4)
	for name, test := range map[string]struct {
		limits   Limits
		segments []segment
		want     string
		ended    bool
	}{
		"in order":               {Limits{}, []segment{{9, true, false, ""}, {10, false, false, "ab"}, {12, false, true, "cd"}}, "abcd", true},
		"out of order":           {Limits{}, []segment{{9, true, false, ""}, {12, false, true, "cd"}, {10, false, false, "ab"}}, "abcd", true},
		"again":                  {Limits{}, []segment{{10, false, false, "ab"}, {10, false, false, "ab"}, {11, false, false, "bcd"}}, "abcd", false},
		"wrapped around":         {Limits{}, []segment{{wrap - 1, true, false, ""}, {wrap + 4, false, false, "efgh"}, {wrap, false, false, "abcd"}, {wrap + 8, false, true, ""}}, "abcdefgh", true},
		"first wins":             {Limits{}, []segment{{10, false, false, "a"}, {13, false, false, "DE"}, {11, false, false, "bcde"}}, "abcDE", false},
		"last wins":              {Limits{Policy: Last}, []segment{{10, false, false, "a"}, {13, false, false, "DE"}, {11, false, false, "bcde"}}, "abcde", false},
		"data behind the end":    {Limits{}, []segment{{10, false, true, "ab"}, {12, false, false, "cd"}}, "ab", true},
		"far ahead":              {Limits{}, []segment{{10, false, false, "ab"}, {10 + 1<<30 + 10, false, false, "x"}, {12, false, false, "c"}}, "abc", false},
		"a gap that is given up": {Limits{Stream: 4}, []segment{{10, false, false, "ab"}, {14, false, false, "efgh"}, {20, false, false, "k"}}, "ab??efgh", false},
		"too many pieces":        {Limits{Pieces: 2}, []segment{{10, false, false, "a"}, {12, false, false, "c"}, {14, false, false, "e"}, {16, false, false, "g"}}, "a?c", false},
		"data with the SYN":      {Limits{}, []segment{{9, true, false, "ab"}, {12, false, true, ""}}, "ab", true},
	} {
		var got collect
		var s Stream
		b := Budget{Limits: test.limits}
		ended := false
		for _, seg := range test.segments {
			ended = s.Segment(&b, seg.seq, seg.syn, seg.fin, []byte(seg.data), got.take)
		}
		if got.String() != test.want || ended != test.ended {
			t.Errorf("%s: %q, ended %v", name, got.String(), ended)
		}
		if b.Held() != s.Kept() {
			t.Errorf("%s: %d bytes are held, %d kept", name, b.Held(), s.Kept())
		}
	}
}

func TestFlush(t *testing.T) {
	var got collect
	var s Stream
	var b Budget
	for _, seg := range []segment{{10, false, false, "ab"}, {14, false, false, "ef"}, {18, false, false, "ij"}} {
		s.Segment(&b, seg.seq, seg.syn, seg.fin, []byte(seg.data), got.take)
	}
	s.Flush(&b, got.take)
	if got.String() != "ab??ef??ij" || s.Missing != 4 || s.Gaps != 2 || b.Held() != 0 {
		t.Errorf("%q, %d missing in %d gaps, %d held", got.String(), s.Missing, s.Gaps, b.Held())
	}
}

func TestTotal(t *testing.T) {
	b := Budget{Limits: Limits{Total: 10}}
	var streams [5]Stream
	for i := range streams {
		streams[i].Segment(&b, 1, true, false, nil, nil)
		streams[i].Segment(&b, 100, false, false, []byte("12345"), nil)
	}
	if b.Held() > 10 {
		t.Errorf("%d bytes are held", b.Held())
	}
}

func TestDiffering(t *testing.T) {
	var s Stream
	var b Budget
	s.Segment(&b, 1, true, false, nil, nil)
	s.Segment(&b, 10, false, false, []byte("abcd"), nil)
	s.Segment(&b, 10, false, false, []byte("abXY"), nil)
	if s.Differing != 2 || s.Repeated != 4 {
		t.Errorf("%d differ, %d repeated", s.Differing, s.Repeated)
	}
}

// However a stream is cut, shuffled and repeated, it comes out as it was.
func FuzzStream(f *testing.F) {
	f.Add([]byte("a stream of some bytes that is cut into segments"), uint64(1), uint32(0xFFFFFFF0))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, isn uint32) {
		if len(data) == 0 || len(data) > 1<<12 {
			return
		}
		random := rand.New(rand.NewPCG(seed, 1))
		type cut struct{ from, to int }
		var cuts []cut
		for at := 0; at < len(data); {
			n := 1 + random.IntN(min(40, len(data)-at))
			cuts = append(cuts, cut{at, at + n})
			at += n
		}
		for range len(cuts) / 2 {
			from := random.IntN(len(data))
			cuts = append(cuts, cut{from, from + random.IntN(len(data)-from) + 1})
		}
		random.Shuffle(len(cuts), func(i, j int) { cuts[i], cuts[j] = cuts[j], cuts[i] })
		var got collect
		var s Stream
		b := Budget{Limits: Limits{Pieces: 1 << 13, Policy: Policy(seed % 2)}}
		s.Segment(&b, isn-1, true, false, nil, got.take)
		ended := false
		for _, c := range cuts {
			ended = s.Segment(&b, isn+uint32(c.from), false, c.to == len(data), data[c.from:c.to], got.take)
		}
		if !bytes.Equal(got.Bytes(), data) || !ended {
			t.Fatalf("%d bytes became %d, ended %v", len(data), got.Len(), ended)
		}
		if b.Held() != 0 || s.Missing != 0 || s.Differing != 0 {
			t.Fatalf("%d held, %d missing, %d differing", b.Held(), s.Missing, s.Differing)
		}
	})
}
