package message

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"
)

// Body is the content of a message as it arrives. Read returns io.EOF after the
// last byte; any other error means that the message is cut short. It is used by
// one goroutine at a time.
//
// WriteTo moves what is left to w, by splice(2) where both ends are bare TCP
// connections and the length is known.
type Body interface {
	io.Reader
	io.WriterTo
	// Length is the number of bytes still to come, UnknownLength if not known.
	Length() int64
	// Buffered returns the bytes of content that have arrived already and can be
	// used without waiting. They stay unread until Discard.
	Buffered() []byte
	// Discard marks the first n buffered bytes as read.
	Discard(n int)
	// Trailers are the fields behind the content; they are there after io.EOF.
	Trailers() Fields
}

// Limits bound one exchange. Less than zero is no limit, zero leaves what holds.
type Limits struct {
	Body        int64         // bytes of the request's body
	BodyTimeout time.Duration // for the next part of it
	LeastRate   int64         // of it, bytes per second over each BodyTimeout
	SendTimeout time.Duration // for the next part of the answer to be taken
}

// Stream is one request on a server and the way to answer it, whatever the
// version. Its methods are called from one goroutine, but Body may be read from
// another while the answer is written.
//
// The order is Inform (any number), Respond, then Write or ReadFrom until
// the length announced is reached, then Finish. A stream whose handler returns
// without Respond, or short of the length, is cut: the client sees that the
// answer is incomplete.
type Stream interface {
	Request() *Request
	Body() Body
	// Inform sends an interim answer (1xx).
	Inform(*Response) error
	// Respond sends the head and the first bytes of the body in one write. The
	// framing fields, Connection and (where missing) Date are added here; Length
	// says how long the body is. For HEAD, 204 and 304 the body is left out.
	Respond(r *Response, body []byte) error
	io.Writer
	io.ReaderFrom
	// Flush sends what is buffered.
	Flush() error
	// Finish ends the answer, with trailers where the version and client allow.
	Finish(trailers Fields) error
	// Hijack ends HTTP on the connection and hands it over with the bytes that
	// were read from it and not used. Only HTTP/1 can; others give an error.
	Hijack() (net.Conn, []byte, error)
	// Close makes this the last answer on the connection.
	Close()

	// Limit bounds what is still to come of this exchange. It is called before the
	// body is read.
	Limit(Limits)
	// Abort makes a read of the body that another goroutine is in return, and every
	// later one; the connection ends behind the answer.
	Abort()

	// NotifyGone has f called, once and from another goroutine, when the client
	// hangs up before the stream ends; nil takes that back, after which no call is
	// under way. f must be quick. Context is the same for those who need a context.
	NotifyGone(f func())
	Context() context.Context
	Conn() net.Conn
	TLS() *tls.ConnectionState // nil in the clear
	// Sent and Received count bytes on the wire, heads included.
	Sent() int64
	Received() int64
}
