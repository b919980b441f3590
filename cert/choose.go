package cert

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
)

// Choose makes the GetCertificate function of a listener that shows the
// certificates of several sources. The name the client asks for (SNI) decides:
// a certificate for exactly that name, else one for the wildcard above it, else
// the first of all, which also serves a client that names nothing. Among those
// for one name it takes the first whose key the client can verify, elliptic
// curves before RSA because they cost less. What a source renews is shown from
// the next handshake on.
//
// The function may be called concurrently and takes no lock.
func Choose(sources ...Source) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c := &chooser{sources: slices.Clone(sources)}
	c.index.Store(newIndex(c.sources))
	return c.choose
}

type chooser struct {
	sources []Source
	index   atomic.Pointer[index]
}

// index is an immutable table of the certificates the sources had at one time.
type index struct {
	seen  [][]*tls.Certificate // by source
	names map[string][]*tls.Certificate
	// short are the sources of wildcards directly below a top-level domain.
	short map[string]forNames
	// fallback is the first certificate, with those of other key types for the same name.
	fallback []*tls.Certificate
}

func (c *chooser) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	x := c.index.Load()
	if !x.fresh(c.sources) {
		x = newIndex(c.sources)
		c.index.Store(x)
	}
	if len(x.fallback) == 0 {
		return nil, errors.New("there is no certificate to show")
	}
	if hello.ServerName == "" {
		return pick(hello, x.fallback), nil
	}
	exact, wild := x.lookup(hello.ServerName)
	switch {
	case len(exact) > 0:
		return pick(hello, exact), nil
	case len(wild) > 0:
		if c := x.single(hello.ServerName); c != nil {
			return c, nil
		}
		return pick(hello, wild), nil
	}
	return pick(hello, x.fallback), nil
}

// pick takes the first the client can verify. If it can verify none, the
// handshake with the first tells it so.
func pick(hello *tls.ClientHelloInfo, certs []*tls.Certificate) *tls.Certificate {
	if len(certs) > 1 {
		for _, c := range certs {
			if hello.SupportsCertificate(c) == nil {
				return c
			}
		}
	}
	return certs[0]
}

// fresh tells whether the sources still have what the index was made of.
func (x *index) fresh(sources []Source) bool {
	for i, s := range sources {
		now, then := s.Certificates(), x.seen[i]
		if len(now) != len(then) || len(now) > 0 && &now[0] != &then[0] {
			return false
		}
	}
	return true
}

// lookup finds the certificates for a name, and those for the wildcard over it.
func (x *index) lookup(name string) (exact, wild []*tls.Certificate) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	dot := strings.IndexByte(name, '.')
	if dot != 0 {
		exact = x.names[name]
	}
	if dot > 0 {
		wild = x.names[name[dot:]]
	}
	return exact, wild
}

// single is a certificate for just that name, where the wildcard over it is one
// that many clients do not accept.
func (x *index) single(name string) *tls.Certificate {
	if len(x.short) == 0 {
		return nil
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if source := x.short[name[strings.IndexByte(name, '.'):]]; source != nil {
		return source.forName(name)
	}
	return nil
}

func newIndex(sources []Source) *index {
	x := &index{seen: make([][]*tls.Certificate, len(sources)), names: make(map[string][]*tls.Certificate), short: make(map[string]forNames)}
	for i, s := range sources {
		x.seen[i] = s.Certificates()
		single, _ := s.(forNames)
		for _, cert := range x.seen[i] {
			if x.fallback == nil {
				x.fallback = []*tls.Certificate{cert}
			}
			for _, name := range cert.Leaf.DNSNames {
				key := nameKey(name)
				if single != nil && x.names[key] == nil && shortWildcard(name) {
					x.short[key] = single
				}
				if !slices.Contains(x.names[key], cert) {
					x.names[key] = append(x.names[key], cert)
				}
			}
		}
	}
	for _, certs := range x.names {
		slices.SortStableFunc(certs, func(a, b *tls.Certificate) int { return cmp.Compare(keyCost(a), keyCost(b)) })
	}
	if x.fallback != nil && len(x.fallback[0].Leaf.DNSNames) > 0 {
		x.fallback = x.names[nameKey(x.fallback[0].Leaf.DNSNames[0])]
	}
	return x
}

// nameKey is how a name is kept in tables: lower case, and "*.test" as ".test",
// which no host name can be.
func nameKey(name string) string {
	return strings.ToLower(strings.TrimPrefix(name, "*"))
}

// keyCost orders keys by what a handshake costs the server.
func keyCost(c *tls.Certificate) int {
	switch key := c.Leaf.PublicKey.(type) {
	case ed25519.PublicKey:
		return 1
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return 0
		}
		return 2
	}
	return 3
}
