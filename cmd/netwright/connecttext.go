package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/websocket"
)

const (
	maxTextLine = 1 << 20     // bytes of a line that becomes a message
	textLinger  = time.Second // for answers after the input has ended
)

// connectText speaks WebSocket in text messages: one for each line of standard
// input, and a line of output for each that comes.
func connectText(cmd *cobra.Command, dialer *endpoint.Dialer, u *endpoint.URL) error {
	ws, err := dialText(cmd.Context(), dialer, u)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	local, err := endpoint.Dial(ctx, "stdio:")
	if err != nil {
		return err
	}
	defer local.Close()
	defer context.AfterFunc(ctx, func() { local.SetReadDeadline(time.Unix(1, 0)) })()

	var sender sync.WaitGroup
	var sent error
	sender.Go(func() {
		if sent = sendLines(ctx, ws, local); sent == nil {
			select { // answers may still come
			case <-ctx.Done():
			case <-time.After(textLinger):
				ws.Close(websocket.NormalClosure, "")
			}
		}
	})
	received := receiveLines(ctx, ws, cmd.OutOrStdout())
	cancel()
	sender.Wait()
	ws.CloseNow()
	if cmd.Context().Err() != nil {
		return nil
	}
	return errors.Join(received, sent)
}

// dialText dials what is below WebSocket as an endpoint, and makes its handshake.
func dialText(ctx context.Context, dialer *endpoint.Dialer, u *endpoint.URL) (*websocket.Conn, error) {
	below, ok := map[string]string{"ws": "tcp", "wss": "tls"}[u.Scheme]
	if !ok {
		return nil, &usageError{fmt.Errorf("--text is for ws and wss, not for %s", u.Scheme)}
	}
	transport := *u
	transport.Scheme, transport.Path, transport.Query, transport.User = below, "", "", nil
	conn, err := dialer.Dial(ctx, &transport)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(u.Scheme + "://" + u.Authority() + u.Path)
	var ws *websocket.Conn
	if err == nil {
		target.User, target.RawQuery = u.User, u.Query
		ws, err = websocket.Dial(ctx, conn, target, nil, nil)
	}
	if err != nil {
		conn.Close()
		return nil, &endpoint.Error{Endpoint: u.Redacted(), Step: endpoint.StepWebSocket, Err: err}
	}
	return ws, nil
}

func sendLines(ctx context.Context, ws *websocket.Conn, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxTextLine)
	for lines.Scan() {
		if err := ws.Write(ctx, websocket.Text, lines.Bytes()); err != nil {
			return err
		}
	}
	if err := lines.Err(); !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

func receiveLines(ctx context.Context, ws *websocket.Conn, out io.Writer) error {
	for {
		_, message, err := ws.Read(ctx)
		if err != nil {
			switch websocket.CloseCode(err) {
			case websocket.NormalClosure, websocket.GoingAway, websocket.NoStatus:
				return nil
			}
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n", message); err != nil {
			return err
		}
	}
}
