package reassembly

import (
	"bytes"
	"net/netip"
	"testing"
	"time"
)

var (
	four = Datagram{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("192.0.2.2"), ID: 7, Proto: 17}
	six  = Datagram{Src: netip.MustParseAddr("2001:db8::1"), Dst: netip.MustParseAddr("2001:db8::2"), ID: 7, Proto: 17}
)

type fragment struct {
	at   int
	more bool
	data string
}

func TestFragments(t *testing.T) {
	for name, test := range map[string]struct {
		key  Datagram
		list []fragment
		want string
	}{
		"in order":             {four, []fragment{{0, true, "01234567"}, {8, false, "89"}}, "0123456789"},
		"backwards":            {four, []fragment{{16, false, "gh"}, {8, true, "89abcdef"}, {0, true, "01234567"}}, "0123456789abcdefgh"},
		"one missing":          {four, []fragment{{16, false, "gh"}, {0, true, "01234567"}}, ""},
		"overlap, first wins":  {four, []fragment{{0, true, "01234567"}, {4, false, "XXXX89"}}, "0123456789"},
		"overlap in IPv6":      {six, []fragment{{0, true, "01234567"}, {4, false, "XXXX89"}}, ""},
		"repeated in IPv6":     {six, []fragment{{0, true, "01234567"}, {0, true, "01234567"}, {8, false, "89"}}, "0123456789"},
		"behind the end":       {four, []fragment{{8, false, "89"}, {16, true, "abcdefgh"}, {0, true, "01234567"}}, "0123456789"},
		"an end before others": {four, []fragment{{16, true, "abcdefgh"}, {8, false, "89"}, {0, true, "01234567"}}, ""},
	} {
		var f Fragments
		var got []byte
		for _, frag := range test.list {
			if whole := f.Add(time.Unix(1, 0), test.key, frag.at, frag.more, []byte(frag.data)); whole != nil {
				got = whole
			}
		}
		if string(got) != test.want {
			t.Errorf("%s: %q", name, got)
		}
		if test.want != "" && (f.Held() != 0 || f.Waiting() != 0 || f.Done != 1) {
			t.Errorf("%s: %d held, %d waiting, %d done", name, f.Held(), f.Waiting(), f.Done)
		}
	}
}

func TestFragmentsAreGivenUp(t *testing.T) {
	f := Fragments{Budget: Budget{Limits: Limits{Datagrams: 3}}}
	now := time.Unix(1, 0)
	for id := range uint32(5) {
		key := four
		key.ID = id
		f.Add(now, key, 0, true, make([]byte, 100))
	}
	if f.Waiting() != 3 || f.Evicted != 2 || f.Held() != 300 {
		t.Errorf("%d waiting, %d evicted, %d held", f.Waiting(), f.Evicted, f.Held())
	}
	f.Add(now.Add(time.Minute), four, 0, true, make([]byte, 10))
	if f.Waiting() != 1 || f.Expired != 3 || f.Held() != 10 {
		t.Errorf("%d waiting, %d expired, %d held", f.Waiting(), f.Expired, f.Held())
	}
}

// Whatever comes, memory stays within the limits, and what is put together is as
// long as the end says.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{0, 8, 1, 8, 8, 0, 4, 8, 1})
	f.Fuzz(func(t *testing.T, ops []byte) {
		fr := Fragments{Budget: Budget{Limits: Limits{Total: 4096, Stream: 1024, Datagrams: 8}}}
		ends := map[uint32]int{}
		now := time.Unix(1, 0)
		for len(ops) >= 3 {
			key := four
			if ops[2]&2 != 0 {
				key = six
			}
			key.ID = uint32(ops[2] >> 4)
			at, n, more := int(ops[0])*8, int(ops[1]), ops[2]&1 != 0
			if !more {
				ends[key.ID] = max(ends[key.ID], at+n)
			}
			whole := fr.Add(now, key, at, more, bytes.Repeat([]byte{ops[1]}, n))
			if whole != nil && len(whole) > ends[key.ID] {
				t.Fatalf("%d bytes, and the end is at %d", len(whole), ends[key.ID])
			}
			if fr.Held() > 4096+1024 || fr.Waiting() > 8 {
				t.Fatalf("%d bytes of %d packets are held", fr.Held(), fr.Waiting())
			}
			now = now.Add(time.Duration(ops[2]) * time.Millisecond * 100)
			ops = ops[3:]
		}
	})
}
