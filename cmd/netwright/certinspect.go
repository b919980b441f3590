package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/cert"
)

func certInspectCommand() *cobra.Command {
	var in cert.Inspection
	var ca string
	var asJSON bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "inspect FILE|tls://HOST:PORT",
		Short: "Show a certificate, and what is wrong with it",
		Long: `Shows the certificates of a file, or those a server shows: names, dates, keys,
issuers, and in plain words everything that a client would hold against them.
The exit status is 1 when there is something.`,
		Example: `  netwright cert inspect tls://example.com:443
  netwright cert inspect tls://10.0.0.5:8443 --name shop.test --ca ca.pem
  netwright cert inspect site.pem --name shop.example.com
  netwright cert inspect --json tls://example.com`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ca != "" {
				roots, err := cert.RootsFromFile(ca)
				if err != nil {
					return err
				}
				in.Roots = roots
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			report, err := inspectTarget(ctx, args[0], in)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				err = printReport(cmd.OutOrStdout(), report)
			}
			if err == nil && len(report.Problems) > 0 {
				err = fmt.Errorf("%s: %d %s", args[0], len(report.Problems), plural("problem", len(report.Problems)))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&in.Name, "name", "", "the name that a client asks for (default: the host, or any for a file)")
	cmd.Flags().StringVar(&ca, "ca", "", "trust the roots of this `FILE` instead of the system's")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long to wait for a server")
	return cmd
}

// inspectTarget takes what is there under that name for a file, and everything
// else for a server.
func inspectTarget(ctx context.Context, target string, in cert.Inspection) (*cert.Report, error) {
	if _, err := os.Stat(target); err == nil {
		return cert.InspectFile(target, in)
	}
	if !strings.Contains(target, ":") && strings.ContainsAny(target, `/\`) || strings.HasSuffix(target, ".pem") || strings.HasSuffix(target, ".crt") {
		return nil, fmt.Errorf("%s: no such file", target)
	}
	return cert.InspectServer(ctx, target, in)
}

func printReport(w io.Writer, r *cert.Report) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if c := r.Connection; c != nil {
		fmt.Fprintf(out, "server\t%s, %s\n", c.Address, strings.Join(nonEmpty(c.Version, c.Suite, c.Group, c.Protocol), ", "))
		if c.AsksClient {
			fmt.Fprintf(out, "\tasks the client for a certificate\n")
		}
	}
	for i, c := range r.Chain {
		fmt.Fprintf(out, "%d\t%s\n", i+1, c.Subject)
		if len(c.Names) > 0 {
			fmt.Fprintf(out, "\tnames\t%s\n", strings.Join(c.Names, " "))
		}
		fmt.Fprintf(out, "\tissuer\t%s\n", c.Issuer)
		fmt.Fprintf(out, "\tvalid\t%s to %s\n", c.NotBefore.Format("2006-01-02 15:04"), c.NotAfter.Format("2006-01-02 15:04 MST"))
		fmt.Fprintf(out, "\tkey\t%s, signed with %s\n", c.Key, c.Signature)
		fmt.Fprintf(out, "\tSHA-256\t%s\n", c.Fingerprint)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(r.Problems) == 0 {
		_, err := fmt.Fprintln(w, "\nNothing is wrong with it: a client would be content.")
		return err
	}
	fmt.Fprintln(w)
	for _, p := range r.Problems {
		if _, err := fmt.Fprintf(w, "! %s: %s\n", p.Code, p.Text); err != nil {
			return err
		}
	}
	return nil
}

func nonEmpty(list ...string) []string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
