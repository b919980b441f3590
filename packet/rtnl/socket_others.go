//go:build !linux

package rtnl

import "net/netip"

type socket struct{}

func openSocket() (socket, error)                              { return socket{}, ErrUnsupported }
func (socket) close() error                                    { return nil }
func (socket) roundTrip(_ []byte, _ func(message) error) error { return ErrUnsupported }
func isNotExist(error) bool                                    { return false }
func provoke(int, netip.Addr) error                            { return ErrUnsupported }
