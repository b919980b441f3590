package h1

import (
	"bytes"
	"strconv"

	"github.com/netwright/netwright/http/message"
)

// parseRequest reads a request head from the start of b into r. It returns the
// length of the head, or 0 when b does not hold all of it yet. scratch is memory
// for a path that needs normalising.
func parseRequest(b []byte, r *message.Request, lim limits, scratch []byte) (int, error) {
	b, full := lim.cut(b)
	p := 0
	if len(b) > 0 && b[0] == '\r' { // one empty line is skipped (§2.2)
		end, err := lineEnd(b, 0)
		if end == 0 {
			return 0, err
		}
		p = end
	}
	target, p, err := parseRequestLine(b, p, r, lim.line)
	switch {
	case err != nil:
		return 0, err
	case p == 0 && full:
		return 0, ErrLineTooLong
	case p == 0:
		return 0, nil
	}
	r.Fields, p, err = parseFields(b, p, r.Fields[:0], lim.fields)
	switch {
	case err != nil:
		return 0, err
	case p == 0 && full:
		return 0, ErrHeadTooLarge
	case p == 0:
		return 0, nil
	}
	if err := finishRequest(r, target, scratch); err != nil {
		return p, err
	}
	return p, nil
}

// parseRequestLine reads method, target and version. The position is 0 when the
// line is not all there, or wrong.
func parseRequestLine(b []byte, p int, r *message.Request, limit int) (target []byte, end int, err error) {
	start := p
	for p < len(b) && message.TokenByte[b[p]] {
		p++
	}
	r.Method = b[start:p]
	if p-start > limit {
		return nil, 0, ErrLineTooLong
	}
	if p == len(b) {
		return nil, 0, nil
	}
	if b[p] != ' ' || p == start {
		if p == start && (b[p] == '\r' || b[p] == '\n') {
			return nil, 0, errEmptyLine
		}
		return nil, 0, errRequestLine
	}
	p++
	mark := p
	for p < len(b) && targetByte[b[p]] {
		p++
	}
	target = b[mark:p]
	r.RawPath = target // until it is taken apart: what is refused has this
	if p-start > limit {
		return nil, 0, ErrLineTooLong
	}
	if p == len(b) {
		return nil, 0, nil
	}
	switch {
	case b[p] == '\r' || b[p] == '\n': // HTTP/0.9
		return nil, 0, errVersion
	case b[p] != ' ':
		return nil, 0, errTarget
	case len(target) == 0:
		return nil, 0, errRequestLine
	}
	p++
	r.Version, end, err = parseVersion(b, p)
	if end == 0 {
		return nil, 0, err
	}
	end, err = lineEnd(b, end)
	if err == errFieldValue {
		err = errVersion
	}
	return target, end, err
}

// parseVersion reads "HTTP/1.x" and returns the position behind it, which is
// inside b; 0 when b ends before that.
func parseVersion(b []byte, p int) (message.Version, int, error) {
	const form = "HTTP/1.1"
	for i := range len(form) {
		if p+i == len(b) {
			return 0, 0, nil
		}
		c := b[p+i]
		digit := '0' <= c && c <= '9'
		switch {
		case i == 5 && digit && c != '1':
			// A well-formed version of another major is a 505; wait until it shows.
			if p+8 > len(b) {
				return 0, 0, nil
			}
			if b[p+6] == '.' && '0' <= b[p+7] && b[p+7] <= '9' && c != '0' {
				return 0, 0, errMajor
			}
			return 0, 0, errVersion
		case i == 7 && digit:
		case c != form[i]:
			return 0, 0, errVersion
		}
	}
	if p+8 == len(b) {
		return 0, 0, nil
	}
	if b[p+7] == '0' {
		return message.HTTP10, p + 8, nil
	}
	return message.HTTP11, p + 8, nil
}

// finishRequest checks what needs the whole head: host, framing, target.
func finishRequest(r *message.Request, target, scratch []byte) error {
	var fr framing
	if err := fr.read(r.Fields); err != nil {
		return err
	}
	switch {
	case fr.codings > 0 && r.Version == message.HTTP10:
		return errTE10
	case fr.hosts > 1:
		return errTwoHosts
	case fr.expectOther && r.Version != message.HTTP10:
		return errExpect
	case fr.hosts == 0 && r.Version != message.HTTP10:
		return errNoHost
	}
	if fr.hosts == 1 {
		if err := message.CheckHost(fr.host); err != nil {
			return err
		}
	}
	r.Host, r.Length = fr.host, fr.length
	if fr.chunked {
		r.Length = message.UnknownLength
	}
	r.KeepAlive = fr.persistent(r.Version)
	r.Upgrade = fr.switches() && r.Version != message.HTTP10
	r.Expect100 = fr.expect && r.Length != 0 && r.Version != message.HTTP10
	if r.Length != 0 && string(r.Method) == "TRACE" {
		return errTraceBody
	}
	return parseTarget(r, target, scratch)
}

// parseTarget takes a request target apart (§3.2).
func parseTarget(r *message.Request, target, scratch []byte) error {
	switch {
	case string(r.Method) == "CONNECT":
		host, port := message.SplitHostPort(target)
		if len(host) == 0 || len(port) == 0 || message.CheckHost(target) != nil {
			return errTarget
		}
		r.Form, r.Host, r.RawPath, r.Path = message.AuthorityForm, target, nil, nil
		return nil
	case target[0] == '/':
		r.Form = message.OriginForm
	case len(target) == 1 && target[0] == '*':
		if string(r.Method) != "OPTIONS" {
			return errTarget
		}
		r.Form, r.RawPath, r.Path = message.AsteriskForm, target, target
		return nil
	default:
		rest, ok := cutScheme(target)
		if !ok {
			return errTarget
		}
		end := bytes.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		if err := message.CheckHost(rest[:end]); err != nil {
			return err
		}
		r.Form, r.Host = message.AbsoluteForm, rest[:end]
		target = rest[end:]
	}
	path := target
	if q := bytes.IndexByte(target, '?'); q >= 0 {
		path, r.Query, r.HasQuery = target[:q], target[q+1:], true
	}
	if len(path) == 0 {
		path = slash
	}
	r.RawPath = path
	var err error
	r.Path, err = message.NormalizePath(scratch, path)
	return err
}

var slash = []byte("/")

func cutScheme(target []byte) ([]byte, bool) {
	for _, scheme := range [...]string{"http://", "https://"} {
		if len(target) > len(scheme) && message.EqualFold(target[:len(scheme)], scheme) {
			return target[len(scheme):], true
		}
	}
	return nil, false
}

// targetByte tells the bytes that a request target may have: visible ASCII
// without "#".
var targetByte = func() (t [256]bool) {
	for c := '!'; c < 0x7f; c++ {
		t[c] = true
	}
	t['#'] = false
	return
}()

// AppendRequest appends the head of r as a client sends it: the target from Path
// and Query (origin-form), Host, the fields, and the framing that Length tells.
// Fields that belong to one connection only are left out; with r.Upgrade set,
// Connection and Upgrade are sent.
func AppendRequest(dst []byte, r *message.Request) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.Path...)
	if r.HasQuery {
		dst = append(dst, '?')
		dst = append(dst, r.Query...)
	}
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, r.Host...)
	dst = append(dst, "\r\n"...)
	dst = appendFields(dst, r.Fields, r.Upgrade)
	switch {
	case r.Length == message.UnknownLength:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case r.Length > 0 || expectsBody(r.Method):
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, r.Length, 10)
		dst = append(dst, "\r\n"...)
	}
	if r.Expect100 {
		dst = append(dst, "Expect: 100-continue\r\n"...)
	}
	if r.Upgrade {
		dst = append(dst, "Connection: upgrade\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// expectsBody says whether the method is one whose empty body is announced
// (RFC 9110 §8.6).
func expectsBody(method []byte) bool {
	switch string(method) {
	case "POST", "PUT", "PATCH":
		return true
	}
	return false
}

// forwardable says whether a field is written as it stands: not what is hidden, nor
// what belongs to one connection, nor what the writer of the head adds itself.
func forwardable(n message.Name) bool {
	switch n {
	case message.Removed, message.ContentLength, message.Host, message.Expect:
		return false
	}
	return !n.HopByHop()
}

// appendFields appends the field lines that may be forwarded.
func appendFields(dst []byte, fields message.Fields, upgrade bool) []byte {
	for i := range fields {
		f := &fields[i]
		switch {
		case f.Known == message.Other:
		case f.Known == message.Upgrade && upgrade:
		case !forwardable(f.Known):
			continue
		}
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}
