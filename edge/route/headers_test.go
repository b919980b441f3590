package route

import (
	"strings"
	"testing"

	"github.com/netwright/netwright/http/message"
)

// lines writes the fields that are there, one to a line.
func lines(fields message.Fields) string {
	var b strings.Builder
	for _, f := range fields {
		if f.Known != message.Removed {
			b.WriteString(string(f.Name) + ": " + string(f.Value) + "\n")
		}
	}
	return b.String()
}

func TestHeaders(t *testing.T) {
	h := &Headers{Request: Fields{
		Set: map[string][]string{
			"X-Client":  {"${remote}"},
			"X-Tenant":  {"was ${header:X-Tenant}"}, // of what it replaces
			"X-Empty":   {""},
			"X-None":    {"${header:Nothing}"},
			"Accept":    {"text/html", "text/plain"},
			"X-Blank":   {" ${query:blank} "},
			"X-Injects": {"${query:r}"},
		},
		Add:    map[string][]string{"Via-Note": {"a", "b"}, "User-Agent": {"more"}},
		Remove: []string{"X-Internal-*", "cookie", "X-Client"},
	}}
	request, response, err := h.Compile(0)
	if err != nil {
		t.Fatal(err)
	}
	v := values()
	fields := &v.Request.Fields
	for _, f := range []string{"X-Internal-A: 1", "x-internal-b: 2", "X-Internal: 3", "X-Client: forged", "x-client: twice", "accept: */*"} {
		name, value, _ := strings.Cut(f, ": ")
		fields.Add([]byte(name), []byte(value))
	}
	buf := request.Apply([]byte("kept"), fields, v)
	want := `User-Agent: curl/8
X-Internal: 3
Accept: text/html
Accept: text/plain
X-Client: 192.0.2.7
X-Empty: 
X-Injects: Set-Cookie: z
X-Tenant: was blue
User-Agent: more
Via-Note: a
Via-Note: b
`
	if got := lines(*fields); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !strings.HasPrefix(string(buf), "kept") {
		t.Error("the buffer is overwritten")
	}
	var none message.Fields
	if response.Apply(nil, &none, v); len(none) != 0 {
		t.Errorf("no changes made %v", none)
	}
}

func TestHeadersErrors(t *testing.T) {
	h := &Headers{
		Request: Fields{
			Set:    map[string][]string{"Host": {"x"}, "Content-Length": {"1"}, "A B": {"x"}, "X": {"${nope}"}},
			Add:    map[string][]string{"Connection": {"x"}, "Transfer-Encoding": {"chunked"}, "Y": {"a\r\nb"}},
			Remove: []string{"Upgrade", "*", "TE", "ok"},
		},
		Response: Fields{Set: map[string][]string{"host": {"x"}, "Trailer": {"x"}}},
	}
	err := h.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"set by the key host", "Content-Length says how", `"A B" is no name`, "no variable ${nope}", "Connection says how",
		"Transfer-Encoding says how", "control characters", "Upgrade says how", "take every field away", "TE says how", "an answer has no Host", "Trailer says how",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	places := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		if j, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range j.Unwrap() {
				walk(e)
			}
			return
		}
		if p, ok := err.(interface{ ConfigPath() []string }); ok {
			places[strings.Join(p.ConfigPath(), ".")] = true
		}
	}
	walk(err)
	for _, want := range []string{"request.set.Host", "request.add.Y", "request.remove.0", "response.set.Trailer"} {
		if !places[want] {
			t.Errorf("no error at %s: %v", want, places)
		}
	}
	if _, _, err := (&Headers{Request: Fields{Set: map[string][]string{"A": {"${2}"}}}}).Compile(1); err == nil {
		t.Error("a group that is not there")
	}
}

func TestHeadersAllocateNothing(t *testing.T) {
	h := &Headers{Request: Fields{
		Set:    map[string][]string{"X-Client": {"${remote}"}, "X-Edge": {"netwright"}},
		Remove: []string{"Server", "X-Internal-*"},
	}}
	edits, _, err := h.Compile(0)
	if err != nil {
		t.Fatal(err)
	}
	v, buf := values(), make([]byte, 0, 256)
	fields := append(make(message.Fields, 0, 16), v.Request.Fields...)
	n := len(fields)
	if allocs := testing.AllocsPerRun(100, func() {
		fields = fields[:n]
		edits.Apply(buf, &fields, v)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
