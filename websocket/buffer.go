package websocket

import "sync"

// Buffers come in two sizes: small ones that hold what arrives, large ones
// that hold what is put together.
const (
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
)

var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

// getBuffer returns a buffer of at least n bytes, whole, from a pool where
// one is large enough.
func getBuffer(n int) []byte {
	switch {
	case n <= smallBuffer:
		return smallBuffers.Get().(*[smallBuffer]byte)[:]
	case n <= largeBuffer:
		return largeBuffers.Get().(*[largeBuffer]byte)[:]
	}
	return make([]byte, n)
}

// putBuffer gives a buffer of getBuffer back; nil is welcome. b must begin
// where getBuffer's did.
func putBuffer(b []byte) {
	switch cap(b) {
	case smallBuffer:
		smallBuffers.Put((*[smallBuffer]byte)(b[:smallBuffer]))
	case largeBuffer:
		largeBuffers.Put((*[largeBuffer]byte)(b[:largeBuffer]))
	}
}
