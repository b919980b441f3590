package guard

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// bcryptOf returns the cheapest bcrypt there is.
func bcryptOf(t testing.TB, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

// header returns a look-up that knows one field.
func header(name, value string) func(string) string {
	return func(n string) string {
		if n == name {
			return value
		}
		return ""
	}
}

func basicHeader(userpass string) func(string) string {
	return header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(userpass)))
}

func TestBasic(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	write(t, file, "ada:"+bcryptOf(t, "secret:1")+"\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
	g := mustNew(t, "staff", Config{Basic: &BasicConfig{File: file, Realm: `the "staff"`}})
	if g.Needs() != NeedPassword {
		t.Error(g.Needs())
	}
	for _, tt := range []struct {
		name    string
		a       Attempt
		want    Decision
		subject string
	}{
		{"header", Attempt{Header: basicHeader("ada:secret:1")}, Admit, "ada"},
		{"header again, remembered", Attempt{Header: basicHeader("ada:secret:1")}, Admit, "ada"},
		{"scheme in capitals, two spaces", Attempt{Header: header("Authorization", "BASIC  YWRhOnNlY3JldDox")}, Admit, "ada"},
		{"old hash", Attempt{Header: basicHeader("bob:secret")}, Admit, "bob"},
		{"login", Attempt{Username: "ada", Password: "secret:1", HasPassword: true}, Admit, "ada"},
		{"wrong password", Attempt{Header: basicHeader("ada:secret")}, Refuse, ""},
		{"wrong again", Attempt{Header: basicHeader("ada:secret")}, Refuse, ""},
		{"empty password", Attempt{Username: "ada", HasPassword: true}, Refuse, ""},
		{"password of another", Attempt{Header: basicHeader("bob:secret:1")}, Refuse, ""},
		{"unknown user", Attempt{Header: basicHeader("eve:secret:1")}, Refuse, ""},
		{"unknown user, known password", Attempt{Header: basicHeader("ad:asecret:1")}, Refuse, ""},
		{"no header", Attempt{Header: header("", "")}, NeedCredentials, ""},
		{"another scheme", Attempt{Header: header("Authorization", "Bearer YWRhOnNlY3JldDox")}, NeedCredentials, ""},
		{"no look-up", Attempt{}, NeedCredentials, ""},
		{"not base64", Attempt{Header: header("Authorization", "Basic %%%")}, Refuse, ""},
		{"no colon", Attempt{Header: basicHeader("ada")}, Refuse, ""},
		{"control character", Attempt{Header: basicHeader("ada:\x00")}, Refuse, ""},
		{"too long", Attempt{Header: basicHeader("ada:" + strings.Repeat("x", 5000))}, Refuse, ""},
		{"too long a login", Attempt{Username: "ada", Password: strings.Repeat("x", 5000), HasPassword: true}, Refuse, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.a
			v := g.Ask(&a)
			if v.Decision != tt.want || v.Subject != tt.subject || a.Subject != tt.subject {
				t.Errorf("%+v, subject %q", v, a.Subject)
			}
			if tt.want != Admit && (v.Status != 401 || v.Challenge != `Basic realm="the \"staff\"", charset="UTF-8"` || v.Guard != "staff") {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestBasicWarnsOfWeakHashes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	write(t, file, "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
	var out bytes.Buffer
	if _, err := New("staff", Config{Basic: &BasicConfig{File: file}}, slog.New(slog.NewTextHandler(&out, nil))); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "level=WARN") || !strings.Contains(s, "scheme=sha1 users=1") || strings.Contains(s, "5en6") {
		t.Errorf("logged %q", s)
	}
	write(t, file, "bob:secret\n")
	_, err := New("staff", Config{Basic: &BasicConfig{File: file}}, nil)
	if err == nil || !strings.Contains(err.Error(), "basic: file: "+file+":1: ") || strings.Contains(err.Error(), "secret") {
		t.Errorf("plain text: %v", err)
	}
}

// TestBasicHashesOnce is the login storm: many requests of the same user at
// once cost one hash, and later ones none.
func TestBasicHashesOnce(t *testing.T) {
	g := &basic{turns: newTurns(1, time.Second)}
	var hashed atomic.Int32
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if r := g.turns.do(mac{1}, func() checked {
					hashed.Add(1)
					time.Sleep(time.Millisecond)
					return checkRight
				}); r != checkRight {
					t.Error(r)
				}
			})
		}
		wg.Wait()
	})
	if hashed.Load() != 1 {
		t.Errorf("hashed %d times", hashed.Load())
	}

	file := filepath.Join(t.TempDir(), "users")
	write(t, file, "ada:"+bcryptOf(t, "secret")+"\n")
	b := mustNew(t, "staff", Config{Basic: &BasicConfig{File: file}}).parts[0].(*basic)
	if b.check("ada", "secret") != checkRight || b.check("ada", "wrong") != checkWrong || b.check("eve", "wrong") != checkWrong {
		t.Fatal("wrong decisions")
	}
	// With no turn left to have, only what is remembered gets an answer.
	b.turns = newTurns(0, time.Millisecond)
	for _, tt := range []struct {
		user, password string
		want           checked
	}{
		{"ada", "secret", checkRight},
		{"ada", "wrong", checkWrong},
		{"eve", "wrong", checkWrong},
		{"ada", "another", checkBusy},
		{"eve", "another", checkBusy}, // an unknown user costs a hash too
	} {
		if got := b.check(tt.user, tt.password); got != tt.want {
			t.Errorf("%s, %s: %v, want %v", tt.user, tt.password, got, tt.want)
		}
	}
	a := Attempt{Username: "ada", Password: "third", HasPassword: true}
	if v := b.Ask(&a); v.Status != 503 || v.RetryAfter == 0 || v.Challenge != "" {
		t.Errorf("busy: %+v", v)
	}
}

// TestTurns: no more than the given number at a time, a bounded number waiting,
// and nobody waits for longer than he may.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2, 10*time.Second)
		var now, most, busy atomic.Int32
		var wg sync.WaitGroup
		for i := range 3000 {
			wg.Go(func() {
				began := time.Now()
				r := turns.do(mac{byte(i), byte(i >> 8)}, func() checked {
					n := now.Add(1)
					if n > most.Load() {
						most.Store(n)
					}
					time.Sleep(time.Second)
					now.Add(-1)
					return checkRight
				})
				if r == checkBusy {
					busy.Add(1)
				}
				if w := time.Since(began); w > 12*time.Second {
					t.Errorf("waited %v", w)
				}
			})
		}
		wg.Wait()
		if most.Load() != 2 {
			t.Errorf("%d at a time", most.Load())
		}
		if done := 3000 - busy.Load(); done < 18 || done > 24 {
			t.Errorf("%d were hashed", done)
		}
		if len(turns.asks) != 0 {
			t.Errorf("%d asks are left behind", len(turns.asks))
		}
	})
}

func TestBasicReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	ada := "ada:" + bcryptOf(t, "secret") + "\n"
	write(t, file, ada)
	synctest.Test(t, func(t *testing.T) {
		g := mustNew(t, "staff", Config{Basic: &BasicConfig{File: file}})
		go g.Serve(t.Context())
		try := func(user, password string) Decision {
			synctest.Wait()
			return g.Ask(&Attempt{Username: user, Password: password, HasPassword: true}).Decision
		}
		if try("ada", "secret") != Admit || try("bob", "pw") != Refuse {
			t.Error("before the change")
		}
		write(t, file, ada+"bob:"+bcryptOf(t, "pw")+"\n")
		time.Sleep(3 * watchEvery)
		if try("ada", "secret") != Admit || try("bob", "pw") != Admit {
			t.Error("bob is not known after the change")
		}
		write(t, file, "ada:"+bcryptOf(t, "other")+"\n")
		time.Sleep(3 * watchEvery)
		if try("ada", "secret") != Refuse || try("ada", "other") != Admit || try("bob", "pw") != Refuse {
			t.Error("an old password or user is still let in")
		}
	})
}

func TestFailuresForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f failures
		f.add(mac{1})
		if !f.has(mac{1}) || f.has(mac{2}) || f.has(mac{}) {
			t.Error("remembers otherwise than told")
		}
		time.Sleep(failureLife)
		if f.has(mac{1}) {
			t.Error("remembers for too long")
		}
	})
}

// FuzzDecodeBasic: what is read is what was encoded.
func FuzzDecodeBasic(f *testing.F) {
	f.Add("YWRhOnNlY3JldA==")
	f.Add("Og==")
	f.Fuzz(func(t *testing.T, encoded string) {
		name, password, ok := decodeBasic(encoded)
		if !ok {
			return
		}
		if strings.Contains(name, ":") {
			t.Errorf("a colon in the name %q", name)
		}
		plain := name + ":" + password
		again, _ := base64.StdEncoding.DecodeString(base64.StdEncoding.EncodeToString([]byte(plain)))
		if n, p, ok := decodeBasic(base64.StdEncoding.EncodeToString(again)); !ok || n != name || p != password {
			t.Errorf("%q %q became %q %q", name, password, n, p)
		}
		for _, r := range []byte(plain) {
			if r < ' ' || r == 0x7f {
				t.Errorf("a control character in %q", plain)
			}
		}
	})
}

func BenchmarkBasicRemembered(b *testing.B) {
	file := filepath.Join(b.TempDir(), "users")
	write(b, file, "ada:"+bcryptOf(b, "secret")+"\n")
	g := mustNew(b, "staff", Config{Basic: &BasicConfig{File: file}})
	a := Attempt{Header: basicHeader("ada:secret")}
	b.ReportAllocs()
	for b.Loop() {
		if v := g.Ask(&a); v.Decision != Admit {
			b.Fatal(fmt.Sprint(v))
		}
	}
}
