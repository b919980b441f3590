package flow

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestJSON(t *testing.T) {
	r := full()
	r.ID = ID{1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}
	want := `{"id":"01020304-0506-7708-890a-0b0c0d0e0f10","kind":"request","time":"2026-07-01T12:00:00.123456Z",` +
		`"duration":0.001500,"first":0.000900,"outcome":"ok","status":200,"peer":"192.0.2.7:40001",` +
		`"service":"web","route":"/api/*","subject":"ann","target":"http://10.0.0.5:8080",` +
		`"method":"GET","host":"shop.example.com","path":"/api/carts?id=7","protocol":"HTTP/1.1",` +
		`"user_agent":"curl/8.14","referer":"https://example.com/","request_id":"r-1",` +
		`"in":321,"out":5120,"tries":2,"tls":"TLS 1.3"}`
	if got := string(r.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestJSONOfAnEmptyRecord(t *testing.T) {
	var r Record
	want := `{"id":"00000000-0000-0000-0000-000000000000","kind":"connection","time":"1970-01-01T00:00:00.000000Z",` +
		`"duration":0.000000,"outcome":"ok","in":0,"out":0}`
	if got := string(r.AppendJSON(nil)); got != want {
		t.Errorf("got %s", got)
	}
}

func TestCombined(t *testing.T) {
	r := full()
	want := `192.0.2.7 - ann [01/Jul/2026:12:00:00 +0000] "GET /api/carts?id=7 HTTP/1.1" 200 5120 "https://example.com/" "curl/8.14"`
	if got := string(r.AppendCombined(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var empty Record
	want = `- - - [01/Jan/1970:00:00:00 +0000] "-" 000 0 "-" "-"`
	if got := string(empty.AppendCombined(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSecondsAreDecimal(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.000000", 499: "0.000000", 500: "0.000001", 90 * time.Second: "90.000000",
		-time.Millisecond: "-0.001000", 1<<63 - 1: "9223372036.854776",
	} {
		if got := string(appendSeconds(nil, d)); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
}

// hostile is what clients send to break a log.
var hostile = []string{
	"\n127.0.0.1 - - [x] \"GET / HTTP/1.1\" 200 0", `" 200 0 "-" "-`, "a b", "\r\n", "\x00", "\xff\xfe", "\x1b[2J\x7f",
	"\u0085\u2028\u2029\u009b31m", "\u202egpj.exe", `\u0022,"status":200`, `\`, `\"`, "日本語", "\xf0\x9f\x92", "\xed\xa0\x80", "</script>",
}

func FuzzFormats(f *testing.F) {
	for _, s := range hostile {
		f.Add([]byte(s), s, int64(1), int64(2))
	}
	combined := regexp.MustCompile(`^[^ "]+ - [^ "]+ \[[^]"]+\] "[^ "]+( [^ "]+ [^ "]+)?" [0-9]{3,} -?[0-9]+ "[^"]*" "[^"]*"$`)
	f.Fuzz(func(t *testing.T, raw []byte, s string, ns, size int64) {
		r := full()
		r.Start, r.Duration, r.BytesOut = ns, time.Duration(size), size
		r.Set(Path, raw)
		r.SetString(UserAgent, s)
		r.SetString(Subject, s)
		r.Set(Method, raw)
		r.SetString(Referer, s)
		line := r.AppendJSON(nil)
		oneLine(t, line)
		var back map[string]any
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if want := strings.ToValidUTF8(r.Get(Path), "\ufffd"); r.Has(Path) && utf8.Valid(r.Bytes(Path)) && back["path"] != want {
			t.Fatalf("path %q became %q", want, back["path"])
		}
		var again Record
		if err := again.UnmarshalJSON(line); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if again.ID != r.ID || again.BytesOut != r.BytesOut || again.Status != r.Status || again.Peer() != r.Peer() {
			t.Fatalf("read back as %s, was %s", again.AppendJSON(nil), line)
		}
		line = r.AppendCombined(nil)
		oneLine(t, line)
		if !combined.Match(line) {
			t.Fatalf("not in combined format: %s", line)
		}
	})
}

func oneLine(t *testing.T, line []byte) {
	t.Helper()
	if !utf8.Valid(line) || bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r > 0x7f && hidden(r) }) {
		t.Fatalf("control characters in %q", line)
	}
}

func TestReadBack(t *testing.T) {
	r := full()
	line := r.AppendJSON(nil)
	var back Record
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	if again := back.AppendJSON(nil); !bytes.Equal(again, line) {
		t.Errorf("got  %s\nwant %s", again, line)
	}
	if err := back.UnmarshalJSON([]byte(`{"kind":"nonsense"}`)); err == nil {
		t.Error("nonsense was read")
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	r, line := full(), make([]byte, 0, 1024)
	for b.Loop() {
		line = r.AppendJSON(line[:0])
	}
}

func BenchmarkAppendCombined(b *testing.B) {
	r, line := full(), make([]byte, 0, 1024)
	for b.Loop() {
		line = r.AppendCombined(line[:0])
	}
}
