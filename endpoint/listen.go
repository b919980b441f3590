package endpoint

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/websocket"
)

// ListenConfig is what a listener needs beyond its URL. The zero value is ready.
type ListenConfig struct {
	TLS       *tls.Config       // what TLS begins with before the URL's options; its certificates serve where the URL names none
	Sessions  SessionsConfig    // for udp
	WebSocket *websocket.Config // for ws and wss; nil means the defaults
}

// Listen opens the listener that u names, complete: tls and https connections
// are *tls.Conn, whose handshake [Handshake] completes; ws and wss give streams
// of binary messages; udp gives a connection per peer; stdio gives one
// connection and then io.EOF. config may be nil. The error is an [*Error].
func Listen(ctx context.Context, u *URL, config *ListenConfig) (net.Listener, error) {
	if config == nil {
		config = new(ListenConfig)
	}
	scheme, ok := schemeOf(u.Scheme)
	switch {
	case !ok || !scheme.Listen:
		return nil, fail(u, StepListen, fmt.Errorf("%q cannot be listened on", u.Scheme))
	case u.Query != "":
		return nil, fail(u, StepListen, fmt.Errorf("a listener has no parameter %q", u.Query))
	case u.Scheme == "stdio":
		return new(stdioListener), nil
	case u.Scheme == "udp":
		pc, err := ListenPacket(ctx, u)
		if err != nil {
			return nil, err
		}
		return Sessions(pc, config.Sessions), nil
	}
	var secure *tls.Config
	if scheme.tls {
		var err error
		if secure, err = serverTLS(u, config.TLS); err != nil {
			return nil, fail(u, StepTLS, err)
		}
	}
	ln, err := ListenRaw(ctx, u, config)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		ln = &tlsListener{ln, secure}
	}
	if scheme.webSocket {
		ln = &wsListener{ln, u.Path, config.WebSocket}
	}
	return ln, nil
}

// ListenRaw opens the stream transport below TLS, HTTP and WebSocket: a
// *net.TCPListener or a *net.UnixListener, whose connections are bare. Other
// schemes have none. config may be nil. The error is an [*Error].
func ListenRaw(ctx context.Context, u *URL, config *ListenConfig) (net.Listener, error) {
	scheme, ok := schemeOf(u.Scheme)
	switch {
	case u.Scheme == "fd":
		ln, err := listenFD(u.Path)
		return ln, wrap(u, StepListen, err)
	case ok && u.Options.FD != "":
		ln, err := listenFD(u.Options.FD)
		return ln, wrap(u, StepListen, err)
	case u.Scheme == "unix":
		ln, err := listenUnix(ctx, u)
		return ln, wrap(u, StepListen, err)
	case !ok || !scheme.Listen || scheme.form != formHost || u.Scheme == "udp":
		return nil, fail(u, StepListen, fmt.Errorf("%s has no stream to listen on", u.Scheme))
	}
	ln, err := listenConfig(u).Listen(ctx, "tcp", u.Address())
	return ln, wrap(u, StepListen, err)
}

// ListenPacket opens the datagram socket that u names. The error is an [*Error].
func ListenPacket(ctx context.Context, u *URL) (net.PacketConn, error) {
	if u.Scheme != "udp" {
		return nil, fail(u, StepListen, fmt.Errorf("%s has no datagrams", u.Scheme))
	}
	if u.Options.FD != "" {
		pc, err := listenPacketFD(u.Options.FD)
		return pc, wrap(u, StepListen, err)
	}
	pc, err := listenConfig(u).ListenPacket(ctx, "udp", u.Address())
	return pc, wrap(u, StepListen, err)
}

func listenConfig(u *URL) *net.ListenConfig {
	config := &net.ListenConfig{KeepAlive: u.Options.Keepalive}
	if u.Options.ReusePort {
		config.Control = onSocket(func(fd int) error {
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
	}
	return config
}

// onSocket makes a Control of f, which runs between socket and bind.
func onSocket(f func(fd int) error) func(string, string, syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) { err = f(int(fd)) }); e != nil {
			return e
		}
		return err
	}
}

// listenUnix opens a unix socket. A socket file that a process left behind when
// it died is replaced; one that somebody answers on is not.
func listenUnix(ctx context.Context, u *URL) (net.Listener, error) {
	ln, err := bindUnix(ctx, u)
	if errors.Is(err, syscall.EADDRINUSE) && abandoned(ctx, u.Path) {
		if err := os.Remove(u.Path); err != nil {
			return nil, err
		}
		ln, err = bindUnix(ctx, u)
	}
	return ln, err
}

func bindUnix(ctx context.Context, u *URL) (net.Listener, error) {
	var config net.ListenConfig
	mode := u.Options.Mode
	abstract := u.Path[0] == '@'
	if mode != 0 && abstract {
		return nil, errors.New("an abstract socket has no mode")
	}
	if mode != 0 {
		// The mode of the socket becomes that of its file, so that the file is
		// at no time open to more people than it should be.
		config.Control = onSocket(func(fd int) error { return unix.Fchmod(fd, uint32(mode)) })
	}
	ln, err := config.Listen(ctx, "unix", u.Path)
	if err != nil || mode == 0 {
		return ln, err
	}
	if err := os.Chmod(u.Path, mode); err != nil { // what the umask took away
		ln.Close()
		return nil, err
	}
	return ln, nil
}

// abandoned reports whether path is a socket that nobody listens on.
func abandoned(ctx context.Context, path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// setDeadline sets a listener's accept deadline where it can have one.
func setDeadline(ln net.Listener, t time.Time) error {
	if d, ok := ln.(interface{ SetDeadline(time.Time) error }); ok {
		return d.SetDeadline(t)
	}
	return errors.ErrUnsupported
}
