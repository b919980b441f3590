package guard

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is one guard. What it names must all be passed; at least one thing
// must be named.
//
// A negative rate or concurrency means none.
type Config struct {
	// Addresses that may come in; who is not listed stays out. Prefixes, single addresses, or {file: PATH} with one per line. Of allow and deny, the longer prefix decides.
	Allow []AddressConfig `yaml:"allow"`
	// Addresses that may not come in. Where the same prefix is in allow too, deny wins.
	Deny []AddressConfig `yaml:"deny"`

	// How many requests (or connections, where the protocol has no requests) may come in per second, minute or hour, as in 100/s.
	Rate float64 `yaml:"rate" unit:"rate"`
	// How many may come at once before the rate is held against them. Default: one second's worth, at least 1.
	Burst int `yaml:"burst"`
	// How many may be open at the same time.
	Concurrency int `yaml:"concurrency"`
	// What rate and concurrency count by: address, subject (who has logged in), service (all together) or header:NAME. Default: address.
	Per string `yaml:"per"`
	// How many bits of an IPv6 address make one client for per: address. Default: 64.
	IPv6 int `yaml:"ipv6"`
	// How many clients the rate and concurrency tables can hold; of the rate's, those who used least are forgotten first. Default: 131072.
	Remember int `yaml:"remember"`

	// A user name and password from an htpasswd file.
	Basic *BasicConfig `yaml:"basic"`
	// A key, sent as Authorization: Bearer KEY, from a file of hashed keys.
	Keys *KeysConfig `yaml:"keys"`
	// A TLS client certificate.
	ClientCert *ClientCertConfig `yaml:"client_cert"`

	// Names of other guards of which one is enough. They are asked in this order.
	Any []string `yaml:"any"`
}

// AddressConfig is one entry of an address list: a prefix, or a file of them.
type AddressConfig struct {
	// An address or prefix, as in 192.0.2.7 or 10.0.0.0/8.
	Prefix Prefix `yaml:"prefix,short"`
	// A file with one address or prefix per line; # and ; begin a comment. It is read again when it changes.
	File string `yaml:"file" path:"file"`
}

// BasicConfig asks for a user name and password.
type BasicConfig struct {
	// An htpasswd file, as netwright passwd or Apache's htpasswd write. It is read again when it changes.
	File string `yaml:"file,short" required:"true" path:"file"`
	// What the client shows to the person who must log in. Default: the guard's name.
	Realm string `yaml:"realm"`
	// How many passwords may be hashed at the same time. Default: half the processors, at least 1.
	Hashes int `yaml:"hashes"`
	// How long a login waits for its turn to be hashed before it is told to come back later. Default: 5s.
	Wait time.Duration `yaml:"wait"`
}

// KeysConfig asks for a key.
type KeysConfig struct {
	// A file of hashed keys, as netwright key new writes: NAME:SHA256. It is read again when it changes.
	File string `yaml:"file,short" required:"true" path:"file"`
	// The header field that holds the key. Default: Authorization, as Bearer KEY. Any other field holds the bare key.
	Header string `yaml:"header"`
	// What the challenge names. Default: the guard's name.
	Realm string `yaml:"realm"`
}

// ClientCertConfig asks for a TLS client certificate.
type ClientCertConfig struct {
	// A PEM file with the authorities that client certificates must come from. It is read again when it changes.
	CA string `yaml:"ca,short" required:"true" path:"file"`
	// Names of which the certificate must bear one, as its common name or as a DNS, email or URI name. Default: any name.
	Names []string `yaml:"names"`
}

// SetDefaults fills what was not given.
func (c *Config) SetDefaults() {
	if c.Rate > 0 || c.Concurrency > 0 {
		if c.Per == "" {
			c.Per = "address"
		}
		if c.IPv6 == 0 {
			c.IPv6 = 64
		}
		if c.Remember == 0 {
			c.Remember = 131072
		}
	}
}

// SetDefaults fills what was not given.
func (c *BasicConfig) SetDefaults() {
	if c.Wait == 0 {
		c.Wait = 5 * time.Second
	}
}

// SetDefaults fills what was not given.
func (c *KeysConfig) SetDefaults() {
	if c.Header == "" {
		c.Header = "Authorization"
	}
}

func (c *KeysConfig) bearer() bool {
	return c.Header == "" || strings.EqualFold(c.Header, "Authorization")
}

// Needs says what the guard of this config must be told to admit anybody; what
// those that Any names need comes on top.
func (c *Config) Needs() Needs {
	var needs Needs
	if c.Allow != nil || c.Deny != nil {
		needs |= NeedPeer
	}
	if c.ClientCert != nil {
		needs |= NeedCertificate
	}
	if c.Basic != nil {
		needs |= NeedPassword
	}
	if c.Keys != nil {
		needs |= c.Keys.needs()
	}
	if c.Rate > 0 || c.Concurrency > 0 {
		if p, err := parsePer(c.Per, 64); err == nil && (p.by != perSubject || needs&authenticates == 0) {
			needs |= p.needs()
		}
	}
	return needs
}

func (c *KeysConfig) needs() Needs {
	if c.bearer() {
		return NeedToken
	}
	return NeedHeader
}

// ConfigError is a mistake in one setting of a Config.
type ConfigError struct {
	Path []string // the keys that lead to it, as in ["basic", "file"]
	Err  error
}

// Error names the setting and the mistake.
func (e *ConfigError) Error() string {
	return strings.Join(append(slices.Clip(e.Path), e.Err.Error()), ": ")
}

// Unwrap returns the mistake.
func (e *ConfigError) Unwrap() error { return e.Err }

// ConfigPath returns the keys that lead to the setting.
func (e *ConfigError) ConfigPath() []string { return e.Path }

func missing(key, what string) error {
	return &ConfigError{Path: []string{key}, Err: errors.New("missing: " + what)}
}

// Validate returns the mistakes that need no file to be found, joined, each a
// *ConfigError.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, &ConfigError{Path: strings.Split(key, "."), Err: fmt.Errorf(format, args...)})
	}
	if c.empty() {
		errs = append(errs, errors.New("the guard would admit everybody; name something to check: allow, deny, rate, concurrency, basic, keys, client_cert or any"))
	}
	c.validateLists(bad)
	c.validateLimits(bad)
	if c.Basic != nil && c.Keys != nil && c.Keys.bearer() {
		bad("keys", "basic and keys both read the Authorization field and both must be passed; put keys in another header, or make two guards and name them in any")
	}
	return errors.Join(errs...)
}

func (c *Config) empty() bool {
	return c.Allow == nil && c.Deny == nil && c.Rate == 0 && c.Concurrency == 0 &&
		c.Basic == nil && c.Keys == nil && c.ClientCert == nil && c.Any == nil
}

func (c *Config) validateLists(bad func(key, format string, args ...any)) {
	for _, l := range []struct {
		key  string
		list []AddressConfig
	}{{"allow", c.Allow}, {"deny", c.Deny}} {
		if l.list != nil && len(l.list) == 0 {
			bad(l.key, "the list is empty; leave it out, or write 0.0.0.0/0 and ::/0 for all addresses")
		}
		for i, e := range l.list {
			at := l.key + "." + strconv.Itoa(i)
			switch {
			case e.File == "" && !e.Prefix.IsValid():
				bad(at, "an entry needs a prefix or a file")
			case e.File != "" && e.Prefix.IsValid():
				bad(at, "an entry has both a prefix (%s) and a file (%s); make it two", e.Prefix, e.File)
			}
		}
	}
}

func (c *Config) validateLimits(bad func(key, format string, args ...any)) {
	if c.Burst < 0 {
		bad("burst", "a burst must be at least 1")
	}
	if c.Burst != 0 && c.Rate == 0 {
		bad("burst", "a burst needs a rate")
	}
	if c.Concurrency > maxConcurrency {
		bad("concurrency", "must lie between 1 and %d", maxConcurrency)
	}
	if c.Per != "" && c.Rate == 0 && c.Concurrency == 0 {
		bad("per", "says what rate and concurrency count by, and there is neither")
	}
	if _, err := parsePer(c.Per, 64); err != nil {
		bad("per", "%w", err)
	}
	if c.IPv6 < 0 || c.IPv6 > 128 {
		bad("ipv6", "a prefix length lies between 1 and 128")
	}
	if c.Remember < 0 || c.Remember > maxRemember {
		bad("remember", "must lie between 1 and %d", maxRemember)
	}
}

const (
	maxRemember    = 1 << 26 // bounds a rate table to 1 GiB
	maxConcurrency = 1 << 30
)
