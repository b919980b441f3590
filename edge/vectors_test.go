package edge

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// vector is a request vector of http/h1; the README beside them says how they are
// written.
type vector struct {
	name string
	send string
	want []string // per request
}

// vectors reads those of the role that a proxy has towards clients.
func vectors(t testing.TB) []vector {
	t.Helper()
	files, err := filepath.Glob("../http/h1/testdata/vectors/[0-9]*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	var all []vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, variant := range strings.Split("\n"+string(text), "\n-- ") {
			if i == 0 || strings.Contains(variant, "\n? ") {
				continue
			}
			v := parseVector(t, variant)
			v.name = strings.TrimSuffix(filepath.Base(file), ".txt") + "/" + v.name
			all = append(all, v)
		}
	}
	return all
}

func parseVector(t testing.TB, text string) (v vector) {
	t.Helper()
	lines := strings.Split(text, "\n")
	v.name = lines[0]
	for _, line := range lines[1:] {
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case ">":
			v.send += sentBy(t, rest)
		case "=":
			v.want = append(v.want, rest)
		}
	}
	if v.send == "" || len(v.want) == 0 {
		t.Fatalf("%s: nothing is sent or expected", v.name)
	}
	return v
}

// sentBy is what a line of a vector stands for.
func sentBy(t testing.TB, line string) string {
	t.Helper()
	times := 1
	if count, text, ok := strings.Cut(line, "*"); ok {
		if n, err := strconv.Atoi(count); err == nil {
			times, line = n, text
		}
	}
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return strings.Repeat(s, times)
}

// accepted are the requests that the upstream must get.
func (v *vector) accepted(t testing.TB) (list []got) {
	t.Helper()
	for _, want := range v.want {
		what, ok := strings.CutPrefix(want, "accept ")
		if !ok {
			continue
		}
		head, body, quoted := strings.Cut(what, ` "`)
		part := strings.SplitN(head, " ", 4) // behind them are fields
		r := got{method: part[0], target: part[1], host: part[2]}
		if quoted {
			var err error
			if r.body, err = strconv.Unquote(`"` + body); err != nil {
				t.Fatalf("%s: %v", want, err)
			}
		}
		list = append(list, r)
	}
	return list
}

// refused says whether some request is answered by a rule.
func (v *vector) refused() bool { return !strings.HasPrefix(v.want[len(v.want)-1], "accept ") }

// inBody says whether what is wrong comes behind a head that is right: in a chunk,
// or a trailer (rows 24 and 26). The head is on its way to the upstream by then.
func (v *vector) inBody() bool {
	switch row := v.name[:2]; v.want[len(v.want)-1] {
	case "400 chunk", "400 chunk-extension":
		return true
	case "413 body-too-large":
		return row == "22"
	default:
		return v.refused() && (row == "24" || row == "26")
	}
}

// play sends the vector and reads the answer to each of its requests.
func (v *vector) play(t *testing.T, g *rig) {
	t.Helper()
	c := dial(t, g.addr)
	defer c.Close()
	fmt.Fprint(c, v.send) // it may be closed already
	for _, want := range v.want {
		status := "200"
		if !strings.HasPrefix(want, "accept ") {
			status = want[:3]
		}
		r, err := http.ReadResponse(c.in, nil)
		if err != nil {
			t.Errorf("%s: no answer, want %s: %v", v.name, want, err)
			return
		}
		r.Body.Close()
		if !strings.HasPrefix(r.Status, status) {
			t.Errorf("%s: %s, want %s", v.name, r.Status, want)
			return
		}
	}
}

// vectorRig is a proxy in front of u.
func vectorRig(t testing.TB, u *recorder) *rig {
	cfg := proxyTo(scripted(t, u.serve))
	cfg.Limits.Body = 1 << 30 // of which the vectors go out
	cfg.Routes[0].Proxy.Timeout = 2 * time.Second
	pool(cfg).Retry.Tries = 1
	pool(cfg).Eject.After = -1
	return serve(t, cfg)
}

// What is refused never reaches the upstream, but for the beginning of a request
// whose body is what is wrong. What is accepted arrives whole as net/http reads
// it, one request to a connection with nothing behind it.
func TestVectorsUpstream(t *testing.T) {
	u := &recorder{}
	g := vectorRig(t, u)
	for _, v := range vectors(t) {
		t.Run(v.name, func(t *testing.T) {
			v.play(t, g)
			g.settled()
			list, want := u.take(g.target().Dials), v.accepted(t)
			if v.inBody() && len(list) == len(want)+1 && brokenOff(list[len(want)]) {
				list = list[:len(want)]
			}
			if len(list) != len(want) {
				t.Fatalf("%d requests went upstream, want %d: %q", len(list), len(want), list)
			}
			for i, b := range list {
				whole, err := readRequests(b)
				if err != nil || len(whole) != 1 || !whole[0].is(want[i]) {
					t.Errorf("upstream came %q: %+v, %v; want %+v", b, whole, err, want[i])
				}
			}
		})
	}
}

// A connection to the upstream that is used again carries whole requests one
// behind the other; one that broke off is its last.
func TestVectorsOnOneConnection(t *testing.T) {
	u := &recorder{keep: true}
	g := vectorRig(t, u)
	var want, have []got
	for _, v := range vectors(t) {
		v.play(t, g)
		g.settled()
		want = append(want, v.accepted(t)...)
	}
	if t.Failed() {
		return
	}
	for _, b := range u.take(0) {
		whole, err := readRequests(b)
		if err != nil && !brokenOff(b) {
			t.Errorf("%v in %q", err, b)
		}
		have = append(have, whole...)
	}
	if len(have) != len(want) {
		t.Fatalf("%d whole requests went upstream, want %d", len(have), len(want))
	}
	for i := range want {
		if !have[i].is(want[i]) {
			t.Errorf("%d: %+v, want %+v", i, have[i], want[i])
		}
	}
}

// is compares; HTTP/1.0 may leave the host out.
func (r got) is(want got) bool {
	return r.method == want.method && r.target == want.target && r.body == want.body &&
		(r.host == want.host || want.host == "")
}
