// Package message holds what an HTTP message is whatever version carries it:
// the head of a request or response, its fields, its body, and the [Stream] on
// which a server meets one request and answers it (RFC 9110).
//
// A head does not own its text. Names and values are byte ranges over the
// buffer of the codec that read them, so a head that passes through a proxy is
// never turned into strings or a map:
//
//	for i := range req.Fields {
//		f := &req.Fields[i]
//		if f.Known == message.Cookie {
//			use(f.Value)
//		}
//	}
//
// The ranges are valid until the exchange they belong to ends.
//
// The package parses no wire format; http/h1 and http/h2 do. What both must
// agree on stands here: which fields are hop-by-hop, how a path is normalised,
// which Host is acceptable.
package message
