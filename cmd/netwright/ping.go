package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/ping"
)

// pinger is the command ping.
type pinger struct {
	cfg                ping.Config
	deadline           time.Duration
	file, source       string
	generate           bool
	only4, only6       bool
	alive, unreachable bool
	quiet, verbose     bool
	json               bool

	targets []ping.Target // those with an address, which are the first,
	unknown []ping.Target // and those without
	out     *bufio.Writer
	screen  *screen
}

func pingCommand() *cobra.Command {
	var p pinger
	cmd := &cobra.Command{
		Use:        "ping [flags] TARGET…",
		SuggestFor: []string{"fping", "ping6", "hping"},
		Short:      "Ask any number of hosts whether they are there",
		Example: `  netwright ping example.com
  netwright ping -c 3 192.0.2.1 192.0.2.9 2001:db8::1
  netwright ping --alive 192.0.2.0/24
  netwright ping -f hosts.txt -c 10 -i 0.2 --json
  netwright ping -M do -s 1472 192.0.2.1`,
		Long: `A TARGET is a name, an address, a network such as 192.0.2.0/24 or a range such as
192.0.2.7-192.0.2.19. One target gets a line for each answer, several a table, which
lives on a terminal. It goes on until it is interrupted, or each target has had its
--count, and ends with the statistics. The status is 0 when all targets answered.

The times are the kernel's. All targets are asked by one socket; 10,000 of them each
second are little work. It takes no privilege where net.ipv4.ping_group_range has
your group, else root or the capability CAP_NET_RAW.`,
		RunE: p.run,
	}
	f := cmd.Flags()
	f.IntVarP(&p.cfg.Count, "count", "c", 0, "end after that `MANY` requests to each target (default no end; 4 with --alive or --unreachable)")
	f.VarP(secondsFlag{&p.cfg.Interval}, "interval", "i", "`TIME` between requests to a target (default 1s; 500ms with --alive or --unreachable)")
	f.VarP(secondsFlag{&p.cfg.Timeout}, "timeout", "W", "wait that `TIME` for an answer (default 2s)")
	f.VarP(secondsFlag{&p.deadline}, "deadline", "w", "end after that `TIME`, whatever came")
	f.Float64Var(&p.cfg.Rate, "rate", 0, "send that `MANY` requests a second at most, to all targets together (default 10000)")
	f.IntVarP(&p.cfg.Size, "size", "s", 56, "`BYTES` behind the ICMP header")
	f.IntVarP(&p.cfg.TTL, "ttl", "t", 0, "TTL or hop limit of requests (default the system's)")
	f.IntVarP(&p.cfg.TOS, "tos", "Q", 0, "`BYTE` of DSCP and ECN")
	f.TextVarP(&p.cfg.PMTU, "pmtu", "M", ping.PMTUSystem, "path MTU discovery: do (never fragment), want, dont or probe (default the system's)")
	f.StringVarP(&p.cfg.Interface, "interface", "I", "", "send by this `INTERFACE` (default by route)")
	f.StringVarP(&p.source, "source", "S", "", "send from this `ADDRESS`")
	f.BoolVarP(&p.cfg.Broadcast, "broadcast", "b", false, "allow broadcast addresses")
	f.BoolVarP(&p.only4, "ipv4", "4", false, "names to IPv4 addresses only")
	f.BoolVarP(&p.only6, "ipv6", "6", false, "names to IPv6 addresses only")
	f.StringVarP(&p.file, "file", "f", "", "read targets from `FILE`, one a line, or from standard input (-)")
	f.BoolVarP(&p.generate, "generate", "g", false, "the targets are a network, or the first and the last address of a range")
	f.BoolVarP(&p.alive, "alive", "a", false, "print the targets that answer, when they do")
	f.BoolVarP(&p.unreachable, "unreachable", "u", false, "print the targets that do not answer")
	f.BoolVarP(&p.quiet, "quiet", "q", false, "print the statistics only")
	f.BoolVarP(&p.verbose, "verbose", "v", false, "print a line for each answer of several targets, too")
	f.BoolVar(&p.json, "json", false, "print a JSON object for each answer, and one for each target in the end")
	return cmd
}

func (p *pinger) run(cmd *cobra.Command, args []string) error {
	if err := notZero(cmd, "ttl", "rate"); err != nil {
		return err
	}
	words, err := p.words(cmd, args)
	if err != nil {
		return err
	}
	p.settle()
	if p.source != "" {
		if p.cfg.Source, err = netip.ParseAddr(p.source); err != nil {
			return &usageError{fmt.Errorf("source: %w", err)}
		}
	}
	check := p.cfg
	check.SetDefaults()
	if err := check.Validate(); err != nil {
		return &usageError{err}
	}
	p.cfg.Report = p.draw
	engine, err := ping.Open(p.cfg)
	if err != nil {
		return err
	}
	defer engine.Close()
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	if err := p.resolve(cmd, words); err != nil {
		return err
	}
	p.out = bufio.NewWriter(cmd.OutOrStdout())
	if len(p.targets) > 1 && !p.quiet && !p.verbose && !p.json && !p.listing() {
		p.screen = newScreen(cmd.OutOrStdout())
	}
	stats, err := p.ping(cmd.Context(), engine)
	return errors.Join(err, p.finish(cmd, stats, engine.Dropped()))
}

// words are the targets as they were given, with those of the file.
func (p *pinger) words(cmd *cobra.Command, words []string) ([]string, error) {
	wrong := func(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
	if p.generate {
		if len(words) == 2 {
			words = []string{words[0] + "-" + words[1]}
		}
		if len(words) != 1 || !strings.ContainsAny(words[0], "/-") {
			return nil, wrong("--generate takes a network such as 192.0.2.0/24, or the first and the last address")
		}
	}
	if p.only4 && p.only6 {
		return nil, wrong("--ipv4 and --ipv6 exclude each other")
	}
	if p.file != "" {
		in := cmd.InOrStdin()
		if p.file != "-" {
			file, err := os.Open(p.file)
			if err != nil {
				return nil, err
			}
			defer file.Close()
			in = file
		}
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			text, _, _ := strings.Cut(lines.Text(), "#")
			words = append(words, strings.Fields(text)...)
			if len(words) > ping.MaxTargets {
				return nil, wrong("%s has more than %d targets", p.file, ping.MaxTargets)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.file, err)
		}
	}
	if len(words) == 0 {
		return nil, wrong("no target is given")
	}
	return words, nil
}

func (p *pinger) listing() bool { return p.alive || p.unreachable }

// settle sets what goes with a listing.
func (p *pinger) settle() {
	if p.cfg.Size == 0 {
		p.cfg.Size = -1 // no bytes
	}
	if !p.listing() {
		return
	}
	p.cfg.Once = true
	if p.cfg.Count == 0 {
		p.cfg.Count = 4
	}
	if p.cfg.Interval == 0 {
		p.cfg.Interval = 500 * time.Millisecond
	}
}

// resolve finds the addresses of the targets.
func (p *pinger) resolve(cmd *cobra.Command, words []string) error {
	network := "ip"
	switch {
	case p.only4:
		network = "ip4"
	case p.only6:
		network = "ip6"
	}
	all, err := ping.ParseTargets(cmd.Context(), net.DefaultResolver, network, words)
	if err != nil {
		return &usageError{err}
	}
	if len(all) == 1 && all[0].Err != nil {
		return all[0].Err
	}
	for _, t := range all {
		if t.Err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "netwright: %v\n", t.Err)
			p.unknown = append(p.unknown, t)
		} else {
			p.targets = append(p.targets, t)
		}
	}
	if len(p.targets) == 0 {
		return errors.New("none of the targets has an address")
	}
	return nil
}

func (p *pinger) ping(ctx context.Context, engine *ping.Pinger) ([]ping.Stats, error) {
	addrs := make([]netip.Addr, len(p.targets))
	for i, t := range p.targets {
		addrs[i] = t.Addr
	}
	if p.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.deadline)
		defer cancel()
	}
	return engine.Run(ctx, addrs, p.each())
}

// each is what is done with an answer, or nil.
func (p *pinger) each() func(ping.Event) error {
	few := p.cfg.Rate == 0 && len(p.targets) < 1000 // whose answers are shown at once
	flush := func() error {
		if few {
			return p.out.Flush()
		}
		return nil
	}
	switch {
	case p.alive && !p.json:
		return func(e ping.Event) error {
			if e.Kind != ping.Reply {
				return nil
			}
			fmt.Fprintln(p.out, p.targets[e.Target].Name+p.word(true))
			return flush()
		}
	case p.quiet, p.listing() && !p.json:
		return nil
	case p.json:
		return func(e ping.Event) error {
			p.out.Write(append(appendPingEvent(nil, &p.targets[e.Target], &e), '\n'))
			return flush()
		}
	case len(p.targets) == 1:
		return func(e ping.Event) error {
			fmt.Fprintln(p.out, e)
			return flush()
		}
	case p.verbose:
		return func(e ping.Event) error {
			fmt.Fprintf(p.out, "%s: %v\n", p.targets[e.Target].Name, e)
			return flush()
		}
	}
	return nil
}

// word says what a target of a list is, where the list has both kinds.
func (p *pinger) word(alive bool) string {
	switch {
	case !p.alive || !p.unreachable:
		return ""
	case alive:
		return " is alive"
	}
	return " is unreachable"
}
