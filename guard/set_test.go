package guard

import (
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	write(t, file, "ada:"+bcryptOf(t, "secret")+"\n")
	configs := map[string]Config{
		"office": {Allow: list("10.0.0.0/8")},
		"lab":    {Allow: list("10.5.0.0/16", "2001:db8::/32")},
		"staff":  {Basic: &BasicConfig{File: file}},
		"inside": {Any: []string{"office", "lab"}},
		"either": {Any: []string{"office", "staff"}},
		"user":   {Any: []string{"staff"}, Concurrency: 1, Per: "subject"},
	}
	s, err := NewSet(configs, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		guard, peer, login string
		want               Decision
		by                 string
	}{
		{"either", "10.1.1.1", "", Admit, ""},
		{"either", "11.1.1.1", "", NeedCredentials, "staff"},
		{"either", "11.1.1.1", "ada:secret", Admit, ""},
		{"either", "11.1.1.1", "ada:wrong", Refuse, "staff"},
		{"inside", "10.1.1.1", "", Admit, ""},
		{"inside", "2001:db8::1", "", Admit, ""},
		{"inside", "11.1.1.1", "", Refuse, "office"},
		{"user", "11.1.1.1", "ada:secret", Admit, ""},
	} {
		g, ok := s.Get(tt.guard)
		if !ok {
			t.Fatal("no", tt.guard)
		}
		a := Attempt{Peer: netip.MustParseAddr(tt.peer), Header: header("", "")}
		if tt.login != "" {
			a.Header = basicHeader(tt.login)
		}
		v := g.Ask(&a)
		if v.Decision != tt.want || v.Guard != tt.by {
			t.Errorf("%s from %s as %q: %+v", tt.guard, tt.peer, tt.login, v)
		}
		if v.Decision != Admit && (v.Challenge != "") != (tt.by == "staff") {
			t.Errorf("%s: challenge %q", tt.guard, v.Challenge)
		}
		a.Done()
		if lines, d := explain(g, &a); d != tt.want || len(lines) == 0 {
			t.Errorf("%s from %s: Explain says %v: %v", tt.guard, tt.peer, d, lines)
		}
	}

	get := func(name string) Guard { g, _ := s.Get(name); return g }
	for name := range configs {
		cfg := configs[name]
		if n := get(name).Needs(); cfg.Any == nil && n != cfg.Needs() {
			t.Errorf("%s needs %v, its config %v", name, n, cfg.Needs())
		}
	}
	for name, want := range map[string]Needs{"office": NeedPeer, "either": 0, "staff": NeedPassword, "inside": NeedPeer, "user": NeedPassword} {
		if n := get(name).Needs(); n != want {
			t.Errorf("%s needs %v, want %v", name, n, want)
		}
	}
	if n := All(get("staff"), mustNew(t, "x", Config{Rate: 1, Per: "subject"})).Needs(); n != NeedPassword {
		t.Errorf("a subject that an earlier guard finds is asked of the protocol: %v", n)
	}
	if n := mustNew(t, "x", Config{Rate: 1, Per: "subject"}).Needs(); n.Missing(SuppliedByHTTP) != NeedSubject {
		t.Errorf("per subject without anyone who finds it: %v", n)
	}
	if AtAccept(get("either")) != nil || AtAccept(get("staff")) != nil || AtAccept(All(get("staff"))) != nil {
		t.Error("decided at accept what a password may still open")
	}
	if g := AtAccept(All(get("staff"), get("inside"))); g == nil || g.Ask(&Attempt{Peer: netip.MustParseAddr("11.1.1.1")}).Decision != Refuse {
		t.Error("not decided at accept although only addresses count")
	}
}

func TestSetReload(t *testing.T) {
	before := map[string]Config{"slow": {Rate: 1.0 / 3600, Burst: 1}, "fast": {Rate: 5}, "one": {Any: []string{"slow"}}, "two": {Any: []string{"fast"}}}
	after := map[string]Config{"slow": {Rate: 1.0 / 3600, Burst: 1}, "fast": {Rate: 6}, "one": {Any: []string{"slow"}}, "two": {Any: []string{"fast"}}}
	old, err := NewSet(before, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	slow, _ := old.Get("slow")
	pass(slow, from4("10.0.0.1"))
	next, err := NewSet(after, old, nil)
	if err != nil {
		t.Fatal(err)
	}
	slow, _ = next.Get("slow")
	if pass(slow, from4("10.0.0.1")).Decision != Refuse {
		t.Error("the reload has forgotten a rate")
	}
	for name, kept := range map[string]bool{"slow": true, "fast": false, "one": true, "two": false} {
		if (old.guards[name] == next.guards[name]) != kept {
			t.Errorf("%s kept: %v", name, !kept)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		want []string // path, then text
	}{
		"nothing":         {Config{}, []string{"admit everybody"}},
		"empty list":      {Config{Allow: []AddressConfig{}}, []string{"g: allow: the list is empty"}},
		"empty entry":     {Config{Deny: []AddressConfig{{}}}, []string{"g: deny: 0: ", "needs a prefix or a file"}},
		"burst alone":     {Config{Burst: 5, Deny: list("10.0.0.0/8")}, []string{"burst", "needs a rate"}},
		"per alone":       {Config{Per: "service", Deny: list("10.0.0.0/8")}, []string{"per", "neither"}},
		"unknown per":     {Config{Rate: 5, Per: "host"}, []string{"per", `"host" is unknown`}},
		"header no name":  {Config{Rate: 5, Per: "header:"}, []string{"per", "unknown"}},
		"too fast":        {Config{Rate: 1e12}, []string{"rate", "at most"}},
		"endless burst":   {Config{Rate: 1e-6, Burst: 1 << 40}, []string{"rate", "lifetime"}},
		"remember":        {Config{Rate: 5, Remember: 1 << 40}, []string{"remember", "between"}},
		"missing file":    {Config{Allow: []AddressConfig{{File: "/nonexistent"}}}, []string{"allow", "no such file"}},
		"no file":         {Config{Basic: &BasicConfig{}}, []string{"basic", "file", "missing"}},
		"no keys":         {Config{Keys: &KeysConfig{File: "/nonexistent"}}, []string{"keys", "file", "no such file"}},
		"two authorities": {Config{Basic: &BasicConfig{File: "x"}, Keys: &KeysConfig{File: "x"}}, []string{"keys", "both read the Authorization field"}},
		"unknown guard":   {Config{Any: []string{"nobody"}}, []string{"any", `no guard "nobody"`}},
		"asks itself":     {Config{Any: []string{"g"}}, []string{"any", "g → g"}},
		"file and prefix": {Config{Deny: []AddressConfig{{File: "x", Prefix: MustPrefix("::1")}}}, []string{"deny", "make it two"}},
		"bad pattern":     {Config{ClientCert: &ClientCertConfig{CA: "x", Names: []string{"[a"}}}, []string{"client_cert", "names"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSet(map[string]Config{"g": tt.cfg}, nil, nil)
			var c *ConfigError
			if !errors.As(err, &c) || c.Path[0] != "g" {
				t.Fatalf("%v", err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v: does not say %q", err, w)
				}
			}
		})
	}
}
