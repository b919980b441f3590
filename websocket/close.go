package websocket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Code says why a connection was closed (RFC 6455 §7.4).
type Code uint16

// The close codes of RFC 6455 §7.4.1 and of IANA's registry.
const (
	NormalClosure      Code = 1000
	GoingAway          Code = 1001
	ProtocolError      Code = 1002
	UnsupportedData    Code = 1003
	NoStatus           Code = 1005 // never sent: a close frame without a code
	AbnormalClosure    Code = 1006 // never sent: the connection broke without a close frame
	InvalidPayload     Code = 1007
	PolicyViolation    Code = 1008
	MessageTooBig      Code = 1009
	MandatoryExtension Code = 1010
	InternalError      Code = 1011
	ServiceRestart     Code = 1012
	TryAgainLater      Code = 1013
	BadGateway         Code = 1014
	TLSHandshake       Code = 1015 // never sent
)

func (c Code) String() string {
	switch c {
	case NormalClosure:
		return "normal closure"
	case GoingAway:
		return "going away"
	case ProtocolError:
		return "protocol error"
	case UnsupportedData:
		return "unsupported data"
	case NoStatus:
		return "no status"
	case AbnormalClosure:
		return "abnormal closure"
	case InvalidPayload:
		return "invalid payload"
	case PolicyViolation:
		return "policy violation"
	case MessageTooBig:
		return "message too big"
	case MandatoryExtension:
		return "mandatory extension"
	case InternalError:
		return "internal error"
	case ServiceRestart:
		return "service restart"
	case TryAgainLater:
		return "try again later"
	case BadGateway:
		return "bad gateway"
	case TLSHandshake:
		return "TLS handshake"
	}
	return fmt.Sprintf("code %d", uint16(c))
}

// onWire reports whether a close frame may carry the code (RFC 6455 §7.4.2).
func (c Code) onWire() bool {
	switch {
	case c >= 3000 && c <= 4999:
		return true
	case c == 1004, c == NoStatus, c == AbnormalClosure:
		return false
	}
	return c >= NormalClosure && c <= BadGateway
}

// CloseError is why a connection ended: the peer's close frame, or the fault
// that made this side close it.
type CloseError struct {
	Code   Code
	Reason string
	Local  bool // this side found the fault; otherwise the peer closed
}

func (e *CloseError) Error() string {
	who := "closed by the peer"
	if e.Local {
		who = "closed for a fault of the peer"
	}
	if e.Reason == "" {
		return fmt.Sprintf("websocket: %s: %d (%s)", who, uint16(e.Code), e.Code)
	}
	return fmt.Sprintf("websocket: %s: %d (%s): %q", who, uint16(e.Code), e.Code, e.Reason)
}

// CloseCode returns the code that ended the connection, or 0 where err does
// not hold a *CloseError.
func CloseCode(err error) Code {
	if e, ok := errors.AsType[*CloseError](err); ok {
		return e.Code
	}
	return 0
}

// violation is what the peer did that the protocol forbids.
func violation(code Code, reason string) error {
	return &CloseError{Code: code, Reason: reason, Local: true}
}

// parseClose reads the payload of a close frame.
func parseClose(p []byte) (*CloseError, error) {
	if len(p) == 0 {
		return &CloseError{Code: NoStatus}, nil
	}
	if len(p) == 1 {
		return nil, violation(ProtocolError, "close frame with half a code")
	}
	code := Code(binary.BigEndian.Uint16(p))
	if !code.onWire() {
		return nil, violation(ProtocolError, fmt.Sprintf("close frame with code %d", uint16(code)))
	}
	if !utf8.Valid(p[2:]) {
		return nil, violation(InvalidPayload, "close reason is not UTF-8")
	}
	return &CloseError{Code: code, Reason: string(p[2:])}, nil
}

// appendClose appends the payload of a close frame. A reason that is too long
// is cut between characters; NoStatus gives an empty payload.
func appendClose(b []byte, code Code, reason string) []byte {
	if code == NoStatus {
		return b
	}
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	if most := maxControl - 2; len(reason) > most {
		for most > 0 && !utf8.RuneStart(reason[most]) {
			most--
		}
		reason = reason[:most]
	}
	return append(b, reason...)
}
