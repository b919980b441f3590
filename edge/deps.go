package edge

import (
	"log/slog"
	"net/http"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/h1"
)

// Deps is what a service is built from beside its config.
type Deps struct {
	Journal   *flow.Journal
	Log       *slog.Logger // nil logs nothing
	Deadlines *h1.Deadlines

	// Metrics answers the routes that say so; nil where there are none.
	Metrics http.Handler
}

// Parts are what a service's config names and others own.
type Parts interface {
	// Guard returns the guard of that name.
	Guard(name string) (guard.Guard, error)
	// Pool returns the pool of that name, which is the one that a proxy names or
	// describes.
	Pool(cfg *ProxyConfig, name string) (*upstream.Pool, error)
	// AsksClients says whether any of the guards asks for a client certificate.
	AsksClients(names []string) bool
}
