package cert

import (
	"crypto/tls"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Each name under a short wildcard gets a certificate of its own, so many
	// at a time. Clients that make up names fill the table once a minute at
	// most, and are shown the wildcard beyond that.
	maxNamed     = 256
	namedRefresh = time.Minute
)

// named issues certificates for single names under a wildcard that many clients
// do not accept: "*.test" stands directly below a top-level domain, and OpenSSL,
// curl and Firefox want two labels behind the star.
type named struct {
	issue func(name string) (*tls.Certificate, error)
	now   func() time.Time
	log   *slog.Logger

	table atomic.Pointer[namedTable]
	mu    sync.Mutex // held while a certificate is added
}

type namedTable struct {
	began time.Time
	certs map[string]*tls.Certificate
}

// shortWildcard tells whether a name is a wildcard directly below a top-level domain.
func shortWildcard(name string) bool {
	domain, wild := strings.CutPrefix(name, "*.")
	return wild && !strings.Contains(domain, ".")
}

// reset forgets all certificates, because they are due to be renewed.
func (n *named) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.table.Store(&namedTable{began: n.now()})
}

// get returns the certificate for a name in lower case, or nil where the
// wildcard has to do.
func (n *named) get(name string) *tls.Certificate {
	if c := n.table.Load().certs[name]; c != nil {
		return c
	}
	if checkName(name) != nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.table.Load()
	if c := t.certs[name]; c != nil {
		return c
	}
	next := &namedTable{began: t.began, certs: maps.Clone(t.certs)}
	if len(t.certs) >= maxNamed {
		if n.now().Sub(t.began) < namedRefresh {
			return nil
		}
		next = &namedTable{began: n.now()}
	}
	c, err := n.issue(name)
	if err != nil {
		n.log.Warn("no certificate for a name under the wildcard", "name", name, "error", err)
		return nil
	}
	if next.certs == nil {
		next.certs = make(map[string]*tls.Certificate)
	}
	next.certs[name] = c
	n.table.Store(next)
	return c
}
