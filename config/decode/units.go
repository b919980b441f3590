package decode

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Off is what the word "off" is stored as where a number is expected.
const Off = -1

// ParseDuration reads 10s, 1m30s, 1.5h, 7d and 2w.
func ParseDuration(s string) (time.Duration, error) {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return 0, fmt.Errorf("%q is not a duration; give it a unit, as in %ss", s, s)
	}
	wrong := fmt.Errorf("%q is not a duration; write it as in 10s, 1m30s or 7d", s)
	days, rest, err := leadingDays(s)
	if err != nil {
		return 0, wrong
	}
	total := days
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-") {
			return 0, wrong
		}
		total += d
	}
	if s == "" || total < 0 {
		return 0, wrong
	}
	return total, nil
}

// leadingDays takes whole weeks and days, which time.ParseDuration has no
// letters for, from the front of s.
func leadingDays(s string) (d time.Duration, rest string, err error) {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		number, after, found := strings.Cut(s, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || time.Duration(n) > (math.MaxInt64-d)/unit.length {
			return 0, "", errors.New("out of range")
		}
		d, s = d+time.Duration(n)*unit.length, after
	}
	return d, s, nil
}

// FormatDuration writes d so that ParseDuration reads it back.
func FormatDuration(d time.Duration) string {
	if d < 0 {
		return "off"
	}
	const day = 24 * time.Hour
	days := ""
	if n := d / day; n > 0 {
		days, d = strconv.Itoa(int(n))+"d", d%day
		if d == 0 {
			return days
		}
	}
	text := d.String() // 1h0m0s
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return days + text
}

// sizes are the units of bytes, the longest names first.
var sizes = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1},
}

// ParseSize reads 16KiB, 1.5GB, 512B and 1000 as a number of bytes.
func ParseSize(s string) (int64, error) {
	number, unit := s, int64(1)
	for _, size := range sizes {
		if cut, found := strings.CutSuffix(s, size.name); found {
			number, unit = strings.TrimSpace(cut), size.bytes
			break
		}
	}
	if n, err := strconv.ParseUint(number, 10, 63); err == nil && int64(n) <= math.MaxInt64/unit {
		return int64(n) * unit, nil
	}
	if f, err := decimal(number); err == nil && unit > 1 {
		if bytes := f * float64(unit); bytes == math.Trunc(bytes) && bytes < math.MaxInt64 {
			return int64(bytes), nil
		}
	}
	if n := len(s); n > 1 && strings.ContainsRune("kKmMgGtT", rune(s[n-1])) {
		return 0, fmt.Errorf("%q is not a size; write %s%siB", s, s[:n-1], strings.ToUpper(s[n-1:]))
	}
	return 0, fmt.Errorf("%q is not a size; write it as in 16KiB, 10MB or 1000", s)
}

// FormatSize writes n so that ParseSize reads it back.
func FormatSize(n int64) string {
	if n < 0 {
		return "off"
	}
	for _, size := range sizes[:4] {
		if n >= size.bytes && n%size.bytes == 0 {
			return strconv.FormatInt(n/size.bytes, 10) + size.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// ParseRate reads 100/s, 6000/m, 10/h, 1/10s and 10KiB/s as a number per second.
func ParseRate(s string) (float64, error) {
	wrong := fmt.Errorf("%q is not a rate; write it as in 100/s, 6000/m or 10/h", s)
	count, per, found := strings.Cut(s, "/")
	if !found {
		if _, err := decimal(s); err == nil {
			return 0, fmt.Errorf("%q is not a rate; say per what, as in %s/s", s, s)
		}
		return 0, wrong
	}
	count, per = strings.TrimSpace(count), strings.TrimSpace(per)
	n, err := decimal(count)
	if err != nil {
		bytes, err := ParseSize(count)
		if err != nil {
			return 0, wrong
		}
		n = float64(bytes)
	}
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	span, err := ParseDuration(per)
	if err != nil || span == 0 {
		return 0, wrong
	}
	return n / span.Seconds(), nil
}

// FormatRate writes r so that ParseRate reads it back.
func FormatRate(r float64) string {
	if r < 0 {
		return "off"
	}
	for _, per := range []struct {
		letter  string
		seconds float64
	}{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}} {
		if n := math.Round(r * per.seconds); n < 1e15 && n/per.seconds == r {
			return strconv.FormatFloat(n, 'f', -1, 64) + "/" + per.letter
		}
	}
	return strconv.FormatFloat(r, 'f', -1, 64) + "/s"
}

// ParseShare reads 50% and 0.5 as 0.5. More than the whole must be written in
// percent, as in 125%.
func ParseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	n, err := decimal(strings.TrimSpace(number))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a share; write it as in 50%% or 0.5", s)
	case percent:
		return n / 100, nil
	case n > 1:
		return 0, fmt.Errorf("%q is more than the whole; if you meant percent, write %s%%", s, number)
	}
	return n, nil
}

// FormatShare writes f so that ParseShare reads it back.
func FormatShare(f float64) string {
	if f < 0 {
		return "off"
	}
	for digits := range 16 {
		text := strconv.FormatFloat(f*100, 'f', digits, 64)
		if back, err := ParseShare(text + "%"); err == nil && back == f {
			return text + "%"
		}
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// decimal reads an unsigned decimal number, with none of the other forms that
// strconv takes (hex, infinities, underscores, exponents).
func decimal(s string) (float64, error) {
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}
