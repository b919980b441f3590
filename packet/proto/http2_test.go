package proto

import (
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

const (
	http2Ping     = "\x00\x00\x08\x06\x01\x00\x00\x00\x0012345678"
	http2Settings = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"
	http2Request  = "\x00\x00\x14\x01\x05\x00\x00\x00\x01\x82\x86\x84\x41\x0fwww.example.com"
)

// What tshark 4.0.17 shows of these frames, but for the places of headers.
func TestHTTP2(t *testing.T) {
	got := walk(t, "http2", http2Preface+http2Settings+http2Request+http2Ping+"\x00\x00\x05\x00\x09\x00\x00\x00\x01\x01hel\x00")
	for _, want := range []string{
		`http2.magic@0+24=PRI * HTTP/2.0\x0d\x0a\x0d\x0aSM\x0d\x0a\x0d\x0a`, "http2.settings.id@33+2=3", "http2.settings.max_concurrent_streams@35+4=100",
		"http2.flags.end_stream@43+1=1", "http2.streamid@44+4=1", "http2.header.name.length@48+0=10", "http2.headers.authority@48+0=www.example.com",
		"http2.headers.method@48+0=GET", "http2.pong@77+8=31:32:33:34:35:36:37:38", "http2.pad_length@95+0=1", "http2.data.data@95+3=68:65:6c",
		"http2.data.padding@98+1=00",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %s", want, strings.Join(got, " "))
		}
	}
}

// Headers that refer to an earlier block are not shown, those before them are.
func TestHTTP2Stateless(t *testing.T) {
	got := strings.Join(walk(t, "http2", "\x00\x00\x03\x01\x04\x00\x00\x00\x01\x88\xbe\x82"), " ")
	if !strings.Contains(got, "http2.headers.status@9+0=200") || strings.Contains(got, "GET") {
		t.Error(got)
	}
}

func TestGuessHTTP2(t *testing.T) {
	for data, want := range map[string]bool{
		http2Preface:                           true,
		http2Settings + http2Request:           true,
		http2Ping:                              true,
		http2Ping[:16]:                         false,
		http2Ping + "x":                        false,
		http2Request[:4] + "\xff":              false,
		"\x00\x00\x04\x08\x01\x00\x00\x00\x00": false,
		"GET / HTTP/1.1\r\n\r\n":               false,
		"":                                     false,
	} {
		if guessHTTP2([]byte(data)) != want {
			t.Errorf("%q: guessed %t", data, !want)
		}
	}
}

func FuzzHTTP2(f *testing.F) {
	f.Add(http2Preface + http2Settings + http2Request + http2Ping)
	f.Fuzz(func(t *testing.T, data string) {
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("http2"), []byte(data), len(data))
		w.Walk(&st, 0, func(v *layer.Value) bool {
			if v.Off < 0 || v.Off+max(v.Len, 0) > len(data) {
				t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
			}
			return true
		})
	})
}
