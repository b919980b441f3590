package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/stream"
)

func listenCommand() *cobra.Command {
	var server streamServer
	var idle time.Duration
	cmd := &cobra.Command{
		Use:   "listen [flags] URL [echo|discard|daytime|chat|exec COMMAND…]",
		Short: "Listen on an endpoint and speak something simple",
		Example: `  netwright listen tcp://127.0.0.1:7007 echo
  netwright listen -v 'tls://:9000?cert=site.pem&key=site.key' chat
  netwright listen unix:///tmp/sort.sock exec sort -u
  netwright listen tcp://:9000 > received    # one connection, to and from this terminal`,
		Long: `Listen on an endpoint. Each connection is answered with what comes (echo), read
and dropped (discard), told the time (daytime), joined to a line chat with rooms
(chat), or given to a command of its own (exec), whose arguments no shell reads.
Without any of these, the first connection is joined to standard input and
output, and the command ends with it. "netwright help endpoints" has the URLs.
Flags may stand at the end as well, but behind exec, where all is the command's.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(stream.Kinds(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := endpoint.Parse(args[0])
			if err != nil {
				return err
			}
			kind, rest, err := lateFlags(cmd, args[1:])
			switch {
			case err != nil:
				return cmd.FlagErrorFunc()(cmd, err)
			case cmd.Flag("help").Changed:
				return cmd.Help()
			case kind == "":
				server.once = true
				return server.serve(cmd, u, terminal(idle))
			case kind != "exec" && len(rest) > 0:
				return &usageError{fmt.Errorf("nothing may follow %s: %s", kind, strings.Join(rest, " "))}
			}
			config := stream.Config{Kind: kind, Command: rest, Idle: idle}
			handler, err := stream.New(config, nil)
			if err != nil {
				return &usageError{err}
			}
			return server.serve(cmd, u, handler)
		},
	}
	server.addFlags(cmd)
	cmd.Flags().DurationVar(&idle, "idle", 0, "close a connection that is silent for that `TIME` (default 10m, none for chat)")
	cmd.Flags().SetInterspersed(false) // what follows is the command's
	return cmd
}

// lateFlags reads the flags among what follows the URL, and gives the rest: what is
// to be spoken, and what follows that. Behind exec all is the command's.
func lateFlags(cmd *cobra.Command, args []string) (kind string, rest []string, err error) {
	flags := cmd.Flags()
	if err := flags.Parse(args); err != nil { // up to the first that is none
		return "", nil, err
	}
	if rest = flags.Args(); len(rest) == 0 {
		return "", nil, nil
	}
	kind, rest = rest[0], slices.Clone(rest[1:])
	if kind == "exec" {
		return kind, rest, nil
	}
	flags.SetInterspersed(true)
	err = flags.Parse(rest)
	return kind, flags.Args(), err
}

// terminal joins a connection to standard input and output.
func terminal(idle time.Duration) endpoint.Handler {
	return endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		local, err := endpoint.Dial(ctx, "stdio:")
		if err != nil {
			return err
		}
		defer local.Close()
		n, err := endpoint.Relay(ctx, local, conn, endpoint.RelayConfig{Idle: idle, Lead: terminalLead})
		count(ctx, n.BToA, n.AToB)
		return err
	})
}
