package stream

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

// Echo sends back what it gets (RFC 862).
type Echo struct {
	Idle time.Duration // 0 or less means no limit
}

// Serve echoes until the peer ends its half, is idle, or ctx is done.
func (e Echo) Serve(ctx context.Context, conn net.Conn) error {
	n, err := endpoint.Copy(ctx, conn, conn, e.Idle)
	record := flow.From(ctx)
	record.BytesIn += n
	record.BytesOut += n
	return err
}

// Discard drops what it gets (RFC 863).
type Discard struct {
	Idle time.Duration // 0 or less means no limit
}

// Serve reads until the peer ends its half, is idle, or ctx is done.
func (d Discard) Serve(ctx context.Context, conn net.Conn) error {
	n, err := endpoint.Copy(ctx, sink{conn}, conn, d.Idle)
	flow.From(ctx).BytesIn += n
	return err
}

// sink is a connection whose writes go nowhere.
type sink struct{ net.Conn }

func (sink) Write(p []byte) (int, error) { return len(p), nil }
func (sink) CloseWrite() error           { return nil }

// Daytime tells the time, in words, and closes (RFC 867).
type Daytime struct {
	Now func() time.Time // nil means time.Now
}

// daytimeFormat is the first of those that RFC 867 shows.
const daytimeFormat = "Monday, January 2, 2006 15:04:05-MST\r\n"

const answerTimeout = 10 * time.Second // for a peer to take a short answer

// Serve writes one line.
func (d Daytime) Serve(ctx context.Context, conn net.Conn) error {
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	if err := conn.SetWriteDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	n, err := conn.Write([]byte(now().Format(daytimeFormat)))
	flow.From(ctx).BytesOut += int64(n)
	if err == nil {
		finish(conn)
	}
	return err
}

// Exec runs a command for each connection, which is its standard input and
// output, in the manner of inetd. No shell is between. The command's environment
// has NETWRIGHT_PEER and NETWRIGHT_LOCAL, the addresses of the connection. It is
// the caller's duty to run nothing that an untrusted peer must not talk to.
type Exec struct {
	Command []string      // the program and its arguments
	Idle    time.Duration // 0 or less means no limit
	Log     *slog.Logger  // gets what the command writes to its standard error; nil means our own standard error
}

// Serve runs the command until it has closed its output, the connection is idle
// or ctx is done, and then ends it as [endpoint.Exec] says. An exit status other
// than 0 is an error.
func (e Exec) Serve(ctx context.Context, conn net.Conn) error {
	if len(e.Command) == 0 {
		return fmt.Errorf("stream: exec has no command")
	}
	cmd := exec.Command(e.Command[0], e.Command[1:]...)
	cmd.Env = append(os.Environ(), "NETWRIGHT_PEER="+conn.RemoteAddr().String(), "NETWRIGHT_LOCAL="+conn.LocalAddr().String())
	if e.Log != nil {
		cmd.Stderr = &logWriter{log: e.Log, command: e.Command[0]}
		cmd.WaitDelay = time.Second // a grandchild may hold the standard error open
	}
	child, err := endpoint.Exec(cmd)
	if err != nil {
		return err
	}
	n, err := endpoint.Relay(ctx, conn, child, endpoint.RelayConfig{Idle: e.Idle, Lead: linger})
	record := flow.From(ctx)
	record.BytesIn += n.AToB
	record.BytesOut += n.BToA
	ended := child.Close()
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil // we ended it
	}
	finish(conn)
	return ended
}

// logWriter logs each piece that a command writes, cut to a line's length.
type logWriter struct {
	log     *slog.Logger
	command string
}

func (w *logWriter) Write(p []byte) (int, error) {
	text := p
	if len(text) > 1024 {
		text = text[:1024]
	}
	w.log.Warn("command wrote to its standard error", "command", w.command, "text", string(text))
	return len(p), nil
}
