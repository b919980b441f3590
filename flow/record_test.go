package flow

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 123456789, time.UTC)

// full returns a record with something in every field.
func full() *Record {
	r := new(Record)
	r.Begin(Request, noon)
	r.SetPeer(netip.MustParseAddrPort("192.0.2.7:40001"))
	r.Status, r.Tries, r.TLSVersion = 200, 2, 0x0304
	r.Duration, r.First = 1500*time.Microsecond, 900*time.Microsecond
	r.BytesIn, r.BytesOut = 321, 5120
	for t, v := range map[Text]string{
		Service: "web", Route: "/api/*", Subject: "ann", Target: "http://10.0.0.5:8080",
		Method: "GET", Host: "shop.example.com", Path: "/api/carts?id=7", Protocol: "HTTP/1.1",
		UserAgent: "curl/8.14", Referer: "https://example.com/", RequestID: "r-1",
	} {
		r.SetString(t, v)
	}
	return r
}

func TestBeginEmpties(t *testing.T) {
	r := full()
	old := r.ID
	r.Begin(Probe, noon)
	for text := range texts {
		if r.Has(text) || r.Get(text) != "" {
			t.Errorf("%v is still %q", text, r.Get(text))
		}
	}
	if r.Peer().IsValid() || r.Status != 0 || r.BytesOut != 0 || r.ID == old || r.Kind != Probe {
		t.Errorf("something is left: %s", r.AppendJSON(nil))
	}
}

func TestTexts(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name string
		do   func(*Record)
		text Text
		want string
	}{
		{"set", func(r *Record) { r.Set(Path, []byte("/a")) }, Path, "/a"},
		{"replaced by a longer one", func(r *Record) { r.SetString(Path, "/a"); r.SetString(Path, "/abc") }, Path, "/abc"},
		{"replaced behind another", func(r *Record) {
			r.SetString(Path, "/a")
			r.SetString(Host, "h")
			r.SetString(Path, "/abc")
		}, Path, "/abc"},
		{"the other stays", func(r *Record) {
			r.SetString(Path, "/abc")
			r.SetString(Host, "h")
			r.SetString(Path, "/a")
		}, Host, "h"},
		{"emptied", func(r *Record) { r.SetString(Path, "/a"); r.SetString(Path, "") }, Path, ""},
		{"cut", func(r *Record) { r.SetString(Path, long) }, Path, long[:longest-3] + "…"},
		{"cut between letters", func(r *Record) { r.SetString(Path, strings.Repeat("é", 500)) }, Path, strings.Repeat("é", 78) + "…"},
		{"room for an error behind long texts", func(r *Record) {
			r.SetString(Path, long)
			r.SetString(UserAgent, long)
			r.SetString(Referer, long)
			r.SetString(Error, "upstream reset")
		}, Error, "upstream reset"},
		{"no room left gives the mark", func(r *Record) {
			r.SetString(Path, long)
			r.SetString(UserAgent, long)
			r.SetString(Referer, "https://example.com/")
		}, Referer, "…"},
		{"unknown text", func(r *Record) { r.SetString(texts, "x") }, texts, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var r Record
			r.Begin(Request, noon)
			test.do(&r)
			if got := r.Get(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzTexts sets texts in any order and any length: each holds what was set
// last, or a beginning of it with the mark.
func FuzzTexts(f *testing.F) {
	f.Add([]byte{0, 10, 12, 200, 7, 90, 7, 3, 0, 255, 5, 60})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var r Record
		r.Begin(Request, noon)
		set := map[Text]string{}
		for i := 0; i+1 < len(ops); i += 2 {
			text := Text(ops[i]) % texts
			v := strings.Repeat(fmt.Sprintf("%c€", 'a'+rune(text)), int(ops[i+1]))
			r.SetString(text, v)
			set[text] = v
		}
		for text := range texts {
			got := r.Get(text)
			start, cut := strings.CutSuffix(got, mark)
			if got != set[text] && !(cut && strings.HasPrefix(set[text], start)) {
				t.Fatalf("%v: set %q, got %q", text, set[text], got)
			}
			if !utf8.ValidString(got) {
				t.Fatalf("%v is cut within a letter: %q", text, got)
			}
		}
	})
}

func TestPeer(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7:80", "[2001:db8::1]:443": "[2001:db8::1]:443",
		"[::ffff:192.0.2.7]:80": "192.0.2.7:80", "[fe80::1%eth0]:1": "[fe80::1]:1",
	} {
		var r Record
		r.SetPeer(netip.MustParseAddrPort(in))
		if got := r.Peer().String(); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
	var r Record
	r.SetPeer(netip.AddrPort{})
	if r.Peer().IsValid() {
		t.Error("a peer out of nothing")
	}
}

func TestOutcome(t *testing.T) {
	tests := []struct {
		do   func(*Record)
		want string
	}{
		{func(r *Record) {}, "ok"},
		{func(r *Record) { r.Status = 404 }, "ok"},
		{func(r *Record) { r.Status = 502 }, "error"},
		{func(r *Record) { r.Status = 400; r.SetString(Error, "two Hosts") }, "refused"},
		{func(r *Record) { r.Status = 200; r.SetString(Error, "cut off") }, "error"},
		{func(r *Record) { r.SetString(Error, "reset") }, "error"},
		{func(r *Record) { r.Status = 403; r.SetString(Refusal, "office: not in its list") }, "refused"},
	}
	for i, test := range tests {
		var r Record
		r.Begin(Request, noon)
		test.do(&r)
		if got := r.Outcome(); got != test.want {
			t.Errorf("%d: %s, want %s", i, got, test.want)
		}
	}
}

func TestID(t *testing.T) {
	var ids []string
	for i := range 1000 {
		ids = append(ids, NewID(noon.Add(time.Duration(i)*time.Microsecond)).String())
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
	id := ids[0]
	if len(id) != 36 || id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) {
		t.Errorf("%s is no UUID of version 7", id)
	}
	if !strings.HasPrefix(id, "019f1d8c-e27b-7") {
		t.Errorf("%s does not begin with the milliseconds of %v", id, noon.UnixMilli())
	}
	var back ID
	if err := back.UnmarshalText([]byte(id)); err != nil || back.String() != id {
		t.Errorf("%s was read back as %s, %v", id, back, err)
	}
	for _, bad := range []string{"", id[1:], strings.Replace(id, "-", "x", 1), "g" + id[1:]} {
		if back.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was taken for an id", bad)
		}
	}
}

func TestKind(t *testing.T) {
	for k := range kinds {
		text, _ := k.MarshalText()
		var back Kind
		if err := back.UnmarshalText(text); err != nil || back != k || k.String() == "unknown" {
			t.Errorf("%d: %s read back as %v, %v", k, text, back, err)
		}
	}
	var k Kind
	if k.UnmarshalText([]byte("nonsense")) == nil || kinds.String() != "unknown" {
		t.Error("nonsense is a kind")
	}
	for text := range texts {
		if text.String() == "unknown" {
			t.Errorf("text %d has no name", text)
		}
	}
}

func TestContext(t *testing.T) {
	r := full()
	if From(NewContext(context.Background(), r)) != r {
		t.Error("another record came out")
	}
	if lost := From(context.Background()); lost == nil || lost == r {
		t.Error("no throw-away record")
	}
}

func TestFillingAllocatesNothing(t *testing.T) {
	var r Record
	path, peer := bytes.Repeat([]byte("/abc"), 100), netip.MustParseAddrPort("[2001:db8::1]:443")
	line := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		r.Begin(Request, noon)
		r.SetPeer(peer)
		r.Set(Path, path)
		r.SetString(Service, "web")
		_ = r.Outcome()
		line = r.AppendJSON(line[:0])
		line = r.AppendCombined(line[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
