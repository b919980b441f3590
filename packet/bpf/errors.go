package bpf

import "fmt"

// Error is what is wrong with an expression, and where.
type Error struct {
	Column int    // of the expression, in bytes from 1
	Reason string // what is wrong, in libpcap's words where it has some
	Hint   string // what would be right; may be empty
}

// Error returns the column, the reason and the hint in one line.
func (e *Error) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("capture filter, column %d: %s", e.Column, e.Reason)
	}
	return fmt.Sprintf("capture filter, column %d: %s; %s", e.Column, e.Reason, e.Hint)
}

// errorAt returns an [Error] at a byte offset of the expression.
func errorAt(pos int, format string, args ...any) *Error {
	return &Error{Column: pos + 1, Reason: fmt.Sprintf(format, args...)}
}

// hint adds what would be right.
func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}
