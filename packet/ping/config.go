package ping

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// PMTU says what becomes of packets that are larger than the path takes.
type PMTU uint8

// The ways of path MTU discovery (ip(7), IP_MTU_DISCOVER).
const (
	PMTUSystem PMTU = iota // as the system is set
	PMTUDo                 // never fragmented: such packets fail, and the error tells the MTU
	PMTUWant               // fragmented here to what the path is known to take
	PMTUDont               // fragmented by any router on the way
	PMTUProbe              // never fragmented, and sent whatever is known of the path
)

func pmtuNames() [5]string { return [5]string{"", "do", "want", "dont", "probe"} }

// String is the name in ping(8): "do".
func (m PMTU) String() string {
	if names := pmtuNames(); int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("PMTU %d", uint8(m))
}

// MarshalText gives the name.
func (m PMTU) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads "do", "want", "dont", "probe", or nothing for the system's.
func (m *PMTU) UnmarshalText(text []byte) error {
	for i, name := range pmtuNames() {
		if string(text) == name {
			*m = PMTU(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no way of path MTU discovery: do, want, dont or probe", text)
}

// Config says how to ping.
type Config struct {
	// Count is how many requests each target gets. Default: until the context ends.
	Count int `yaml:"count"`
	// Interval between two requests to the same target. Default 1s. With more
	// targets than Rate allows in that time it is longer.
	Interval time.Duration `yaml:"interval"`
	// Timeout is how long to wait for an answer. Default 2s.
	Timeout time.Duration `yaml:"timeout"`
	// Rate is how many requests go out in a second at most, to all targets
	// together. Default 10000.
	Rate float64 `yaml:"rate" unit:"rate"`
	// Size is how many bytes follow the ICMP header. Default 56; a negative one is none.
	Size int `yaml:"size"`
	// TTL, or hop limit. Default: the system's.
	TTL int `yaml:"ttl"`
	// TOS is the byte of DSCP and ECN.
	TOS int `yaml:"tos"`
	// PMTU is "do", "want", "dont" or "probe". Default: as the system is set.
	PMTU PMTU `yaml:"pmtu"`
	// Interface to send by. Default: by route.
	Interface string `yaml:"interface"`
	// Source address of the requests. Default: the system's choice.
	Source netip.Addr `yaml:"source"`
	// Broadcast allows IPv4 broadcast addresses as targets.
	Broadcast bool `yaml:"broadcast"`
	// Once ends with a target when it has answered.
	Once bool `yaml:"once"`

	// Report is called each ReportEvery (default 500ms) with the statistics so far,
	// on the goroutine of Run. The slice is lent.
	Report      func([]Stats) `yaml:"-"`
	ReportEvery time.Duration `yaml:"-"`
}

// The limits of a run.
const (
	MaxTargets = 1 << 20
	maxSize    = 65507
	maxWaiting = 1 << 22 // requests without an answer yet
)

// SetDefaults fills the fields that are zero.
func (c *Config) SetDefaults() {
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Rate == 0 {
		c.Rate = 10_000
	}
	if c.Size == 0 {
		c.Size = 56
	}
	if c.ReportEvery == 0 {
		c.ReportEvery = 500 * time.Millisecond
	}
}

// Validate says which settings cannot be.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(""+format, args...))
		}
	}
	wrong(c.Count < 0, "count of %d: 1 or more can be, or 0 for no end", c.Count)
	wrong(c.Interval < 0, "interval of %v: it cannot be negative", c.Interval)
	wrong(c.Timeout < 0 || c.Timeout > time.Hour, "timeout of %v: up to 1h can be", c.Timeout)
	wrong(c.Rate < 0 || c.Rate > 10e6, "rate of %g/s: up to 10000000/s can be", c.Rate)
	wrong(c.Rate*c.Timeout.Seconds() > maxWaiting, "%g/s with a timeout of %v are more than %d requests that wait: lower one of them", c.Rate, c.Timeout, maxWaiting)
	wrong(c.Size > maxSize, "size of %d bytes: up to %d can be", c.Size, maxSize)
	wrong(c.TTL < 0 || c.TTL > 255, "TTL of %d: 1 to 255 can be", c.TTL)
	wrong(c.TOS < 0 || c.TOS > 255, "TOS of %d: 0 to 255 can be", c.TOS)
	return errors.Join(errs...)
}
