package edge

import (
	"context"
	"errors"
	"fmt"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/http/h1"
)

// errClientGone says that the client hung up before it was answered. Nobody can
// be told; the record gets nginx's status for it. Targets are not to blame.
var errClientGone = fmt.Errorf("the client hung up: %w", context.Canceled)

const statusClientGone = 499

// hungUp is errClientGone with what was seen of it.
func hungUp(err error) error { return fmt.Errorf("%w (%w)", errClientGone, err) }

// errOutlived is a kept connection that the target closed as the request came. The
// request can go over another one.
var errOutlived = errors.New("the target closed an idle connection")

// targetError is a target that failed a request.
type targetError struct{ err error }

// Error says what happened. Rules that the target broke are no rules that the
// client broke, so err is not unwrapped.
func (e *targetError) Error() string { return "the upstream failed: " + e.err.Error() }

// Failure is an error with the status that it is answered with.
type Failure struct {
	Status int
	Err    error
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// explain gives an error of the upstream side its status.
func explain(err error) error {
	var failed *targetError
	switch {
	case errors.As(err, &failed):
		if errors.Is(failed.err, h1.ErrAnswerTimeout) {
			return &Failure{504, err}
		}
		return &Failure{502, err}
	case errors.Is(err, context.Canceled):
		return errClientGone
	case unavailable(err):
		return &Failure{503, err}
	}
	var dial *upstream.DialError
	if !errors.As(err, &dial) {
		return err // of the client's side
	}
	if dial.Timeout() {
		return &Failure{504, err}
	}
	return &Failure{502, err}
}

// unavailable says whether err means that the pool had no connection to give.
func unavailable(err error) bool {
	for _, e := range []error{upstream.ErrNoTarget, upstream.ErrQueueFull, upstream.ErrQueueTimeout, upstream.ErrCircuitOpen, upstream.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// unreachable says whether err means that no target could be asked at all.
func unreachable(err error) bool {
	if unavailable(err) {
		return true
	}
	var dial *upstream.DialError
	return errors.As(err, &dial) && !errors.Is(err, context.Canceled)
}
