package decode

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// site is a config with one field of each kind.
type site struct {
	Listen  []string          `yaml:"listen" required:"true"`
	Name    string            `yaml:"name"`
	Mode    string            `yaml:"mode" enum:"drop|wait"`
	Pass    string            `yaml:"pass" secret:"true"`
	File    string            `yaml:"file" path:"true"`
	Idle    time.Duration     `yaml:"idle"`
	Body    int64             `yaml:"body" unit:"bytes"`
	Rate    float64           `yaml:"rate" unit:"rate"`
	Share   float64           `yaml:"share" unit:"share"`
	Tries   int               `yaml:"tries"`
	Port    uint16            `yaml:"port"`
	Strict  bool              `yaml:"strict"`
	Weight  *int              `yaml:"weight"`
	Factor  float64           `yaml:"factor"`
	Nets    []netip.Prefix    `yaml:"nets"`
	From    netip.Addr        `yaml:"from"`
	Set     map[string]string `yaml:"set"`
	Health  *health           `yaml:"health"`
	Limits  limits            `yaml:"limits"`
	To      []target          `yaml:"to"`
	Pools   map[string]target `yaml:"pools"`
	Next    *site             `yaml:"next"`
	common  `yaml:",inline"`
	Skipped string
}

type common struct {
	Label string `yaml:"label"`
}

type health struct {
	Path  string        `yaml:"path,short"`
	Every time.Duration `yaml:"every"`
}

func (h *health) SetDefaults() {
	if h.Every == 0 {
		h.Every = 2 * time.Second
	}
}

type limits struct {
	Head int64 `yaml:"head" unit:"bytes"`
}

func (l *limits) SetDefaults() {
	if l.Head == 0 {
		l.Head = 16 << 10
	}
}

func (l *limits) Validate() error {
	if l.Head > 0 && l.Head < 10 {
		return errors.Join(pathError{"head"}, errors.New("limits are odd"))
	}
	return nil
}

type pathError struct{ field string }

func (e pathError) Error() string        { return "is too small" }
func (e pathError) ConfigPath() []string { return []string{e.field} }

func (h *health) Validate() error {
	if h.Path == "/bad" {
		return errors.New("a bad path")
	}
	return nil
}

type target struct {
	URL    string `yaml:"url,short" required:"true"`
	Weight int    `yaml:"weight"`
}

func TestDecode(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NETWRIGHT_TEST", "a: [b, ${x}")
	data := `
listen: http://:80
name: off
mode: wait
pass: ${file:secret}
file: a/b
idle: 1d12h
body: 16KiB
rate: 6000/m
share: 50%
tries: off
port: 8080
strict: on
weight: 0
factor: 0.25
nets: [10.0.0.0/8, ::1]
from: fe80::1
set: {A: "1", b: 2, c: ${env:NETWRIGHT_TEST}, d: "$${x}"}
health: /healthz
to: [http://a, {url: http://b, weight: 2}]
pools: {p: {url: http://c}, q: http://d}
next: &n
  listen: [x]
  health: off
  label: inner
  limits: {head: off}
label: outer
`
	data = strings.ReplaceAll(data, "c: ${env:NETWRIGHT_TEST}", `c: "${env:NETWRIGHT_TEST}"`)
	var got site
	doc, err := Decode("site.yaml", []byte(data), &got, &Options{Dir: dir, Variables: func([]string) func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	zero := 0
	want := site{
		Listen: []string{"http://:80"}, Name: "off", Mode: "wait", Pass: "s3cret\n", File: filepath.Join(dir, "a/b"),
		Idle: 36 * time.Hour, Body: 16 << 10, Rate: 100, Share: 0.5, Tries: -1, Port: 8080, Strict: true, Weight: &zero, Factor: 0.25,
		Nets: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}, From: netip.MustParseAddr("fe80::1"),
		Set:    map[string]string{"A": "1", "b": "2", "c": "a: [b, ${x}", "d": "${x}"},
		Health: &health{"/healthz", 2 * time.Second}, Limits: limits{16 << 10},
		To:    []target{{"http://a", 0}, {"http://b", 2}},
		Pools: map[string]target{"p": {"http://c", 0}, "q": {"http://d", 0}},
		Next:  &site{Listen: []string{"x"}, common: common{"inner"}, Limits: limits{-1}}, common: common{"outer"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for path, position := range map[string]string{
		"to/1/weight": "site.yaml:20:40", "to/0/url": "site.yaml:20:6", "pools/q": "site.yaml:21:32",
		"listen/0": "site.yaml:2:9", "health/path": "site.yaml:19:9", "health/every": "site.yaml:19:9", "nothing": "site.yaml:2:1",
	} {
		if at := doc.Value(strings.Split(path, "/")...).String(); at != position {
			t.Errorf("%s is at %s, want %s", path, at, position)
		}
	}
	if names := fmt.Sprint(doc.Names("set")); names != "[A b c d]" {
		t.Error("names:", names)
	}
	if raw, ok := doc.Raw("pass"); raw != "${file:secret}" || !ok {
		t.Error("raw:", raw)
	}
}

func TestMerge(t *testing.T) {
	var got struct {
		Base target   `yaml:"base"`
		All  []target `yaml:"all"`
	}
	data := "base: &b {url: http://a, weight: 3}\nall:\n- *b\n- {<<: *b, weight: 4}\n- <<: [{url: x}, *b]\n"
	if _, err := Decode("f", []byte(data), &got, nil); err != nil {
		t.Fatal(err)
	}
	if want := []target{{"http://a", 3}, {"http://a", 4}, {"x", 3}}; !reflect.DeepEqual(got.All, want) {
		t.Errorf("got %v, want %v", got.All, want)
	}
}

func TestProblems(t *testing.T) {
	for _, tc := range []struct{ data, want string }{
		{"listen: a\nnmae: x", `f:2:1: unknown key "nmae"; did you mean "name"?`},
		{"listen: a\nlimits: {hed: 1}", `f:2:10: unknown key "hed" in limits; did you mean "head"?`},
		{"listen: a\nhead: 1", `f:2:1: unknown key "head"; it belongs in limits`},
		{"listen: a\nlimits: {zzz: 1}", `f:2:10: unknown key "zzz" in limits; the keys are head`},
		{"listen: a\nlisten: b", `f:2:1: "listen" is given twice; the first is in line 1`},
		{"", `f:1:1: "listen" is missing`},
		{"# nothing\n", `f:1:1: "listen" is missing`},
		{"listen:", `f:1:1: "listen" has no value, and needs one`},
		{"listen: a\nto: ['']", `f:2:6: an entry of to has no value, and needs one`},
		{"listen: a\nto: [{weight: 1}]", `f:2:6: "url" is missing in to`},
		{"listen: a\npools:\n  p: {}", `f:3:3: "url" is missing in p`},
		{"listen: a\nmode: dorp", `f:2:7: mode cannot be "dorp"; it is one of drop, wait; did you mean "drop"?`},
		{"listen: a\nidle: 10", `f:2:7: idle: "10" is not a duration; give it a unit, as in 10s`},
		{"listen: a\nidle: ten", `f:2:7: idle: "ten" is not a duration; write it as in 10s, 1m30s or 7d`},
		{"listen: a\nidle: -10s", `f:2:7: idle: "-10s" is not a duration; write it as in 10s, 1m30s or 7d`},
		{"listen: a\nidle: [1s]", `f:2:7: idle must be a duration such as 10s, not a list`},
		{"listen: a\nbody: 16K", `f:2:7: body: "16K" is not a size; write 16KiB`},
		{"listen: a\nbody: lots", `f:2:7: body: "lots" is not a size; write it as in 16KiB, 10MB or 1000`},
		{"listen: a\nrate: 100", `f:2:7: rate: "100" is not a rate; say per what, as in 100/s`},
		{"listen: a\nrate: 1/x", `f:2:7: rate: "1/x" is not a rate; write it as in 100/s, 6000/m or 10/h`},
		{"listen: a\nshare: 50", `f:2:8: share: "50" is more than the whole; if you meant percent, write 50%`},
		{"listen: a\ntries: 1.5", `f:2:8: tries: "1.5" is not a whole number`},
		{"listen: a\ntries: -1", `f:2:8: tries: "-1" is not a whole number`},
		{"listen: a\nport: 65536", `f:2:7: port: 65536 is too large`},
		{"listen: a\nport: 99999999999999999999", `f:2:7: port: 99999999999999999999 is too large`},
		{"listen: a\nstrict: yes", `f:2:9: strict: "yes" is only a word in YAML 1.2; write true`},
		{"listen: a\nstrict: 1", `f:2:9: strict: "1" is neither true nor false`},
		{"listen: a\nnets: 10.1.0.0/8", `f:2:7: nets: "10.1.0.0/8" has bits set behind its prefix; write 10.0.0.0/8, or 10.1.0.0 for the one address`},
		{"listen: a\nnets: office", `f:2:7: nets: "office" is not a network; write an address or a prefix, as in 10.0.0.0/8 or 2001:db8::/32`},
		{"listen: a\nset: x", `f:2:6: set must be a mapping of names to values, not "x"`},
		{"listen: a\nlimits: x", `f:2:9: limits must be a mapping (head), not "x"`},
		{"listen: a\nlimits: [x]", `f:2:9: limits must be a mapping (head), not a list`},
		{"listen: a\nlimits: head:1", `f:2:9: limits must be a mapping (head); put a space after the colon: head: 1`},
		{"listen: a\nlimits: {head:1}", `f:2:10: put a space after the colon: head: 1`},
		{"listen: a\nlimits: {head: 5}", "f:2:9: limits are odd\nf:2:16: head: is too small"},
		{"listen: a\nlimits: {head: 0}", `f:2:16: head cannot be 0; leave it out for the default, or write off for none`},
		{"listen: a\nto: [{url: a, weight: 0}]\nhealth: {path: /bad}", "f:3:9: a bad path"},
		{"listen: a\nhealth: {every: 0s}", `f:2:17: every cannot be 0s; leave it out for the default, or write off for none`},
		{"listen: a\nhealth:", `f:2:8: health has no value; write {} for its defaults, or off for none`},
		{"listen: a\nname:", `f:2:6: name has no value; write a text, or "" for the empty text`},
		{"listen: a\nname: null", `f:2:7: name has no value, since null means none; put it in quotes if you mean the text: "null"`},
		{"listen: a\nidle:", `f:2:6: idle has no value; write a duration such as 10s`},
		{"listen: a\n[x]: y", `f:2:1: a key must be a name`},
		{"listen: a\n~: y", `f:2:1: a key must be a name`},
		{"listen: a\nname: !x y", `f:2:7: the tag !x is not read here; if the value begins with "!", put it in quotes`},
		{"listen: a\n<<: x", `f:2:5: << merges a mapping: write <<: *name, where &name marks the mapping`},
		{"listen: a\nname: ${env:NETWRIGHT_NONE}", `f:2:7: the environment has no variable "NETWRIGHT_NONE"`},
		{"listen: a\nidle: ${file:/dev/null}x", `f:2:7: idle: ${file:/dev/null}x does not stand for a duration such as 10s`},
		{"listen: a\nmode: ${file:/dev/null}x", `f:2:7: mode: ${file:/dev/null}x does not stand for one of drop, wait`},
		{"listen: a\nname: ${file:/nonexistent/x}", `f:2:7: ${file:/nonexistent/x}: open /nonexistent/x: no such file or directory`},
		{"listen: a\nname: ${file:}", `f:2:7: ${file:} names no file; write ${file:PATH}`},
		{"listen: a\nname: ${host", `f:2:7: the ${ in "${host" is not closed by a }; write $${ for a plain ${`},
		{"listen: a\nname: ${host}", `f:2:7: name has no variable ${host}; only ${env:NAME} and ${file:PATH} stand here, and $${ for a plain ${`},
		{"listen: a\nset: {x: \"${hots}\"}", `f:2:10: no variable hots`},
		{"idle: 10\nnmae: x\nlisten: {}", "f:1:7: idle: \"10\" is not a duration; give it a unit, as in 10s\nf:2:1: unknown key \"nmae\"; did you mean \"name\"?\nf:3:9: an entry of listen must be a text, not a mapping"},
		{"listen: a\nnext: &n {listen: a, next: *n}", "f:2:7: more than 64 sections within each other; does an alias refer to itself?\nf:2:19: more than 64 sections within each other; does an alias refer to itself?"},
		{"listen: a\n---\nlisten: b", `f:2:1: a second document begins here; a config is one document, without ---`},
		{"listen: \xff", `f:1:9: the byte 0xff is not UTF-8; save the file as UTF-8`},
		{"listen: \x00", `f:1:9: the character U+0000 cannot stand here; in double quotes it can be written as \u0000`},
		{"\xff\xfel\x00", `f:1:1: the file is UTF-16; save it as UTF-8`},
		{"- a", `f:1:1: the file must be a mapping (listen, name, mode, pass, file, idle, body, rate, share, tries, port, strict, …), not a list`},
	} {
		check := func(path []string) func(string) error {
			if path[0] != "set" {
				return nil
			}
			return func(name string) error { return errors.New("no variable " + name) }
		}
		var into site
		_, err := Decode("f", []byte(tc.data), &into, &Options{Variables: check})
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q:\n got %v\nwant %v", tc.data, err, tc.want)
		}
	}
}

func TestQuoting(t *testing.T) {
	for _, tc := range []struct{ data, want string }{
		{"listen: *.test", `f:1:9: a value that begins with * must be in quotes: "*.test"`},
		{"listen: [a, *.test, b]", `f:1:13: a value that begins with * must be in quotes: "*.test"`},
		{"set: {*: x}", `f:1:7: a value that begins with * must be in quotes: "*"`},
		{"set:\n  *: x", `f:2:3: a value that begins with * must be in quotes: "*"`},
		{"listen: [::1]:80", `f:1:9: a value that begins with [ must be in quotes: "[::1]:80"`},
		{"listen:\n  - [::1]:80", `f:2:5: a value that begins with [ must be in quotes: "[::1]:80"`},
		{"listen: [tcp://[::1]:80, x]", `f:1:10: inside [ ] and { } a value that has brackets must be in quotes: "tcp://[::1]:80"`},
		{"listen: [${env:X}]", `f:1:10: inside [ ] and { } a value with ${…} must be in quotes: "${env:X}"`},
		{"set: {a: b, X-Peer: ip=${remote}/x}", `f:1:21: inside [ ] and { } a value with ${…} must be in quotes: "ip=${remote}/x"`},
		{"listen: a\nlimits:\n\thead: 1", `f:3:1: a tab cannot indent; use spaces`},
		{"listen: a\nlimits:\n  head: 1\n\tx: 1", `f:4:1: a tab cannot indent; use spaces`},
		{"listen: a\nname: pass #word", `f:2:7: name ends at the #, which begins a comment; put it in quotes: "pass #word", or put a space behind the #`},
		{"listen: a\nname: #word", `f:2:6: name has no value, since # begins a comment; put it in quotes: "#word"`},
		{"listen: a\npass: pass #word", `f:2:7: pass ends at the #, which begins a comment; put it in quotes: "…", or put a space behind the #`},
		{"listen: a\npass: #word", `f:2:6: pass has no value, since # begins a comment; put it in quotes: "…"`},
		{"listen: [a #b, c]", `f:1:10: the # begins a comment, and the closing bracket is lost in it; put the value in quotes: "a #b"`},
		{"listen: a\nlimits: {head: #1}\n", `f:2:16: the # begins a comment, and the closing bracket is lost in it; put the value in quotes: "#1"`},
		{"listen: a\nname: @x", `f:2:7: a value cannot begin with @; put it in quotes: "@x"`},
		{"listen: a\nname: %x y", `f:2:7: a value cannot begin with %; put it in quotes: "%x y"`},
		{"listen: a\nname: &x", `f:2:7: & marks an anchor; put the value in quotes: "&x"`},
		{"listen: a\nname: >x", `f:2:7: a value that begins with > must be in quotes: ">x"`},
		{"listen: a\nname: a: b", `f:2:7: a value with a colon and a space in it must be in quotes: "a: b"`},
		{"listen: a\n  name: b", `f:2:7: this key does not stand in line with the others, or the line above lacks a colon`},
		{"listen: a\nname: 'it's'", `f:2:11: the text goes on behind its closing quote; within '…' a quote is written twice: ''`},
		{"listen: a\nname: \"a\" b", `f:2:11: the text goes on behind its closing quote; within "…" a quote is written \"`},
		{"listen: a\nname: \"a", `f:2:7: the quote is not closed`},
		{"listen: [a, b\nname: c", `f:1:9: the [ is not closed`},
		{"set: {a: b\n", `f:1:6: the { is not closed`},
	} {
		var into site
		_, err := Decode("f", []byte(tc.data+"\n"), &into, nil)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q:\n got %v\nwant %v", tc.data, err, tc.want)
		}
	}
	var fine site
	if _, err := Decode("f", []byte("\xEF\xBB\xBFlisten: a\r\nidle: 1s\t# tab\r\n"), &fine, nil); err != nil || fine.Listen[0] != "a" {
		t.Error(err, fine.Listen)
	}
	if _, err := Decode("f", []byte("listen: a\r\nname: *.test\r\n"), &fine, nil); err == nil || err.Error() != `f:2:7: a value that begins with * must be in quotes: "*.test"` {
		t.Error(err)
	}
	if _, err := Decode("f", []byte("listen: [::1, tcp://a:80]\nfrom: ::1\nname: x # a comment\nidle: 1s #glued\n"), &fine, nil); err != nil {
		t.Error(err)
	}
}

func TestFiles(t *testing.T) {
	type files struct {
		File   string `yaml:"file" path:"file"`
		Folder string `yaml:"folder" path:"folder"`
		Any    string `yaml:"any" path:"true"`
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var into files
	if _, err := Decode(filepath.Join(dir, "c"), []byte("file: f\nfolder: .\nany: x\n"), &into, &Options{CheckFiles: true}); err != nil {
		t.Error(err)
	}
	for data, want := range map[string]string{
		"file: x":   "c:1:7: file: there is no file DIR/x",
		"folder: x": "c:1:9: folder: there is no folder DIR/x",
		"file: .":   "c:1:7: file: DIR is a folder, not a file",
		"folder: f": "c:1:9: folder: DIR/f is a file, not a folder",
		"file: f/x": "c:1:7: file: stat DIR/f/x: not a directory",
	} {
		_, err := Decode("c", []byte(data), &into, &Options{CheckFiles: true, Dir: dir})
		if want = strings.ReplaceAll(want, "DIR", dir); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", data, err, want)
		}
	}
}

func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 {set: {k: v}}\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&b, "a%d: &a%d {next: *a%d, <<: [*a%d, *a%d, *a%d]}\n", i, i, i-1, i-1, i-1, i-1)
	}
	b.WriteString("listen: x\nnext: *a29\n")
	var into site
	start := time.Now()
	_, err := Decode("f", []byte(b.String()), &into, nil)
	if err == nil || !strings.Contains(err.Error(), "stands for more than 2") {
		t.Errorf("got %.300v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestUnits(t *testing.T) {
	for _, d := range []time.Duration{1, time.Millisecond, time.Second, time.Minute, 90 * time.Minute, 36 * time.Hour, 7 * 24 * time.Hour, 61 * time.Minute, time.Hour + time.Second, -1} {
		text := FormatDuration(d)
		if back, err := ParseDuration(text); (err != nil || back != d) && d >= 0 {
			t.Errorf("%v is written %s and read %v, %v", d, text, back, err)
		}
	}
	for _, n := range []int64{1, 1000, 1024, 1 << 40, 1<<63 - 1, 10 << 20} {
		text := FormatSize(n)
		if back, err := ParseSize(text); err != nil || back != n {
			t.Errorf("%v is written %s and read %v, %v", n, text, back, err)
		}
	}
	for text, want := range map[string]float64{"100/s": 100, "6000/m": 100, "36/h": 0.01, "1/10s": 0.1, "1KiB/s": 1024, "0.5/s": 0.5, "10/1m30s": 10.0 / 90} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
		if back, err := ParseRate(FormatRate(got)); err != nil || back != got {
			t.Errorf("%v is written %s and read %v, %v", got, FormatRate(got), back, err)
		}
	}
	for text, want := range map[string]float64{"50%": 0.5, "0.25": 0.25, "125%": 1.25, "33.3%": 0.333, "1": 1, "12.345%": 0.12345} {
		got, err := ParseShare(text)
		if back, _ := ParseShare(FormatShare(got)); err != nil || math.Abs(got-want) > 1e-15 || back != got {
			t.Errorf("%s is %v, %v, and written %s", text, got, err, FormatShare(got))
		}
	}
	if d, err := ParseDuration("1w2d3h"); err != nil || d != (9*24+3)*time.Hour {
		t.Error(d, err)
	}
}

func TestRedactNamedValues(t *testing.T) {
	into := struct {
		Set map[string][]string `yaml:"set" secret:"Authorization|Cookie"`
	}{map[string][]string{"authorization": {"Bearer tOpSeCrEt"}, "Cookie": {"a=tOpSeCrEt"}, "X-Edge": {"shown"}}}
	out, err := Encode(&into, EncodeOptions{Redact: true})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(out); strings.Contains(text, "tOpSeCrEt") || !strings.Contains(text, "shown") || strings.Count(text, Redacted) != 2 {
		t.Errorf("%s", text)
	}
	if out, err = Encode(&into, EncodeOptions{}); err != nil || strings.Count(string(out), "tOpSeCrEt") != 2 {
		t.Errorf("what is not to be redacted: %s, %v", out, err)
	}
}

func TestRedact(t *testing.T) {
	t.Setenv("NETWRIGHT_TEST", "hidden")
	var into site
	doc, err := Decode("f", []byte("listen: 'x${env:NETWRIGHT_TEST}'\npass: hidden\nname: plain\n"), &into, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Encode(&into, EncodeOptions{Redact: true, Document: doc})
	if err != nil || strings.Contains(string(out), "hidden") || !strings.Contains(string(out), "x${env:NETWRIGHT_TEST}") || !strings.Contains(string(out), "name: plain") {
		t.Errorf("%s %v", out, err)
	}
}

// FuzzDecode: whatever the file is, there is no panic, each problem has a
// position within the file, and what was read is read again from what it is
// written as.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("listen: [a, b]\nset: {a: \"${x}\", b: '$${y}'}\nto: [x, {url: y}]\nhealth: {every: 1m}\nrate: 7/h\nshare: 33%\n"))
	f.Add([]byte("listen: a\nnext: &n\n  listen: b\n  pools: {p: {url: z}}\npools: {q: {<<: {url: x}, weight: 2}}\nname: \"\\u0085\\x07 #x\"\n"))
	f.Add([]byte("listen: a\nnext: &n {listen: a, next: *n}\n"))
	f.Add([]byte("a: [::1]:80\nb: *.x\nc: {d: ${e}}\n\tf: 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		variables := func(path []string) func(string) error {
			if path[0] == "set" {
				return func(string) error { return nil }
			}
			return nil
		}
		o := &Options{Dir: "/d", Variables: variables, Env: func(string) (string, bool) { return "v", true },
			ReadFile: func(string) ([]byte, error) { return []byte("w"), nil }}
		var first, second site
		doc, err := Decode("f", data, &first, o)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("%T is not a list of problems", err)
			}
			lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
			for _, p := range problems {
				if p.Line < 1 || p.Line > lines+strings.Count(string(data), "\u0085")+strings.Count(string(data), "\u2028")+strings.Count(string(data), "\u2029") || p.Column < 1 || p.Message == "" {
					t.Fatalf("%+v in %q", p, data)
				}
			}
			return
		}
		if doc.Name() != "f" {
			t.Fatal("no document")
		}
		text, err := Encode(&first, EncodeOptions{Variables: variables})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode("f", text, &second, o); err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%q\nis written\n%s\nand read %+v, not %+v: %v", data, text, second, first, err)
		}
	})
}
