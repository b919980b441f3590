package console

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/netwright/netwright/flow"
)

// Filter chooses records. Its zero value chooses all; each field that is set
// must agree.
type Filter struct {
	Kind     string        // request, connection, …
	Service  string        // exactly
	Route    string        // exactly
	Target   string        // exactly
	Subject  string        // exactly
	Outcome  string        // ok, refused or error
	Status   string        // 404, 5xx or 400-499
	Method   string        // exactly
	Host     string        // exactly
	Path     string        // exactly, or its beginning where it ends with *
	Peer     string        // an address or a prefix such as 10.0.0.0/8
	AtLeast  time.Duration // how long it took
	Contains string        // anywhere in any text, in upper or lower case
}

// parameters are the fields of a filter by the names that a URL has for them.
func (f *Filter) parameters() map[string]*string {
	return map[string]*string{
		"kind": &f.Kind, "service": &f.Service, "route": &f.Route, "target": &f.Target, "subject": &f.Subject,
		"outcome": &f.Outcome, "status": &f.Status, "method": &f.Method, "host": &f.Host, "path": &f.Path,
		"peer": &f.Peer, "contains": &f.Contains,
	}
}

// Query returns the filter as the query of a URL.
func (f Filter) Query() url.Values {
	q := url.Values{}
	for name, value := range f.parameters() {
		if *value != "" {
			q.Set(name, *value)
		}
	}
	if f.AtLeast != 0 {
		q.Set("at_least", f.AtLeast.String())
	}
	return q
}

// ParseFilter reads a filter out of the query of a URL. Parameters that are
// not a filter's are left alone.
func ParseFilter(q url.Values) (Filter, error) {
	var f Filter
	for name, value := range f.parameters() {
		*value = q.Get(name)
	}
	if s := q.Get("at_least"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			return f, fmt.Errorf("at_least: %q is not a duration such as 250ms", s)
		}
		f.AtLeast = d
	}
	_, err := f.Matcher()
	return f, err
}

// Matcher returns the function that tells which records the filter chooses.
func (f Filter) Matcher() (func(*flow.Record) bool, error) {
	var tests []func(*flow.Record) bool
	add := func(test func(*flow.Record) bool) { tests = append(tests, test) }
	for text, want := range map[flow.Text]string{
		flow.Service: f.Service, flow.Route: f.Route, flow.Target: f.Target, flow.Subject: f.Subject,
		flow.Method: f.Method, flow.Host: f.Host,
	} {
		if want != "" {
			add(func(r *flow.Record) bool { return string(r.Bytes(text)) == want })
		}
	}
	if f.Kind != "" {
		var kind flow.Kind
		if err := kind.UnmarshalText([]byte(f.Kind)); err != nil {
			return nil, fmt.Errorf("kind: %w", err)
		}
		add(func(r *flow.Record) bool { return r.Kind == kind })
	}
	switch f.Outcome {
	case "":
	case "ok", "refused", "error":
		add(func(r *flow.Record) bool { return r.Outcome() == f.Outcome })
	default:
		return nil, fmt.Errorf("outcome: %q is none of ok, refused and error", f.Outcome)
	}
	if f.Status != "" {
		low, high, err := statuses(f.Status)
		if err != nil {
			return nil, err
		}
		add(func(r *flow.Record) bool { return low <= r.Status && r.Status <= high })
	}
	if f.Path != "" {
		start, open := strings.CutSuffix(f.Path, "*")
		add(func(r *flow.Record) bool {
			path := string(r.Bytes(flow.Path))
			return path == start || open && strings.HasPrefix(path, start)
		})
	}
	if f.Peer != "" {
		prefix, err := prefixOf(f.Peer)
		if err != nil {
			return nil, err
		}
		add(func(r *flow.Record) bool { return prefix.Contains(r.Peer().Addr()) })
	}
	if f.AtLeast > 0 {
		add(func(r *flow.Record) bool { return r.Duration >= f.AtLeast })
	}
	if f.Contains != "" {
		want := strings.ToLower(f.Contains)
		add(func(r *flow.Record) bool { return contains(r, want) })
	}
	return func(r *flow.Record) bool {
		for _, test := range tests {
			if !test(r) {
				return false
			}
		}
		return true
	}, nil
}

func contains(r *flow.Record, want string) bool {
	for text := flow.Service; text <= flow.RequestID; text++ {
		if strings.Contains(strings.ToLower(r.Get(text)), want) {
			return true
		}
	}
	return strings.Contains(r.Peer().String(), want) || strings.HasPrefix(r.ID.String(), want)
}

// statuses reads 404, 5xx or 400-499.
func statuses(s string) (low, high uint16, err error) {
	from, to, isRange := strings.Cut(s, "-")
	if !isRange {
		from, to = strings.ReplaceAll(s, "x", "0"), strings.ReplaceAll(s, "x", "9")
	}
	a, errA := strconv.ParseUint(from, 10, 16)
	b, errB := strconv.ParseUint(to, 10, 16)
	if errA != nil || errB != nil || a > b {
		return 0, 0, fmt.Errorf("status: %q is not a status such as 404, 5xx or 400-499", s)
	}
	return uint16(a), uint16(b), nil
}

func prefixOf(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, fmt.Errorf("peer: %q is neither an address nor a prefix such as 10.0.0.0/8", s)
	}
	return prefix, nil
}
