package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/ping"
	"github.com/netwright/netwright/packet/trace"
)

// tracing is the command trace.
type tracing struct {
	cfg          trace.Config
	source       string
	tcp, icmp    bool
	only4, only6 bool
	numeric      bool
	watch, json  bool
	count        int

	target  ping.Target
	out     *bufio.Writer
	screen  *screen
	names   *reverse
	printed int // hops
	drawn   time.Time
}

func traceCommand() *cobra.Command {
	var t tracing
	cmd := &cobra.Command{
		Use:        "trace [flags] TARGET",
		SuggestFor: []string{"traceroute", "tracepath", "mtr", "traceroute6"},
		Short:      "Find the routers on the way to a host",
		Example: `  netwright trace example.com
  netwright trace -w 192.0.2.7           # on and on, as mtr
  netwright trace -T -p 443 example.com
  netwright trace --paths 192.0.2.7      # all ways, where routers share the load
  netwright trace --mtu --json 2001:db8::7`,
		Long: `All distances are probed at once, by packets of one flow: what is shown is one way.
Probes are UDP datagrams; -I sends ICMP echo requests, -T TCP SYNs, which takes root
or the capability CAP_NET_RAW. Labels of MPLS are shown where routers tell them.

--watch goes on until ^C, with loss and jitter of each hop. The status is 0 when the
target was reached.`,
		Args: cobra.ExactArgs(1),
		RunE: t.run,
	}
	f := cmd.Flags()
	f.BoolVarP(&t.icmp, "icmp", "I", false, "send ICMP echo requests")
	f.BoolVarP(&t.tcp, "tcp", "T", false, "send TCP SYNs")
	f.Uint16VarP(&t.cfg.Port, "port", "p", 0, "`PORT` to send to (default 33434 for UDP, 80 for TCP)")
	f.IntVarP(&t.cfg.First, "first", "f", 1, "begin at that `HOP`")
	f.IntVarP(&t.cfg.Hops, "hops", "m", 30, "go on to that `HOP` at most")
	f.IntVarP(&t.cfg.Probes, "probes", "q", 3, "send that `MANY` probes to each hop")
	f.VarP(secondsFlag{&t.cfg.Timeout}, "timeout", "W", "wait that `TIME` for an answer (default 1s)")
	f.Var(secondsFlag{&t.cfg.Gap}, "gap", "`TIME` between two probes (default 2ms)")
	f.IntVarP(&t.cfg.Size, "size", "s", 0, "`BYTES` of a probe with all its headers (default 60 for IPv4, 80 for IPv6)")
	f.IntVarP(&t.cfg.TOS, "tos", "Q", 0, "`BYTE` of DSCP and ECN")
	f.BoolVar(&t.cfg.Paths, "paths", false, "vary the flow, to find all ways")
	f.BoolVar(&t.cfg.MTU, "mtu", false, "find where the path takes smaller packets")
	f.BoolVarP(&t.watch, "watch", "w", false, "go on and on, with loss and jitter")
	f.IntVarP(&t.count, "count", "c", 0, "end --watch after that `MANY` rounds (default no end)")
	f.VarP(secondsFlag{&t.cfg.Interval}, "interval", "i", "`TIME` between the rounds of --watch (default 1s)")
	f.StringVar(&t.cfg.Interface, "interface", "", "send by this `INTERFACE` (default by route)")
	f.StringVarP(&t.source, "source", "S", "", "send from this `ADDRESS`")
	f.BoolVarP(&t.only4, "ipv4", "4", false, "a name to an IPv4 address only")
	f.BoolVarP(&t.only6, "ipv6", "6", false, "a name to an IPv6 address only")
	f.BoolVarP(&t.numeric, "numeric", "n", false, "do not look up the names of routers")
	f.BoolVar(&t.json, "json", false, "print a JSON object for each hop, or with --watch for each answer, too")
	return cmd
}

func (t *tracing) run(cmd *cobra.Command, args []string) error {
	if err := notZero(cmd, "first", "hops", "probes", "size", "port", "count"); err != nil {
		return err
	}
	if err := t.settle(); err != nil {
		return &usageError{err}
	}
	tracer, err := trace.Open(t.cfg)
	if err != nil {
		return err
	}
	defer tracer.Close()
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	if err := t.resolve(cmd.Context(), args[0]); err != nil {
		return err
	}
	t.out = bufio.NewWriter(cmd.OutOrStdout())
	if t.watch && !t.json {
		t.screen = newScreen(cmd.OutOrStdout())
	}
	if !t.numeric {
		t.names = newReverse(cmd.Context(), net.DefaultResolver)
		defer t.names.wait(0)
	}
	if !t.watch && !t.json {
		fmt.Fprintf(t.out, "%s by %v%s, %d hops at most\n", nameAndAddress(&t.target), t.cfg.Method, t.port(), t.cfg.Hops)
	}
	result, err := tracer.Run(cmd.Context(), t.target.Addr, t.each)
	if err != nil {
		return err
	}
	t.screen.close()
	if err := t.finish(result); err != nil {
		return err
	}
	if !result.Reached {
		return fmt.Errorf("%s was not reached", printable(t.target.Name))
	}
	return nil
}

func (t *tracing) port() string {
	if t.cfg.Method == trace.ICMP {
		return ""
	}
	return fmt.Sprintf(" to port %d", t.cfg.Port)
}

// settle makes the config of the flags.
func (t *tracing) settle() (err error) {
	switch {
	case t.icmp && t.tcp:
		return errors.New("--icmp and --tcp exclude each other")
	case t.only4 && t.only6:
		return errors.New("--ipv4 and --ipv6 exclude each other")
	case t.count < 0 || t.count > 0 && !t.watch:
		return errors.New("--count is the number of rounds of --watch")
	case t.icmp:
		t.cfg.Method = trace.ICMP
	case t.tcp:
		t.cfg.Method = trace.TCP
	}
	if t.source != "" {
		if t.cfg.Source, err = netip.ParseAddr(t.source); err != nil {
			return fmt.Errorf("source: %w", err)
		}
	}
	t.cfg.Paced, t.cfg.Endless = t.watch, t.watch && t.count == 0
	if t.count > 0 {
		t.cfg.Probes = t.count
	}
	t.cfg.SetDefaults()
	return t.cfg.Validate()
}

func (t *tracing) resolve(ctx context.Context, word string) error {
	network := "ip"
	switch {
	case t.only4:
		network = "ip4"
	case t.only6:
		network = "ip6"
	}
	targets, err := ping.ParseTargets(ctx, net.DefaultResolver, network, []string{word})
	switch {
	case err != nil:
		return &usageError{err}
	case len(targets) != 1 || strings.Contains(word, "/"):
		return &usageError{fmt.Errorf("%q is more than one target", word)}
	}
	t.target = targets[0]
	return t.target.Err
}

// each shows what is known when something has happened.
func (t *tracing) each(e trace.Event, r *trace.Trace) error {
	if t.names != nil && e.From.IsValid() {
		t.names.ask(e.From)
	}
	switch {
	case t.watch && t.json:
		t.out.Write(append(appendTraceEvent(nil, &e), '\n'))
		return t.out.Flush()
	case t.watch:
		if now := time.Now(); t.screen != nil && now.Sub(t.drawn) > 100*time.Millisecond {
			t.drawn = now
			t.screen.draw(func(int) *table { return t.table(r) }, fmt.Sprintf("%s by %v%s; ^C ends it", nameAndAddress(&t.target), t.cfg.Method, t.port()))
		}
	case !t.json && !t.cfg.Paths && t.names == nil:
		t.print(r, false)
		return t.out.Flush()
	}
	return nil
}
