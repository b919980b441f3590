package trace

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Method is what probes are.
type Method uint8

// The methods.
const (
	UDP  Method = iota // datagrams to a port that nobody listens on
	ICMP               // echo requests
	TCP                // SYNs to a port
)

func methodNames() [3]string { return [3]string{"udp", "icmp", "tcp"} }

func (m Method) String() string {
	if names := methodNames(); int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("method %d", uint8(m))
}

// MarshalText gives "udp", "icmp" or "tcp".
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads "udp", "icmp" or "tcp".
func (m *Method) UnmarshalText(text []byte) error {
	for i, name := range methodNames() {
		if string(text) == name {
			*m = Method(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no method: udp, icmp or tcp", text)
}

// Config says how to trace.
type Config struct {
	// Method is what probes are: udp, icmp or tcp.
	Method Method `yaml:"method"`
	// Port that probes go to. Default 33434 for UDP, 80 for TCP.
	Port uint16 `yaml:"port"`
	// First TTL. Default 1.
	First int `yaml:"first"`
	// Hops is the last TTL. Default 30.
	Hops int `yaml:"hops"`
	// Probes is how many each hop gets. Default 3. With Paths it is how often a
	// flow that was lost is tried.
	Probes int `yaml:"probes"`
	// Paced sends one probe to each hop in each Interval, rather than as fast as
	// answers and Gap allow.
	Paced bool `yaml:"paced"`
	// Endless goes on, paced, until the context ends, whatever Probes is.
	Endless bool `yaml:"endless"`
	// Interval between the rounds of a paced trace. Default 1s.
	Interval time.Duration `yaml:"interval"`
	// Timeout is how long to wait for an answer. Default 1s.
	Timeout time.Duration `yaml:"timeout"`
	// Gap between two probes. Default 2ms.
	Gap time.Duration `yaml:"gap"`
	// Size of a probe with all its headers. Default 60 bytes for IPv4, 80 for
	// IPv6, or with MTU what the interface takes.
	Size int `yaml:"size"`
	// Paths varies the flow, to find parallel ways.
	Paths bool `yaml:"paths"`
	// MTU sends probes as large as the path takes, and finds out where it takes less.
	MTU bool `yaml:"mtu"`
	// TOS is the byte of DSCP and ECN.
	TOS int `yaml:"tos"`
	// Interface to send by. Default: by route.
	Interface string `yaml:"interface"`
	// Source address of the probes. Default: the system's choice.
	Source netip.Addr `yaml:"source"`

	datagrams bool // as if there were no privileges: for tests
}

// SetDefaults fills the fields that are zero.
func (c *Config) SetDefaults() {
	defaults := [...]struct {
		field *int
		value int
	}{{&c.First, 1}, {&c.Hops, 30}, {&c.Probes, 3}}
	for _, d := range defaults {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	times := [...]struct {
		field *time.Duration
		value time.Duration
	}{{&c.Interval, time.Second}, {&c.Timeout, time.Second}, {&c.Gap, 2 * time.Millisecond}}
	for _, d := range times {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Port == 0 {
		c.Port = map[Method]uint16{UDP: 33434, TCP: 80}[c.Method]
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
	wrong(c.Method > TCP, "there is no %v", c.Method)
	wrong(c.First < 1 || c.First > 255, "first hop %d: 1 to 255 can be", c.First)
	wrong(c.Hops < c.First || c.Hops > 255, "last hop %d: %d to 255 can be", c.Hops, c.First)
	wrong(c.Probes < 1 || c.Probes > 1e6, "%d probes: 1 to 1000000 can be", c.Probes)
	wrong(c.Timeout < 0 || c.Timeout > time.Minute, "timeout of %v: up to 1m can be", c.Timeout)
	wrong(c.Interval < 10*time.Millisecond, "interval of %v: from 10ms on can be", c.Interval)
	wrong(c.Gap < 0 || c.Gap > time.Second, "gap of %v: up to 1s can be", c.Gap)
	wrong(c.Size < 0 || c.Size > 65535, "size of %d bytes: up to 65535 can be", c.Size)
	wrong(c.TOS < 0 || c.TOS > 255, "TOS of %d: 0 to 255 can be", c.TOS)
	wrong(c.MTU && c.Size > 0, "the size and the path's MTU exclude each other")
	wrong(c.Paths && (c.Paced || c.Endless), "parallel ways are found in one trace, not in rounds")
	wrong(c.MTU && (c.Paced || c.Endless), "the path's MTU is found in one trace, not in rounds")
	wrong(c.MTU && c.Paths, "parallel ways and the path's MTU exclude each other")
	wrong(c.MTU && c.Method == TCP, "SYNs are too small for the path's MTU: use udp or icmp")
	return errors.Join(errs...)
}
