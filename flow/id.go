package flow

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"
)

// ID names one record. It is a UUID of version 7 (RFC 9562, section 5.7), so
// IDs sort by the time at which their record began.
type ID [16]byte

// NewID makes an ID for something that begins at now: 48 bits of milliseconds,
// 12 bits of their fraction (RFC 9562, section 6.2, method 3) and 62 random
// bits. It makes no system call and allocates nothing.
func NewID(now time.Time) ID {
	ns := uint64(now.UnixNano())
	ms, fraction := ns/1e6, ns%1e6*4096/1e6
	random := rand.Uint64()
	return ID{
		byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms),
		0x70 | byte(fraction>>8), byte(fraction),
		0x80 | byte(random>>56)&0x3f, byte(random >> 48), byte(random >> 40), byte(random >> 32),
		byte(random >> 24), byte(random >> 16), byte(random >> 8), byte(random),
	}
}

// String returns the ID in the 36 characters of a UUID.
func (id ID) String() string {
	var text [36]byte
	return string(id.append(text[:0]))
}

// AppendText appends the 36 characters of the ID to dst. Its error is always nil.
func (id ID) AppendText(dst []byte) ([]byte, error) { return id.append(dst), nil }

func (id ID) append(dst []byte) []byte {
	dst = hex.AppendEncode(dst, id[:4])
	for _, part := range [...][]byte{id[4:6], id[6:8], id[8:10], id[10:]} {
		dst = append(dst, '-')
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// UnmarshalText reads the 36 characters of a UUID.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return fmt.Errorf("flow: %q is not a record's id, which looks like 0190b8a4-5f3e-7c21-9d1e-3a4f5b6c7d8e", text)
	}
	var digits [32]byte
	plain := append(digits[:0], text[:8]...)
	for _, at := range [...][2]int{{9, 13}, {14, 18}, {19, 23}, {24, 36}} {
		plain = append(plain, text[at[0]:at[1]]...)
	}
	if _, err := hex.Decode(id[:], plain); err != nil {
		return fmt.Errorf("flow: %q is not a record's id: %w", text, err)
	}
	return nil
}
