package ping

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	sendsAtOnce    = 16 // at rates where each request on its own costs too much
	receivesAtOnce = 64
	controlLen     = 256
)

// batch is the memory of sendmmsg(2) and recvmmsg(2).
type batch struct {
	out, in messages
	queue   [sendsAtOnce]queued
	pending []queued // what of it is to be sent,
	begin   int      // from this place of out on
	most    int      // at once
}

// messages is an array of struct mmsghdr with what they point to.
type messages struct {
	headers  []unix.Mmsghdr
	vectors  []unix.Iovec
	names    []unix.RawSockaddrInet6 // large enough for IPv4's, too
	controls []byte
	bytes    []byte
	size     int // of each message
}

func newBatch(outSize, inSize int) *batch {
	in := receivesAtOnce
	if inSize > 4096 {
		in = 8
	}
	b := &batch{out: newMessages(sendsAtOnce, outSize, 0), in: newMessages(in, inSize, controlLen)}
	b.pending = b.queue[:0]
	return b
}

func newMessages(n, size, control int) messages {
	m := messages{
		headers: make([]unix.Mmsghdr, n), vectors: make([]unix.Iovec, n), names: make([]unix.RawSockaddrInet6, n),
		controls: make([]byte, n*control), bytes: make([]byte, n*size), size: size,
	}
	for i := range n {
		h := &m.headers[i].Hdr
		m.vectors[i].Base = &m.bytes[i*size]
		m.vectors[i].SetLen(size)
		h.Iov = &m.vectors[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&m.names[i]))
		h.Namelen = unix.SizeofSockaddrInet6
		if control > 0 {
			h.Control = &m.controls[i*control]
			h.SetControllen(control)
		}
	}
	return m
}

func (m *messages) data(i int) []byte { return m.bytes[i*m.size:][:m.size] }

func (m *messages) control(i int) []byte {
	return m.controls[i*controlLen:][:m.headers[i].Hdr.Controllen]
}

// rewind makes room for messages again.
func (m *messages) rewind() {
	for i := range m.headers {
		h := &m.headers[i].Hdr
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(controlLen)
	}
}

// add puts a request into the batch, which must not be full.
func (s *socket) add(to netip.Addr, target int32, seq uint32) {
	b := s.batch
	i := len(b.pending)
	b.pending = append(b.pending, queued{target, seq})
	s.writer.patch(b.out.data(i), uint32(target), seq)
	name, h := &b.out.names[i], &b.out.headers[i].Hdr
	if s.version == 4 {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		*v4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.As4()}
		h.Namelen = unix.SizeofSockaddrInet4
		return
	}
	*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.As16(), Scope_id: s.scope(to)}
	h.Namelen = unix.SizeofSockaddrInet6
}

func (s *socket) full() bool { return len(s.batch.pending) == s.batch.most }

// sent takes the first requests out of the batch.
func (s *socket) sent(n int) {
	b := s.batch
	b.begin += n
	b.pending = b.pending[n:]
	if len(b.pending) == 0 {
		b.pending, b.begin = b.queue[:0], 0
	}
}

// waker waits for sockets until a context ends.
type waker struct {
	event int
	stop  func() bool
	ended chan struct{} // closed when the context's function has run
}

func newWaker(ctx context.Context) (*waker, error) {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	w := &waker{event: event, ended: make(chan struct{})}
	w.stop = context.AfterFunc(ctx, func() {
		defer close(w.ended)
		_, _ = unix.Write(event, binary.NativeEndian.AppendUint64(nil, 1))
	})
	return w, nil
}

func (w *waker) close() {
	if !w.stop() {
		<-w.ended
	}
	unix.Close(w.event)
}

// wait waits for that long, or until the context ends, or there are errors or,
// where it is asked for, answers. Where times of sending come as errors do, it wakes
// up for none of them unless for answers, too: they are read in any case.
func (w *waker) wait(sockets [2]*socket, d time.Duration, answers bool) {
	fds := []unix.PollFd{{Fd: int32(w.event), Events: unix.POLLIN}, {Fd: -1}, {Fd: -1}}
	for i, s := range sockets {
		if s != nil && (answers || !s.stamps) {
			fds[i+1].Fd = int32(s.fd)
			if answers {
				fds[i+1].Events = unix.POLLIN
			}
		}
	}
	timeout := unix.NsecToTimespec(int64(d))
	_, err := unix.Ppoll(fds, &timeout, nil)
	for i, s := range sockets {
		if s == nil {
			continue
		}
		s.ready = !answers || errors.Is(err, unix.EINTR) || fds[i+1].Revents&unix.POLLIN != 0
		s.failing = fds[i+1].Revents&unix.POLLERR != 0
	}
}
