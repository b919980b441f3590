package h1

import "github.com/netwright/netwright/http/message"

// framing is what the fields say of the body and the connection.
type framing struct {
	lengths, codings int
	length           int64
	chunked, unknown bool
	host             []byte
	hosts            int
	close, keepAlive bool
	upgrade          bool // Connection: upgrade
	upgradeField     bool
	h2c              bool // an Upgrade field offers it, which is never passed on
	expect           bool
	expectOther      bool // something other than 100-continue
}

// read looks at every field that frames a message, names its host or rules its
// connection. Framing fields and Host are hidden from the others behind it: each
// writer makes its own.
func (fr *framing) read(fields message.Fields) error {
	for i := range fields {
		f := &fields[i]
		var err error
		switch f.Known {
		case message.ContentLength:
			fr.lengths++
			fr.length, err = parseLength(f.Value)
			f.Known = message.Removed
		case message.TransferEncoding:
			fr.codings++
			err = fr.coding(f.Value)
			f.Known = message.Removed
		case message.Host:
			fr.hosts++
			fr.host = f.Value
			f.Known = message.Removed
		case message.Connection:
			fr.connection(f.Value)
		case message.Upgrade:
			fr.upgradeField = true
			fr.h2c = fr.h2c || fields[i:i+1].HasToken(message.Upgrade, "h2c")
		case message.Expect:
			fr.expect = true
			fr.expectOther = fr.expectOther || !message.EqualFold(f.Value, "100-continue")
			f.Known = message.Removed
		}
		if err != nil {
			return err
		}
	}
	switch {
	case fr.lengths > 1:
		return errTwoLengths
	case fr.lengths > 0 && fr.codings > 0:
		return errLengthAndTE
	case fr.unknown:
		return errUnknownTE
	case fr.codings > 0 && !fr.chunked:
		return errCoding
	}
	return nil
}

func (fr *framing) coding(list []byte) error {
	for len(list) > 0 {
		var item []byte
		item, list = message.NextListItem(list)
		switch {
		case len(item) == 0:
		case fr.chunked, !message.IsToken(item):
			return errCoding
		case message.EqualFold(item, "chunked"):
			fr.chunked = true
		default:
			fr.unknown = true
		}
	}
	return nil
}

func (fr *framing) connection(list []byte) {
	for len(list) > 0 {
		var item []byte
		item, list = message.NextListItem(list)
		switch len(item) {
		case len("close"):
			fr.close = fr.close || message.EqualFold(item, "close")
		case len("upgrade"):
			fr.upgrade = fr.upgrade || message.EqualFold(item, "upgrade")
		case len("keep-alive"):
			fr.keepAlive = fr.keepAlive || message.EqualFold(item, "keep-alive")
		}
	}
}

// switches says whether the sender offers, or goes over to, another protocol.
func (fr *framing) switches() bool { return fr.upgrade && fr.upgradeField && !fr.h2c }

// persistent says whether the sender wants the connection to go on (§9.3).
func (fr *framing) persistent(v message.Version) bool {
	if fr.close {
		return false
	}
	return v != message.HTTP10 || fr.keepAlive
}

// parseLength reads 1*DIGIT that fits an int64.
func parseLength(b []byte) (int64, error) {
	if len(b) == 0 {
		return 0, errLengthValue
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' || n > (1<<63-1-9)/10 {
			return 0, errLengthValue
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}
