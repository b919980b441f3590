package edge

import (
	"net/netip"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/message"
)

// forwardRequest changes the fields of the request to those that an upstream is
// to get (RFC 9110 §7.6, RFC 7239). What a client that is not trusted says of who
// it is does not pass.
func (ex *Exchange) forwardRequest(via []byte) {
	fields := &ex.Request.Fields
	var forwardedFor, forwardedHost, forwardedProto, forwarded, viaBefore []byte
	for i := range *fields {
		f := &(*fields)[i]
		switch f.Known {
		case message.Connection:
			fields.StripNominated()
			continue
		case message.XForwardedFor:
			forwardedFor = ex.join(forwardedFor, f.Value)
		case message.XForwardedHost:
			forwardedHost = f.Value
		case message.XForwardedProto:
			forwardedProto = f.Value
		case message.Forwarded:
			forwarded = ex.join(forwarded, f.Value)
		case message.Via:
			viaBefore = ex.join(viaBefore, f.Value)
		case message.XForwardedPort, message.XRealIP:
			if ex.Trusted {
				continue
			}
		case message.XRequestID:
		default:
			continue
		}
		f.Known = message.Removed
	}
	if !ex.Trusted {
		forwardedFor, forwardedHost, forwardedProto, forwarded = nil, nil, nil, nil
	}
	proto := []byte(ex.scheme())
	peer := ex.mark()
	ex.text = ex.Peer.Addr().Unmap().AppendTo(ex.text)
	address := ex.since(peer)
	if len(address) > 0 {
		fields.AddKnown(message.XForwardedFor, ex.join(forwardedFor, address))
	}
	if forwardedHost == nil {
		forwardedHost = ex.Request.Host
	}
	if len(forwardedHost) > 0 {
		fields.AddKnown(message.XForwardedHost, forwardedHost)
	}
	if forwardedProto == nil {
		forwardedProto = proto
	}
	fields.AddKnown(message.XForwardedProto, forwardedProto)
	fields.AddKnown(message.Forwarded, ex.join(forwarded, ex.element(proto)))
	fields.AddKnown(message.Via, ex.join(viaBefore, via))
	fields.AddKnown(message.XRequestID, ex.requestID())
	ex.text = ex.route.request.Apply(ex.text, fields, ex.values())
}

// element is this hop's part of Forwarded (RFC 7239 §4).
func (ex *Exchange) element(proto []byte) []byte {
	from := ex.mark()
	ex.text = append(ex.text, "for="...)
	switch addr := ex.Peer.Addr().Unmap(); {
	case !addr.IsValid():
		ex.text = append(ex.text, "unknown"...)
	case addr.Is4():
		ex.text = addr.AppendTo(ex.text)
	default:
		ex.text = append(ex.text, `"[`...)
		ex.text = addr.WithZone("").AppendTo(ex.text)
		ex.text = append(ex.text, `]"`...)
	}
	if host := ex.Request.Host; len(host) > 0 {
		ex.text = append(ex.text, `;host="`...)
		ex.text = append(ex.text, host...)
		ex.text = append(ex.text, '"')
	}
	ex.text = append(ex.text, ";proto="...)
	ex.text = append(ex.text, proto...)
	return ex.since(from)
}

// join makes a list of two values, of which the first may be empty.
func (ex *Exchange) join(list, item []byte) []byte {
	if len(list) == 0 {
		return item
	}
	from := ex.mark()
	ex.text = append(ex.text, list...)
	ex.text = append(ex.text, ", "...)
	ex.text = append(ex.text, item...)
	return ex.since(from)
}

func (ex *Exchange) mark() int { return len(ex.text) }

// since returns what was appended to text since the mark. It stays valid when
// text grows: the old array is left as it is.
func (ex *Exchange) since(mark int) []byte { return ex.text[mark:len(ex.text):len(ex.text)] }

// forwardResponse changes the fields of an upstream's answer to those that the
// client is to get.
func (ex *Exchange) forwardResponse(r *message.Response, via []byte) {
	var viaBefore []byte
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.Known {
		case message.Connection:
			r.Fields.StripNominated()
		case message.Via:
			viaBefore = ex.join(viaBefore, f.Value)
			f.Known = message.Removed
		}
	}
	r.Fields.AddKnown(message.Via, ex.join(viaBefore, via))
}

// findClient learns who asks. Where the peer is trusted, that is the last address
// in X-Forwarded-For (or Forwarded, which counts first) that is not trusted
// itself; so nobody gets in front of a trusted proxy by a field of his own.
func (ex *Exchange) findClient(trusted func(netip.Addr) bool) {
	ex.Client = ex.Peer
	ex.Trusted = trusted != nil && trusted(ex.Peer.Addr().Unmap())
	if !ex.Trusted {
		return
	}
	if id := ex.Request.Fields.Get(message.XRequestID); len(id) > 0 && len(id) <= 64 {
		ex.Record.Set(flow.RequestID, id)
	}
	known, parse := message.XForwardedFor, parseAddress
	if ex.Request.Fields.Has(message.Forwarded) {
		known, parse = message.Forwarded, parseForwarded
	}
	for i := len(ex.Request.Fields) - 1; i >= 0; i-- {
		f := &ex.Request.Fields[i]
		if f.Known != known {
			continue
		}
		for list := f.Value; len(list) > 0; {
			var item []byte
			list, item = lastListItem(list)
			addr, ok := parse(item)
			if !ok {
				return
			}
			ex.Client = addr
			if !trusted(addr.Addr()) {
				return
			}
		}
	}
}
