package files

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/netwright/netwright/http/message"
)

// serveFile answers with a file, a part or parts of it, or the word that the
// client has it already.
func (h *Handler) serveFile(a Answer, req *message.Request, e *entry, head bool) error {
	v := e.choose(req.Fields)
	r := a.Response()
	r.Status = v.precondition(req.Fields)
	switch r.Status {
	case 412:
		return finish(a, r)
	case 304:
		return v.notModified(a, r)
	}
	spans := []span(nil)
	if field := req.Fields.Get(message.Range); field != nil && v.ranged(req.Fields) {
		var ok bool
		if spans, ok = parseRange(nil, field, v.size); !ok {
			r.Status = 416
			r.Fields.AddKnown(message.ContentRange, fmt.Appendf(nil, "bytes */%d", v.size))
			return finish(a, r)
		}
	}
	switch len(spans) {
	case 0:
		r.Fields = append(r.Fields, v.fields...)
		r.Length = v.size
		return h.send(a, r, v, span{0, v.size}, head)
	case 1:
		r.Status = 206
		r.Fields = append(r.Fields, v.fields...)
		r.Fields.AddKnown(message.ContentRange, v.contentRange(nil, spans[0]))
		r.Length = spans[0].length
		return h.send(a, r, v, spans[0], head)
	}
	return h.sendParts(a, r, v, spans, head)
}

// notModified answers 304 with the fields that a cache may need to know of
// (RFC 9110 §15.4.5).
func (v *variant) notModified(a Answer, r *message.Response) error {
	for _, f := range v.fields {
		switch f.Known {
		case message.ETag, message.LastModified, message.Vary:
			r.Fields = append(r.Fields, f)
		}
	}
	return finish(a, r)
}

func (v *variant) contentRange(b []byte, s span) []byte {
	return fmt.Appendf(b, "bytes %d-%d/%d", s.offset, s.offset+s.length-1, v.size)
}

// send sends the head and one span of the file: bytes that are kept in the
// same write, others from the file itself.
func (h *Handler) send(a Answer, r *message.Response, v *variant, s span, head bool) error {
	var f *os.File
	var content []byte
	var err error
	switch {
	case head:
	case v.content != nil:
		content = v.content[s.offset : s.offset+s.length]
	default: // before the head, while an error can still be told
		if f, err = h.open(v, s.offset); err != nil {
			return err
		}
		defer v.give(f)
	}
	if err := a.Respond(r, content); err != nil {
		return err
	}
	if f != nil {
		if err := copySpan(a, f, s.length); err != nil {
			return err
		}
	}
	return a.Finish(nil)
}

func (h *Handler) open(v *variant, offset int64) (*os.File, error) {
	f, err := v.take(h.root)
	if err == errChanged {
		return nil, &Error{503, "the file is being changed"}
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// copySpan hands a file that stands at its place to the connection, which
// sends it with sendfile(2) where it can.
func copySpan(a Answer, f *os.File, length int64) error {
	n, err := a.ReadFrom(&io.LimitedReader{R: f, N: length})
	if err == nil && n < length {
		return fmt.Errorf("files: %s has become shorter while it was sent: %w", f.Name(), io.ErrUnexpectedEOF)
	}
	return err
}

// sendParts sends several spans as multipart/byteranges (RFC 9110 §14.6).
func (h *Handler) sendParts(a Answer, r *message.Response, v *variant, spans []span, head bool) error {
	boundary := strconv.AppendUint(nil, rand.Uint64()|1<<63, 36)
	contentType := v.fields.Get(message.ContentType)
	var heads []byte // of all parts, one behind the other
	ends := make([]int, len(spans))
	r.Length = 0
	for i, s := range spans {
		heads = fmt.Appendf(heads, "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: ", boundary, contentType)
		heads = append(v.contentRange(heads, s), "\r\n\r\n"...)
		ends[i] = len(heads)
		r.Length += s.length
	}
	tail := fmt.Appendf(nil, "\r\n--%s--\r\n", boundary)
	r.Status = 206
	r.Length += int64(len(heads) + len(tail))
	for _, f := range v.fields {
		if f.Known != message.ContentType {
			r.Fields = append(r.Fields, f)
		}
	}
	r.Fields.AddKnown(message.ContentType, fmt.Appendf(nil, "multipart/byteranges; boundary=%s", boundary))
	if head {
		return h.send(a, r, v, span{}, true)
	}
	var f *os.File
	if v.content == nil {
		var err error
		if f, err = h.open(v, spans[0].offset); err != nil {
			return err
		}
		defer v.give(f)
	}
	from := 0
	for i, s := range spans {
		part := heads[from:ends[i]]
		from = ends[i]
		var err error
		if i == 0 {
			err = a.Respond(r, part)
		} else {
			_, err = a.Write(part)
		}
		if err == nil {
			err = v.sendSpan(a, f, s)
		}
		if err != nil {
			return err
		}
	}
	if _, err := a.Write(tail); err != nil {
		return err
	}
	return a.Finish(nil)
}

func (v *variant) sendSpan(a Answer, f *os.File, s span) error {
	if f == nil {
		_, err := io.Copy(a, bytes.NewReader(v.content[s.offset:s.offset+s.length]))
		return err
	}
	if _, err := f.Seek(s.offset, io.SeekStart); err != nil {
		return err
	}
	return copySpan(a, f, s.length)
}
