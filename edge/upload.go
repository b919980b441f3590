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

// settleWait is how long an answer waits for the last bytes of the request to be
// noted as sent, before it counts as one that came early.
const settleWait = 100 * time.Millisecond

// upload sends a request's body while its exchange waits for the answer, which
// may come before the body's end. A nil upload is one that has ended.
type upload struct {
	ex     *Exchange
	client *h1.Client
	begin  chan struct{} // closed when the body may be sent
	once   sync.Once     // for begin
	quit   chan struct{} // closed when the body is not wanted any more
	done   chan struct{} // closed when run has ended; what follows is set then
	sent   bool          // all of it
	err    error         // of the client's side

	early bool // the answer came before done, however long it waited
}

func startUpload(ex *Exchange, client *h1.Client) *upload {
	up := &upload{
		ex: ex, client: client,
		begin: make(chan struct{}), quit: make(chan struct{}), done: make(chan struct{}),
	}
	if !ex.Request.Expect100 {
		up.go100()
	}
	timeout := ex.timeout
	go func() {
		defer close(up.done)
		up.run(timeout)
	}()
	return up
}

func (up *upload) run(timeout time.Duration) {
	if !up.await() {
		return
	}
	err := up.client.SendBody(up.ex.Stream.Body(), up.ex.Request.Length, timeout)
	var taking *h1.WriteError
	switch {
	case err == nil:
		up.sent = true
	case errors.As(err, &taking): // the target's answer, or the lack of one, tells
	case up.unwanted(): // we broke it off
	default:
		up.err = clientSide(err)
		up.client.Cancel()
	}
}

// await waits for leave to begin, which is not always given.
func (up *upload) await() bool {
	t := time.NewTimer(continueWait)
	defer t.Stop()
	select {
	case <-up.begin:
	case <-t.C:
	case <-up.quit:
		return false
	}
	return true
}

func (up *upload) unwanted() bool {
	select {
	case <-up.quit:
		return true
	default:
		return false
	}
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

// settle waits a little for the end, and says whether it came.
func (up *upload) settle() bool {
	if up == nil {
		return true
	}
	select {
	case <-up.done:
		return true
	default:
	}
	if up.early {
		return false
	}
	t := time.NewTimer(settleWait)
	defer t.Stop()
	select {
	case <-up.done:
	case <-t.C:
		up.early = true
	}
	return !up.early
}

// whole says whether all of the body was sent.
func (up *upload) whole() bool { return up == nil || up.settle() && up.sent }

// stop ends the upload and returns what broke on the client's side.
func (up *upload) stop() error {
	if up == nil {
		return nil
	}
	if !up.settle() {
		close(up.quit)
		up.ex.Stream.Abort()
		up.client.Cancel() // it may be waiting for the target, too
		<-up.done
	}
	return up.err
}

// clientSide tells a rule that the client's body broke from a client that left.
func clientSide(err error) error {
	if broken, ok := errors.AsType[*message.Error](err); ok {
		return broken
	}
	return hungUp(err)
}
