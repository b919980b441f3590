package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func proxyCommand() *cobra.Command {
	f := front{verb: "proxy"}
	var p struct {
		to                        []string
		host, balance, health, ca string
		insecure                  bool
	}
	cmd := &cobra.Command{
		Use:   "proxy --to URL…",
		Short: "Pass HTTP requests on to upstreams, balanced",
		Example: `  netwright proxy --to http://127.0.0.1:3000
  netwright proxy --listen http://:8080 --to http://10.0.0.5:3000 --to http://10.0.0.6:3000
  netwright proxy --listen https://:8443 --to http://127.0.0.1:3000 --access
  netwright proxy --to https://api.example.com --host target
  netwright proxy --to unix:///run/app.sock --health /healthz`,
		Long: `Passes requests on to the targets until it is stopped. Of several, the less busy
gets the next request; each is asked regularly whether it is there, one that fails
is left out for a while, and a request that failed before it could do anything is
tried on another. For guards, routes and reloads write a config: netwright init.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if len(p.to) == 0 {
				return &usageError{errors.New("where to? say --to URL, as in --to http://127.0.0.1:3000")}
			}
			for _, to := range p.to {
				if !strings.Contains(to, "://") && !strings.HasPrefix(to, "unix:") {
					return &usageError{fmt.Errorf("--to %s is no URL; write http://%[1]s", to)}
				}
			}
			pool := map[string]any{"name": "targets", "to": p.to, "balance": p.balance, "host": p.host}
			if p.health != "" {
				pool["health"] = p.health
			} else if len(p.to) > 1 {
				pool["health"] = map[string]any{"type": "tcp"}
			}
			if p.ca != "" || p.insecure {
				tls := map[string]any{"insecure": p.insecure}
				if p.ca != "" {
					tls["ca"] = p.ca
				}
				pool["tls"] = tls
			}
			cfg, err := f.config(map[string]any{"proxy": pool})
			if err != nil {
				return err
			}
			return f.run(cmd, cfg, "proxies to "+strings.Join(p.to, ", "))
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&p.to, "to", nil, "the `URL` of a target; may be given several times")
	flags.StringVar(&p.host, "host", "client", "the Host that targets get: client, target, or a `NAME`")
	flags.StringVar(&p.balance, "balance", "least-requests", "the `POLICY` by which requests are spread: least-requests, round-robin or random")
	flags.StringVar(&p.health, "health", "", "ask each target for this `PATH` every 5s, and leave out those that do not answer well")
	flags.StringVar(&p.ca, "ca", "", "the `FILE` with the authority that the certificates of https targets are from")
	flags.BoolVar(&p.insecure, "insecure", false, "take any certificate of an https target")
	return cmd
}
