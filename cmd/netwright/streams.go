package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

// streamServer is what the commands listen and relay share: a listener, a
// handler, and a line about each connection for those who want it.
type streamServer struct {
	connections int
	once        bool
	verbose     bool
	json        bool

	mu  sync.Mutex // one line at a time
	out io.Writer
	err io.Writer
}

func (s *streamServer) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&s.connections, "connections", 1000, "take `N` at once; more wait until one has ended")
	flags.BoolVar(&s.once, "once", false, "take one connection and end with it")
	flags.BoolVarP(&s.verbose, "verbose", "v", false, "tell about each connection")
	flags.BoolVar(&s.json, "json", false, "write each connection's record to standard output, as a line of JSON")
}

// serve listens at u and speaks handler until ctx is done.
func (s *streamServer) serve(cmd *cobra.Command, u *endpoint.URL, handler endpoint.Handler) error {
	s.out, s.err = cmd.OutOrStdout(), cmd.ErrOrStderr()
	ctx := cmd.Context()
	ln, err := endpoint.Listen(ctx, u, nil)
	if err != nil {
		return err
	}
	s.say("listening on %s", u.At(ln.Addr()).Redacted())
	var result error
	if s.once {
		ln = &onceListener{Listener: ln}
		handler = keepError(handler, &result)
	}
	server := &endpoint.Server{Handler: handler, Admit: s.admit, Connections: s.connections, Log: slog.New(slog.NewTextHandler(s.err, nil))}
	return errors.Join(server.Serve(ctx, ln), result)
}

// admit begins a connection's record, and tells it when it has ended.
func (s *streamServer) admit(ctx context.Context, conn net.Conn) (context.Context, func(error), error) {
	start := time.Now()
	record := new(flow.Record)
	record.Begin(flow.Connection, start)
	if peer, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		record.SetPeer(peer)
	}
	if s.verbose {
		s.say("%s: connected", conn.RemoteAddr())
	}
	return flow.NewContext(ctx, record), func(err error) {
		record.Duration = time.Since(start)
		if err != nil {
			record.SetString(flow.Error, err.Error())
		}
		if s.json {
			s.record(record)
		}
		switch took := record.Duration.Round(time.Millisecond); {
		case err != nil && !s.once: // which returns it
			s.say("%s: %v", conn.RemoteAddr(), err)
		case s.verbose:
			s.say("%s: %d bytes in, %d out, %s", conn.RemoteAddr(), record.BytesIn, record.BytesOut, took)
		}
	}, nil
}

func (s *streamServer) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.err, format+"\n", args...)
}

func (s *streamServer) record(r *flow.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.out.Write(append(r.AppendJSON(nil), '\n')) // who reads along may have gone
}

// onceListener gives one connection and then says that no more will come.
type onceListener struct {
	net.Listener
	taken bool
}

func (l *onceListener) Accept() (net.Conn, error) {
	if l.taken {
		return nil, io.EOF
	}
	conn, err := l.Listener.Accept()
	l.taken = err == nil
	return conn, err
}

// SetDeadline lets a server that stops look into the backlog.
func (l *onceListener) SetDeadline(t time.Time) error {
	if d, ok := l.Listener.(interface{ SetDeadline(time.Time) error }); ok {
		return d.SetDeadline(t)
	}
	return errors.ErrUnsupported
}

// keepError stores what the handler returned, for a server of one connection.
func keepError(h endpoint.Handler, result *error) endpoint.Handler {
	return endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		*result = h.Serve(ctx, conn)
		return *result
	})
}
