package edge

import (
	"time"

	"github.com/netwright/netwright/edge/upstream"
)

// ProxyConfig is a pool and how requests are passed on to it.
type ProxyConfig struct {
	// Name of a pool under pools, in place of one that is described here.
	Pool string `yaml:"pool,short"`
	// Name of the pool that is described here, for metrics and drain. By default it is known by its service and route, as in web:/api/*.
	Name string `yaml:"name"`
	// Host field that targets get: client for the one that the client sent, target for that of the target's URL, or a name.
	Host string `yaml:"host"`
	// Longest time until the head of the answer is there, all tries together; after it the answer is 504.
	Timeout time.Duration `yaml:"timeout"`

	upstream.Config `yaml:",inline,optional"`
}

// RedirectConfig sends the client elsewhere.
type RedirectConfig struct {
	// Path or URL to go to, which may hold variables. Where the route's path ends in /* and to in /, what the * stood for is put behind it. The query is kept unless to has one.
	To string `yaml:"to,short" required:"true"`
	// Status of the answer: 308 and 301 are for good, 307 and 302 for now; 303 asks for the other place with GET.
	Status int `yaml:"status"`
}

// RespondConfig is a fixed answer.
type RespondConfig struct {
	// Status of the answer.
	Status int `yaml:"status"`
	// Body of the answer, which may hold variables.
	Body string `yaml:"body,short"`
	// Content-Type of the body. By default text/html where the body begins with <, else text/plain.
	Type string `yaml:"type"`
	// Header fields of the answer. Values may hold variables.
	Headers map[string]string `yaml:"headers"`
}
