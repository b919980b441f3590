package edge

import (
	"strconv"

	"github.com/netwright/netwright/http/message"
)

// forwardRequest changes the fields of the request to those that an upstream is
// to get (RFC 9110 §7.6, RFC 7239). What a client that is not trusted says of who
// it is does not pass. Inlined, its large frame would lie under the wait for the
// upstream.
//
//go:noinline
func (ex *Exchange) forwardRequest() {
	fields := &ex.Request.Fields
	var forwardedFor, forwardedHost, forwardedProto, forwarded, via []byte
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
			via = ex.join(via, f.Value)
		case message.XRequestID:
		case message.XForwardedPort, message.XRealIP:
			if ex.Trusted {
				continue
			}
		case message.Other:
			if ex.Trusted || !saysForwarded(f.Name) {
				continue
			}
		default:
			continue
		}
		f.Known = message.Removed
	}
	if !ex.Trusted {
		forwardedFor, forwardedHost, forwardedProto, forwarded = nil, nil, nil, nil
	}
	address := ex.address()
	if len(address) > 0 {
		forwardedFor = ex.join(forwardedFor, address)
	}
	if len(forwardedFor) > 0 {
		fields.AddKnown(message.XForwardedFor, forwardedFor)
	}
	if forwardedHost == nil {
		forwardedHost = ex.Request.Host
	}
	if len(forwardedHost) > 0 {
		fields.AddKnown(message.XForwardedHost, forwardedHost)
	}
	proto := ex.made(ex.scheme())
	if forwardedProto == nil {
		forwardedProto = proto
	}
	fields.AddKnown(message.XForwardedProto, forwardedProto)
	fields.AddKnown(message.Forwarded, ex.join(forwarded, ex.element(address, proto)))
	fields.AddKnown(message.Via, ex.join(via, ex.via(ex.Request.Version)))
	fields.AddKnown(message.XRequestID, ex.requestID())
	ex.edit(ex.table.request, fields)
	ex.edit(ex.route.request, fields)
}

// mayForward counts Max-Forwards down and says whether the request may go on, or
// has reached the last one it is meant for (RFC 9110 §7.6.2).
func (ex *Exchange) mayForward() bool {
	if m := string(ex.Request.Method); m != "OPTIONS" && m != "TRACE" {
		return true
	}
	for i := range ex.Request.Fields {
		f := &ex.Request.Fields[i]
		if f.Known != message.MaxForwards {
			continue
		}
		n, err := strconv.ParseUint(string(f.Value), 10, 31)
		if err == nil && n == 0 {
			return false
		}
		if err == nil {
			f.Value = ex.made(strconv.FormatUint(n-1, 10))
		}
	}
	return true
}

// saysForwarded tells the names that begin with X-Forwarded-.
func saysForwarded(name []byte) bool {
	const prefix = "x-forwarded-"
	return len(name) > len(prefix) && name[len(prefix)-1] == '-' && message.EqualFold(name[:len(prefix)], prefix)
}

// address is that of the peer, empty where it has none.
func (ex *Exchange) address() []byte {
	if !ex.Peer.IsValid() {
		return nil
	}
	from := ex.mark()
	ex.text = ex.Peer.Addr().WithZone("").AppendTo(ex.text)
	return ex.since(from)
}

// element is this hop's part of Forwarded (RFC 7239 §4).
func (ex *Exchange) element(address, proto []byte) []byte {
	from := ex.mark()
	ex.text = append(ex.text, "for="...)
	switch {
	case len(address) == 0:
		ex.text = append(ex.text, "unknown"...)
	case ex.Peer.Addr().Is4():
		ex.text = append(ex.text, address...)
	default:
		ex.text = append(ex.text, `"[`...)
		ex.text = append(ex.text, address...)
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

// via is our element of Via behind a message of that version (RFC 9110 §7.6.3).
func (ex *Exchange) via(v message.Version) []byte {
	if v == message.HTTP10 {
		return ex.table.via[0]
	}
	return ex.table.via[1]
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

// made is s as bytes of the exchange's own memory.
func (ex *Exchange) made(s string) []byte {
	from := ex.mark()
	ex.text = append(ex.text, s...)
	return ex.since(from)
}

func (ex *Exchange) mark() int { return len(ex.text) }

// since returns what was appended to text since the mark. It stays valid when
// text grows: the old array is left as it is.
func (ex *Exchange) since(mark int) []byte { return ex.text[mark:len(ex.text):len(ex.text)] }

// forwardResponse changes the fields of an upstream's answer to those that the
// client is to get.
func (ex *Exchange) forwardResponse(r *message.Response) {
	var via []byte
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.Known {
		case message.Connection:
			r.Fields.StripNominated()
		case message.Via:
			via = ex.join(via, f.Value)
			f.Known = message.Removed
		}
	}
	r.Fields.AddKnown(message.Via, ex.join(via, ex.via(r.Version)))
}
