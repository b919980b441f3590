package websocket

import (
	"fmt"
	"net/http"
	"time"
)

// Config says how a connection behaves. The zero value and nil are the
// defaults. It is copied by the functions that take it.
type Config struct {
	// The largest message taken from the peer, after decompression. A larger
	// one closes the connection with code 1009. Default 1MiB; off for no limit.
	MaxMessage int64 `yaml:"message" unit:"bytes"`
	// How long the peer may be silent before it is pinged; as long again
	// without a sign of life ends the connection. Default 30s; off for never.
	Ping time.Duration `yaml:"ping"`
	// The longest that one write may stall on a peer that does not read.
	// Default 10s; off for no limit.
	WriteTimeout time.Duration `yaml:"write"`
	// How long Close waits for the peer's half of the close handshake.
	// Default 5s.
	CloseTimeout time.Duration `yaml:"close"`
	// Per-message compression: off, message (each message alone; a connection
	// keeps no memory for it) or context (messages refer to earlier ones, up
	// to 56KiB a connection). Default off.
	Compression string `yaml:"compression" enum:"off|message|context"`
	// Messages shorter than this are sent as they are. Default 256.
	CompressAbove int64 `yaml:"compress_above" unit:"bytes"`
	// How many bytes may wait for a slow peer in Queue. Default 1MiB; off for
	// no limit.
	Queue int64 `yaml:"queue" unit:"bytes"`
	// Subprotocols that a server speaks or a client asks for, in order of
	// preference.
	Subprotocols []string `yaml:"subprotocols"`
	// Origins of web pages that may connect besides those of the same host:
	// https://app.example.com, *.example.com, null, or * for any.
	Origins []string `yaml:"origins"`

	// Check, where set, sees the request of an opening handshake that is right
	// otherwise. An error refuses it: with the status of a *HandshakeError,
	// else with 403.
	Check func(*http.Request) error `yaml:"-"`
}

// The values of Config.Compression.
const (
	CompressionOff     = "off"
	CompressionMessage = "message"
	CompressionContext = "context"
)

// SetDefaults fills what is zero.
func (c *Config) SetDefaults() {
	setDefault(&c.MaxMessage, 1<<20)
	setDefault(&c.Ping, 30*time.Second)
	setDefault(&c.WriteTimeout, 10*time.Second)
	setDefault(&c.CloseTimeout, 5*time.Second)
	setDefault(&c.Compression, CompressionOff)
	setDefault(&c.CompressAbove, 256)
	setDefault(&c.Queue, 1<<20)
}

// Validate reports settings that cannot work.
func (c *Config) Validate() error {
	for _, p := range c.Subprotocols {
		if !isToken(p) {
			return fmt.Errorf("websocket: subprotocol %q is not a token (letters, digits and !#$%%&'*+-.^_`|~)", p)
		}
	}
	switch c.Compression {
	case "", CompressionOff, CompressionMessage, CompressionContext:
		return nil
	}
	return fmt.Errorf("websocket: compression %q; it is off, message or context", c.Compression)
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// withDefaults returns a filled copy of c, which may be nil.
func (c *Config) withDefaults() *Config {
	full := new(Config)
	if c != nil {
		*full = *c
	}
	full.SetDefaults()
	return full
}
