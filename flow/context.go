package flow

import "context"

type contextKey struct{}

// NewContext returns a context that carries r, once a connection.
func NewContext(ctx context.Context, r *Record) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// From returns the record that ctx carries. It never returns nil: where there
// is none, it makes one that nobody else sees.
func From(ctx context.Context) *Record {
	if r, ok := ctx.Value(contextKey{}).(*Record); ok && r != nil {
		return r
	}
	return new(Record)
}
