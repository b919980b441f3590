package console

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// mostSocketPath is how long the path of a socket may be on every system.
const mostSocketPath = 100

// Socket is a control socket that is listened on. Its Close removes the file.
type Socket struct {
	net.Listener
	path    string
	release func()
}

// ListenSocket listens on the control socket at path, which only its owner can
// open. A socket that stands there already is replaced: whoever calls it must
// have made sure that nobody listens there. Any path that the system has files
// under will do, however long.
func ListenSocket(path string) (*Socket, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	address, release, err := socketAddress(path)
	if err != nil {
		return nil, err
	}
	// The mode that the socket has when it is bound is that of its file, so
	// that it is at no time open to others.
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) { err = unix.Fchmod(int(fd), 0o600) }); e != nil {
			return e
		}
		return err
	}}
	ln, err := config.Listen(context.Background(), "unix", address)
	if err != nil {
		release()
		return nil, err
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	s := &Socket{ln, path, release}
	if err := os.Chmod(path, 0o600); err != nil { // for systems that took the mode from the umask alone
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close implements net.Listener.
func (s *Socket) Close() error {
	err := s.Listener.Close()
	if err == nil {
		err = os.Remove(s.path)
		s.release()
	}
	return err
}

// dialSocket connects to the control socket at path.
func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	address, release, err := socketAddress(path)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: err}
	}
	defer release()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	return dialer.DialContext(ctx, "unix", address)
}

// socketAddress is path where it fits into a socket address, and else a short
// way to it through a descriptor of its folder, which release closes.
func socketAddress(path string) (address string, release func(), err error) {
	if len(path) <= mostSocketPath {
		return path, func() {}, nil
	}
	const descriptors = "/proc/self/fd"
	if _, err := os.Stat(descriptors); err != nil {
		return "", nil, fmt.Errorf("%s is longer than the %d bytes that a socket's name may have here; choose a data folder with a shorter name", path, mostSocketPath)
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("%s/%d/%s", descriptors, folder.Fd(), filepath.Base(path)), func() { folder.Close() }, nil
}
