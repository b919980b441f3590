package edge

import (
	"time"

	"github.com/netwright/netwright/edge/upstream"
)

// fill sets a setting that was left at zero.
func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// SetDefaults fills in what was left at zero.
func (c *ServiceConfig) SetDefaults() {
	fill(&c.ProxyProtocol, "off")
	fill(&c.Via, "netwright")
	c.Limits.SetDefaults()
	c.Timeouts.SetDefaults()
}

// SetDefaults fills in what was left at zero.
func (c *LimitsConfig) SetDefaults() {
	fill(&c.Head, 16<<10)
	fill(&c.Line, 8<<10)
	if c.Head > 0 {
		c.Line = min(c.Line, c.Head) // the line is part of the head
	}
	fill(&c.Fields, 100)
	fill(&c.Body, -1)
	fill(&c.Rate, -1)
	fill(&c.Connections, 10000)
}

// SetDefaults fills in what was left at zero.
func (c *TimeoutsConfig) SetDefaults() {
	fill(&c.Handshake, 10*time.Second)
	fill(&c.Head, 10*time.Second)
	fill(&c.Idle, time.Minute)
	fill(&c.Body, 30*time.Second)
	fill(&c.Send, 30*time.Second)
	fill(&c.Tunnel, time.Hour)
	fill(&c.Linger, 2*time.Second)
}

// SetDefaults fills in what was left at zero. A pool that is named has its
// settings where it stands.
func (c *ProxyConfig) SetDefaults() {
	fill(&c.Host, "client")
	fill(&c.Timeout, time.Minute)
	if c.Pool == "" {
		c.Config.SetDefaults()
	} else {
		c.Config = upstream.Config{}
	}
}

// SetDefaults fills in what was left at zero.
func (c *RedirectConfig) SetDefaults() { fill(&c.Status, 308) }

// SetDefaults fills in what was left at zero.
func (c *RespondConfig) SetDefaults() { fill(&c.Status, 200) }
