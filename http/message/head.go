package message

// Version is an HTTP version: major in the high nibble, minor in the low one.
type Version uint8

// The versions spoken.
const (
	HTTP10 Version = 0x10
	HTTP11 Version = 0x11
	HTTP2  Version = 0x20
	HTTP3  Version = 0x30
)

// String returns the version as the wire of HTTP/1 writes it.
func (v Version) String() string {
	switch v {
	case HTTP10:
		return "HTTP/1.0"
	case HTTP11:
		return "HTTP/1.1"
	case HTTP2:
		return "HTTP/2"
	case HTTP3:
		return "HTTP/3"
	}
	return "HTTP/?"
}

// Form is the form of a request target (RFC 9112 §3.2).
type Form uint8

// The four forms.
const (
	OriginForm Form = iota
	AbsoluteForm
	AuthorityForm
	AsteriskForm
)

// UnknownLength is the Length of a message whose body ends by itself.
const UnknownLength int64 = -1

// Request is the head of a request.
type Request struct {
	Method  []byte
	Host    []byte // authority: host and, where given, port; empty in HTTP/1.0 without one
	RawPath []byte // the path as it came, without the query
	Path    []byte // the path, normalised (see NormalizePath); what routes match and upstreams get
	Query   []byte // what stands behind the first "?", without it
	Fields  Fields // every field but those that frame the body, and Host
	Length  int64  // of the body in bytes; 0 without one, UnknownLength when chunked
	Version Version
	Form    Form
	HasQuery,
	KeepAlive, // the sender wants the connection to go on
	Upgrade, // Connection says upgrade and an Upgrade field is there
	Expect100 bool // waits for 100 (Continue) before it sends the body
}

// Reset empties the head but keeps the memory of its fields.
func (r *Request) Reset() {
	clear(r.Fields)
	*r = Request{Fields: r.Fields[:0]}
}

// Idempotent says whether the method may be sent again without harm when nobody
// knows if the first try was carried out (RFC 9110 §9.2.2).
func (r *Request) Idempotent() bool {
	switch string(r.Method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY":
		return true
	}
	return false
}

// Response is the head of a response.
type Response struct {
	Status  int
	Reason  []byte // empty: the usual phrase of the status
	Fields  Fields // every field but those that frame the body
	Length  int64  // of the body in bytes; UnknownLength when it ends by itself
	Version Version
	KeepAlive,
	Upgrade bool // Connection says upgrade and an Upgrade field is there
}

// Reset empties the head but keeps the memory of its fields.
func (r *Response) Reset() {
	clear(r.Fields)
	*r = Response{Fields: r.Fields[:0]}
}

// Bodiless says whether a response of that status has no body, whatever its
// fields say (RFC 9110 §6.4.1).
func Bodiless(status int) bool {
	return status < 200 || status == 204 || status == 304
}

// Error is a message that broke a rule. It is refused, never repaired.
type Error struct {
	Status int    // what to answer: 4xx or 5xx
	Rule   string // short name of the rule, for records and metrics: "bare-lf"
	Text   string // what is wrong and which section says so
}

func (e *Error) Error() string { return e.Text }
