package guard

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/maphash"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/guard/htpasswd"
)

// basic admits who gives a user name and password of an htpasswd file.
//
// Hashing is slow by design, so it is done once: what has been verified is
// remembered with the user, as an HMAC under a key that only this process
// knows, until the user's line changes. At most a few passwords are hashed at a
// time; who cannot get a turn is told to come back. A user who is not in the
// file costs as much as one who is.
type basic struct {
	cfg       BasicConfig
	challenge string
	users     atomic.Pointer[userTable]
	log       *slog.Logger

	secret   [32]byte
	seed     maphash.Seed
	macs     sync.Pool // of hash.Hash
	failures failures
	turns    turns
}

// userTable is one reading of the file; what is verified comes with it.
type userTable struct {
	by    map[string]*user
	order []*user // to choose a stand-in for an unknown user from
}

type user struct {
	hash     htpasswd.Hash
	verified atomic.Pointer[mac]
}

// mac is an HMAC-SHA256 over user name, stored hash and password.
type mac [sha256.Size]byte

const (
	maxPassword     = 1024
	maxUsername     = 255
	maxPasswordFile = 64 << 20
)

func newBasic(name string, cfg BasicConfig, log *slog.Logger) (*basic, error) {
	cfg.SetDefaults()
	if cfg.File == "" {
		return nil, missing("file", "the htpasswd file")
	}
	if cfg.Realm == "" {
		cfg.Realm = name
	}
	if cfg.Hashes <= 0 {
		cfg.Hashes = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if cfg.Wait < 0 || cfg.Wait > time.Minute {
		return nil, &ConfigError{Path: []string{"wait"}, Err: errors.New("must be at most 1m")}
	}
	g := &basic{
		cfg:       cfg,
		challenge: "Basic realm=" + quoteString(cfg.Realm) + `, charset="UTF-8"`,
		log:       log,
		seed:      maphash.MakeSeed(),
		turns:     newTurns(cfg.Hashes, cfg.Wait),
	}
	rand.Read(g.secret[:])
	g.macs.New = func() any { return hmac.New(sha256.New, g.secret[:]) }
	return g, nil
}

func (g *basic) watch() watch { return watch{key: "file", paths: []string{g.cfg.File}, load: g.load} }

func (g *basic) load() (string, error) {
	data, err := readFile(g.cfg.File, maxPasswordFile)
	if err != nil {
		return "", err
	}
	entries, err := htpasswd.Read(bytes.NewReader(data), g.cfg.File)
	if err != nil {
		return "", err
	}
	old := g.users.Load()
	t := &userTable{by: make(map[string]*user, len(entries))}
	weak := make(map[string]int)
	for _, e := range entries {
		u := &user{hash: e.Hash}
		if old != nil && old.by[e.User] != nil && old.by[e.User].hash.String() == e.Hash.String() {
			u = old.by[e.User]
		}
		t.by[e.User] = u
		t.order = append(t.order, u)
		if e.Hash.Weak() {
			weak[e.Hash.Scheme()]++
		}
	}
	g.users.Store(t)
	for scheme, n := range weak {
		g.log.Warn("password hashes of an old kind are quickly guessed once the file leaks; set these passwords anew with netwright passwd",
			"file", g.cfg.File, "scheme", scheme, "users", n)
	}
	return fmt.Sprintf("%d users", len(t.by)), nil
}

func (g *basic) Needs() Needs { return NeedPassword }

// credential returns the user name and password that the attempt gives; bad is
// true where an Authorization field of the scheme cannot be read.
func (g *basic) credential(a *Attempt) (name, password string, given, bad bool) {
	if a.HasPassword {
		return a.Username, a.Password, true, false
	}
	if a.Header == nil {
		return "", "", false, false
	}
	encoded, ok := authorization(a.Header("Authorization"), "Basic")
	if !ok {
		return "", "", false, false
	}
	name, password, ok = decodeBasic(encoded)
	return name, password, true, !ok
}

// decodeBasic reads the credentials of RFC 7617.
func decodeBasic(encoded string) (name, password string, ok bool) {
	if len(encoded) > base64.StdEncoding.EncodedLen(maxUsername+1+maxPassword) {
		return "", "", false
	}
	plain, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	name, password, ok = strings.Cut(string(plain), ":")
	for _, c := range plain {
		if c < ' ' || c == 0x7f {
			return "", "", false
		}
	}
	return name, password, ok
}

func (g *basic) Ask(a *Attempt) Verdict {
	name, password, given, bad := g.credential(a)
	switch {
	case !given:
		return Verdict{Decision: NeedCredentials, Status: 401, Reason: "no password was given", Challenge: g.challenge}
	case bad:
		return g.refuse("the Authorization field cannot be read")
	case len(name) > maxUsername || len(password) > maxPassword:
		return g.refuse("the user name or password is too long")
	}
	switch g.check(name, password) {
	case checkBusy:
		return Verdict{Decision: Refuse, Status: 503, Reason: "too many logins at once", RetryAfter: g.cfg.Wait}
	case checkWrong:
		return g.refuse("the user name or password is wrong")
	}
	a.Subject = name
	return Verdict{Subject: name}
}

func (g *basic) refuse(reason string) Verdict {
	return Verdict{Decision: Refuse, Status: 401, Reason: reason, Challenge: g.challenge}
}

type checked uint8

const (
	checkWrong checked = iota
	checkRight
	checkBusy
)

// check compares a password with that of the user.
func (g *basic) check(name, password string) checked {
	t := g.users.Load()
	if len(t.order) == 0 {
		return checkWrong
	}
	u, known := t.by[name]
	if !known {
		// The stand-in is always the same for this name, as a real user's
		// hash would be.
		u = t.order[maphash.String(g.seed, name)%uint64(len(t.order))]
	}
	m := g.mac(name, u.hash.String(), password)
	if v := u.verified.Load(); known && v != nil && hmac.Equal(v[:], m[:]) {
		return checkRight
	}
	if g.failures.has(m) {
		return checkWrong
	}
	return g.turns.do(m, func() checked {
		if !u.hash.Verify(password) || !known {
			g.failures.add(m)
			return checkWrong
		}
		u.verified.Store(&m)
		return checkRight
	})
}

func (g *basic) mac(name, stored, password string) (m mac) {
	h := g.macs.Get().(hash.Hash)
	defer g.macs.Put(h)
	h.Reset()
	// A stored hash holds no line feed, and the lengths are bounded.
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(name)))
	h.Write(size[:])
	for _, s := range [...]string{name, stored, "\n", password} {
		h.Write([]byte(s))
	}
	h.Sum(m[:0])
	return m
}

func (g *basic) explain(a *Attempt) ([]Line, Decision) {
	name, _, given, _ := g.credential(a)
	v := g.Ask(a)
	text := v.Reason
	switch {
	case v.Decision == Admit:
		text = fmt.Sprintf("the password is that of %q in %s", name, g.cfg.File)
	case given && v.Status == 401:
		if u := g.users.Load().by[name]; u == nil {
			text = fmt.Sprintf("%q is not in %s", name, g.cfg.File)
		} else {
			text = fmt.Sprintf("the password is not that of %q in %s (%s)", name, g.cfg.File, u.hash.Scheme())
		}
	}
	return []Line{{Step: "basic", Decision: v.Decision, Text: text}}, v.Decision
}
