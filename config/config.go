package config

import (
	_ "embed"
	"path/filepath"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config/decode"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// DefaultFile is the config that commands take where none is named.
const DefaultFile = "netwright.yaml"

// Schema is the JSON schema (2020-12) of the file, for editors.
//
//go:embed schema.json
var Schema []byte

// Starting is the commented file that `netwright init` writes.
//
//go:embed starting.yaml
var Starting []byte

// Config is a whole file with its defaults filled in. It is not changed once
// made and may be read concurrently.
type Config struct {
	// Where the web console and the HTTP API listen; off for none.
	Console ConsoleConfig `yaml:"console"`
	// Folder for what must outlive a restart: the internal authority, the control socket. By default one of its own for this file, in the user's state folder.
	Data string `yaml:"data" path:"true"`
	// How long requests and connections that are open may go on after a stop was asked for, before they are cut; off for as long as they like.
	Drain time.Duration `yaml:"drain"`
	// Certificates by name. A service shows those that its cert names.
	Certs map[string]cert.Config `yaml:"certs"`
	// Guards by name: what a connection or request must pass. A service, route or the console lists those that stand before it.
	Guards map[string]guard.Config `yaml:"guards"`
	// Pools of upstream targets by name, to be used by several routes.
	Pools map[string]upstream.Config `yaml:"pools"`
	// Services by name: what listens where, and what it does.
	Serve map[string]ServiceConfig `yaml:"serve"`
	// Files that a record of each request and connection is written to.
	Records []flow.SinkConfig `yaml:"records"`
	// Folders, or files, with protocols of one's own (YAML tables), which the packet commands read packets by.
	Protocols []string `yaml:"protocols" path:"true"`

	doc      *decode.Document
	path     string
	warnings decode.Problems
}

// ConsoleConfig is the web console with its HTTP API.
type ConsoleConfig struct {
	// Where it listens; off for nowhere. Where other machines can reach it, it needs guards.
	Listen string `yaml:"listen,short"`
	// Host names, beside localhost and the address of listen, that requests may be addressed to. Others are refused, so that no web page can reach the console by a name of its own.
	Hosts []string `yaml:"hosts"`
	// Name under certs of the certificate that an https console shows.
	Cert string `yaml:"cert"`
	// Names of the guards that each request must pass.
	Guards []string `yaml:"guards"`
}

// SetDefaults fills what is zero.
func (c *Config) SetDefaults() {
	if c.Drain == 0 {
		c.Drain = 30 * time.Second
	}
}

// SetDefaults fills what is zero.
func (c *ConsoleConfig) SetDefaults() {
	if c.Listen == "" {
		c.Listen = "http://127.0.0.1:8800"
	}
}

// Off tells whether there is to be no console.
func (c *ConsoleConfig) Off() bool { return c.Listen == "off" }

// Path is the absolute name of the file, or "" for a config that was parsed
// from bytes of no file.
func (c *Config) Path() string { return c.path }

// Warnings are what is useless in the file without being wrong: what is defined and
// used by nothing.
func (c *Config) Warnings() decode.Problems { return c.warnings }

// Document tells where in the file the settings stand.
func (c *Config) Document() *decode.Document { return c.doc }

// YAML writes the config as it runs, defaults included, for people to read: the
// secrets in it are left out.
func (c *Config) YAML() ([]byte, error) {
	dir, err := filepath.Abs(filepath.Dir(c.doc.Name()))
	if err != nil {
		dir = "" // file names are then written whole
	}
	return decode.Encode(c, decode.EncodeOptions{Redact: true, Document: c.doc, Dir: dir})
}
