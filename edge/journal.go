package edge

import (
	"bytes"
	"time"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/message"
)

// outcome is what the record of an exchange will tell beside its request. The
// record itself is made at the end: it is large, and what is written of it before
// the wait for an upstream is far from the processor behind it.
type outcome struct {
	kind     flow.Kind
	tries    uint8 // how often a target was asked
	status   uint16
	first    time.Duration // from the start to the head of the answer
	target   string
	refusal  string // the rule or guard that refused, and why
	failure  string // what went wrong
	subject  string // of a guard that did not admit
	tunneled struct{ in, out int64 }
}

// seen is what the record tells of the request as it came, before a route or an
// upstream changes it. The bytes are those that the head was read into.
type seen struct{ path, agent, referer, id []byte }

// note keeps what the record will tell of a request.
func (s *seen) note(r *message.Request) {
	s.path = r.Path
	for i := range r.Fields {
		switch f := &r.Fields[i]; f.Known {
		case message.UserAgent:
			s.agent = f.Value
		case message.Referer:
			s.referer = f.Value
		}
	}
}

// noteRaw is for a request that was refused before its path was decoded. What a
// query holds is nobody's business.
func (s *seen) noteRaw(r *message.Request) {
	if len(s.path) == 0 {
		s.path, _, _ = bytes.Cut(r.RawPath, []byte("?"))
	}
}

// record writes the record of an exchange that is over.
func (ex *Exchange) record(j *flow.Journal) {
	var rec flow.Record
	o, s := &ex.outcome, &ex.seen
	rec.ID, rec.Kind, rec.Tries, rec.Status = ex.ID, o.kind, o.tries, o.status
	rec.Start, rec.Duration, rec.First = ex.start.UnixNano(), time.Since(ex.start), o.first
	rec.BytesIn = ex.Stream.Received() + o.tunneled.in
	rec.BytesOut = ex.Stream.Sent() + o.tunneled.out
	if ex.TLS != nil {
		rec.TLSVersion = ex.TLS.Version
	}
	rec.SetPeer(ex.Client)
	rec.SetString(flow.Service, ex.service.name)
	if ex.route != nil {
		rec.SetString(flow.Route, ex.route.name)
	}
	if o.subject == "" && ex.asked {
		o.subject = ex.Attempt.Subject
	}
	rec.SetString(flow.Subject, o.subject)
	rec.SetString(flow.Target, o.target)
	rec.SetString(flow.Refusal, o.refusal)
	rec.SetString(flow.Error, o.failure)
	rec.Set(flow.Method, ex.Request.Method)
	rec.Set(flow.Host, ex.Request.Host)
	rec.Set(flow.Path, s.path)
	if v := ex.Request.Version; v != 0 { // it was read
		rec.SetString(flow.Protocol, v.String())
	}
	rec.Set(flow.UserAgent, s.agent)
	rec.Set(flow.Referer, s.referer)
	rec.Set(flow.RequestID, s.id)
	j.Write(&rec)
}
