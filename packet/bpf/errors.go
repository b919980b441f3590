package bpf

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Column int    // of the expression, in characters from 1
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

// inCharacters makes a mistake's column, which counts the expression's bytes while
// it is read, count characters.
func inCharacters(expr string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	at := min(e.Column-1, len(expr))
	for at > 0 && at < len(expr) && !utf8.RuneStart(expr[at]) {
		at--
	}
	return &Error{utf8.RuneCountInString(expr[:at]) + 1, e.Reason, e.Hint}
}
