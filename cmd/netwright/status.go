package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/console"
)

func statusCommand() *cobra.Command {
	var at nodeFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "status",
		SuggestFor: []string{"ps", "top", "info"},
		Short:      "Say how the running node is",
		Example: `  netwright status
  netwright status --node /var/lib/netwright/netwright/shop-1a2b3c4d
  netwright status --json | jq '.services[] | {name, state, connections}'`,
		Long: `Prints what runs: the services with their connections, the pools with their
targets, how the last reload went, certificates that end soon, and records that
were lost. Exit status 1 means that no node answers.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := at.client(cmd.Context())
			if err != nil {
				return err
			}
			defer client.Close()
			status, err := client.Status(cmd.Context())
			if err != nil {
				return err
			}
			pools, err := client.Pools(cmd.Context())
			if err != nil {
				return err
			}
			certs, err := client.Certificates(cmd.Context())
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return printJSON(out, struct {
					console.Status
					Pools        []console.Pool        `json:"pools"`
					Certificates []console.Certificate `json:"certificates"`
				}{status, pools, certs})
			}
			return printStatus(out, &status, pools, certs)
		},
	}
	at.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printStatus(w io.Writer, s *console.Status, pools []console.Pool, certs []console.Certificate) error {
	p := painter(w)
	runs := s.Config
	if runs == "" {
		runs = "no config file"
	}
	fmt.Fprintf(w, "%s for %s, process %d, netwright %s\nconfig  %s\ndata    %s\n",
		p.in(stateColour(s.State), s.State), took(s.Now.Sub(s.Started)), s.PID, s.Version, runs, s.Data)
	if c := s.Console; c != nil {
		behind := ""
		if len(c.Guards) > 0 {
			behind = ", behind " + strings.Join(c.Guards, ", ")
		}
		fmt.Fprintf(w, "console %s%s\n", c.Listen, behind)
	}
	if r := s.Reload; r != nil {
		fmt.Fprintf(w, "reload  %s ago, ", took(s.Now.Sub(r.At)))
		printReload(w, p, r)
	}
	services := newTable("SERVICE", "SPEAKS", "STATE", "OPEN", "ACCEPTED", "LISTENS ON")
	for _, service := range s.Services {
		state := cell{service.State, stateColour(service.State)}
		listen := strings.Join(service.Listen, " ")
		if service.Error != "" {
			listen += fmt.Sprintf("  (restarted %d times: %s)", service.Restarts, service.Error)
		}
		services.add(service.Name, service.Protocol, state, service.Connections, service.Accepted, listen)
	}
	fmt.Fprintln(w)
	if err := services.write(w); err != nil {
		return err
	}
	if len(pools) > 0 {
		fmt.Fprintln(w)
		if err := printPoolSummary(w, pools); err != nil {
			return err
		}
	}
	for _, c := range certs {
		if left := c.NotAfter.Sub(s.Now); c.Error != "" || left < 14*24*time.Hour && c.Source != "internal" {
			fmt.Fprintf(w, "\ncertificate %s: %s (until %s)\n", c.Name, p.in(yellow, printable(c.Error)), c.NotAfter.Format(time.DateOnly))
		}
	}
	for _, sub := range s.Journal.Subscribers {
		if sub.Lost > 0 {
			fmt.Fprintf(w, "\n%s lost %d records of %d\n", printable(sub.Name), sub.Lost, s.Journal.Written)
		}
	}
	return nil
}

// printPoolSummary writes a line for each pool.
func printPoolSummary(w io.Writer, pools []console.Pool) error {
	t := newTable("POOL", "UP", "ACTIVE", "QUEUED", "NOT UP")
	for _, pool := range pools {
		up, active := 0, 0
		var not []string
		for _, target := range pool.Targets {
			active += target.Active
			if target.State == "up" {
				up++
			} else {
				not = append(not, target.URL+" "+target.State)
			}
		}
		c := green
		if up == 0 {
			c = red
		} else if up < len(pool.Targets) {
			c = yellow
		}
		t.add(pool.Name, cell{fmt.Sprintf("%d/%d", up, len(pool.Targets)), c}, active, pool.Queued, strings.Join(not, ", "))
	}
	return t.write(w)
}

// printReload says how the last reload went, each mistake on a line of its own.
func printReload(w io.Writer, p paint, r *console.Reload) {
	mistakes := strings.Split(r.Error, "\n")
	switch {
	case r.Error == "":
		fmt.Fprintln(w, "applied")
	case len(mistakes) == 1:
		fmt.Fprintln(w, p.in(red, "refused:"), printable(r.Error))
	default:
		fmt.Fprintln(w, p.in(red, "refused:"))
		for _, m := range mistakes {
			fmt.Fprintln(w, "        "+printable(m))
		}
	}
}
