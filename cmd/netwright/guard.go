package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/guard"
)

func guardCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "guard",
		Short: "Ask the guards of a config what they would answer",
		Example: `  netwright guard explain office --from 10.1.2.3
  netwright guard explain                      # which guards there are`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(guardExplainCommand())
	return cmd
}

// guardQuestion is the attempt that guard explain asks about, as its flags
// describe it.
type guardQuestion struct {
	config, from, user, cert string
	headers                  []string
	json                     bool
}

func guardExplainCommand() *cobra.Command {
	var q guardQuestion
	cmd := &cobra.Command{
		Use:   "explain GUARD… --from ADDRESS",
		Short: "Say what guards would answer to an address or header, and why",
		Long: `Asks the named guards of the config in order, step by step up to the first that
does not admit, and says what each step answers and why. Without a name it lists
the guards. It looks at the files that the guards name as they are now; rates
and concurrency are those of an idle node, since nothing that runs is asked.`,
		Example: `  netwright guard explain office --from 10.1.2.3
  netwright guard explain gentle robots --from 2001:db8::1 --header 'Authorization: Bearer nw_…'
  netwright guard explain staff --from 10.1.2.3 --user ada     # asks for the password
  netwright guard explain machines --from 10.1.2.3 --cert robot.pem
  netwright guard explain office --from 10.1.2.3 --json`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return explainGuards(cmd, &q, names)
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.config, "config", config.DefaultFile, "the config `FILE`")
	f.StringVar(&q.from, "from", "", "the client's `ADDRESS`")
	f.StringArrayVarP(&q.headers, "header", "H", nil, "a header field as `'NAME: VALUE'`; may be given several times")
	f.StringVar(&q.user, "user", "", "log in as `NAME`; the password is asked for, or read from standard input")
	f.StringVar(&q.cert, "cert", "", "a PEM `FILE` with the client's certificate and those between it and its authority")
	f.BoolVar(&q.json, "json", false, "print JSON")
	return cmd
}

func explainGuards(cmd *cobra.Command, q *guardQuestion, names []string) error {
	cfg, err := config.Load(q.config)
	if err != nil {
		return err
	}
	set, err := guard.NewSet(cfg.Guards, nil, nil)
	if err != nil {
		return fmt.Errorf("%s: guards: %w", q.config, err)
	}
	if len(names) == 0 {
		return listGuards(cmd.OutOrStdout(), set)
	}
	var guards []guard.Guard
	for _, name := range names {
		g, ok := set.Get(name)
		if !ok {
			return fmt.Errorf("%s has no guard %q; it has %s", q.config, name, listed(set.Names()))
		}
		guards = append(guards, g)
	}
	a, err := q.attempt(cmd)
	if err != nil {
		return err
	}
	lines := guard.Explain(guard.All(guards...), a)
	if q.json {
		return printGuardJSON(cmd.OutOrStdout(), lines, a)
	}
	return printGuardLines(cmd.OutOrStdout(), lines, a)
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func listGuards(w io.Writer, set *guard.Set) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "GUARD\tNEEDS")
	for _, name := range set.Names() {
		g, _ := set.Get(name)
		fmt.Fprintf(tw, "%s\t%s\n", name, g.Needs())
	}
	return tw.Flush()
}

// attempt makes the attempt that the flags describe.
func (q *guardQuestion) attempt(cmd *cobra.Command) (*guard.Attempt, error) {
	a := &guard.Attempt{}
	if q.from == "" {
		return nil, &usageError{errors.New("whose attempt? say --from ADDRESS, as in --from 10.1.2.3")}
	}
	addr, err := netip.ParseAddr(q.from)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--from %q is no address; write it as 10.1.2.3 or 2001:db8::1", q.from)}
	}
	a.Peer = addr
	fields := make(http.Header)
	for _, h := range q.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, &usageError{fmt.Errorf("--header %q is no field; write it as 'Name: value'", h)}
		}
		fields.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	a.Header = fields.Get
	if q.user != "" {
		password, err := readPassword(cmd, "Password of "+q.user+": ", false)
		if err != nil {
			return nil, err
		}
		a.Username, a.Password, a.HasPassword = q.user, password, true
	}
	if q.cert != "" {
		if a.TLS, err = clientState(q.cert); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// clientState is the state of a handshake in which the client gave the
// certificates of the file.
func clientState(file string) (*tls.ConnectionState, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	certs, err := cert.ParseBundle(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: certs}, nil
}

func printGuardLines(w io.Writer, lines []guard.Line, a *guard.Attempt) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", l.Guard, l.Step, l.Decision, l.Text)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	last := lines[len(lines)-1]
	as := ""
	if last.Decision == guard.Admit && a.Subject != "" {
		as = " as " + a.Subject
	}
	_, err := fmt.Fprintf(w, "\n%s: %s%s\n", a.Peer, guardAnswer(last.Decision), as)
	return err
}

func guardAnswer(d guard.Decision) string {
	switch d {
	case guard.Admit:
		return "admitted"
	case guard.NeedCredentials:
		return "asked for credentials"
	}
	return "refused"
}

func printGuardJSON(w io.Writer, lines []guard.Line, a *guard.Attempt) error {
	return printJSON(w, struct {
		Decision guard.Decision `json:"decision"`
		Peer     netip.Addr     `json:"peer"`
		Subject  string         `json:"subject,omitempty"`
		Steps    []guard.Line   `json:"steps"`
	}{lines[len(lines)-1].Decision, a.Peer, a.Subject, lines})
}
