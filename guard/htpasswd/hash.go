package htpasswd

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Hash is the stored form of a password. It is immutable and may be used from
// several goroutines.
type Hash struct {
	text   string
	scheme string
	weak   bool
	verify func(password string) bool
}

// String returns the hash as the file holds it.
func (h Hash) String() string { return h.text }

// Scheme names how it was made: bcrypt, argon2id, argon2i, sha256-crypt,
// sha512-crypt, apr1 or sha1.
func (h Hash) Scheme() string { return h.scheme }

// Weak reports whether the scheme is one that is quickly guessed by today's
// machines.
func (h Hash) Weak() bool { return h.weak }

// Verify reports whether the password is the hashed one. It takes as long as
// the scheme is meant to take, and compares in constant time.
func (h Hash) Verify(password string) bool { return h.verify != nil && h.verify(password) }

// Costs beyond these in a file are taken for a mistake, since every login would
// pay them.
const (
	maxBcryptCost   = 16
	maxArgonMemory  = 1 << 20 // KiB
	maxArgonTime    = 64
	maxArgonThreads = 64
	maxRounds       = 5_000_000
)

// Parse reads a stored hash.
func Parse(s string) (Hash, error) {
	var verify func(string) bool
	var err error
	h := Hash{text: s}
	switch {
	case strings.ContainsAny(s, "\r\n"): // which base64 would skip
		err = errUnknown("")
	case strings.HasPrefix(s, "$2y$"), strings.HasPrefix(s, "$2a$"), strings.HasPrefix(s, "$2b$"):
		h.scheme = "bcrypt"
		verify, err = parseBcrypt(s)
	case strings.HasPrefix(s, "$argon2id$"), strings.HasPrefix(s, "$argon2i$"):
		var p phc
		p, err = parsePHC(s)
		h.scheme, verify = p.variant, p.verify
	case strings.HasPrefix(s, "$6$"), strings.HasPrefix(s, "$5$"):
		var c shaCrypt
		c, err = parseSHACrypt(s)
		h.scheme, h.weak, verify = c.scheme(), true, c.verify
	case strings.HasPrefix(s, "$apr1$"):
		var c apr1
		c, err = parseAPR1(s)
		h.scheme, h.weak, verify = "apr1", true, c.verify
	case strings.HasPrefix(s, "{SHA}"):
		h.scheme, h.weak = "sha1", true
		verify, err = parseSHA1(s)
	default:
		err = errUnknown(s)
	}
	if err != nil {
		return Hash{}, err
	}
	h.verify = verify
	return h, nil
}

// errUnknown tells what is known about a hash that cannot be used. It does not
// repeat it: it may be a password.
func errUnknown(s string) error {
	advice := "; set it anew with netwright passwd"
	switch {
	case strings.HasPrefix(s, "$argon2d$"):
		return errors.New("argon2d is not for passwords" + advice)
	case strings.HasPrefix(s, "$y$"), strings.HasPrefix(s, "$7$"):
		return errors.New("yescrypt and scrypt hashes are not supported" + advice)
	case strings.HasPrefix(s, "$1$"):
		return errors.New("the MD5 crypt of old Unix systems is not supported" + advice)
	case strings.HasPrefix(s, "$"), strings.HasPrefix(s, "{"):
		scheme, _, _ := strings.Cut(s[1:], string(map[byte]byte{'$': '$', '{': '}'}[s[0]]))
		return fmt.Errorf("the hash of kind %.20q is not known"+advice, scheme)
	case s == "":
		return errors.New("the hash is empty or broken" + advice)
	}
	return errors.New("this is no hash, but a password in plain text or the DES crypt of old" + advice)
}

func parseBcrypt(s string) (func(string) bool, error) {
	hash := []byte(s)
	cost, err := bcrypt.Cost(hash)
	if err != nil || len(hash) != 60 {
		return nil, errors.New("the bcrypt hash is cut or broken; it has 60 characters")
	}
	if cost > maxBcryptCost {
		return nil, fmt.Errorf("a bcrypt cost of %d would take minutes for each login; at most %d is read", cost, maxBcryptCost)
	}
	return func(password string) bool {
		return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil
	}, nil
}

func parseSHA1(s string) (func(string) bool, error) {
	want, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "{SHA}"))
	if err != nil || len(want) != sha1.Size {
		return nil, errors.New("the {SHA} hash is cut or broken; 28 characters of base64 must follow")
	}
	return func(password string) bool {
		got := sha1.Sum([]byte(password))
		return subtle.ConstantTimeCompare(got[:], want) == 1
	}, nil
}

// What new hashes cost: argon2id as RFC 9106 §4 recommends where memory is
// short, and bcrypt with a like time.
const (
	newArgonTime    = 3
	newArgonMemory  = 64 << 10 // KiB
	newArgonThreads = 4
	newBcryptCost   = 12
)

// Argon2id returns a new hash of the password.
func Argon2id(password string) (Hash, error) {
	p := phc{variant: "argon2id", memory: newArgonMemory, time: newArgonTime, threads: newArgonThreads, salt: make([]byte, 16)}
	rand.Read(p.salt)
	p.sum = argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, 32)
	return Parse(p.String())
}

// Bcrypt returns a new hash of the password, which may have 72 bytes at most:
// bcrypt would silently leave out the rest.
func Bcrypt(password string) (Hash, error) {
	if len(password) > 72 {
		return Hash{}, errors.New("bcrypt takes at most 72 bytes of a password; use argon2id")
	}
	text, err := bcrypt.GenerateFromPassword([]byte(password), newBcryptCost)
	if err != nil {
		return Hash{}, err
	}
	// Others know the same algorithm as 2y only.
	return Parse("$2y$" + strings.TrimPrefix(string(text), "$2a$"))
}
