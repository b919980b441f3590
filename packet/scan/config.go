package scan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Config says what to scan and how.
type Config struct {
	// Mode is how is asked. Default SYN.
	Mode Mode `yaml:"mode"`
	// Targets are the hosts, see ParseTargets.
	Targets []Range `yaml:"-"`
	// Exclude are addresses that are not touched, whatever the targets say.
	Exclude []Range `yaml:"-"`
	// Ports of each host. Default CommonPorts. A sweep has none.
	Ports Ports `yaml:"-"`
	// Allow lets targets be beyond private networks (see Foreign).
	Allow bool `yaml:"allow"`
	// Sockets asks by the kernel's own sockets, which takes no privilege: a TCP
	// connection (connect scan), a UDP datagram; in a sweep an ICMP echo, or where
	// that is not permitted connections to ports 80 and 443. There is no such way
	// for ACK, FIN and NULL.
	Sockets bool `yaml:"sockets"`
	// Rate is how many packets a second are sent at most. Default 1,000 beyond
	// private networks; within them up to 250,000, and 1,000,000 to this host,
	// which are reached only as long as answers keep up; 5,000 for a sweep.
	Rate float64 `yaml:"rate" unit:"rate"`
	// Fixed keeps the rate, even when answers are lost by it.
	Fixed bool `yaml:"fixed"`
	// Tries is how often who does not answer is asked, up to 16. Default 2, and
	// 3 for UDP and sweeps. While asking again brings answers, it goes on beyond.
	Tries int `yaml:"tries"`
	// Wait is how long is waited for answers at most. Default 2s. It is less when
	// answers have come fast.
	Wait time.Duration `yaml:"wait"`
	// Connections is how many are tried at the same time by Sockets. Default 500.
	Connections int `yaml:"connections"`
	// From is where to go on: the Next of an earlier scan of the same targets and
	// ports in the same mode.
	From uint64 `yaml:"-"`
	// Interface to leave by. Default by route.
	Interface string `yaml:"interface"`

	// Result is called for each verdict, never concurrently. It delays the scan.
	Result func(Result) `yaml:"-"`
	// Dial makes the connections of Sockets. Default a net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error) `yaml:"-"`
}

// mostTries bounds how often a pair is asked.
const mostTries = attempts

// SetDefaults fills the fields that are zero.
func (c *Config) SetDefaults() {
	if c.Mode == Sweep {
		c.Ports = Ports{0}
	}
	if len(c.Ports) == 0 {
		c.Ports = CommonPorts(c.Mode == UDP)
	}
	if c.Rate == 0 {
		_, _, c.Rate = c.rates()
	}
	if c.Tries == 0 {
		c.Tries = 2
		if c.Mode == UDP || c.Mode == Sweep {
			c.Tries = 3
		}
	}
	if c.Wait == 0 {
		c.Wait = 2 * time.Second
	}
	if c.Connections == 0 {
		c.Connections = 500
	}
	if c.Result == nil {
		c.Result = func(Result) {}
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
}

// rates are the packets a second to begin with, not to fall below, and not to
// exceed.
func (c *Config) rates() (begin, least, most float64) {
	switch {
	case c.Rate > 0 && c.Fixed:
		return c.Rate, c.Rate, c.Rate
	case c.Rate > 0:
		return c.Rate, max(c.Rate/100, min(c.Rate, 10)), c.Rate
	case len(Foreign(c.Targets)) > 0:
		return 500, 10, 1000
	case c.Mode == Sweep: // every host on the link hears ARP
		return 1000, 50, 5000
	case isLoopback(c.Targets):
		return 100_000, 1000, 1_000_000
	}
	return 20_000, 50, 250_000
}

// Validate says which settings cannot be.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(int(c.Mode) >= len(modeNames), "%v: there is no such mode", c.Mode)
	wrong(len(c.Targets) == 0, "there is nothing to scan")
	wrong(c.Rate < 0 || c.Rate > 1e7, "rate of %v/s: up to 10,000,000/s can be", c.Rate)
	wrong(c.Tries < 1 || c.Tries > mostTries, "%d tries: 1 to %d can be", c.Tries, mostTries)
	wrong(c.Wait < time.Millisecond || c.Wait > time.Minute, "wait of %v: 1ms to 1m can be", c.Wait)
	wrong(c.Connections < 1 || c.Connections > 1<<15, "%d connections: 1 to %d can be", c.Connections, 1<<15)
	wrong(c.Sockets && (c.Mode == ACK || c.Mode == FIN || c.Mode == NULL), "mode %v takes packets of its own; sockets cannot send them", c.Mode)
	if foreign := Foreign(without(c.Targets, c.Exclude)); len(foreign) > 0 && !c.Allow {
		errs = append(errs, &ForeignError{foreign})
	}
	return errors.Join(errs...)
}
