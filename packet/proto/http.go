package proto

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/netwright/netwright/packet/layer"
)

// http is the beginning of a message, or several, of HTTP/1 (RFC 9112): the first
// line, the header fields by name, and the body as far as it is in the segment. It
// is found on any port by its first line; segments in the middle of a body are
// data.
var http = &layer.Proto{
	Name: "http", Title: "Hypertext Transfer Protocol", Alias: []string{"HTTP"}, Spec: "RFC 9112",
	On:      []layer.On{{Table: "tcp.port"}},
	Fields:  []layer.Field{{Kind: layer.Group, Repeat: "*", Code: showHTTP, Sub: append(httpFields, httpHeaders...)}},
	Guess:   guessHTTP,
	Summary: "${method} ${uri} ${http.request.version}${http.response.version} ${code} ${phrase}",
}

// The fields that are not named by a header, by their place in httpFields.
const (
	httpMethod = iota
	httpURI
	httpPath
	httpQuery
	httpParameter
	httpRequestVersion
	httpResponseVersion
	httpCode
	httpCodeDesc
	httpPhrase
	httpRequestLine
	httpResponseLine
	httpFullURI
	httpLength
	httpCookiePair
	httpFileData
	httpRequest
	httpResponse
	httpNotification
	httpHeader // the first of httpHeaders
)

var httpFields = []layer.Field{
	httpMethod:          {Name: "http.request.method", Alias: "method", Title: "Request Method", Kind: layer.String},
	httpURI:             {Name: "http.request.uri", Alias: "uri", Title: "Request URI", Kind: layer.String},
	httpPath:            {Name: "http.request.uri.path", Title: "Request URI Path", Kind: layer.String},
	httpQuery:           {Name: "http.request.uri.query", Title: "Request URI Query", Kind: layer.String},
	httpParameter:       {Name: "http.request.uri.query.parameter", Title: "Request URI Query Parameter", Kind: layer.String},
	httpRequestVersion:  {Name: "http.request.version", Title: "Request Version", Kind: layer.String},
	httpResponseVersion: {Name: "http.response.version", Title: "Response Version", Kind: layer.String},
	httpCode:            {Name: "http.response.code", Alias: "code", Title: "Status Code", Bits: 24},
	httpCodeDesc:        {Name: "http.response.code.desc", Title: "Status Code Description", Kind: layer.String},
	httpPhrase:          {Name: "http.response.phrase", Alias: "phrase", Title: "Response Phrase", Kind: layer.String},
	httpRequestLine:     {Name: "http.request.line", Title: "Request line", Kind: layer.String},
	httpResponseLine:    {Name: "http.response.line", Title: "Response line", Kind: layer.String},
	httpFullURI:         {Name: "http.request.full_uri", Title: "Full request URI", Kind: layer.String},
	httpLength:          {Name: "http.content_length", Title: "Content length", Bits: 64},
	httpCookiePair:      {Name: "http.cookie_pair", Title: "Cookie pair", Kind: layer.String},
	httpFileData:        {Name: "http.file_data", Alias: "body", Title: "File Data", Kind: layer.String},
	httpRequest:         {Name: "http.request", Title: "Request", Kind: layer.Bool, Bits: 1},
	httpResponse:        {Name: "http.response", Title: "Response", Kind: layer.Bool, Bits: 1},
	httpNotification:    {Name: "http.notification", Title: "Notification", Kind: layer.Bool, Bits: 1},
}

// httpHeaders are the header fields with a name of their own. Alias is what they
// are called on the wire, in lower case.
var httpHeaders = []layer.Field{
	{Name: "http.host", Alias: "host", Title: "Host", Kind: layer.String},
	{Name: "http.user_agent", Alias: "user-agent", Title: "User-Agent", Kind: layer.String},
	{Name: "http.accept", Alias: "accept", Title: "Accept", Kind: layer.String},
	{Name: "http.content_length_header", Alias: "content-length", Title: "Content-Length", Kind: layer.String},
	{Name: "http.content_type", Alias: "content-type", Title: "Content-Type", Kind: layer.String},
	{Name: "http.transfer_encoding", Alias: "transfer-encoding", Title: "Transfer-Encoding", Kind: layer.String},
	{Name: "http.content_encoding", Alias: "content-encoding", Title: "Content-Encoding", Kind: layer.String},
	{Name: "http.connection", Alias: "connection", Title: "Connection", Kind: layer.String},
	{Name: "http.date", Alias: "date", Title: "Date", Kind: layer.String},
	{Name: "http.server", Alias: "server", Title: "Server", Kind: layer.String},
	{Name: "http.location", Alias: "location", Title: "Location", Kind: layer.String},
	{Name: "http.cookie", Alias: "cookie", Title: "Cookie", Kind: layer.String},
	{Name: "http.set_cookie", Alias: "set-cookie", Title: "Set-Cookie", Kind: layer.String},
	{Name: "http.last_modified", Alias: "last-modified", Title: "Last-Modified", Kind: layer.String},
	{Name: "http.referer", Alias: "referer", Title: "Referer", Kind: layer.String},
	{Name: "http.accept_language", Alias: "accept-language", Title: "Accept-Language", Kind: layer.String},
	{Name: "http.accept_encoding", Alias: "accept-encoding", Title: "Accept Encoding", Kind: layer.String},
	{Name: "http.cache_control", Alias: "cache-control", Title: "Cache-Control", Kind: layer.String},
	{Name: "http.upgrade", Alias: "upgrade", Title: "Upgrade", Kind: layer.String},
	{Name: "http.authorization", Alias: "authorization", Title: "Authorization", Kind: layer.String},
	{Name: "http.www_authenticate", Alias: "www-authenticate", Title: "WWW-Authenticate", Kind: layer.String},
	{Name: "http.proxy_authenticate", Alias: "proxy-authenticate", Title: "Proxy-Authenticate", Kind: layer.String},
	{Name: "http.proxy_authorization", Alias: "proxy-authorization", Title: "Proxy-Authorization", Kind: layer.String},
	{Name: "http.x_forwarded_for", Alias: "x-forwarded-for", Title: "X-Forwarded-For", Kind: layer.String},
	{Name: "http.sec_websocket_accept", Alias: "sec-websocket-accept", Title: "Sec-WebSocket-Accept", Kind: layer.String},
	{Name: "http.sec_websocket_extensions", Alias: "sec-websocket-extensions", Title: "Sec-WebSocket-Extensions", Kind: layer.String},
	{Name: "http.sec_websocket_key", Alias: "sec-websocket-key", Title: "Sec-WebSocket-Key", Kind: layer.String},
	{Name: "http.sec_websocket_protocol", Alias: "sec-websocket-protocol", Title: "Sec-WebSocket-Protocol", Kind: layer.String},
	{Name: "http.sec_websocket_version", Alias: "sec-websocket-version", Title: "Sec-WebSocket-Version", Kind: layer.String},
}

// httpMessage is one message while it is shown.
type httpMessage struct {
	w        *layer.Walker
	request  bool
	connect  bool
	is       int // httpRequest, httpResponse or httpNotification
	uri      []byte
	host     []byte
	bodiless bool // a request, or a response without a body
	length   int  // of the body; -1: it reaches to the end
	encoded  bool // the body is not as it is sent
}

// showHTTP shows one message. What is none ends the walk.
func showHTTP(w *layer.Walker) {
	m := httpMessage{w: w, length: -1}
	line, n := httpLine(w.Rest())
	if n == 0 || !isHTTP(line) || !m.first(line) || !w.Move(n) {
		w.Move(len(w.Rest()))
		return
	}
	for {
		line, n := httpLine(w.Rest())
		if n == 0 {
			_ = m.kind() && w.Move(len(w.Rest()))
			return
		}
		if len(line) == 0 {
			if w.Move(n) {
				m.end()
			}
			return
		}
		if !m.header(line, n) || !w.Move(n) {
			return
		}
	}
}

// httpLine is the line at the begin of b, and how many bytes it takes with its
// end; 0 if it does not end.
func httpLine(b []byte) (line []byte, n int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, 0
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), i + 1
}

// isHTTP tells whether a message may begin with that line.
func isHTTP(line []byte) bool {
	if bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return len(line) >= 12 && line[8] == ' ' && digits(line[9:12])
	}
	method, rest, _ := bytes.Cut(line, []byte(" "))
	if len(method) > 16 || !httpMethods[string(method)] {
		return false
	}
	return len(rest) > 9 && bytes.HasPrefix(rest[len(rest)-9:], []byte(" HTTP/1.")) && rest[0] > ' '
}

// httpMethods are those of RFC 9110, WebDAV and UPnP.
var httpMethods = map[string]bool{
	"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "CONNECT": true, "OPTIONS": true, "TRACE": true, "PATCH": true,
	"PROPFIND": true, "PROPPATCH": true, "MKCOL": true, "COPY": true, "MOVE": true, "LOCK": true, "UNLOCK": true, "SEARCH": true,
	"REPORT": true, "MERGE": true, "CHECKIN": true, "CHECKOUT": true, "UNCHECKOUT": true, "MKACTIVITY": true, "MKWORKSPACE": true,
	"LABEL": true, "UPDATE": true, "VERSION-CONTROL": true, "BASELINE-CONTROL": true, "POLL": true, "BCOPY": true, "BMOVE": true,
	"BDELETE": true, "BPROPFIND": true, "BPROPPATCH": true, "NOTIFY": true, "SUBSCRIBE": true, "UNSUBSCRIBE": true, "M-SEARCH": true,
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func guessHTTP(b []byte) bool {
	line, n := httpLine(b[:min(len(b), 8192)])
	return n > 0 && isHTTP(line)
}

// emit shows a part of the frame.
func (m *httpMessage) emit(i, off int, b []byte) bool {
	return m.w.Emit(i, off, len(b), uint64(len(b)), b)
}

// first shows the first line.
func (m *httpMessage) first(line []byte) bool {
	at := m.w.Offset()
	one, rest, _ := bytes.Cut(line, []byte(" "))
	if !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		m.request, m.connect, m.length, m.is = true, string(one) == "CONNECT", 0, httpRequest
		switch string(one) {
		case "NOTIFY", "M-SEARCH", "SUBSCRIBE", "UNSUBSCRIBE":
			m.is = httpNotification
		}
		end := bytes.LastIndexByte(rest, ' ')
		m.uri = rest[:end]
		return m.emit(httpMethod, at, one) && m.target(at+len(one)+1) &&
			m.emit(httpRequestVersion, at+len(one)+1+end+1, rest[end+1:])
	}
	code, phrase, _ := bytes.Cut(rest, []byte(" "))
	n, err := strconv.ParseUint(string(code[:min(len(code), 3)]), 10, 16)
	if err != nil || len(code) != 3 {
		return false
	}
	m.is, m.bodiless = httpResponse, n < 200 || n == 204 || n == 304
	desc := httpCodes[n]
	at += len(one) + 1
	return m.emit(httpResponseVersion, at-len(one)-1, one) && m.w.Emit(httpCode, at, 3, n, nil) &&
		(desc == "" || m.w.Emit(httpCodeDesc, at, 3, uint64(len(desc)), append(m.w.Scratch(), desc...))) &&
		(len(phrase) == 0 || m.emit(httpPhrase, at+4, phrase))
}

// target shows the URI, in parts if it has a query.
func (m *httpMessage) target(at int) bool {
	if !m.emit(httpURI, at, m.uri) {
		return false
	}
	path, query, ok := bytes.Cut(m.uri, []byte("?"))
	if !ok {
		return true
	}
	at += len(path) + 1
	if !m.emit(httpPath, at-len(path)-1, path) || !m.emit(httpQuery, at, query) {
		return false
	}
	for len(query) > 0 {
		one, rest, _ := bytes.Cut(query, []byte("&"))
		if !m.emit(httpParameter, at, one) {
			return false
		}
		at += len(one) + 1
		query = rest
	}
	return true
}

// header shows a header field: its value over the whole line, of n bytes.
func (m *httpMessage) header(line []byte, n int) bool {
	w, at := m.w, m.w.Offset()
	whole := httpResponseLine
	if m.request {
		whole = httpRequestLine
	}
	if !m.emit(whole, at, w.Rest()[:n]) {
		return false
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return true
	}
	i := httpHeaderIndex(bytes.TrimRight(name, " \t"))
	if i < 0 {
		return true
	}
	value = bytes.TrimLeft(value, " \t")
	if !w.Emit(httpHeader+i, at, n, uint64(len(value)), value) {
		return false
	}
	switch httpHeaders[i].Alias {
	case "host":
		m.host = value
	case "content-length":
		u, err := strconv.ParseUint(string(value[:min(len(value), 20)]), 10, 63)
		if err != nil {
			return true
		}
		m.length = int(min(u, 1<<30))
		return w.Emit(httpLength, at, n, u, nil)
	case "content-encoding", "transfer-encoding":
		m.encoded = true
	case "cookie":
		return m.cookies(value, at+len(line)-len(value))
	}
	return true
}

// httpHeaderIndex finds a header by its name on the wire; -1 if it has none here.
func httpHeaderIndex(name []byte) int {
	for i := range httpHeaders {
		if alias := httpHeaders[i].Alias; len(alias) == len(name) && equalFold(name, alias) {
			return i
		}
	}
	return -1
}

// equalFold tells whether a name is that one in lower case.
func equalFold(name []byte, lower string) bool {
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// cookies shows the pairs of a Cookie field.
func (m *httpMessage) cookies(value []byte, at int) bool {
	for len(value) > 0 {
		one, rest, _ := bytes.Cut(value, []byte(";"))
		pair := bytes.TrimLeft(one, " ")
		if len(pair) > 0 && !m.emit(httpCookiePair, at+len(one)-len(pair), pair) {
			return false
		}
		at += len(one) + 1
		value = rest
	}
	return true
}

// end shows what needs all headers, and the body.
func (m *httpMessage) end() {
	w := m.w
	if m.request && len(m.host) > 0 && !m.fullURI() || !m.kind() {
		return
	}
	body := w.Rest()
	switch {
	case m.encoded:
	case m.length >= 0 && m.length < len(body):
		body = body[:m.length]
	case m.bodiless:
		body = nil
	}
	if len(body) > 0 && !m.encoded && plainText(body) && !m.emit(httpFileData, w.Offset(), body) {
		return
	}
	w.Move(len(body))
}

// kind shows what the message is.
func (m *httpMessage) kind() bool { return m.w.Emit(m.is, m.w.Base(), 0, 1, nil) }

// fullURI shows the URI with the host that it is asked of.
func (m *httpMessage) fullURI() bool {
	full := m.w.Scratch()
	switch {
	case m.absolute():
		full = append(full, m.uri...)
	case len(m.uri) == 1 && m.uri[0] == '*':
		full = append(append(full, "http://"...), m.host...)
	default:
		full = append(append(append(full, "http://"...), m.host...), m.uri...)
	}
	return m.w.Emit(httpFullURI, m.w.Base(), 0, uint64(len(full)), full)
}

// absolute tells whether the URI says all by itself: as proxies are asked.
func (m *httpMessage) absolute() bool {
	return m.connect || len(m.uri) >= 7 && equalFold(m.uri[:7], "http://") || len(m.uri) >= 8 && equalFold(m.uri[:8], "https://")
}

// plainText tells whether a body is text that can be shown.
func plainText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7F {
			return false
		}
		b = b[n:]
	}
	return true
}

// httpCodes are from IANA's registry.
var httpCodes = layer.Enum{
	100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints", 200: "OK", 201: "Created", 202: "Accepted",
	203: "Non-authoritative Information", 204: "No Content", 205: "Reset Content", 206: "Partial Content", 207: "Multi-Status",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 305: "Use Proxy",
	307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
	403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
	408: "Request Time-out", 409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
	413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type", 416: "Requested Range Not Satisfiable",
	417: "Expectation Failed", 421: "Misdirected Request", 422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency",
	426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
	451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Gateway Time-out", 505: "HTTP Version not supported", 507: "Insufficient Storage",
	511: "Network Authentication Required",
}
