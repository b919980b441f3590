package guard

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/netwright/netwright/guard/htpasswd"
)

// keys admits who shows a key whose hash is in a file. Keys are made by NewKey
// with 256 random bits, so that one round of SHA-256 hides them: there is
// nothing to guess.
type keys struct {
	cfg       KeysConfig
	bearer    bool   // the header is Authorization, and holds "Bearer KEY"
	challenge string // for WWW-Authenticate
	table     atomic.Pointer[keyTable]
}

// keyTable finds a key by a seeded hash of its digest, so that how long the
// search takes tells nothing about the digests in the file; the digest itself
// is then compared in constant time.
type keyTable struct {
	seed maphash.Seed
	by   map[uint64]keyEntry
}

type keyEntry struct {
	name   string
	digest [sha256.Size]byte
}

const (
	maxKeyLength = 1024
	maxKeyFile   = 64 << 20
	maxKeyLine   = 4096
	keyPrefix    = "nw_" // lets scanners for leaked secrets know it
)

// NewKey returns a new random key and the hash that the file stores. It does
// not fail: without randomness the program ends (crypto/rand).
func NewKey() (key, hash string) {
	var b [32]byte
	rand.Read(b[:])
	key = keyPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return key, HashKey(key)
}

// HashKey returns the hash of a key as a keys file holds it: SHA-256 in hex.
func HashKey(key string) string {
	d := sha256.Sum256([]byte(key))
	return hex.EncodeToString(d[:])
}

// CheckKeyName returns an error for a name that a keys file cannot hold.
func CheckKeyName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > 255:
		return errors.New("the name is longer than 255 bytes")
	case name[0] == '#' || strings.ContainsFunc(name, func(r rune) bool {
		return r == ':' || unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	}):
		return fmt.Errorf("the name %.60q may not begin with # nor hold a colon, spaces or control characters", name)
	}
	return nil
}

func newKeys(name string, cfg KeysConfig) (*keys, error) {
	cfg.SetDefaults()
	if cfg.File == "" {
		return nil, missing("file", "the file of hashed keys")
	}
	if cfg.Realm == "" {
		cfg.Realm = name
	}
	return &keys{
		cfg:       cfg,
		bearer:    cfg.bearer(),
		challenge: "Bearer realm=" + quoteString(cfg.Realm),
	}, nil
}

func (g *keys) watch() watch { return watch{key: "file", paths: []string{g.cfg.File}, load: g.load} }

func (g *keys) load() (string, error) {
	data, err := readFile(g.cfg.File, maxKeyFile)
	if err != nil {
		return "", err
	}
	t, err := readKeys(bytes.NewReader(data), g.cfg.File)
	if err != nil {
		return "", err
	}
	g.table.Store(t)
	return fmt.Sprintf("%d keys", len(t.by)), nil
}

// readKeys reads lines of NAME:SHA256; empty lines and those that begin with #
// are skipped. A name may have several keys, so that one can be replaced while
// the other still works.
func readKeys(r io.Reader, file string) (*keyTable, error) {
	t := &keyTable{seed: maphash.MakeSeed(), by: make(map[uint64]keyEntry)}
	var errs []error
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, maxKeyLine), maxKeyLine)
	line := 0
	for sc.Scan() {
		line++
		text := strings.TrimSpace(sc.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		if err := t.addLine(text); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, line, err))
			if len(errs) == maxLineErrors {
				break
			}
		}
	}
	if err := sc.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s:%d: %w", file, line+1, err))
	}
	return t, errors.Join(errs...)
}

// addLine never repeats the line in an error: it may hold a key by mistake.
func (t *keyTable) addLine(text string) error {
	name, hash, found := strings.Cut(text, ":")
	if !found {
		return errors.New("the line must be NAME:SHA256, as netwright key new writes it")
	}
	if err := CheckKeyName(name); err != nil {
		return err
	}
	e := keyEntry{name: name}
	if n, err := hex.Decode(e.digest[:], []byte(hash[:min(len(hash), 2*sha256.Size)])); err != nil || n != sha256.Size || len(hash) != 2*sha256.Size {
		return fmt.Errorf("behind %q must stand a SHA-256 in %d hex digits, not the key itself; netwright key new makes both", name, 2*sha256.Size)
	}
	at := maphash.Bytes(t.seed, e.digest[:])
	if other, there := t.by[at]; there {
		return fmt.Errorf("%q and %q have the same key", other.name, name)
	}
	t.by[at] = e
	return nil
}

// find returns whose key it is.
func (t *keyTable) find(key string) (name string, ok bool) {
	digest := sha256.Sum256([]byte(key))
	e := t.by[maphash.Bytes(t.seed, digest[:])]
	if subtle.ConstantTimeCompare(e.digest[:], digest[:]) != 1 {
		return "", false
	}
	return e.name, true
}

func (g *keys) Needs() Needs { return g.cfg.needs() }

// credential returns the key that the attempt shows.
func (g *keys) credential(a *Attempt) (key string, ok bool) {
	if a.Header != nil {
		v := a.Header(g.cfg.Header)
		if !g.bearer {
			return v, v != ""
		}
		if token, ok := authorization(v, "Bearer"); ok {
			return token, true
		}
	}
	if !g.bearer {
		return "", false
	}
	if a.Token != "" {
		return a.Token, true
	}
	// A login without header fields gives the key as its password.
	return a.Password, a.Header == nil && a.HasPassword
}

func (g *keys) Ask(a *Attempt) Verdict {
	key, given := g.credential(a)
	if !given {
		return Verdict{Decision: NeedCredentials, Status: 401, Reason: "no key was given", Challenge: g.challenge}
	}
	var name string
	known := false
	if len(key) <= maxKeyLength {
		name, known = g.table.Load().find(key)
	}
	if !known {
		return Verdict{Decision: Refuse, Status: 401, Reason: "the key is not known", Challenge: g.challenge + `, error="invalid_token"`}
	}
	a.Subject = name
	return Verdict{Subject: name}
}

func (g *keys) explain(a *Attempt) ([]Line, Decision) {
	v := g.Ask(a)
	text := v.Reason
	switch v.Decision {
	case Admit:
		text = fmt.Sprintf("the key is %q in %s", v.Subject, g.cfg.File)
	case NeedCredentials:
		text = fmt.Sprintf("no key in the %s field", g.cfg.Header)
	}
	return []Line{{Step: "keys", Decision: v.Decision, Text: text}}, v.Decision
}

// authorization returns what follows the scheme in the value of an
// Authorization field (RFC 9110 §11.6.2), and whether it is of that scheme.
func authorization(value, scheme string) (string, bool) {
	if len(value) <= len(scheme) || value[len(scheme)] != ' ' || !strings.EqualFold(value[:len(scheme)], scheme) {
		return "", false
	}
	return strings.Trim(value[len(scheme):], " "), true
}

// quoteString writes a quoted-string of RFC 9110 §5.6.4. What cannot stand in a
// header field becomes a question mark.
func quoteString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// ErrKeyExists is wrapped by the error of AddKey where a name has a key.
var ErrKeyExists = errors.New("has a key already")

// AddKey puts the hash of a key under a name into a keys file, which is made
// with mode 0600 where there is none and replaced at once. Where the name
// has a key already and another is not wanted, the error wraps ErrKeyExists.
func AddKey(file, name, hash string, another bool) error {
	if err := CheckKeyName(name); err != nil {
		return err
	}
	return htpasswd.Rewrite(file, func(old []byte) ([]byte, error) {
		t, err := readKeys(bytes.NewReader(old), file)
		if err != nil {
			return nil, err
		}
		for _, e := range t.by {
			if e.name == name && !another {
				return nil, fmt.Errorf("%s: %q %w", file, name, ErrKeyExists)
			}
		}
		if len(old) > 0 && old[len(old)-1] != '\n' {
			old = append(old, '\n')
		}
		return fmt.Appendf(old, "%s:%s\n", name, hash), nil
	})
}
