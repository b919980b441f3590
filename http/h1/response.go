package h1

import (
	"strconv"

	"github.com/netwright/netwright/http/message"
)

// parseResponse reads a response head from the start of b into r. It returns the
// length of the head, or 0 when b does not hold all of it yet, and how the body
// is framed unless the request was HEAD.
func parseResponse(b []byte, r *message.Response, lim limits) (n int, kind bodyKind, err error) {
	b, full := lim.cut(b)
	version, p, err := parseVersion(b, 0)
	if p == 0 {
		return 0, 0, err
	}
	r.Version = version
	if p+4 >= len(b) {
		return 0, 0, nil
	}
	status := 0
	for _, c := range b[p+1 : p+4] {
		if c < '0' || c > '9' {
			return 0, 0, errStatusLine
		}
		status = status*10 + int(c-'0')
	}
	if b[p] != ' ' || status < 100 {
		return 0, 0, errStatusLine
	}
	p += 4
	switch b[p] {
	case ' ':
		p++
	case '\r': // the space before an empty reason is often left out
	default:
		return 0, 0, errStatusLine
	}
	start := p
	p = skipText(b, p)
	switch {
	case p > lim.line || p == len(b) && full:
		return 0, 0, ErrHeadTooLarge
	case p == len(b):
		return 0, 0, nil
	}
	r.Status, r.Reason = status, b[start:p]
	if p, err = lineEnd(b, p); p == 0 {
		return 0, 0, err
	}
	r.Fields, p, err = parseFields(b, p, r.Fields[:0], lim.fields)
	switch {
	case err != nil:
		return 0, 0, err
	case p == 0 && full:
		return 0, 0, ErrHeadTooLarge
	case p == 0:
		return 0, 0, nil
	}
	kind, err = finishResponse(r)
	return p, kind, err
}

func finishResponse(r *message.Response) (bodyKind, error) {
	var fr framing
	if err := fr.read(r.Fields); err != nil {
		return 0, err
	}
	if fr.codings > 0 && r.Version == message.HTTP10 {
		return 0, errTE10
	}
	r.KeepAlive = fr.persistent(r.Version)
	r.Upgrade = fr.switches()
	r.Length = fr.length
	switch {
	case message.Bodiless(r.Status):
		if r.Status == 204 && (fr.codings > 0 || fr.length > 0) {
			r.KeepAlive = false // it may send the body that it announces
		}
		return bodyNone, nil
	case fr.chunked:
		r.Length = message.UnknownLength
		return bodyChunked, nil
	case fr.lengths > 0:
		return bodyLength, nil
	}
	r.Length = message.UnknownLength // until the connection closes (§6.3)
	return bodyUntilClose, nil
}

// appendResponse appends the head of an answer up to its framing, which the
// writer adds with the empty line.
func appendResponse(dst []byte, r *message.Response) []byte {
	if r.Status == 200 {
		dst = append(dst, "HTTP/1.1 200 OK\r\n"...)
	} else {
		dst = append(dst, "HTTP/1.1 "...)
		dst = strconv.AppendInt(dst, int64(r.Status), 10)
		dst = append(dst, ' ')
		if len(r.Reason) > 0 {
			dst = append(dst, r.Reason...)
		} else {
			dst = append(dst, reason(r.Status)...)
		}
		dst = append(dst, "\r\n"...)
	}
	return appendFields(dst, r.Fields, r.Status == 101 && r.Upgrade)
}
