package edge

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/gaissmai/bart"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/message"
)

// table is what a service goes by, replaced as a whole by a reload.
type table struct {
	routes      []*entry
	find        *route.Table
	guard       guard.Guard // nil without any
	trusted     func(netip.Addr) bool
	atAccept    guard.Guard             // what can be asked before any request; nil without any
	proxied     *endpoint.ProxyProtocol // nil where no PROXY header is read
	handshake   time.Duration
	asksClients bool         // some guard wants a client certificate
	request     *route.Edits // of every route, before its own; nil without any
	response    *route.Edits
	errors      []errorPage
	via         [2][]byte // our element of Via, behind HTTP/1.0 and HTTP/1.1
}

// entry is one route: what it answers, and how.
type entry struct {
	name              string
	index             int
	cfg               RouteConfig
	rewrite           *route.Rewriter // nil without any
	request, response *route.Edits
	captures          bool        // something uses what the path captured
	guard             guard.Guard // nil without any
	limits            message.Limits
	errors            []errorPage
	handler           Handler
	gone              chan struct{} // closed when a reload has taken the route away
}

// newTable builds what cfg says. Routes that old has as well keep their identity,
// and with it their tunnels.
func newTable(s *Service, cfg *ServiceConfig, parts Parts, old *table) (*table, error) {
	t := &table{via: [2][]byte{[]byte("1.0 " + cfg.Via), []byte("1.1 " + cfg.Via)}, handshake: cfg.Timeouts.Handshake}
	if t.handshake <= 0 {
		t.handshake = time.Minute
	}
	if cfg.ProxyProtocol != "off" && cfg.ProxyProtocol != "" {
		t.proxied = &endpoint.ProxyProtocol{Trusted: cfg.Trusted, Require: cfg.ProxyProtocol == "require", Wait: t.handshake}
	}
	var errs []error
	var err error
	if t.guard, err = guards(parts, cfg.Guards); err != nil {
		errs = append(errs, err)
	}
	if t.errors, err = newErrorPages(cfg.Errors); err != nil {
		errs = append(errs, err)
	}
	if !reflect.DeepEqual(cfg.Headers, route.Headers{}) {
		if t.request, t.response, err = cfg.Headers.Compile(0); err != nil {
			errs = append(errs, fmt.Errorf("headers: %w", err))
		}
	}
	t.trusted = trustedSet(cfg.Trusted)
	if t.guard != nil && t.trusted == nil {
		t.atAccept = guard.AtAccept(t.guard)
	}
	matches := make([]*route.Match, len(cfg.Routes))
	for i := range cfg.Routes {
		matches[i] = cfg.Routes[i].Match
	}
	if t.find, err = route.NewTable(matches); err != nil {
		return nil, errors.Join(append(errs, err)...)
	}
	asking := cfg.Guards
	for i := range cfg.Routes {
		asking = append(slices.Clip(asking), cfg.Routes[i].Guards...)
		r, err := newEntry(s, cfg, parts, t.find, i, old)
		if err != nil {
			errs = append(errs, fmt.Errorf("route %d: %w", i+1, err))
			continue
		}
		if old != nil {
			r.adopt(old)
		}
		t.routes = append(t.routes, r)
	}
	t.asksClients = parts.AsksClients(asking)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

// newEntry builds one route.
func newEntry(s *Service, cfg *ServiceConfig, parts Parts, find *route.Table, index int, old *table) (*entry, error) {
	rc := &cfg.Routes[index]
	r := &entry{name: rc.Title(), index: index, cfg: *rc, gone: make(chan struct{})}
	groups := find.Groups(index)
	var err error
	if rc.Rewrite != nil {
		if r.rewrite, err = rc.Rewrite.Compile(groups); err != nil {
			return nil, err
		}
	}
	if r.request, r.response, err = rc.Headers.Compile(groups); err != nil {
		return nil, err
	}
	if r.guard, err = guards(parts, rc.Guards); err != nil {
		return nil, err
	}
	if r.errors, err = newErrorPages(rc.Errors); err != nil {
		return nil, err
	}
	r.limits = message.Limits{
		Body: rc.Limits.Body, LeastRate: int64(rc.Limits.Rate),
		BodyTimeout: rc.Timeouts.Body, SendTimeout: rc.Timeouts.Send,
	}
	if r.limits.Body == 0 && cfg.Limits.Body > 0 {
		r.limits.Body = cfg.Limits.Body
	}
	if r.handler, err = s.action(cfg, parts, r, groups, old); err != nil {
		return nil, err
	}
	r.captures = groups > 0 && r.usesCaptures()
	return r, nil
}

// usesCaptures says whether anything of the route is made of what its path
// captured.
func (r *entry) usesCaptures() bool {
	if r.rewrite != nil && r.rewrite.NeedsCaptures() || r.request.NeedsCaptures() || r.response.NeedsCaptures() {
		return true
	}
	h, ok := r.handler.(interface{ NeedsCaptures() bool })
	return ok && h.NeedsCaptures()
}

// action builds what a route does.
func (s *Service) action(cfg *ServiceConfig, parts Parts, r *entry, groups int, old *table) (Handler, error) {
	rc := &r.cfg
	switch {
	case rc.Proxy != nil:
		return s.newProxy(cfg, parts, r)
	case rc.Redirect != nil:
		return newRedirect(rc.Redirect, groups)
	case rc.Respond != nil:
		return newRespond(rc.Respond, groups)
	case rc.Files != nil:
		return newFolder(rc.Files, old)
	case rc.Metrics && s.deps.Metrics != nil:
		return Mount(s.deps.Metrics), nil
	case rc.Metrics:
		return Mount(http.NotFoundHandler()), nil
	}
	return nil, errors.New("the route has no action")
}

// guards joins guards by their names; nil without any.
func guards(parts Parts, names []string) (guard.Guard, error) {
	if len(names) == 0 {
		return nil, nil
	}
	list := make([]guard.Guard, 0, len(names))
	for _, name := range names {
		g, err := parts.Guard(name)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return guard.All(list...), nil
}

// trustedSet tells addresses of trusted networks; nil where there are none.
func trustedSet(prefixes []netip.Prefix) func(netip.Addr) bool {
	if len(prefixes) == 0 {
		return nil
	}
	set := new(bart.Lite)
	for _, p := range prefixes {
		set.Insert(p)
	}
	return set.Contains
}

// adopt takes over the identity of a route that stays, so that its tunnels live.
// What else it says of its pool does not matter: a target that is taken out ends
// its tunnels itself.
func (r *entry) adopt(old *table) {
	if r.cfg.Proxy == nil {
		return
	}
	for _, o := range old.routes {
		if o.cfg.Proxy != nil && o.cfg.Proxy.Pool == r.cfg.Proxy.Pool && o.name == r.name && reflect.DeepEqual(o.cfg.Match, r.cfg.Match) {
			r.gone = o.gone
			return
		}
	}
}

// closeGone ends the tunnels of routes that have not lived on in the next table.
func (t *table) closeGone(next *table) {
	live := make(map[chan struct{}]bool, len(t.routes))
	for _, r := range next.routes {
		live[r.gone] = true
	}
	for _, r := range t.routes {
		if !live[r.gone] {
			live[r.gone] = true // two routes alike share one
			close(r.gone)
		}
	}
}
