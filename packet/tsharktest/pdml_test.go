package tsharktest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What is expected of testdata/udp.pdml, as WriteFrames writes it.
const wantUDP = `frame 1
udp 0 8
 udp.srcport 0 2 5
 ~udp.port 0 2 5
 udp.checksum 6 2 0x1234
  udp.time_delta 0 0 0.000000000
 udp.payload 8 12 =
 udp.trailer 19 1 11
x 8 8
 x.text 8 3 a "b" > c
 y 11 2 
 x.last 13 1 5
y 11 2
 y.n 11 2 772
data 0 0
 data 0 0 
  data.data 16 4 08:09:0a:0b
`

func TestReadPDML(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "udp.pdml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frames, err := readPDML(f)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteFrames(&b, frames); err != nil {
		t.Fatal(err)
	}
	if b.String() != wantUDP {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), wantUDP)
	}
	again, err := readFrames(&b)
	if err != nil || !reflect.DeepEqual(again, frames) {
		t.Errorf("read again (%v):\n%+v\nwant:\n%+v", err, again, frames)
	}
}

func TestReadPDMLRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"an end in a packet", `<packet><proto name="a" pos="0" size="1">`},
		{"an end in a tag", `<packet><proto name="a`},
		{"a field outside of a packet", `<field name="a"/>`},
		{"a packet in a packet", `<packet><proto name="a" pos="0" size="1"><packet><field name="a.b"/></packet></proto></packet>`},
		{"a packet that ends early", `<packet><proto name="a" pos="0" size="1"></packet></proto>`},
		{"a close without an open", `<packet></proto></packet>`},
		{"a name with a space", `<packet><proto name="a b" pos="0" size="1"/></packet>`},
	} {
		if frames, err := readPDML(strings.NewReader(tt.text)); err == nil {
			t.Errorf("%s: no error, frames %+v", tt.name, frames)
		} else if strings.HasPrefix(tt.name, "an end") && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v, want io.ErrUnexpectedEOF", tt.name, err)
		}
	}
}

// What is read can be written and read again, the same.
func FuzzReadPDML(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "udp.pdml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`<packet><proto name="a" pos="0" size="1"><field name="a.b" show="x&#10;y"/></proto></packet>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frames, err := readPDML(bytes.NewReader(text))
		if err != nil || len(text) > 1<<16 {
			return
		}
		var b, c bytes.Buffer
		if err := WriteFrames(&b, frames); err != nil {
			t.Fatal(err)
		}
		again, err := readFrames(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%v in:\n%s", err, b.Bytes())
		}
		if err := WriteFrames(&c, again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), c.Bytes()) {
			t.Errorf("written:\n%q\nread and written again:\n%q", b.Bytes(), c.Bytes())
		}
	})
}
