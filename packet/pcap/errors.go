package pcap

import (
	"errors"
	"fmt"
	"io"
)

// Error says what is wrong with a capture file, and where. A file that ends
// in the middle of a packet wraps [io.ErrUnexpectedEOF].
type Error struct {
	Offset int64 // of the packet or block in the file; in a packed file, of the unpacked data
	Packet int64 // packets read before it
	Reason string
	Err    error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("at octet %d, after %d packets: %s", e.Offset, e.Packet, e.Reason)
	if e.Err != nil && !errors.Is(e.Err, io.ErrUnexpectedEOF) {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// bad makes an Error about what begins at the current offset.
func (r *Reader) bad(format string, args ...any) error {
	return &Error{Offset: r.src.off, Packet: r.count, Reason: fmt.Sprintf(format, args...)}
}

// short makes the error for a packet or block of which want octets should be
// there and only got are. At a clean end, with nothing there, it is io.EOF.
func (r *Reader) short(what string, got, want int, err error) error {
	if got == 0 && errors.Is(err, io.EOF) {
		return io.EOF
	}
	e := &Error{Offset: r.src.off, Packet: r.count, Err: err}
	if !cut(err) {
		e.Reason = "reading " + what
		return e
	}
	e.Err = io.ErrUnexpectedEOF
	e.Reason = fmt.Sprintf("%s is cut off: %d of its %d octets are there", what, got, want)
	return e
}
