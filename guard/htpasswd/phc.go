package htpasswd

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// phc is an argon2 hash in the PHC string format:
// $argon2id$v=19$m=65536,t=3,p=4$SALT$SUM, where salt and sum are base64
// without padding.
type phc struct {
	variant string // argon2id or argon2i
	memory  uint32 // KiB
	time    uint32
	threads uint8
	salt    []byte
	sum     []byte
}

var errPHC = errors.New("the argon2 hash is cut or broken; it must look like $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH")

func parsePHC(s string) (phc, error) {
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || strings.ContainsAny(s, "\r\n") {
		return phc{}, errPHC
	}
	p := phc{variant: f[1]}
	if f[2] != "v=19" {
		return phc{}, fmt.Errorf("argon2 of version %.10q is not supported, only v=19", f[2])
	}
	if err := p.parseCosts(f[3]); err != nil {
		return phc{}, err
	}
	strict := base64.RawStdEncoding.Strict()
	var err1, err2 error
	p.salt, err1 = strict.DecodeString(f[4])
	p.sum, err2 = strict.DecodeString(f[5])
	if err1 != nil || err2 != nil || len(p.salt) < 8 || len(p.salt) > 64 || len(p.sum) < 12 || len(p.sum) > 64 {
		return phc{}, errPHC
	}
	return p, nil
}

// parseCosts reads m=65536,t=3,p=4, in this order.
func (p *phc) parseCosts(s string) error {
	f := strings.Split(s, ",")
	if len(f) != 3 {
		return errPHC
	}
	var n [3]uint64
	for i, c := range []struct {
		key string
		max uint64
	}{{"m=", maxArgonMemory}, {"t=", maxArgonTime}, {"p=", maxArgonThreads}} {
		digits, ok := strings.CutPrefix(f[i], c.key)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || v == 0 || digits != strconv.FormatUint(v, 10) {
			return errPHC
		}
		if v > c.max {
			return fmt.Errorf("an argon2 cost of %s%d is too much for each login; at most %d is read", c.key, v, c.max)
		}
		n[i] = v
	}
	p.memory, p.time, p.threads = uint32(n[0]), uint32(n[1]), uint8(n[2])
	if n[0] < 8*n[2] {
		return fmt.Errorf("argon2 needs m to be at least 8 times p, here %d", 8*n[2])
	}
	return nil
}

// String writes the hash as parsePHC reads it.
func (p phc) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=19$m=%d,t=%d,p=%d$%s$%s", p.variant, p.memory, p.time, p.threads,
		enc.EncodeToString(p.salt), enc.EncodeToString(p.sum))
}

func (p phc) verify(password string) bool {
	derive := argon2.IDKey
	if p.variant == "argon2i" {
		derive = argon2.Key
	}
	got := derive([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.sum)))
	return subtle.ConstantTimeCompare(got, p.sum) == 1
}
