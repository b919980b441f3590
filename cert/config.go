package cert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"
)

// Config is one entry under certs: either a certificate and its key in files,
// or names for which Netwright's own authority issues one.
type Config struct {
	// File with the certificate in PEM form, followed by the intermediates of its chain. Read again when it changes.
	Cert string `yaml:"cert" path:"file"`
	// File with the private key in PEM form. Left out, the key is looked for in the file of the certificate.
	Key string `yaml:"key" path:"file"`
	// Issues the certificate from Netwright's own authority, which is made in the data folder on first use.
	Internal *InternalConfig `yaml:"internal"`
}

// InternalConfig says what Netwright's own authority issues.
type InternalConfig struct {
	// Host names, wildcards such as "*.test" and IP addresses that the certificate is for. Default: localhost, 127.0.0.1, ::1 and the name of this machine.
	Names []string `yaml:"names,short" default:"-"`
	// How long a certificate lives. It is replaced when two thirds of that have passed.
	Lifetime time.Duration `yaml:"lifetime"`
}

// DefaultLifetime is how long an issued certificate lives where nothing else is said.
const DefaultLifetime = 30 * 24 * time.Hour

// SetDefaults fills what the config leaves open.
func (c *InternalConfig) SetDefaults() {
	if len(c.Names) == 0 {
		c.Names = localNames()
	}
	if c.Lifetime == 0 {
		c.Lifetime = DefaultLifetime
	}
}

// Validate tells what is wrong with the names and the lifetime.
func (c *InternalConfig) Validate() error {
	var errs []error
	for _, name := range c.Names {
		if err := checkName(name); err != nil {
			errs = append(errs, &fieldError{path: []string{"names"}, err: err})
		}
	}
	if c.Lifetime < minLifetime {
		errs = append(errs, &fieldError{path: []string{"lifetime"}, err: fmt.Errorf("%v is too short: at least %v", c.Lifetime, minLifetime)})
	}
	return errors.Join(errs...)
}

// Validate tells whether the entry names exactly one origin for its certificate.
func (c *Config) Validate() error {
	switch {
	case c.Internal != nil && (c.Cert != "" || c.Key != ""):
		return &fieldError{path: []string{"internal"}, err: errors.New("a certificate comes either from files (cert and key) or from the internal authority, not from both")}
	case c.Internal != nil:
		return nil
	case c.Cert == "" && c.Key != "":
		return &fieldError{path: []string{"key"}, err: errors.New("a key needs its certificate: add cert: FILE")}
	case c.Cert == "":
		return errors.New("say where the certificate comes from: {cert: FILE, key: FILE} or {internal: {names: [localhost]}}")
	}
	return nil
}

// A fieldError is an error about one key of a config struct.
type fieldError struct {
	path []string // keys from the struct down to the field
	err  error
}

func (e *fieldError) Error() string { return e.err.Error() }

func (e *fieldError) Unwrap() error { return e.err }

// ConfigPath is the path of the key, from the struct down.
func (e *fieldError) ConfigPath() []string { return e.path }

// A Source is the certificates of one config entry. All methods may be called
// concurrently; Serve only once.
type Source interface {
	// Certificates are those it has now, each with Leaf set. Neither the slice
	// nor what it points to changes later: a new certificate comes in a new slice.
	Certificates() []*tls.Certificate
	// Certificate picks one for a handshake, as [Choose] does for many sources.
	Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Info describes the certificates, with what is wrong with each.
	Info() []Info
	// Serve keeps the certificates fresh until ctx is done, and returns nil then.
	Serve(ctx context.Context) error
}

// New makes the source of one config entry, with its certificate loaded or
// issued. name is that of the entry, for logs and errors; dataDir is where the
// authority lives if one is needed, and is not touched otherwise.
func New(name string, cfg Config, dataDir string, log *slog.Logger) (Source, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("cert", name)
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("certs.%s: %w", name, err)
	}
	if cfg.Internal == nil {
		key := cfg.Key
		if key == "" {
			key = cfg.Cert
		}
		return newFiles(name, cfg.Cert, key, log)
	}
	internal := *cfg.Internal
	internal.SetDefaults()
	if err := internal.Validate(); err != nil {
		return nil, fmt.Errorf("certs.%s: %w", name, err)
	}
	return newIssued(name, internal, AuthorityDir(dataDir), log)
}

// AuthorityDir is where in a data folder the authority lives.
func AuthorityDir(dataDir string) string { return filepath.Join(dataDir, "ca") }
