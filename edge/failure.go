package edge

import (
	"context"
	"errors"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// errClientGone says that the client hung up before it was answered. Nobody can
// be told; the record gets nginx's status for it.
var errClientGone = errors.New("the client hung up")

const statusClientGone = 499

// Failure is an error with the status that it is answered with.
type Failure struct {
	Status int
	Err    error
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// explain gives an error of the upstream side its status.
func explain(err error) error {
	var known *Failure
	var broken *message.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, errClientGone), errors.Is(err, h1.ErrCanceled), errors.Is(err, context.Canceled):
		return errClientGone
	case errors.Is(err, upstream.ErrNoTarget), errors.Is(err, upstream.ErrQueueFull),
		errors.Is(err, upstream.ErrCircuitOpen), errors.Is(err, upstream.ErrClosed):
		return &Failure{503, err}
	case errors.Is(err, upstream.ErrQueueTimeout), errors.Is(err, h1.ErrAnswerTimeout):
		return &Failure{504, err}
	case errors.As(err, &broken) && broken.Status < 500:
		return &Failure{502, err} // the upstream's answer broke a rule
	}
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		return &Failure{504, err}
	}
	return &Failure{502, err}
}
