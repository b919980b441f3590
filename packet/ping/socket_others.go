//go:build !linux

package ping

import (
	"context"
	"net/netip"
	"time"
)

type (
	batch  struct{ pending []queued }
	waker  struct{}
	socket struct {
		version        int
		id             uint16
		batch          batch
		stamps         bool
		ready, failing bool
	}
)

func openSocket(int, *Config) (*socket, error)      { return nil, ErrUnsupported }
func (*socket) close() error                        { return nil }
func (*socket) dropped() uint64                     { return 0 }
func (*socket) start(uint32, int, bool)             {}
func (*socket) add(netip.Addr, int32, uint32)       {}
func (*socket) full() bool                          { return false }
func (*socket) send() (int, error)                  { return 0, ErrUnsupported }
func (*socket) sent(int)                            {}
func (*socket) receive(bool) (int, error)           { return 0, ErrUnsupported }
func (*socket) message(int, bool) message           { return message{} }
func (*socket) replyType() uint8                    { return 0 }
func newWaker(context.Context) (*waker, error)      { return nil, ErrUnsupported }
func (*waker) close()                               {}
func (*waker) wait([2]*socket, time.Duration, bool) {}
