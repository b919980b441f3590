package htpasswd

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// The crypt schemes of old. Both write their sums in an alphabet of their own,
// six bits to a character, the lowest bits first.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// appendCrypt appends 24 bits as n characters.
func appendCrypt(dst []byte, b2, b1, b0 byte, n int) []byte {
	v := uint32(b2)<<16 | uint32(b1)<<8 | uint32(b0)
	for range n {
		dst = append(dst, cryptAlphabet[v&63])
		v >>= 6
	}
	return dst
}

func cryptText(s string) bool {
	return strings.Trim(s, cryptAlphabet) == ""
}

// apr1 is Apache's variant of the FreeBSD MD5 crypt: $apr1$SALT$SUM.
type apr1 struct{ salt, sum string }

func parseAPR1(s string) (apr1, error) {
	f := strings.Split(s, "$")
	if len(f) != 4 || len(f[2]) == 0 || len(f[2]) > 8 || len(f[3]) != 22 || !cryptText(f[3]) {
		return apr1{}, errors.New("the apr1 hash is cut or broken; it must look like $apr1$SALT$HASH")
	}
	return apr1{salt: f[2], sum: f[3]}, nil
}

func (c apr1) verify(password string) bool {
	got := md5Crypt([]byte(password), []byte(c.salt))
	return subtle.ConstantTimeCompare([]byte(got), []byte(c.sum)) == 1
}

func md5Crypt(password, salt []byte) string {
	join := func(parts ...[]byte) []byte {
		h := md5.New()
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	first := join(password, salt, password)
	h := md5.New()
	h.Write(password)
	h.Write([]byte("$apr1$"))
	h.Write(salt)
	for n := len(password); n > 0; n -= md5.Size {
		h.Write(first[:min(n, md5.Size)])
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			h.Write([]byte{0})
		} else {
			h.Write(password[:1])
		}
	}
	sum := h.Sum(nil)
	for i := range 1000 {
		var a, b, c, d []byte
		a, d = sum, password
		if i&1 == 1 {
			a, d = password, sum
		}
		if i%3 != 0 {
			b = salt
		}
		if i%7 != 0 {
			c = password
		}
		sum = join(a, b, c, d)
	}
	var out []byte
	for i := range 4 {
		out = appendCrypt(out, sum[i], sum[i+6], sum[i+12], 4)
	}
	out = appendCrypt(out, sum[4], sum[10], sum[5], 4)
	return string(appendCrypt(out, 0, 0, sum[11], 2))
}

// shaCrypt is the SHA-crypt of Ulrich Drepper's "Unix crypt using SHA-256 and
// SHA-512": $5$ or $6$, then optionally rounds=N$, then SALT$SUM.
type shaCrypt struct {
	long   bool // SHA-512
	rounds int
	salt   string
	sum    string
}

var errSHACrypt = errors.New("the SHA-crypt hash is cut or broken; it must look like $6$SALT$HASH or $6$rounds=5000$SALT$HASH")

func parseSHACrypt(s string) (shaCrypt, error) {
	c := shaCrypt{long: s[1] == '6', rounds: 5000}
	f := strings.Split(s, "$")[2:]
	if len(f) == 3 {
		digits, ok := strings.CutPrefix(f[0], "rounds=")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 1000 {
			return shaCrypt{}, errSHACrypt
		}
		if n > maxRounds {
			return shaCrypt{}, fmt.Errorf("%d rounds are too much for each login; at most %d are read", n, maxRounds)
		}
		c.rounds, f = n, f[1:]
	}
	size := 43
	if c.long {
		size = 86
	}
	if len(f) != 2 || len(f[0]) > 16 || len(f[1]) != size || !cryptText(f[1]) {
		return shaCrypt{}, errSHACrypt
	}
	c.salt, c.sum = f[0], f[1]
	return c, nil
}

func (c shaCrypt) scheme() string {
	if c.long {
		return "sha512-crypt"
	}
	return "sha256-crypt"
}

func (c shaCrypt) verify(password string) bool {
	got := c.derive([]byte(password))
	return subtle.ConstantTimeCompare([]byte(got), []byte(c.sum)) == 1
}

// derive follows the numbered steps of the specification.
func (c shaCrypt) derive(password []byte) string {
	newHash := sha256.New
	if c.long {
		newHash = sha512.New
	}
	salt := []byte(c.salt)
	h := newHash()
	sum := func(write func(h hash.Hash)) []byte { // one digest
		h.Reset()
		write(h)
		return h.Sum(nil)
	}
	b := sum(func(h hash.Hash) { h.Write(password); h.Write(salt); h.Write(password) }) // steps 4-8
	a := sum(func(h hash.Hash) {                                                        // steps 1-3 and 9-12
		h.Write(password)
		h.Write(salt)
		h.Write(repeat(b, len(password)))
		for n := len(password); n > 0; n >>= 1 {
			if n&1 == 1 {
				h.Write(b)
			} else {
				h.Write(password)
			}
		}
	})
	p := repeat(sum(func(h hash.Hash) { // steps 13-16
		for range password {
			h.Write(password)
		}
	}), len(password))
	s := repeat(sum(func(h hash.Hash) { // steps 17-20
		for range 16 + int(a[0]) {
			h.Write(salt)
		}
	}), len(salt))
	for i := range c.rounds { // step 21
		a = c.round(h, i, a, p, s)
	}
	return c.encode(a)
}

// round is one turn of step 21. It writes the new digest over the old.
func (c shaCrypt) round(h hash.Hash, i int, a, p, s []byte) []byte {
	h.Reset()
	if i&1 == 1 {
		h.Write(p)
	} else {
		h.Write(a)
	}
	if i%3 != 0 {
		h.Write(s)
	}
	if i%7 != 0 {
		h.Write(p)
	}
	if i&1 == 1 {
		h.Write(a)
	} else {
		h.Write(p)
	}
	return h.Sum(a[:0])
}

// encode writes the digest with its bytes in the order of step 22: three at a
// time from three thirds, which turn by one place each time.
func (c shaCrypt) encode(a []byte) string {
	var out []byte
	if c.long {
		for i := range 21 {
			t := [3]byte{a[i], a[i+21], a[i+42]}
			out = appendCrypt(out, t[i%3], t[(i+1)%3], t[(i+2)%3], 4)
		}
		return string(appendCrypt(out, 0, 0, a[63], 2))
	}
	for i := range 10 {
		t := [3]byte{a[i], a[i+10], a[i+20]}
		// SHA-256 turns the other way round.
		out = appendCrypt(out, t[(3-i%3)%3], t[(4-i%3)%3], t[(5-i%3)%3], 4)
	}
	return string(appendCrypt(out, 0, a[31], a[30], 3))
}

// repeat returns the first n bytes of sum repeated without end.
func repeat(sum []byte, n int) []byte {
	out := make([]byte, 0, n)
	for len(out) < n {
		out = append(out, sum[:min(len(sum), n-len(out))]...)
	}
	return out
}
