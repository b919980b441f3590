//go:build !linux

package wire

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/net/bpf"
)

type worker struct{}

func open(Config) (*Capture, error)                  { return nil, ErrUnsupported }
func findLink(string) (link, error)                  { return link{}, ErrUnsupported }
func dropPrivileges() error                          { return ErrUnsupported }
func (*worker) count() Stats                         { return Stats{} }
func (*worker) close() error                         { return nil }
func (*worker) setFilter([]bpf.RawInstruction) error { return ErrUnsupported }

func (*worker) run(context.Context, *atomic.Bool, func([]Frame) error) error {
	return ErrUnsupported
}

var errFull = ErrUnsupported

type (
	sendSocket struct{}
	sendBatch  struct{}
)

func newSendBatch(int) *sendBatch                          { return nil }
func openSendSocket(SendConfig, link) (*sendSocket, error) { return nil, ErrUnsupported }
func (*sendSocket) close() error                           { return nil }
func (*sendSocket) one([]byte) error                       { return ErrUnsupported }
func (*sendSocket) send(*sendBatch, [][]byte) (int, error) { return 0, ErrUnsupported }
func sleepPrecisely() func()                               { return func() {} }
func sleep(d time.Duration)                                { time.Sleep(d) }

type icmpSocket struct{}

func openICMPSocket(int) (icmpSocket, error)                     { return icmpSocket{}, ErrUnsupported }
func (icmpSocket) identifier() uint16                            { return 0 }
func (icmpSocket) close() error                                  { return nil }
func (icmpSocket) send(netip.Addr, int, []byte) error            { return ErrUnsupported }
func (icmpSocket) receive([]byte, time.Time) (ICMPAnswer, error) { return ICMPAnswer{}, ErrUnsupported }
