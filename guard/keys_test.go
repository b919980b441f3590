package guard

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	one, oneHash := NewKey()
	two, twoHash := NewKey()
	write(t, file, "# robots\nci:"+oneHash+"\nci:"+strings.ToUpper(twoHash)+"\n")
	bearer := mustNew(t, "robots", Config{Keys: &KeysConfig{File: file}})
	field := mustNew(t, "robots", Config{Keys: &KeysConfig{File: file, Header: "X-API-Key"}})
	if bearer.Needs() != NeedToken || field.Needs() != NeedHeader {
		t.Error(bearer.Needs(), field.Needs())
	}
	for _, tt := range []struct {
		name string
		g    Guard
		a    Attempt
		want Decision
	}{
		{"bearer", bearer, Attempt{Header: header("Authorization", "Bearer "+one)}, Admit},
		{"second key of the name", bearer, Attempt{Header: header("Authorization", "bearer  "+two+" ")}, Admit},
		{"token", bearer, Attempt{Token: one}, Admit},
		{"login", bearer, Attempt{Username: "ci", Password: one, HasPassword: true}, Admit},
		{"field", field, Attempt{Header: header("X-API-Key", two)}, Admit},
		{"unknown", bearer, Attempt{Header: header("Authorization", "Bearer "+one+"x")}, Refuse},
		{"empty", bearer, Attempt{Header: header("Authorization", "Bearer ")}, Refuse},
		{"the hash itself", bearer, Attempt{Token: oneHash}, Refuse},
		{"too long", bearer, Attempt{Token: strings.Repeat("x", 5000)}, Refuse},
		{"unknown in the field", field, Attempt{Header: header("X-API-Key", "x")}, Refuse},
		{"none", bearer, Attempt{Header: header("", "")}, NeedCredentials},
		{"basic", bearer, Attempt{Header: basicHeader("ci:" + one)}, NeedCredentials},
		{"nothing at all", bearer, Attempt{}, NeedCredentials},
		{"none in the field", field, Attempt{Header: header("Authorization", "Bearer "+one)}, NeedCredentials},
		{"no fields", field, Attempt{Token: one}, NeedCredentials},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.a
			v := tt.g.Ask(&a)
			if v.Decision != tt.want || tt.want == Admit && (a.Subject != "ci" || v.Subject != "ci") {
				t.Errorf("%+v, subject %q", v, a.Subject)
			}
			if tt.want != Admit && (v.Status != 401 || !strings.HasPrefix(v.Challenge, `Bearer realm="robots"`)) {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestReadKeysErrors(t *testing.T) {
	key, hash := NewKey()
	for in, want := range map[string]string{
		"ci:" + key:                        `keys:1: behind "ci" must stand a SHA-256`,
		"ci:" + hash[1:]:                   "must stand a SHA-256",
		"ci:" + hash + "00":                "must stand a SHA-256",
		key:                                "must be NAME:SHA256",
		"\n:" + hash:                       "keys:2: the name is empty",
		"a b:" + hash:                      "spaces",
		"a:" + hash + "\nb:" + hash:        `"a" and "b" have the same key`,
		strings.Repeat("x:y\n", 50):        "keys:10:",
		strings.Repeat("x", maxKeyLine+10): "too long",
	} {
		_, err := readKeys(strings.NewReader(in), "keys")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %q", in, err, want)
		} else if strings.Contains(err.Error(), key) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// FuzzReadKeys: what is read and written again reads the same, and the hash
// never opens as a key.
func FuzzReadKeys(f *testing.F) {
	_, hash := NewKey()
	f.Add([]byte("# x\nci:"+hash+"\n\n deploy:"+strings.ToUpper(hash)+"\r\n"), "key")
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		table, err := readKeys(bytes.NewReader(data), "keys")
		if err != nil {
			return
		}
		lines := func(t *keyTable) (out []string) {
			for _, e := range t.by {
				out = append(out, fmt.Sprintf("%s:%x", e.name, e.digest))
			}
			slices.Sort(out)
			return out
		}
		first := lines(table)
		again, err := readKeys(strings.NewReader(strings.Join(first, "\n")), "again")
		if err != nil || !slices.Equal(first, lines(again)) {
			t.Fatalf("%q read and written: %v", data, err)
		}
		if name, ok := table.find(key); ok && !slices.Contains(first, name+":"+HashKey(key)) {
			t.Errorf("%q opens as %q without its hash being in the file", key, name)
		}
	})
}

// FuzzReadPrefixes: what is read covers what it says, and reads again as the
// same.
func FuzzReadPrefixes(f *testing.F) {
	f.Add([]byte("10.0.0.0/8 # a\n; b\n2001:db8::/32\r\n::ffff:1.2.3.4\n192.0.2.7\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var list []Prefix
		err := readPrefixes(bytes.NewReader(data), "list", func(p netip.Prefix) { list = append(list, Prefix{p}) })
		if err != nil {
			return
		}
		for _, p := range list {
			if !p.IsValid() || p.Masked() != p.Prefix || p.Addr().Is4In6() || p.Addr().Zone() != "" || !p.Contains(p.Addr()) {
				t.Errorf("%v is not in its plain form", p)
			}
			if again, err := ParsePrefix(p.String()); err != nil || again != p {
				t.Errorf("%v reads again as %v, %v", p, again, err)
			}
		}
	})
}

func TestAddKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	one, oneHash := NewKey()
	two, twoHash := NewKey()
	if err := AddKey(file, "ci", oneHash, false); err != nil {
		t.Fatal(err)
	}
	if err := AddKey(file, "ci", twoHash, false); !errors.Is(err, ErrKeyExists) {
		t.Error(err)
	}
	if err := AddKey(file, "ci", twoHash, true); err != nil {
		t.Error(err)
	}
	if err := AddKey(file, "a:b", twoHash, true); err == nil {
		t.Error("a name with a colon was written")
	}
	g := mustNew(t, "g", Config{Keys: &KeysConfig{File: file}})
	for _, key := range []string{one, two} {
		if v := g.Ask(&Attempt{Token: key}); v.Subject != "ci" {
			t.Errorf("%+v", v)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
