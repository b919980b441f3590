package edge

import (
	"context"
	"crypto/tls"
	"io"
	"net/netip"
	"time"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// Handler is the action of a route. It answers the exchange, or returns an error
// without having answered: a *message.Error is answered with its status, any
// other with 500.
type Handler interface {
	ServeExchange(ex *Exchange) error
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(ex *Exchange) error

// ServeExchange calls f.
func (f HandlerFunc) ServeExchange(ex *Exchange) error { return f(ex) }

// Exchange is one request on its way through a service and the answer to it. It
// is pooled: nothing of it may be kept when its handler has returned. It is a
// context.Context that ends when the client hangs up.
type Exchange struct {
	Stream  message.Stream
	Request *message.Request
	Peer    netip.AddrPort       // who connected
	Client  netip.AddrPort       // who asks: Peer, or what a trusted peer says
	TLS     *tls.ConnectionState // of the connection; nil in the clear
	Trusted bool                 // the peer is one whose word on the client counts
	ID      flow.ID              // of the record

	asked    bool // a guard, with Attempt
	answered bool
	bodyGone bool // of the request's body something was sent that cannot be had again

	start     time.Time
	service   *Service
	table     *table
	route     *entry
	reply     *h1.Reply     // of the upstream; nil until it is there
	text      []byte        // values that are made for fields
	id        []byte        // see requestID
	timeout   time.Duration // for the head of an upstream's answer, in this try
	comeAgain time.Duration // after which a refused client may, where that is known
	// captures are what the regular expression of the route's path matched.
	captures [][]byte
	matched  []byte // the path before the route rewrote it

	variables route.Values // see values
	seen      seen
	outcome   outcome

	// What stands from here on is not looked at when a plain answer comes back: with
	// many exchanges under way that costs, since it is far from the processor then.
	Attempt  guard.Attempt
	choice   upstream.Choice
	verdict  guard.Verdict                 // of the guard that did not admit
	inform   func(*message.Response) error // passInterim
	response message.Response              // of our own
}

func newExchange() *Exchange {
	ex := &Exchange{
		response: message.Response{Fields: make(message.Fields, 0, 24)},
		text:     make([]byte, 0, 1<<10),
	}
	ex.Attempt.Header = ex.header
	ex.inform = ex.passInterim
	return ex
}

// reset forgets the exchange.
func (ex *Exchange) reset() {
	ex.Stream, ex.Request, ex.TLS, ex.service, ex.table, ex.route = nil, nil, nil, nil, nil, nil
	ex.reply, ex.answered, ex.bodyGone, ex.Trusted = nil, false, false, false
	if ex.asked {
		ex.asked = false
		ex.Attempt.TLS, ex.Attempt.Subject = nil, ""
		ex.verdict = guard.Verdict{}
	}
	ex.text, ex.id, ex.comeAgain = ex.text[:0], nil, 0
	ex.captures, ex.matched = ex.captures[:0], nil
	ex.seen, ex.outcome = seen{}, outcome{}
	if ex.variables.Request != nil {
		ex.variables = route.Values{}
	}
}

// Secure says whether the client came over TLS.
func (ex *Exchange) Secure() bool { return ex.TLS != nil }

// header is how guards look fields up.
func (ex *Exchange) header(name string) string {
	v, _ := ex.Request.Fields.Value(name)
	return string(v)
}

// Deadline implements context.Context; there is none.
func (ex *Exchange) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context. The channel is made when it is first asked for.
func (ex *Exchange) Done() <-chan struct{} { return ex.Stream.Context().Done() }

// Err implements context.Context.
func (ex *Exchange) Err() error { return ex.Stream.Context().Err() }

// Value implements context.Context.
func (ex *Exchange) Value(key any) any { return ex.Stream.Context().Value(key) }

var _ context.Context = (*Exchange)(nil)

// Respond sends the head of the answer and the first bytes of its body, after the
// fields were changed as the route says. The rest of the body goes to Stream.
func (ex *Exchange) Respond(r *message.Response, body []byte) error {
	ex.answered = true
	ex.outcome.status = uint16(r.Status)
	if ex.outcome.first == 0 {
		ex.outcome.first = time.Since(ex.start)
	}
	ex.finishFields(r)
	return ex.Stream.Respond(r, body)
}

// Response is an empty head to fill and pass to Respond.
func (ex *Exchange) Response() *message.Response {
	ex.response.Reset()
	return &ex.response
}

// Write writes more of the answer's body.
func (ex *Exchange) Write(p []byte) (int, error) { return ex.Stream.Write(p) }

// ReadFrom copies the rest of the answer's body from r: a file goes by
// sendfile(2), another exchange's body by splice(2), where they can.
func (ex *Exchange) ReadFrom(r io.Reader) (int64, error) { return ex.Stream.ReadFrom(r) }

// Finish ends the answer.
func (ex *Exchange) Finish(trailers message.Fields) error { return ex.Stream.Finish(trailers) }

// RespondText answers with a whole small body.
func (ex *Exchange) RespondText(status int, contentType string, body []byte) error {
	r := ex.Response()
	r.Status = status
	if contentType != "" {
		r.Fields.AddKnown(message.ContentType, []byte(contentType))
	}
	return ex.respondWhole(r, body)
}

// respondWhole sends an answer of which body is all.
func (ex *Exchange) respondWhole(r *message.Response, body []byte) error {
	r.Length = int64(len(body))
	if err := ex.Respond(r, body); err != nil {
		return err
	}
	return ex.Stream.Finish(nil)
}

// finishFields makes the changes that every answer of the service gets, and then
// those of its route.
func (ex *Exchange) finishFields(r *message.Response) {
	ex.edit(ex.table.response, &r.Fields)
	if ex.route != nil {
		ex.edit(ex.route.response, &r.Fields)
	}
	if !r.Fields.Has(message.XRequestID) {
		r.Fields.AddKnown(message.XRequestID, ex.requestID())
	}
}

// edit makes changes to fields, if there are any.
func (ex *Exchange) edit(e *route.Edits, fields *message.Fields) {
	if e != nil && !e.None() {
		ex.text = e.Apply(ex.text, fields, ex.values())
	}
}

// values are what variables stand for in this exchange. They hold until they are
// asked for again.
func (ex *Exchange) values() *route.Values {
	v := &ex.variables
	*v = route.Values{
		Request: ex.Request, Path: ex.matched, Remote: ex.Client.Addr(), Scheme: ex.scheme(),
		Subject: ex.Attempt.Subject, RecordID: ex.ID, Captures: ex.captures,
	}
	if ex.TLS != nil {
		v.TLSVersion = ex.TLS.Version
	}
	return v
}

func (ex *Exchange) scheme() string {
	if ex.Secure() {
		return "https"
	}
	return "http"
}

// requestID is the id of the exchange as X-Request-ID carries it: the client's,
// where its peer is trusted, the record's otherwise.
func (ex *Exchange) requestID() []byte {
	if ex.id == nil {
		from := ex.mark()
		ex.text, _ = ex.ID.AppendText(ex.text)
		ex.id = ex.since(from)
	}
	return ex.id
}
