package proto

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// walk shows the fields of bytes by the table of a protocol.
func walk(t *testing.T, name, data string) (fields []string) {
	t.Helper()
	var st layer.Stack
	var w layer.Walker
	st.ResetFrom(Set().StartAt(name), []byte(data), len(data))
	w.Walk(&st, 0, func(v *layer.Value) bool {
		fields = append(fields, fmt.Sprintf("%s@%d+%d=%s", v.Field.Name, v.Off, v.Len, v.AppendShow(nil)))
		return true
	})
	return fields
}

// Requests that stand one after another are told apart by their lengths.
func TestHTTPPipelined(t *testing.T) {
	got := walk(t, "http", "POST /a?b=1&c HTTP/1.1\r\nhOST: x\r\nContent-Length: 2\r\n\r\nhiGET * HTTP/1.0\r\nCookie: a=1; b=2\r\n\r\n")
	want := `http.request.method@0+4=POST http.request.uri@5+8=/a?b=1&c http.request.uri.path@5+2=/a http.request.uri.query@8+5=b=1&c
http.request.uri.query.parameter@8+3=b=1 http.request.uri.query.parameter@12+1=c http.request.version@14+8=HTTP/1.1
http.request.line@24+9=hOST: x\x0d\x0a http.host@24+9=x http.request.line@33+19=Content-Length: 2\x0d\x0a
http.content_length_header@33+19=2 http.content_length@33+19=2 http.request.full_uri@0+0=http://x/a?b=1&c http.request@0+0=1 http.file_data@54+2=hi
http.request.method@56+3=GET http.request.uri@60+1=* http.request.version@62+8=HTTP/1.0 http.request.line@72+18=Cookie: a=1; b=2\x0d\x0a
http.cookie@72+18=a=1; b=2 http.cookie_pair@80+3=a=1 http.cookie_pair@85+3=b=2 http.request@56+0=1`
	if strings.Join(got, " ") != strings.ReplaceAll(want, "\n", " ") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

func TestGuessHTTP(t *testing.T) {
	for data, want := range map[string]bool{
		"GET / HTTP/1.1\r\n":       true,
		"M-SEARCH * HTTP/1.1\r\n":  true,
		"HTTP/1.1 200 OK\r\n":      true,
		"HTTP/1.0 404\n":           true,
		"HTTP/1.1 2xx OK\r\n":      false,
		"GET / HTTP/1.1":           false,
		"GET /\r\n":                false,
		"GET  HTTP/1.1\r\n":        false,
		"get / HTTP/1.1\r\n":       false,
		"INVITE sip:a SIP/2.0\r\n": false,
		"":                         false,
	} {
		if guessHTTP([]byte(data)) != want {
			t.Errorf("%q: guessed %t", data, !want)
		}
	}
}

// Whatever the bytes, what is shown lies in them.
func FuzzHTTP(f *testing.F) {
	f.Add("GET /?a=1&b HTTP/1.1\r\nCookie: a; b\r\nHost: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
	f.Fuzz(func(t *testing.T, data string) {
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("http"), []byte(data), len(data))
		w.Walk(&st, 0, func(v *layer.Value) bool {
			if v.Off < 0 || v.Len < 0 || v.Off+v.Len > len(data) {
				t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
			}
			return true
		})
	})
}
