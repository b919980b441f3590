package proto

import (
	"strconv"

	"golang.org/x/net/http2/hpack"

	"github.com/netwright/netwright/packet/layer"
)

// http2Headers are what a block of headers holds, decompressed: without a place in
// the frame.
var http2Headers = []layer.Field{
	{Name: "http2.header", Title: "Header", Kind: layer.Group, Sub: []layer.Field{
		{Name: "http2.header.name.length", Title: "Name Length", Bits: 32},
		{Name: "http2.header.name", Title: "Name", Kind: layer.String},
		{Name: "http2.header.value.length", Title: "Value Length", Bits: 32},
		{Name: "http2.header.value", Title: "Value", Kind: layer.String},
		{Name: "http2.headers.method", Alias: "method", Title: ":method", Kind: layer.String},
		{Name: "http2.headers.scheme", Alias: "scheme", Title: ":scheme", Kind: layer.String},
		{Name: "http2.headers.authority", Alias: "authority", Title: ":authority", Kind: layer.String},
		{Name: "http2.headers.path", Alias: "path", Title: ":path", Kind: layer.String},
		{Name: "http2.headers.status", Alias: "status", Title: ":status", Bits: 16},
		{Name: "http2.headers.user_agent", Title: "user-agent", Kind: layer.String},
		{Name: "http2.headers.content_type", Title: "content-type", Kind: layer.String},
		{Name: "http2.headers.content_length", Title: "content-length", Bits: 64},
		{Name: "http2.headers.server", Title: "server", Kind: layer.String},
		{Name: "http2.headers.location", Title: "location", Kind: layer.String},
	}},
}

const (
	headerTable  = 4096    // octets of the dynamic table that there is from the start on
	headerString = 1 << 16 // octets that a name or value has at most
	headerLimit  = 256     // headers that are shown of a block
)

// showHeaderBlock shows the headers of the block that the field is, up to one that
// is not sound, or refers to a block before (RFC 7541).
func showHeaderBlock(w *layer.Walker) {
	b := w.Rest()
	shown := 0
	alive := true
	dec := hpack.NewDecoder(headerTable, func(f hpack.HeaderField) {
		if shown++; alive && shown <= headerLimit {
			alive = w.Group(0, 0, func(w *layer.Walker) { showHeader(w, f) })
		}
	})
	dec.SetMaxStringLength(headerString)
	_, _ = dec.Write(b) // what came before an error has been shown
	if alive {
		w.Move(len(w.Rest()))
	}
}

// showHeader shows one header, and under a name of its own if it has one.
func showHeader(w *layer.Walker, f hpack.HeaderField) {
	at := w.Offset()
	if !w.Emit(0, at, 0, uint64(len(f.Name)), nil) || !w.Emit(1, at, 0, uint64(len(f.Name)), []byte(f.Name)) ||
		!w.Emit(2, at, 0, uint64(len(f.Value)), nil) || !w.Emit(3, at, 0, uint64(len(f.Value)), []byte(f.Value)) {
		return
	}
	for i, own := range http2Headers[0].Sub[4:] {
		if own.Title != f.Name {
			continue
		}
		n, err := strconv.ParseUint(f.Value, 10, 63)
		if own.Kind == layer.String {
			n, err = uint64(len(f.Value)), nil
		}
		if err == nil {
			w.Emit(4+i, at, 0, n, []byte(f.Value))
		}
	}
}
