package h1

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/netwright/netwright/http/message"
)

// curl finds curl, which must be there where CI is.
func curl(t *testing.T) string {
	path, err := exec.LookPath("curl")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal("curl is not installed")
	default:
		t.Skip("curl is not installed")
	}
	return path
}

// What curl does with its many ways to ask, and the answers that it gets.
func TestCurl(t *testing.T) {
	path := curl(t)
	file := t.TempDir() + "/upload"
	if err := os.WriteFile(file, bytes.Repeat([]byte("0123456789abcdef"), 1<<19), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"tcp", "tls"} {
		s := newServer(t, network, Config{}, handlerFunc(func(st message.Stream) {
			switch string(st.Request().Path) {
			case "/length":
				n, _ := st.Body().WriteTo(new(counter))
				answerText(st, 200, strconv.FormatInt(n, 10))
			case "/refused":
				st.Close()
				answerText(st, 413, "too large")
			case "/limited":
				st.Limit(message.Limits{Body: 1 << 20})
				tell(st)
			default:
				answerByPath(st)
			}
		}))
		scheme := "http://"
		if s.tls != nil {
			scheme = "https://"
		}
		for _, c := range []struct {
			args string
			want string // the body of the last answer, and its status
		}{
			{"/ /", "GET / H200GET / H200"},
			{"--http1.0 /", "GET / H200"},
			{"-I /", ""},
			{"/chunked", "hello world200"},
			{"--http1.0 /chunked", "hello world200"},
			{"/204", "204"},
			{"/103", "hi200"},
			{"-d a=b /", `POST / H "a=b"200`},
			{"-T FILE /length", "8388608200"},
			{"-T FILE -H Expect:100-continue /length", "8388608200"},
			{"-T FILE -H Transfer-Encoding:chunked /length", "8388608200"},
			{"-T FILE -H Expect: /refused", "too large413"},
			{"-T FILE -H Expect:100-continue /refused", "too large413"},
			{"-T FILE -H Transfer-Encoding:chunked -H Expect: /limited", "body-too-large413"},
			{"-T FILE -H Expect: /limited", "body-too-large413"},
			{"-T FILE -H Expect: /unread", "unread200"},
		} {
			args := []string{"-sk", "-m", "10", "-w", "%{http_code}", "-A", "", "-H", "Accept:", "-H", "Content-Type:"}
			for a := range strings.FieldsSeq(c.args) {
				if a[0] == '/' {
					a = scheme + s.ln.Addr().String() + a
				}
				args = append(args, strings.ReplaceAll(a, "FILE", file))
			}
			out, err := exec.Command(path, args...).CombinedOutput()
			got := strings.ReplaceAll(string(out), s.ln.Addr().String(), "H")
			if err != nil || c.want != "" && got != c.want || !strings.HasSuffix(got, "200") && c.want == "" {
				t.Errorf("%s %s: %q, %v; want %q", network, c.args, got, err, c.want)
			}
		}
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
