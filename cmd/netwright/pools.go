package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/console"
)

func poolsCommand() *cobra.Command {
	var at nodeFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "pools [POOL…]",
		Short: "Show the upstream targets of the running node",
		Example: `  netwright pools
  netwright pools shop
  netwright pools --json | jq -r '.[].targets[] | select(.state != "up") | .url'`,
		Long: `Prints the targets of each pool: how they are and since when, the requests on
their way to them and all so far, and how fast they answered of late.`,
		ValidArgsFunction: completePools(&at),
		RunE: func(cmd *cobra.Command, names []string) error {
			client, err := at.client(cmd.Context())
			if err != nil {
				return err
			}
			defer client.Close()
			pools, err := client.Pools(cmd.Context())
			if err != nil {
				return err
			}
			if pools, err = namedPools(pools, names); err != nil {
				return err
			}
			switch {
			case asJSON:
				return printJSON(cmd.OutOrStdout(), pools)
			case len(pools) == 0:
				fmt.Fprintln(cmd.OutOrStdout(), "the node has no pools")
				return nil
			}
			return printPools(cmd.OutOrStdout(), pools)
		},
	}
	at.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// namedPools are the pools of those names, or all where none is named.
func namedPools(pools []console.Pool, names []string) ([]console.Pool, error) {
	for _, name := range names {
		if !slices.ContainsFunc(pools, func(p console.Pool) bool { return p.Name == name }) {
			return nil, fmt.Errorf("no pool is called %q; there is %s", name, listed(poolNames(pools)))
		}
	}
	return slices.DeleteFunc(pools, func(p console.Pool) bool {
		return len(names) > 0 && !slices.Contains(names, p.Name)
	}), nil
}

func poolNames(pools []console.Pool) []string {
	names := make([]string, len(pools))
	for i, p := range pools {
		names[i] = p.Name
	}
	return names
}

func printPools(w io.Writer, pools []console.Pool) error {
	t := newTable("POOL", "TARGET", "STATE", "WEIGHT", "ACTIVE", "IDLE", "REQUESTS", "FAILED", "LATENCY", "")
	for _, pool := range pools {
		for _, target := range pool.Targets {
			latency := "-"
			if target.Latency > 0 {
				latency = took(target.Latency)
			}
			t.add(pool.Name, target.URL, cell{target.State, stateColour(target.State)}, target.Weight,
				target.Active, target.Idle, target.Requests, target.Failures, latency, target.Reason)
		}
	}
	return t.write(w)
}

func drainCommand() *cobra.Command {
	var d drain
	cmd := &cobra.Command{
		Use:   "drain TARGET",
		Short: "Send a target no new requests",
		Example: `  netwright drain http://10.0.0.5:8080
  netwright drain 10.0.0.5:8080 --wait 1m && ssh 10.0.0.5 sudo systemctl restart shop
  netwright drain http://10.0.0.5:8080 --pool shop`,
		Long: `Takes a target out of its pools: requests on their way to it are finished, new
ones go elsewhere. With --wait it ends when none is on its way any more, or fails
after that time. "netwright undrain" brings the target back. A reload keeps it
drained, a restart does not.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeTargets(&d.at),
		RunE:              func(cmd *cobra.Command, args []string) error { return d.run(cmd, args[0], true) },
	}
	d.at.add(cmd)
	cmd.Flags().StringVar(&d.pool, "pool", "", "in the pool of this `NAME` only")
	cmd.Flags().DurationVar(&d.wait, "wait", 0, "wait at most that `TIME` until no request is on its way to it")
	return cmd
}

func undrainCommand() *cobra.Command {
	var d drain
	cmd := &cobra.Command{
		Use:   "undrain TARGET",
		Short: "Send a drained target requests again",
		Example: `  netwright undrain http://10.0.0.5:8080
  netwright undrain http://10.0.0.5:8080 --pool shop`,
		Long:              `Brings a target back that "netwright drain" has taken out of its pools.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeTargets(&d.at),
		RunE:              func(cmd *cobra.Command, args []string) error { return d.run(cmd, args[0], false) },
	}
	d.at.add(cmd)
	cmd.Flags().StringVar(&d.pool, "pool", "", "in the pool of this `NAME` only")
	return cmd
}

// drain is what drain and undrain share.
type drain struct {
	at   nodeFlag
	pool string
	wait time.Duration
}

// place is a target in a pool.
type place struct{ pool, url string }

func (d *drain) run(cmd *cobra.Command, target string, on bool) error {
	ctx := cmd.Context()
	client, err := d.at.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	pools, err := client.Pools(ctx)
	if err != nil {
		return err
	}
	if d.pool != "" {
		if pools, err = namedPools(pools, []string{d.pool}); err != nil {
			return err
		}
	}
	places, err := placesOf(pools, target)
	if err != nil {
		return err
	}
	did := "takes requests again"
	if on {
		did = "is drained"
	}
	for _, p := range places {
		if err := client.Drain(ctx, p.pool, p.url, on); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s of %s %s\n", p.url, p.pool, did)
	}
	if d.wait > 0 {
		return waitUntilIdle(ctx, client, places, d.wait)
	}
	return nil
}

// placesOf are the places of a target, which may be written without its scheme.
func placesOf(pools []console.Pool, target string) ([]place, error) {
	var places []place
	var all []string
	for _, pool := range pools {
		for _, t := range pool.Targets {
			all = append(all, t.URL)
			_, bare, _ := strings.Cut(t.URL, "://")
			if t.URL == strings.TrimSuffix(target, "/") || t.URL == target || bare == target {
				places = append(places, place{pool.Name, t.URL})
			}
		}
	}
	if len(places) == 0 {
		slices.Sort(all)
		return nil, fmt.Errorf("no pool has the target %s; there is %s", target, listed(slices.Compact(all)))
	}
	return places, nil
}

// waitUntilIdle waits until no request is on its way to any of the places.
func waitUntilIdle(ctx context.Context, client *console.Client, places []place, most time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errors.New("too late"))
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	active := 0
	for {
		pools, err := client.Pools(ctx)
		if err == nil {
			active = 0
			for _, pool := range pools {
				for _, t := range pool.Targets {
					if slices.Contains(places, place{pool.Name, t.URL}) {
						active += t.Active
					}
				}
			}
			if active == 0 {
				return nil
			}
		} else if ctx.Err() == nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("after %s %d requests were still on their way; it stays drained", most, active)
		}
	}
}

// completePools completes the names of pools from the running node.
func completePools(at *nodeFlag) cobra.CompletionFunc {
	return complete(at, func(pools []console.Pool) []string { return poolNames(pools) })
}

// completeTargets completes the URLs of targets from the running node.
func completeTargets(at *nodeFlag) cobra.CompletionFunc {
	return complete(at, func(pools []console.Pool) []string {
		var urls []string
		for _, p := range pools {
			for _, t := range p.Targets {
				urls = append(urls, cobra.CompletionWithDesc(t.URL, p.Name+", "+t.State))
			}
		}
		return urls
	})
}

func complete(at *nodeFlag, words func([]console.Pool) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		client, err := at.client(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer client.Close()
		pools, err := client.Pools(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(pools), cobra.ShellCompDirectiveNoFileComp
	}
}
