//go:build !linux

package trace

import (
	"net/netip"
	"time"
)

type socket struct {
	version int
	raw     bool
	packet  []byte
}

func openSocket(int, *Config) (*socket, error)                { return nil, ErrUnsupported }
func (*socket) close() error                                  { return nil }
func (*socket) start(*Config, netip.Addr, *form) (int, error) { return 0, ErrUnsupported }
func (*socket) send(ttl, flow int) error                      { return ErrUnsupported }
func (*socket) wait(time.Duration) error                      { return ErrUnsupported }
func (*socket) receive(bool) (message, bool)                  { return message{}, false }
