//go:build !linux

package netnstest

import (
	"errors"
	"runtime"
)

type handle struct{}

func newHandle() (handle, error) {
	return handle{}, errors.New("not implemented on " + runtime.GOOS)
}

func (handle) enter() (leave func(), err error) { return func() {}, nil }
func (handle) path() string                     { return "" }
func (handle) close()                           {}
