package main

import (
	"context"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

func relayCommand() *cobra.Command {
	var server streamServer
	var idle time.Duration
	var both bool
	cmd := &cobra.Command{
		Use:        "relay [flags] FROM TO",
		SuggestFor: []string{"socat", "forward", "tunnel"},
		Short:      "Join connections of one endpoint to connections of another",
		Example: `  netwright relay tcp://127.0.0.1:8080 tcp://10.0.0.5:80
  netwright relay 'tls://:5433?cert=db.pem&key=db.key' unix:///run/postgresql/.s.PGSQL.5432
  netwright relay tcp://127.0.0.1:2222 'tcp://10.1.2.3:22?via=socks5://bastion'
  netwright relay ws://127.0.0.1:9000 exec:'bc -l'
  netwright relay --dial tcp://10.0.0.5:9000 tcp://10.0.0.6:9000`,
		Long: `Listen on FROM, and join each connection to a new one to TO, until both sides
have ended. With --dial, or where FROM cannot be listened on, both are dialled,
once. Where both are TCP the bytes do not leave the kernel. "netwright help
endpoints" has the URLs.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := endpoint.Parse(args[0])
			if err != nil {
				return err
			}
			to, err := endpoint.Parse(args[1])
			if err != nil {
				return err
			}
			handler := relayTo(to, idle)
			if !both && from.Scheme != "exec" {
				return server.serve(cmd, from, handler)
			}
			conn, err := new(endpoint.Dialer).Dial(cmd.Context(), from)
			if err != nil {
				return err
			}
			defer conn.Close()
			return handler.Serve(cmd.Context(), conn)
		},
	}
	server.addFlags(cmd)
	cmd.Flags().DurationVar(&idle, "idle", 0, "end a connection that is silent both ways for that `TIME` (default never)")
	cmd.Flags().BoolVar(&both, "dial", false, "dial FROM too, and end with that connection")
	return cmd
}

// relayTo dials to for each connection and joins the two.
func relayTo(to *endpoint.URL, idle time.Duration) endpoint.Handler {
	return endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		flow.From(ctx).SetString(flow.Target, to.Redacted())
		target, err := new(endpoint.Dialer).Dial(ctx, to)
		if err != nil {
			return err
		}
		defer target.Close()
		n, err := endpoint.Relay(ctx, conn, target, endpoint.RelayConfig{Idle: idle})
		count(ctx, n.AToB, n.BToA)
		return err
	})
}

// count adds to the record of the connection.
func count(ctx context.Context, in, out int64) {
	record := flow.From(ctx)
	record.BytesIn += in
	record.BytesOut += out
}
