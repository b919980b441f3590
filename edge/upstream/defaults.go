package upstream

import "time"

// orDefault sets a setting that was left at zero.
func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// SetDefaults fills in what was left at zero. Settings that are off stay
// negative.
func (c *Config) SetDefaults() {
	for i := range c.To {
		orDefault(&c.To[i].Weight, 1)
	}
	c.Balance.SetDefaults()
	if c.Sticky != nil {
		c.Sticky.SetDefaults()
	}
	orDefault(&c.Connections, -1)
	orDefault(&c.Queue.Size, 1024)
	orDefault(&c.Queue.Timeout, 5*time.Second)
	orDefault(&c.Keepalive.Idle, 1024)
	orDefault(&c.Keepalive.Timeout, time.Minute)
	orDefault(&c.Keepalive.Age, -1)
	orDefault(&c.Connect, 5*time.Second)
	orDefault(&c.TLS.Handshake, 10*time.Second)
	if c.Health != nil {
		c.Health.SetDefaults()
	}
	if c.Failures == nil {
		c.Failures = []StatusRange{{502, 504}}
	}
	c.Eject.SetDefaults()
	orDefault(&c.Panic, 0.25)
	orDefault(&c.SlowStart, -1)
	c.Retry.SetDefaults()
	if c.Circuit != nil {
		c.Circuit.SetDefaults()
	}
	c.Resolve.SetDefaults()
	if c.Fallback != nil && c.Fallback.Respond != nil {
		orDefault(&c.Fallback.Respond.Status, 503)
	}
}

// SetDefaults fills in what was left at zero.
func (c *BalanceConfig) SetDefaults() {
	if c.Hash != nil {
		orDefault(&c.Policy, "hash")
	}
	orDefault(&c.Policy, "round-robin")
	if c.Policy == "hash" {
		if c.Hash == nil {
			c.Hash = &HashConfig{}
		}
		orDefault(&c.Hash.By, "address")
		orDefault(&c.Hash.Bound, 1.25)
	}
}

// SetDefaults fills in what was left at zero.
func (c *StickyConfig) SetDefaults() {
	orDefault(&c.Cookie, "netwright")
	orDefault(&c.Path, "/")
	orDefault(&c.SameSite, "lax")
}

// SetDefaults fills in what was left at zero.
func (c *HealthConfig) SetDefaults() {
	orDefault(&c.Type, "http")
	orDefault(&c.Path, "/")
	orDefault(&c.Method, "GET")
	if c.Status == nil {
		c.Status = []StatusRange{{200, 399}}
	}
	orDefault(&c.Every, 5*time.Second)
	orDefault(&c.Jitter, 0.1)
	orDefault(&c.Timeout, 2*time.Second)
	orDefault(&c.Rise, 2)
	orDefault(&c.Fall, 3)
}

// SetDefaults fills in what was left at zero.
func (c *EjectConfig) SetDefaults() {
	orDefault(&c.After, 5)
	orDefault(&c.For, 10*time.Second)
	orDefault(&c.Longest, max(5*time.Minute, c.For))
	orDefault(&c.Most, 0.5)
}

// SetDefaults fills in what was left at zero.
func (c *RetryConfig) SetDefaults() {
	orDefault(&c.Tries, 2)
	orDefault(&c.Budget, 0.2)
	orDefault(&c.Floor, 3)
	orDefault(&c.Timeout, -1)
}

// SetDefaults fills in what was left at zero.
func (c *CircuitConfig) SetDefaults() {
	orDefault(&c.Errors, 0.5)
	orDefault(&c.Requests, 20)
	orDefault(&c.Window, 10*time.Second)
	orDefault(&c.For, 10*time.Second)
	orDefault(&c.Probes, 3)
}

// SetDefaults fills in what was left at zero.
func (c *ResolveConfig) SetDefaults() {
	orDefault(&c.Every, 30*time.Second)
	orDefault(&c.Least, time.Second)
	orDefault(&c.Most, 10*time.Minute)
	orDefault(&c.Timeout, 5*time.Second)
	orDefault(&c.Family, "any")
}
