package console

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Config is where the console is found and who may reach it.
type Config struct {
	// Where the console listens: http://127.0.0.1:8800 by default, off for
	// nowhere. Beyond loopback it needs guards.
	Listen string `yaml:"listen,short"`
	// Names under which browsers may reach the console, beside localhost and the
	// address it listens on. Requests for other names are refused, since a
	// foreign page can point its own name at this machine.
	Hosts []string `yaml:"hosts"`
	// Name of the certificate to serve with, for an https address.
	Cert string `yaml:"cert"`
	// Names of the guards that a request must pass.
	Guards []string `yaml:"guards"`
}

// SetDefaults fills what is zero.
func (c *Config) SetDefaults() {
	if c.Listen == "" {
		c.Listen = "http://127.0.0.1:8800"
	}
}

// Off reports whether there is to be no console.
func (c *Config) Off() bool { return c.Listen == "off" }

// Validate refuses a console that anybody could reach, and an address that is
// not one.
func (c *Config) Validate() error {
	if c.Off() {
		return nil
	}
	u, err := url.Parse(c.Listen)
	if err != nil {
		return &fieldError{"listen", fmt.Sprintf("%q is not an address: %v", c.Listen, err)}
	}
	switch u.Scheme {
	case "unix":
		return nil
	case "http", "https":
	default:
		return &fieldError{"listen", fmt.Sprintf("the console listens on http://, https:// or unix://, not on %q", c.Listen)}
	}
	if u.Scheme == "https" && c.Cert == "" {
		return &fieldError{"cert", "an https console needs the name of a certificate"}
	}
	if len(c.Guards) == 0 && !loopback(u.Hostname()) {
		return &fieldError{"guards", fmt.Sprintf("on %s anybody could drain upstreams and read records: put guards before the console, or listen on 127.0.0.1", c.Listen)}
	}
	return nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// fieldError is an error about one key of the config.
type fieldError struct{ key, text string }

func (e *fieldError) Error() string        { return e.text }
func (e *fieldError) ConfigPath() []string { return []string{e.key} }
