package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/flow"
)

// recordsQuery is what the flags of records ask for.
type recordsQuery struct {
	at     nodeFlag
	filter console.Filter
	n      int
	since  time.Duration
	follow bool
	json   bool
}

func recordsCommand() *cobra.Command {
	var q recordsQuery
	cmd := &cobra.Command{
		Use:        "records",
		SuggestFor: []string{"log", "logs", "tail", "journal"},
		Short:      "Show what happened: requests, connections, events",
		Example: `  netwright records -f
  netwright records -f --service web --status 5xx
  netwright records --path '/api/*' --at-least 250ms --since 10m
  netwright records --peer 10.0.0.0/8 --outcome refused -n 100
  netwright records --json -n 10000 | jq -r .path | sort | uniq -c | sort -n`,
		Long: `Prints the last records of the running node, the oldest first, and with -f those
that come. A record that is to be shown must agree with all flags. The node keeps
the last ` + fmt.Sprint(flow.DefaultSize) + `; "records:" in the config writes them to files.

Each line has the time, the status or outcome, how long it took, the bytes in and
out, the service, the address of the client, and what was asked for.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.since > 0 && !cmd.Flags().Changed("last") {
				q.n = flow.DefaultSize
			}
			return q.run(cmd)
		},
	}
	q.at.add(cmd)
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVarP(&q.follow, "follow", "f", false, "go on with the records that come")
	f.IntVarP(&q.n, "last", "n", 20, "the last `N` records")
	f.DurationVar(&q.since, "since", 0, "of the last `TIME`, as in 10m")
	f.StringVar(&q.filter.Service, "service", "", "of the service `NAME`")
	f.StringVar(&q.filter.Route, "route", "", "of the route `NAME`")
	f.StringVar(&q.filter.Kind, "kind", "", "of the `KIND` request, connection, tunnel or event")
	f.StringVar(&q.filter.Outcome, "outcome", "", "with the `OUTCOME` ok, refused or error")
	f.StringVar(&q.filter.Status, "status", "", "with the `STATUS` 404, 5xx or 400-499")
	f.StringVar(&q.filter.Method, "method", "", "with the `METHOD`")
	f.StringVar(&q.filter.Host, "host", "", "for the host `NAME`")
	f.StringVar(&q.filter.Path, "path", "", "for the `PATH`; with * at its end for all that begins so")
	f.StringVar(&q.filter.Peer, "peer", "", "from the `ADDRESS`, or from a network such as 10.0.0.0/8")
	f.StringVar(&q.filter.Subject, "subject", "", "of who logged in as `NAME`")
	f.StringVar(&q.filter.Target, "target", "", "passed on to the target `URL`")
	f.DurationVar(&q.filter.AtLeast, "at-least", 0, "that took at least that `TIME`, as in 250ms")
	f.StringVar(&q.filter.Contains, "contains", "", "with this `TEXT` in any of their texts")
	f.BoolVar(&q.json, "json", false, "print each as a line of JSON")
	return cmd
}

func (q *recordsQuery) run(cmd *cobra.Command) error {
	if _, err := q.filter.Matcher(); err != nil {
		return &usageError{fmt.Errorf("--%w", err)}
	}
	if q.n < 0 || q.n > flow.DefaultSize {
		return &usageError{fmt.Errorf("-n %d: the node keeps %d records", q.n, flow.DefaultSize)}
	}
	ctx := cmd.Context()
	client, err := q.at.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	show := q.printer(cmd.OutOrStdout())
	if !q.follow {
		records, err := client.Records(ctx, q.filter, q.n)
		for i := range records {
			if err := show(&records[i]); err != nil {
				return err
			}
		}
		return err
	}
	err = client.Follow(ctx, q.filter, q.n, show, func(n int) {
		fmt.Fprintf(cmd.ErrOrStderr(), "netwright: %d records were lost: they came faster than they could be taken\n", n)
	})
	if ctx.Err() != nil {
		return nil // it was told to stop
	}
	return err
}

// printer prints the records that are new enough.
func (q *recordsQuery) printer(w io.Writer) func(*flow.Record) error {
	var first int64
	if q.since > 0 {
		first = time.Now().Add(-q.since).UnixNano()
	}
	lines := recordLines{paint: painter(w)}
	return func(r *flow.Record) error {
		if r.Start < first {
			return nil
		}
		var err error
		if q.json {
			_, err = w.Write(append(r.AppendJSON(nil), '\n'))
		} else {
			_, err = io.WriteString(w, lines.line(r))
		}
		return err
	}
}

// recordLines makes lines for people of records, in columns that become wider
// as they must.
type recordLines struct {
	paint         paint
	day           string // told last
	service, peer int    // widths so far
}

func (l *recordLines) line(r *flow.Record) string {
	at := time.Unix(0, r.Start)
	clock, day := at.Format("2006-01-02 15:04:05.000"), ""
	if l.paint { // a terminal shows the day once, on a line of its own
		clock = l.paint.in(dim, at.Format("15:04:05.000"))
		if date := at.Format("Monday, 2 January 2006"); date != l.day {
			l.day = date
			day = l.paint.in(dim, date) + "\n"
		}
	}
	peer := "-"
	if p := r.Peer(); p.IsValid() {
		peer = p.Addr().String()
	}
	service := printable(cmp.Or(r.Get(flow.Service), "-"))
	l.service = max(l.service, min(utf8.RuneCountInString(service), 20))
	l.peer = max(l.peer, len(peer))
	duration, in, out := took(r.Duration), size(r.BytesIn), size(r.BytesOut)
	if r.Kind == flow.Event {
		duration, in, out = "-", "-", "-"
	}
	text := fmt.Sprintf("%s  %s  %s  %s  %s  %s  %s  %s", clock, l.outcome(r),
		left(duration, 7), left(in, 5), left(out, 5), right(service, l.service), right(peer, l.peer), l.what(r))
	return day + strings.TrimRight(text, " ") + "\n"
}

// outcome is the status, or ok, refused or error where there is none.
func (l *recordLines) outcome(r *flow.Record) string {
	outcome := r.Outcome()
	text := outcome
	if r.Status != 0 {
		text = fmt.Sprint(r.Status)
	}
	return l.paint.in(stateColour(outcome), right(text, 7))
}

// what says what was asked for, where it went, and what went wrong.
func (l *recordLines) what(r *flow.Record) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, printable(fmt.Sprintf(format, args...))) }
	switch {
	case r.Has(flow.Method):
		add("%s %s%s", r.Get(flow.Method), r.Get(flow.Host), r.Get(flow.Path))
	case r.Has(flow.Path):
		add("%s", r.Get(flow.Path))
	default:
		add("%s", r.Kind)
	}
	if r.Kind == flow.Tunnel {
		add("(tunnel)")
	}
	if r.Has(flow.Subject) {
		add("as %s", r.Get(flow.Subject))
	}
	if r.Has(flow.Target) {
		add("→ %s", r.Get(flow.Target))
	}
	if r.Tries > 1 {
		add("(%d tries)", r.Tries)
	}
	if why := cmp.Or(r.Get(flow.Refusal), r.Get(flow.Error)); why != "" {
		parts = append(parts, l.paint.in(stateColour(r.Outcome()), printable("("+why+")")))
	}
	return strings.Join(parts, " ")
}

// left puts spaces before s up to a width, right behind it.
func left(s string, width int) string {
	return strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0)) + s
}

func right(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

// writeAccess writes each request of the journal as a line of the combined
// format, until ctx is done and all are written.
func writeAccess(ctx context.Context, w io.Writer, journal *flow.Journal) error {
	sub := journal.Subscribe("access", flow.Queue{Size: flow.DefaultSize})
	defer sub.Close()
	records := make([]flow.Record, 256)
	for {
		n, err := sub.Next(ctx, records)
		var out []byte
		for i := range records[:n] {
			if r := &records[i]; r.Kind == flow.Request || r.Kind == flow.Tunnel {
				out = append(r.AppendCombined(out), '\n')
			}
		}
		if _, failed := w.Write(out); failed != nil {
			return failed
		}
		if err != nil && n == 0 {
			return nil
		}
	}
}
