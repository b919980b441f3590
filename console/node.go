package console

import (
	"context"
	"errors"
	"time"
)

// Node is what the console needs of the node it shows. All methods may be
// called concurrently and answer at once, but for Reload. What they return is
// the console's to keep.
type Node interface {
	Info() Info
	Services() []Service
	Pools() []Pool
	// Drain stops sending new requests to a target, or begins again. It returns
	// an error wrapping ErrUnknown for a pool or target that is not there.
	Drain(pool, target string, on bool) error
	Certificates() []Certificate
	// Config returns the running config as YAML with its secrets hidden.
	Config() string
	// Reload applies the config file again and says what changed. On an error
	// the old config goes on.
	Reload(ctx context.Context) (changes []string, err error)
}

// ErrUnknown is wrapped by errors about something that is not there.
var ErrUnknown = errors.New("unknown")

// Info is about the node as a whole.
type Info struct {
	Version string    `json:"version"`
	Config  string    `json:"config"` // path of its config file, empty for the quickstart
	Data    string    `json:"data"`   // path of its data folder
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	State   string    `json:"state"`             // running or draining
	Console *Place    `json:"console,omitempty"` // nil where there is none
	Reload  *Reload   `json:"reload,omitempty"`
}

// Place is where the console is, and who may enter.
type Place struct {
	Listen string   `json:"listen"`
	Guards []string `json:"guards,omitempty"` // names of those before it
}

// Reload is how the last reload went.
type Reload struct {
	At      time.Time `json:"at"`
	Changes []string  `json:"changes"`
	Error   string    `json:"error,omitempty"`
}

// Service is one service of the config.
type Service struct {
	Name        string   `json:"name"`
	Protocol    string   `json:"protocol"` // what it speaks, such as http or echo
	Listen      []string `json:"listen"`
	State       string   `json:"state"`           // running, starting, failed or draining
	Error       string   `json:"error,omitempty"` // why it failed last
	Restarts    int      `json:"restarts"`
	Connections int64    `json:"connections"` // open now
	Accepted    uint64   `json:"accepted"`    // since the start
}

// Pool is a group of upstreams that share the load.
type Pool struct {
	Name    string   `json:"name"`
	Balance string   `json:"balance"`
	Queued  int      `json:"queued"` // requests that wait for a connection
	Targets []Target `json:"targets"`
}

// Target is one upstream.
type Target struct {
	URL      string        `json:"url"`
	State    string        `json:"state"`            // up, down, ejected, draining or starting
	Reason   string        `json:"reason,omitempty"` // why it is not up
	Since    time.Time     `json:"since,omitzero"`   // in this state
	Weight   int           `json:"weight"`
	Active   int           `json:"active"` // requests on their way
	Idle     int           `json:"idle"`   // connections kept for the next
	Requests uint64        `json:"requests"`
	Failures uint64        `json:"failures"`
	Latency  time.Duration `json:"-"` // of late, to the first byte
	Draining bool          `json:"draining"`
}

// Certificate is one that the node serves with.
type Certificate struct {
	Name        string    `json:"name"`   // in the config
	Source      string    `json:"source"` // file, internal or acme
	Names       []string  `json:"names"`  // that it is valid for
	Issuer      string    `json:"issuer"`
	Key         string    `json:"key"` // such as ECDSA P-256
	Serial      string    `json:"serial"`
	Fingerprint string    `json:"fingerprint"` // SHA-256, in hex
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Error       string    `json:"error,omitempty"` // why it could not be renewed or read
}
