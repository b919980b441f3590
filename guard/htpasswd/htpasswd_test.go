package htpasswd

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// need skips the test where a program is missing, except under CI.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

func run(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", program, args, err)
	}
	return strings.TrimSpace(string(out))
}

// passwords are chosen for their lengths around the block sizes of the hashes.
var passwords = []string{"", "a", "secret", "grüße, 世界", strings.Repeat("0123456789abcdef", 1),
	strings.Repeat("x", 31), strings.Repeat("y", 32), strings.Repeat("z", 33), strings.Repeat("q", 64), strings.Repeat("w", 71)}

func checkHash(t *testing.T, stored, scheme, password string, weak bool) {
	t.Helper()
	h, err := Parse(stored)
	if err != nil {
		t.Errorf("%s: %v", stored, err)
		return
	}
	if h.String() != stored || h.Scheme() != scheme || h.Weak() != weak {
		t.Errorf("%s: read as %s %s, weak %v", stored, h.Scheme(), h, h.Weak())
	}
	if !h.Verify(password) {
		t.Errorf("%s: refuses %q", stored, password)
	}
	if h.Verify(password+"x") || password != "" && (h.Verify("") || h.Verify(password[1:])) {
		t.Errorf("%s: accepts a wrong password for %q", stored, password)
	}
}

func TestApacheFiles(t *testing.T) {
	need(t, "htpasswd")
	for _, tt := range []struct {
		flags  []string
		scheme string
		weak   bool
	}{
		{[]string{"-B", "-C", "5"}, "bcrypt", false},
		{[]string{"-m"}, "apr1", true},
		{[]string{"-s"}, "sha1", true},
		{[]string{"-2"}, "sha256-crypt", true},
		{[]string{"-5"}, "sha512-crypt", true},
	} {
		file := filepath.Join(t.TempDir(), "users")
		for i, p := range passwords {
			args := append([]string{"-i"}, tt.flags...)
			if i == 0 {
				args = append(args, "-c")
			}
			run(t, p+"\n", "htpasswd", append(args, file, fmt.Sprintf("user%d", i))...)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := Read(bytes.NewReader(data), file)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != len(passwords) {
			t.Fatalf("%v: %d entries", tt.flags, len(entries))
		}
		for i, e := range entries {
			if e.User != fmt.Sprintf("user%d", i) {
				t.Errorf("entry %d is %q", i, e.User)
			}
			checkHash(t, e.Hash.String(), tt.scheme, passwords[i], tt.weak)
		}
	}
}

func TestOpenSSLHashes(t *testing.T) {
	need(t, "openssl")
	for flag, scheme := range map[string]string{"-6": "sha512-crypt", "-5": "sha256-crypt", "-apr1": "apr1"} {
		for _, p := range passwords[1:] {
			checkHash(t, run(t, p+"\n", "openssl", "passwd", flag, "-stdin"), scheme, p, true)
		}
		checkHash(t, run(t, "pw\n", "openssl", "passwd", flag, "-salt", "ab", "-stdin"), scheme, "pw", true)
	}
}

// TestApacheVerifiesOurs lets Apache's tool check what we write.
func TestApacheVerifiesOurs(t *testing.T) {
	need(t, "htpasswd")
	file := filepath.Join(t.TempDir(), "users")
	h, err := Bcrypt("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Set(file, "ada", h); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("htpasswd", "-vb", file, "ada", "correct horse").CombinedOutput(); err != nil {
		t.Errorf("htpasswd refuses our bcrypt: %s", out)
	}
	if exec.Command("htpasswd", "-vb", file, "ada", "wrong").Run() == nil {
		t.Error("htpasswd accepts a wrong password")
	}
}

// TestVectors holds hashes from the specifications.
func TestVectors(t *testing.T) {
	// Drepper's specification, its examples with rounds.
	checkHash(t, "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
		"sha512-crypt", "Hello world!", true)
	checkHash(t, "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "sha256-crypt", "Hello world!", true)
	// The argon2 reference implementation's command line.
	checkHash(t, "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", "argon2i", "password", false)
	checkHash(t, "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "argon2id", "password", false)
}

func TestNewHashes(t *testing.T) {
	a, err := Argon2id("secret")
	if err != nil {
		t.Fatal(err)
	}
	checkHash(t, a.String(), "argon2id", "secret", false)
	if b, _ := Argon2id("secret"); a.String() == b.String() {
		t.Error("two hashes of one password are the same: no salt")
	}
	if _, err := Bcrypt(strings.Repeat("x", 73)); err == nil {
		t.Error("bcrypt took more than it can hold")
	}
}

func TestParseRefuses(t *testing.T) {
	for stored, want := range map[string]string{
		"":              "empty",
		"secret":        "plain text",
		"rqXexS6ZhobKA": "plain text or the DES crypt",
		"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7": "yescrypt",
		"$1$abc$aaaaaaaaaaaaaaaaaaaaaa":                                             "MD5 crypt",
		"$argon2d$v=19$m=8,t=1,p=1$c29tZXNhbHQ$x":                                   "argon2d",
		"{SSHA}abc":                         "SSHA",
		"$pbkdf2$x":                         "pbkdf2",
		"{SHA}short":                        "cut",
		"$2y$05$abc":                        "cut",
		"$2y$31$" + strings.Repeat("a", 53): "cost of 31",
		"$apr1$ab$short":                    "cut",
		"$6$rounds=999999999$salt$" + strings.Repeat("a", 86):            "too much",
		"$6$rounds=x$salt$" + strings.Repeat("a", 86):                    "cut",
		"$6$salt$" + strings.Repeat("a", 43):                             "cut",
		"$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEy":       "v=19",
		"$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEy": "too much",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEy":       "cut",
		"$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHQ$MTIzNDU2Nzg5MDEy":        "8 times",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$":                       "cut",
		"$argon2id$m=64,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEy":            "cut",
	} {
		_, err := Parse(stored)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", stored, err, want)
			continue
		}
		if len(stored) > 5 && strings.Contains(err.Error(), stored) {
			t.Errorf("the error repeats what may be a password: %v", err)
		}
	}
	if (Hash{}).Verify("") {
		t.Error("the zero Hash accepts the empty password")
	}
}

func TestReadErrors(t *testing.T) {
	const sha = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
	for in, want := range map[string]string{
		"ada\n":                              "users:1: the line must be USER:HASH",
		"# x\n\nada:secret\n":                `users:3: user "ada": this is no hash`,
		"ada:" + sha + "\nada:" + sha + "\n": "stands already in line 1",
		":" + sha:                            "empty",
		"a\x01b:" + sha:                      "control",
		strings.Repeat("x", maxLine+1):       "longer than",
		"ada:" + sha + "\nb:x\nc:x\n":        "users:3: ",
		strings.Repeat("u:x\n", 100):         "users:10: ",
		strings.Repeat("x", 256) + ":" + sha: "longer than 255",
	} {
		_, err := Read(strings.NewReader(in), "users")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", in, err, want)
		}
	}
	entries, err := Read(strings.NewReader("\r\n# staff\r\nada:"+sha+":Ada Lovelace\r\n"), "users")
	if err != nil || len(entries) != 1 || !entries[0].Hash.Verify("secret") {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestSet(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "users")
	hash := func(p string) Hash {
		h, err := Parse(phcOf(p))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	set := func(user, password string, wantReplaced bool) {
		t.Helper()
		replaced, err := Set(file, user, hash(password))
		if err != nil || replaced != wantReplaced {
			t.Errorf("%s: replaced %v, %v", user, replaced, err)
		}
	}
	set("ada", "one", false)
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("made with mode %v", info.Mode())
	}
	old := "# our staff\nbob:" + phcOf("b") + "\n\nada:" + phcOf("one") + "\n# end"
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	file = link
	set("ada", "two", true)
	set("cleo", "three", false)
	want := "# our staff\nbob:" + phcOf("b") + "\n\nada:" + phcOf("two") + "\n# end\ncleo:" + phcOf("three") + "\n"
	got, _ := os.ReadFile(file)
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	info, _ := os.Stat(file)
	link1, _ := os.Lstat(link)
	if info.Mode().Perm() != 0o640 || link1.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("mode %v; link %v", info.Mode(), link1.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Set(file, "a:b", hash("x")); err == nil {
		t.Error("a user name with a colon was written")
	}
}

// phcOf returns an argon2id hash that is as cheap as they come, of a password
// of at most eight bytes.
func phcOf(password string) string {
	p := phc{variant: "argon2id", memory: 8, time: 1, threads: 1, salt: []byte("somesalt")}
	p.sum = append([]byte("sum of "), fmt.Sprintf("%-8s", password)...)
	return p.String()
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEy")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			return
		}
		if got := p.String(); got != s && strings.HasPrefix(s, "$argon2") {
			t.Errorf("%q reads and writes as %q", s, got)
		}
		if p.memory > maxArgonMemory || p.time > maxArgonTime || p.threads > maxArgonThreads || p.memory < 8*uint32(p.threads) {
			t.Errorf("costs beyond the limits: %+v", p)
		}
	})
}

// FuzzRead: what is read can be written again line by line and reads the same,
// and no error repeats what may be a password.
func FuzzRead(f *testing.F) {
	f.Add([]byte("# staff\nada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n\nbob:$apr1$ab$0123456789012345678901:Bob\n"))
	f.Add([]byte("a:$6$saltsalt$" + strings.Repeat("a", 86) + "\r\n b:" + phcOf("x")))
	f.Add([]byte("a:$2y$05$" + strings.Repeat("a", 53)))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := Read(bytes.NewReader(data), "users")
		if err != nil {
			if entries != nil {
				t.Error("entries beside an error")
			}
			return
		}
		var out []byte
		for _, e := range entries {
			out = fmt.Appendf(out, "%s:%s\n", e.User, e.Hash)
		}
		again, err := Read(bytes.NewReader(out), "again")
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%q: %v", out, err)
		}
		for i := range again {
			if again[i].User != entries[i].User || again[i].Hash.String() != entries[i].Hash.String() {
				t.Errorf("entry %d: %q became %q", i, entries[i].User, again[i].User)
			}
		}
	})
}
