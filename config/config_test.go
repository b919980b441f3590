package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/config/decode"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with the file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	if got != string(want) {
		t.Errorf("%s:\n got %s\nwant %s", name, got, want)
	}
}

func configs(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no configs in testdata/%s: %v", folder, err)
	}
	return names
}

// TestBad holds the message for one mistake in each file, and its place.
func TestBad(t *testing.T) {
	for _, name := range configs(t, "bad") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("netwright.yaml", data)
			if err == nil {
				t.Fatal("no mistake was found")
			}
			if _, ok := errors.AsType[decode.Problems](err); !ok {
				t.Fatalf("%T has no positions", err)
			}
			dir, _ := os.Getwd()
			golden(t, strings.TrimSuffix(name, ".yaml")+".txt", strings.ReplaceAll(err.Error(), dir, "DIR")+"\n")
		})
	}
}

// TestWarned holds what is said of each file that has nothing wrong, and
// something useless.
func TestWarned(t *testing.T) {
	for _, name := range configs(t, "warned") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse("netwright.yaml", data)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".yaml")+".txt", c.Warnings().Error()+"\n")
		})
	}
}

// TestGood holds what is read from each file: the table of check, and that the
// config is read again from what it is written as.
func TestGood(t *testing.T) {
	for _, name := range configs(t, "good") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse("netwright.yaml", data)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".yaml")+".txt", c.Summary().String())
			text, err := decode.Encode(c, decode.EncodeOptions{Variables: variables})
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse("netwright.yaml", text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			again.doc, again.path, again.warnings = c.doc, c.path, c.warnings
			if !reflect.DeepEqual(c, again) {
				t.Errorf("it is read differently from what it is written as:\n%s", text)
			}
		})
	}
}

// TestWhole holds that whole.yaml has every key there is.
func TestWhole(t *testing.T) {
	if _, err := Load("testdata/good/whole.yaml"); err == nil {
		t.Fatal("the files it names are not there, and that was not said")
	}
	data, err := os.ReadFile("testdata/good/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("whole.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	used := map[reflect.Type]map[string]bool{}
	collect(c.doc, reflect.TypeFor[Config](), nil, used)
	for t0, keys := range used {
		for _, f := range decode.Fields(t0) {
			if f.Owner == t0 && !keys[f.Name] {
				t.Errorf("whole.yaml lacks the key %s of %s", f.Name, t0)
			}
		}
	}
}

// collect gathers which keys of each struct the document uses.
func collect(doc *decode.Document, at reflect.Type, path []string, used map[reflect.Type]map[string]bool) {
	switch at.Kind() {
	case reflect.Pointer:
		collect(doc, at.Elem(), path, used)
	case reflect.Slice:
		for i := 0; doc.Has(append(path, index(i))...); i++ {
			collect(doc, at.Elem(), append(slices.Clip(path), index(i)), used)
		}
	case reflect.Map:
		for _, name := range doc.Names(path...) {
			collect(doc, at.Elem(), append(slices.Clip(path), name), used)
		}
	case reflect.Struct:
		for _, f := range decode.Fields(at) {
			if used[f.Owner] == nil {
				used[f.Owner] = map[string]bool{}
			}
			if inner := append(slices.Clip(path), f.Name); doc.Has(inner...) {
				used[f.Owner][f.Name] = true
				collect(doc, f.Type, inner, used)
			}
		}
	}
}

// TestStarting holds that the file of init is taken, as it stands and with all
// that is commented out in it.
func TestStarting(t *testing.T) {
	if _, err := Parse("netwright.yaml", Starting); err != nil {
		t.Error(err)
	}
	var lines []string
	for line := range strings.Lines(string(Starting)) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && (!strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "  ") && !strings.HasPrefix(rest, "   netwright")) {
			line = rest
		}
		lines = append(lines, line)
	}
	c, err := Parse("netwright.yaml", []byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(lines, ""))
	}
	if len(c.Serve) != 4 || len(c.Serve["web"].Routes) != 4 || len(c.Guards) != 4 || len(c.Records) != 2 {
		t.Errorf("some of it was not taken: %v", c.Summary())
	}
}

func TestSecretsStayHidden(t *testing.T) {
	t.Setenv("NETWRIGHT_SECRET", "from the environment")
	c, err := Parse("netwright.yaml", []byte(`
pools:
  a: {to: http://10.0.0.1, sticky: {cookie: a, secret: written down}}
  b: {to: http://10.0.0.1, sticky: {cookie: b, secret: "${env:NETWRIGHT_SECRET}"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Pools["b"].Sticky.Secret != "from the environment" {
		t.Error("the secret was not read")
	}
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, "written down") || strings.Contains(s, "from the environment") || !strings.Contains(s, "${env:NETWRIGHT_SECRET}") {
		t.Errorf("written as\n%s", text)
	}
}

// What was brought in stands in no name, no summary and no message.
func TestBroughtInStaysHidden(t *testing.T) {
	const secret = "a-word-that-is-long,-so-that-messages-cut-it-before-its-end,-and-not-to-be-told"
	t.Setenv("NETWRIGHT_SECRET", secret)
	c, err := Parse("netwright.yaml", []byte(`
serve:
  web:
    listen: http://127.0.0.1:1
    routes:
      - match: {path: /a, header: {X-Key: "${env:NETWRIGHT_SECRET}"}, query: {k: ["1", "k${env:NETWRIGHT_SECRET}"]}}
        redirect: {to: "/b?${env:NETWRIGHT_SECRET}"}
  run: {listen: tcp://127.0.0.1:2, stream: {kind: exec, command: [cat, "${env:NETWRIGHT_SECRET}"]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	route := c.Serve["web"].Routes[0]
	if got, want := route.Title(), "/a X-Key: ${env:NETWRIGHT_SECRET} k=1|k${env:NETWRIGHT_SECRET}"; got != want {
		t.Errorf("the route is known by %q, want %q", got, want)
	}
	if route.Match.Header["X-Key"][0] != secret || route.Redirect.To != "/b?"+secret {
		t.Error("what was brought in is not used")
	}
	if s := c.Summary().String(); strings.Contains(s, "a-word") || !strings.Contains(s, "redirect to /b?${env:NETWRIGHT_SECRET}") {
		t.Errorf("summary\n%s", s)
	}
	for _, bad := range []string{
		`guards: {a: {basic: "${env:NETWRIGHT_SECRET}", any: ["${env:NETWRIGHT_SECRET}"]}}`,
		`guards: {a: {allow: "${env:NETWRIGHT_SECRET}", rate: "${env:NETWRIGHT_SECRET}"}}`,
		`pools: {a: {to: "${env:NETWRIGHT_SECRET}", health: {path: "${env:NETWRIGHT_SECRET}"}}}`,
		`serve: {w: {listen: "${env:NETWRIGHT_SECRET}", stream: {kind: "${env:NETWRIGHT_SECRET}"}}}`,
	} {
		if _, err := Parse("netwright.yaml", []byte(bad)); err == nil || strings.Contains(err.Error(), "a-word") {
			t.Errorf("%s:\n%v", bad, err)
		}
	}
}

// A password in a place where none belongs is not told in the message.
func TestTargetsHideWhatMayBeSecret(t *testing.T) {
	for _, target := range []string{
		"http://ann:hush@10.0.0.1", "htp://ann:hush@10.0.0.1", "http://10.0.0.1?via=socks5://ann:hush@10.0.0.2",
		"http://ann:hush@10.0.0.1:x", "unix://ann:hush@host",
	} {
		_, err := Parse("netwright.yaml", []byte("pools: {a: {to: '"+target+"'}}"))
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// A file without an end is not read to it.
func TestEndlessFile(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("there is no /dev/zero here")
	}
	if _, err := Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

// TestFileNames holds that file names start from the folder of the config,
// those in endpoints too.
func TestFileNames(t *testing.T) {
	c, err := Parse("/etc/netwright/netwright.yaml", []byte(`
data: state
serve:
  web:
    listen: ["https://:443?cert=web.pem&key=/keys/web.key", unix:web.sock, "unix:@web"]
    routes: [{files: public}]
`))
	if err != nil {
		t.Fatal(err)
	}
	web := c.Serve["web"]
	got := append([]string{c.Data, web.Routes[0].Files.Root}, web.Listen...)
	want := []string{"/etc/netwright/state", "/etc/netwright/public",
		"https://:443?cert=/etc/netwright/web.pem&key=/keys/web.key", "unix:///etc/netwright/web.sock", "unix:@web"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDataFolder(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	for path, want := range map[string]string{
		"":                         "/state/netwright/quickstart",
		"/etc/netwright/shop.yaml": "/state/netwright/shop-2a4a3e51",
	} {
		if got, err := DefaultDataFolder(path); err != nil || got != want {
			t.Errorf("%q keeps its state in %s, %v", path, got, err)
		}
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("STATE_DIRECTORY", "/var/lib/netwright:/var/lib/other")
	if got, _ := DefaultDataFolder(""); got != "/var/lib/netwright/netwright/quickstart" {
		t.Error(got)
	}
}

// FuzzParse: no file makes it panic, what is wrong always has a place, and a
// config that is taken is taken again as it is written.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if data, err := os.ReadFile(name); err == nil {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(string(data), "${file:") {
			return // it would read files of this machine
		}
		c, err := Parse("netwright.yaml", data)
		if err != nil {
			var problems decode.Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, p := range problems {
				if p.Line < 1 || p.Column < 1 || p.Message == "" {
					t.Fatalf("%+v", p)
				}
			}
			return
		}
		_ = c.Summary().String()
		text, err := decode.Encode(c, decode.EncodeOptions{Variables: variables})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("netwright.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again.doc, again.warnings = c.doc, c.warnings
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("it is read differently from what it is written as:\n%s", text)
		}
	})
}
