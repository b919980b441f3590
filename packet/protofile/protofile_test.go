package protofile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

const sensor = `
name: sensor
title: Sensor reading
on: {udp.port: 5000}
fields:
  - {name: kind, title: Kind, bits: 8, enum: {1: reading, 2: alarm}}
  - {name: count, bits: 8}
  - {name: value, kind: int, bits: 16, repeat: count}
  - {name: text, kind: string, when: kind == 2}
tests:
  - hex: 01 02 0011 ffff
    fields: {kind: 1, count: 2, value: [17, -1]}
  - name: an alarm
    hex: 02 00 68 6f 74
    fields: {kind: 2, count: 0, text: hot}
  - hex: 01 02 0011
    malformed: a field is cut off
    fields: {kind: 1, count: 2, value: 17}
`

func TestParse(t *testing.T) {
	files, err := Parse([]byte(sensor + "---\nname: other\nfields: [{bits: 8, name: x, sub: [{name: hi, bits: 4}, {name: lo, bits: 4}]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := layer.NewSet(append(proto.All(), Protos(files)...)...)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || len(files[0].Tests) != 3 {
		t.Fatalf("%d protocols, the first with %d tests", len(files), len(files[0].Tests))
	}
	for i := range files[0].Tests {
		if err := files[0].Tests[i].Run(set); err != nil {
			t.Error(err)
		}
	}
	wrong := files[0].Tests[0]
	wrong.Data = []byte{2, 0, 'x'}
	if err := wrong.Run(set); err == nil || !strings.Contains(err.Error(), `{"sensor.count":0,"sensor.kind":2,"sensor.text":"x"}`) {
		t.Errorf("a test that should fail gives %v", err)
	}
	if refs := set.Fields("sensor.kind"); len(refs) != 1 || !refs[0].Fixed() {
		t.Errorf("sensor.kind is %v", refs)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":          "there is no protocol in it",
		"nam: x":    "line 1",
		"name: X y": `the protocol's name is "X y"`,
		"name: x\nfields: [{name: a, kind: uin}]":           `protocol x: field a: there is no kind "uin"; there are bool, bytes`,
		"name: x\nfields: [{name: a, base: bin}]":           `there is no base "bin"`,
		"name: x\nguess: kind == 2":                         "a guess knows size",
		"name: x\nrefuse: kind == 2":                        "refuse: expression",
		"name: x\nalign: -1":                                "align is -1",
		"name: x\nanswers: {fits: {ask: u8(0)}}":            "answers: fits: write two expressions that come to the same",
		"name: x\nanswers: {fits: {ask: u8(0), answer: b}}": "answers: fits: answer: expression",
		"name: x\ntests: [{hex: 0g}]":                       "test 1: hex: ",
		"name: x\nfields: [{name: a, bits: eight}]":         "line 2",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, and should be %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "there is no .yaml file") {
		t.Errorf("an empty folder: %v", err)
	}
	for name, text := range map[string]string{"a.yaml": sensor, "b.yml": "name: b\n", "c.yaml": "name: c\nx: 1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Load(dir)
	if len(files) != 2 || err == nil || !strings.Contains(err.Error(), "c.yaml: ") {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// What is read makes a set, or an error that says why not; and the set reads any
// bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sensor), []byte{1, 2, 0, 0x11, 0xFF, 0xFF})
	f.Add([]byte("name: x\nfields: [{name: a, bits: 4}, {repeat: '*', sub: [{name: l, bits: 8}, {name: v, kind: bytes, len: l}]}]"), []byte{1, 2, 3})
	f.Add([]byte("name: x\nfields: [{name: a, bits: 8}, {switch: a, cases: [{of: 1, fields: [{name: b, bits: 7}]}]}]\nheader: a*4\nnext: [{by: a, table: ip.proto}]"), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, text, data []byte) {
		files, err := Parse(text)
		if err != nil {
			return
		}
		set, err := layer.NewSet(append([]*layer.Proto{{Name: "data"}}, Protos(files)...)...)
		if err != nil {
			return
		}
		var w layer.Walker
		for _, file := range files {
			var st layer.Stack
			st.ResetFrom(set.StartAt(file.Proto.Name), data, len(data))
			for i := range st.Len() {
				w.Walk(&st, i, func(v *layer.Value) bool {
					if v.Len > 0 && (v.Off < 0 || v.Off+v.Len > len(data)) {
						t.Fatalf("%s lies at %d+%d of %d bytes", v.Field.Name, v.Off, v.Len, len(data))
					}
					return true
				})
			}
			for i := range file.Tests {
				_ = file.Tests[i].Run(set) // any answer but a panic
			}
		}
	})
}

// A table that nothing looks into is a mistake, and so is a field that is none.
func TestSet(t *testing.T) {
	for text, want := range map[string]string{
		sensor:                          "",
		"name: x\non: {udp.prot: 5000}": `no protocol looks into a table "udp.prot"; did you mean "udp.port"?`,
		"name: x\nfields: [{name: a, bits: 8, when: b == 1}]": `no field "b" comes before`,
	} {
		files, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Set(files); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, and should be %s", text, err, want)
		}
	}
}

// What a table says of the payloads that it takes, and of what answers it, is
// asked: a port is shared by what is refused, a header that is checked is
// malformed, and an answer fits by the bytes of both.
func TestGuards(t *testing.T) {
	files, err := Parse([]byte(`
name: lamp
on: {udp.port: 7777}
refuse: size < 4 || u8(0) != 0x4c
check: version == 1
align: 4
fields:
  - {name: mark, bits: 8, default: 0x4c}
  - {name: version, bits: 8, default: 1}
  - {name: seq, bits: 16}
header: 4
answers: {alone: true, fits: {ask: u16(2) + 1 & 0xffff, answer: u16(2)}}
`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Set(files)
	if err != nil {
		t.Fatal(err)
	}
	read := func(payload ...byte) (string, string) {
		b, err := set.Build(nil, layer.Part{Proto: "udp", Fields: []layer.Given{{Name: "sport", U: 40000}, {Name: "dport", U: 7777}}}, layer.Part{Rest: payload})
		if err != nil {
			t.Fatal(err)
		}
		var st layer.Stack
		st.ResetFrom(set.StartAt("udp"), b, len(b))
		return st.Layer(1).Proto().Name, st.Reason()
	}
	for _, tt := range []struct {
		payload []byte
		name    string
		sound   bool
	}{
		{[]byte{0x4C, 1, 0, 7}, "lamp", true},
		{[]byte{0x4D, 1, 0, 7}, "data", true},
		{[]byte{0x4C, 1, 0}, "data", true},
		{[]byte{0x4C, 2, 0, 7}, "lamp", false},
	} {
		if name, reason := read(tt.payload...); name != tt.name || (reason == "") != tt.sound {
			t.Errorf("% x is %s (%s), and should be %s", tt.payload, name, reason, tt.name)
		}
	}
	b, err := set.Build(nil, layer.Part{Proto: "lamp"}, layer.Part{Rest: []byte{1}})
	if err != nil || len(b) != 8 {
		t.Errorf("a payload of one byte is built as % x (%v), and should be filled up to four", b, err)
	}
	answer := files[0].Proto.Answers
	if !answer.Alone || !answer.Fits([]byte{0x4C, 1, 0xFF, 0xFF}, []byte{0x4C, 1, 0, 0}) || answer.Fits([]byte{0x4C, 1, 0, 7}, []byte{0x4C, 1, 0, 7}) {
		t.Error("what answers it is not what the table says")
	}
}
