package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/endpoint"
)

// terminalLead is how long standard input may be silent after the other side has
// ended before the command ends too.
const terminalLead = 200 * time.Millisecond

func connectCommand() *cobra.Command {
	var verbose, text bool
	var idle time.Duration
	cmd := &cobra.Command{
		Use:        "connect [flags] URL",
		SuggestFor: []string{"nc", "telnet", "dial"},
		Short:      "Connect standard input and output to an endpoint",
		Example: `  netwright connect tcp://127.0.0.1:7008
  echo QUIT | netwright connect -v tls://mail.example.com:465
  netwright connect --text wss://stream.example.com/feed
  netwright connect 'tcp://10.1.2.3:22?via=socks5://bastion'   # as an ssh ProxyCommand`,
		Long: `Send standard input to an endpoint, and write what it answers to standard
output, until the other side ends. The end of the input is passed on as a
half-close; where there is none, in WebSocket and UDP, the command ends a second
after the last answer. "netwright help endpoints" has the URLs.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := endpoint.Parse(args[0])
			if err != nil {
				return err
			}
			var dialer endpoint.Dialer
			if verbose {
				dialer.Trace = tracer(cmd.ErrOrStderr())
			}
			if text {
				return connectText(cmd, &dialer, u)
			}
			return connect(cmd, &dialer, u, idle, verbose)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "tell addresses, TLS, times and sizes")
	cmd.Flags().BoolVar(&text, "text", false, "for ws and wss: each line is a text message")
	cmd.Flags().DurationVar(&idle, "idle", 0, "end when both sides are silent for that `TIME` (default never)")
	return cmd
}

func connect(cmd *cobra.Command, dialer *endpoint.Dialer, u *endpoint.URL, idle time.Duration, verbose bool) error {
	ctx := cmd.Context()
	conn, err := dialer.Dial(ctx, u)
	if err != nil {
		return err
	}
	local, err := endpoint.Dial(ctx, "stdio:")
	if err != nil {
		conn.Close()
		return err
	}
	defer local.Close()
	start := time.Now()
	n, err := endpoint.Relay(ctx, local, conn, endpoint.RelayConfig{Idle: idle, Lead: terminalLead})
	ended := conn.Close() // the status of a command is a result
	if verbose {
		fmt.Fprintf(cmd.ErrOrStderr(), "ended: %d bytes sent, %d received (%s)\n", n.AToB, n.BToA, time.Since(start).Round(time.Microsecond))
	}
	if err == nil && u.Scheme == "exec" && ctx.Err() == nil {
		err = ended
	}
	return err
}

// tracer writes a line for each step of a dial.
func tracer(w io.Writer) func(endpoint.Event) {
	return func(e endpoint.Event) {
		fmt.Fprintf(w, "%s: %s (%s)\n", e.Step, e.Detail, e.Took.Round(time.Microsecond))
	}
}
