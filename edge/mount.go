package edge

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/message"
)

// Mount makes an http.Handler the action of a route. Its ResponseWriter can be
// hijacked (over HTTP/1) and flushed.
func Mount(h http.Handler) Handler {
	return HandlerFunc(func(ex *Exchange) error {
		r, err := ex.httpRequest()
		if err != nil {
			return &Failure{400, err}
		}
		w := &responseWriter{ex: ex, header: make(http.Header)}
		h.ServeHTTP(w, r)
		return w.finish()
	})
}

// httpRequest is the exchange as a handler of net/http wants to see it.
func (ex *Exchange) httpRequest() (*http.Request, error) {
	req := ex.Request
	target := string(req.Path)
	if req.HasQuery {
		target += "?" + string(req.Query)
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	h := make(http.Header, len(req.Fields))
	for i := range req.Fields {
		if f := &req.Fields[i]; f.Known != message.Removed {
			name := textproto.CanonicalMIMEHeaderKey(string(f.Name))
			h[name] = append(h[name], string(f.Value))
		}
	}
	r := &http.Request{
		Method: string(req.Method), URL: u, RequestURI: target, Host: string(req.Host),
		Proto: req.Version.String(), ProtoMajor: 1, ProtoMinor: int(req.Version & 15),
		Header: h, ContentLength: req.Length, Body: http.NoBody,
		RemoteAddr: ex.Client.String(), TLS: ex.TLS,
	}
	if req.Length != 0 {
		r.Body = io.NopCloser(ex.Stream.Body())
	}
	return r.WithContext(ex.Stream.Context()), nil
}

// responseWriter lets a handler of net/http answer an exchange.
type responseWriter struct {
	ex       *Exchange
	header   http.Header
	status   int
	small    []byte // the body while its length may still become known
	sent     bool   // the head is out
	hijacked bool
}

// mostSmall is how much body is held back to learn its length.
const mostSmall = 2 << 10

// Header implements http.ResponseWriter.
func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *responseWriter) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != 101 {
		r := &message.Response{Status: status, Fields: w.fields()}
		_ = w.ex.Stream.Inform(r) // as net/http: the final answer tells
		return
	}
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *responseWriter) Write(p []byte) (int, error) {
	if w.hijacked {
		return 0, http.ErrHijacked
	}
	w.WriteHeader(http.StatusOK)
	if message.Bodiless(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if !w.sent && len(w.small)+len(p) <= mostSmall {
		w.small = append(w.small, p...)
		return len(p), nil
	}
	if err := w.head(message.UnknownLength); err != nil {
		return 0, err
	}
	return w.ex.Stream.Write(p)
}

// head sends the head and what was held back, once.
func (w *responseWriter) head(length int64) error {
	if w.sent {
		return nil
	}
	w.sent = true
	w.WriteHeader(http.StatusOK)
	if text := w.header.Get("Content-Length"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("a handler set Content-Length to %q", text)
		}
		length = n
	}
	if len(w.small) > 0 && w.header.Get("Content-Type") == "" && w.header.Get("Content-Encoding") == "" {
		w.header.Set("Content-Type", http.DetectContentType(w.small))
	}
	r := &message.Response{Status: w.status, Length: length, Fields: w.fields()}
	return w.ex.Respond(r, w.small)
}

// fields are the header as fields, without those that frame.
func (w *responseWriter) fields() message.Fields {
	var fields message.Fields
	for name, values := range w.header {
		switch message.Lookup([]byte(name)) {
		case message.ContentLength, message.TransferEncoding, message.Connection, message.Trailer:
			continue
		}
		for _, v := range values {
			if v := []byte(v); message.IsToken([]byte(name)) && message.IsFieldValue(v) {
				fields.Add([]byte(name), v)
			}
		}
	}
	return fields
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *responseWriter) FlushError() error {
	if err := w.head(message.UnknownLength); err != nil {
		return err
	}
	return w.ex.Stream.Flush()
}

// ReadFrom implements io.ReaderFrom, so that files are sent by the kernel.
func (w *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	w.WriteHeader(http.StatusOK)
	if err := w.head(message.UnknownLength); err != nil {
		return 0, err
	}
	return w.ex.Stream.ReadFrom(r)
}

// Hijack implements http.Hijacker: the bare connection, and a reader that has the
// bytes that were read already.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, early, err := w.ex.Stream.Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.hijacked, w.ex.answered = true, true
	w.ex.outcome.kind, w.ex.outcome.status = flow.Tunnel, http.StatusSwitchingProtocols
	// Only the bytes that are there go through the reader: whoever has taken
	// them may use the connection itself.
	early = bytes.Clone(early)
	in := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), max(len(early), 16))
	_, _ = in.Peek(len(early)) // they are there: it fills the reader
	return conn, bufio.NewReadWriter(in, bufio.NewWriter(conn)), nil
}

// finish ends the answer.
func (w *responseWriter) finish() error {
	if w.hijacked {
		return nil
	}
	if err := w.head(int64(len(w.small))); err != nil {
		return err
	}
	return w.ex.Stream.Finish(nil)
}
