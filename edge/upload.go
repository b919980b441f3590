package edge

import (
	"errors"
	"sync"
	"time"

	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// continueWait is how long a client that expects 100 (Continue) waits for the
// upstream's word before we give it ours (RFC 9110 §10.1.1).
const continueWait = time.Second

// upload sends a request's body while its exchange waits for the answer, which
// may come before the body's end.
type upload struct {
	ex    *Exchange
	begin chan struct{} // closed when the body may be sent
	once  sync.Once
	quit  chan struct{} // closed when it is not wanted any more
	ended chan error
}

func (p *Proxy) startUpload(ex *Exchange, client *h1.Client) *upload {
	up := &upload{ex: ex, begin: make(chan struct{}), quit: make(chan struct{}), ended: make(chan error, 1)}
	if !ex.Request.Expect100 {
		up.go100()
	}
	go func() { up.ended <- up.run(client, ex.timeout) }()
	return up
}

func (up *upload) run(client *h1.Client, timeout time.Duration) error {
	select {
	case <-up.begin:
	default:
		t := time.NewTimer(continueWait)
		defer t.Stop()
		select {
		case <-up.begin:
		case <-t.C:
		case <-up.quit:
			return nil
		}
	}
	err := client.SendBody(up.ex.Stream.Body(), up.ex.Request.Length, timeout)
	var other *h1.WriteError
	if err == nil || errors.As(err, &other) {
		return nil // the upstream's side: its answer, or the lack of one, tells
	}
	client.Cancel()
	return err
}

func (up *upload) go100() { up.once.Do(func() { close(up.begin) }) }

// inform passes interim answers on, and begins the upload at a 100.
func (up *upload) inform(r *message.Response) error {
	if r.Status != 100 {
		return up.ex.passInterim(r)
	}
	if !up.ex.Request.Expect100 {
		return nil
	}
	err := up.ex.Stream.Inform(r)
	up.go100()
	return err
}

// settle gives an upload whose answer is there the moment that it takes to notice
// its own end. One that is still under way then was answered early: the client's
// connection ends with the answer, which says so.
func (up *upload) settle(ex *Exchange) {
	t := time.NewTimer(settleWait)
	defer t.Stop()
	select {
	case err := <-up.ended:
		up.ended <- err
	case <-t.C:
		ex.Stream.Close()
	}
}

const settleWait = 20 * time.Millisecond

// stop ends the upload, once the answer is there, and returns what broke on the
// client's side.
func (up *upload) stop(ex *Exchange) error {
	select {
	case err := <-up.ended:
		return clientSide(err)
	default:
	}
	close(up.quit)
	ex.Stream.Abort()
	if err := <-up.ended; err != nil {
		return errAnsweredEarly
	}
	return nil
}

// errAnsweredEarly says that the answer came before the end of the request, so
// that neither connection may be used again.
var errAnsweredEarly = errors.New("the upstream answered before the end of the request")

// clientSide tells a rule that the client's body broke from a client that left.
func clientSide(err error) error {
	var broken *message.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &broken):
		return &Failure{broken.Status, err}
	}
	return errClientGone
}
