package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/netwright/netwright/packet/scan"
	"github.com/netwright/netwright/packet/wire"
)

// scanner is a scan as it is asked for on the command line.
type scanner struct {
	config                     scan.Config
	ports                      string
	udp, ack, fin, null, sweep bool
	exclude                    []string
	excludeFile                string
	xml                        xmlFlag
	resume                     string
	state                      scanState // of the file to go on from
	json, all, banner          bool
	onlyOpen                   bool
	names                      map[netip.Addr]string // that targets were given by
}

func scanCommand() *cobra.Command {
	s := &scanner{names: map[netip.Addr]string{}}
	cmd := &cobra.Command{
		Use:        "scan [flags] TARGETS...",
		SuggestFor: []string{"nmap", "masscan", "portscan"},
		Short:      "Find hosts and their open ports",
		Example: `  netwright scan 192.168.1.1
  netwright scan 192.168.1.0/24 -p 22,80,443,8000-8100 --banner
  netwright scan --sweep 192.168.1.0/24
  netwright scan --udp -p 53,123,161 10.0.0.1-10.0.0.20
  netwright scan -p - router.lan -oX router.xml`,
		Long: `A target is an address, a network (10.0.0.0/24), a range (10.0.0.1-10.0.0.20,
10.0.0-3.1-254), a name, or @FILE with targets in it. Ports are numbers, ranges and
names of services; - is all of them. Without -p those are asked that are met on most
networks.

It sends SYN segments and completes no connection. That takes root or the capability
CAP_NET_RAW, which is given up when the sockets are open; without it, and with
--connect, it makes connections, and a sweep asks by ICMP echo or by connections to
ports 80 and 443. Who is silent is asked again. It sends as fast as answers keep
coming, and slows down where they stay out.

Beyond private networks it scans only with --allow, and at 1,000 packets a second if
no --rate says otherwise. Scan what is yours, or what its owner lets you.

Interrupted, it shows what it has found and says how to go on.`,
		Args: cobra.MinimumNArgs(1),
		RunE: s.run,
	}
	s.addFlags(cmd)
	return cmd
}

func (s *scanner) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&s.ports, "ports", "p", "", "ask these `PORTS`, as 22,80,8000-8010,https or - for all")
	f.BoolVar(&s.udp, "udp", false, "ask UDP ports, by datagrams of their protocols")
	f.BoolVar(&s.sweep, "sweep", false, "ask which hosts are there, by ARP, neighbour discovery and ICMP echo")
	f.BoolVar(&s.ack, "ack", false, "ask by ACK, which tells what packet filters let through")
	f.BoolVar(&s.fin, "fin", false, "ask by FIN, which some filters let through")
	f.BoolVar(&s.null, "null", false, "ask by segments without flags, which some filters let through")
	f.BoolVar(&s.config.Sockets, "connect", false, "ask by connections of the kernel's, which takes no privilege")
	f.StringSliceVar(&s.exclude, "exclude", nil, "leave out these `TARGETS`")
	f.StringVar(&s.excludeFile, "exclude-file", "", "leave out the targets in this `FILE`")
	f.BoolVar(&s.config.Allow, "allow", false, "let targets be beyond private networks")
	f.Var(rateFlag{&s.config.Rate}, "rate", "send that many `PACKETS` a second at most, as 5000 or 5000/s (default 1000 beyond private networks)")
	f.BoolVar(&s.config.Fixed, "fixed", false, "keep the rate even when answers are lost by it")
	f.IntVar(&s.config.Tries, "tries", 0, "ask who is silent that `OFTEN` (default 2; UDP and sweeps 3)")
	f.Var(secondsFlag{&s.config.Wait}, "wait", "wait that `LONG` for an answer at most (default 2s)")
	f.StringVarP(&s.config.Interface, "interface", "i", "", "leave by this `INTERFACE` (default by route)")
	f.BoolVar(&s.banner, "banner", false, "ask open ports what they are: their first words, and their certificate")
	f.BoolVar(&s.onlyOpen, "open", false, "show only ports that are open or may be")
	f.BoolVar(&s.json, "json", false, "print each open port and each host that is up as a JSON object on a line")
	f.BoolVar(&s.all, "all", false, "with --json, print all other verdicts too")
	s.xml.flags = f
	f.VarP(&s.xml, "xml", "o", "write an XML `FILE` as nmap does; -oX FILE is the same, and - is standard output")
	f.Uint64Var(&s.config.From, "from", 0, "go on at this `NUMBER`, which an interrupted scan has said")
	f.StringVar(&s.resume, "resume", "", "keep in this `FILE` how far the scan is, and go on from there")
	cmd.MarkFlagsMutuallyExclusive("udp", "sweep", "ack", "fin", "null")
	cmd.MarkFlagsMutuallyExclusive("sweep", "ports")
	cmd.MarkFlagsMutuallyExclusive("sweep", "banner")
	cmd.MarkFlagsMutuallyExclusive("udp", "banner")
	cmd.MarkFlagsMutuallyExclusive("open", "all")
	cmd.MarkFlagsMutuallyExclusive("from", "resume")
}

func (s *scanner) run(cmd *cobra.Command, args []string) error {
	targets, err := s.xml.take(args)
	if err != nil {
		return err
	}
	if err := s.parse(cmd.Context(), targets); err != nil {
		return err
	}
	return s.scan(cmd)
}

// parse reads what is scanned.
func (s *scanner) parse(ctx context.Context, targets []string) (err error) {
	for mode, wanted := range map[scan.Mode]bool{scan.UDP: s.udp, scan.ACK: s.ack, scan.FIN: s.fin, scan.NULL: s.null, scan.Sweep: s.sweep} {
		if wanted {
			s.config.Mode = mode
		}
	}
	if s.ports != "" {
		if s.config.Ports, err = scan.ParsePorts(s.ports); err != nil {
			return &usageError{err}
		}
	}
	if s.config.Targets, err = scan.ParseTargets(ctx, targets, s.resolve); err != nil {
		return &usageError{err}
	}
	if s.excludeFile != "" {
		s.exclude = append(s.exclude, "@"+s.excludeFile)
	}
	if s.config.Exclude, err = scan.ParseTargets(ctx, s.exclude, lookUp); err != nil {
		return &usageError{err}
	}
	return nil
}

// lookUp gives DNS ten seconds for the addresses of a name.
func lookUp(ctx context.Context, network, name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, network, name)
}

// resolve looks up a name, and keeps it for the addresses.
func (s *scanner) resolve(ctx context.Context, network, name string) ([]netip.Addr, error) {
	addrs, err := lookUp(ctx, network, name)
	for _, a := range addrs {
		s.names[a.Unmap()] = name
	}
	return addrs, err
}

// scan opens what it needs, gives up all privileges, and scans.
func (s *scanner) scan(cmd *cobra.Command) error {
	out := s.newOutput(cmd)
	s.config.Result = out.result
	engine, err := s.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer engine.Close()
	if err := out.open(engine); err != nil {
		return err
	}
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	stop := out.progress(engine)
	sum, err := engine.Run(cmd.Context())
	out.grabber.wait()
	stop()
	return errors.Join(err, out.finish(sum))
}

// open opens the scan; where packets of its own are not permitted, with the
// kernel's connections.
func (s *scanner) open(stderr io.Writer) (*scan.Scanner, error) {
	if err := s.readResume(); err != nil {
		return nil, err
	}
	engine, err := scan.New(s.config)
	var denied *wire.PermissionError
	var foreign *scan.ForeignError
	switch {
	case errors.As(err, &foreign):
		return nil, &usageError{fmt.Errorf("%w with --allow", err)}
	case errors.As(err, &denied) && !s.ack && !s.fin && !s.null:
		s.config.Sockets = true
		engine, err = scan.New(s.config)
		if err == nil {
			fmt.Fprintf(stderr, "netwright: without the capability CAP_NET_RAW %s. To give it to this program:\n  %s\n", s.instead(engine), denied.Grant())
		}
	}
	return engine, err
}

// instead says how is asked without packets of its own.
func (s *scanner) instead(engine *scan.Scanner) string {
	switch {
	case s.udp:
		return "ports are asked by sockets of the kernel's, as with --connect"
	case !s.sweep:
		return "ports are asked by connections of the kernel's, as with --connect"
	case engine.Echo():
		return "hosts are asked by ICMP echo alone, and not by ARP and neighbour discovery"
	}
	return "hosts are asked by connections to their ports 80 and 443, since ICMP echo is not permitted either (net.ipv4.ping_group_range)"
}

// progressEvery is how often a terminal sees how far the scan is.
const progressEvery = 200 * time.Millisecond

// progress shows on a terminal how far the scan is, until stop is called.
func (o *scanOutput) progress(engine *scan.Scanner) (stop func()) {
	f, ok := o.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				fmt.Fprint(f, "\r\x1b[K")
				return
			case <-ticker.C:
				fmt.Fprintf(f, "\r\x1b[K%s", progressLine(engine.Progress()))
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// progressLine says how far a scan is.
func progressLine(sum scan.Summary) string {
	pairs := max(sum.Pairs-sum.From, 1)
	line := fmt.Sprintf("%5.1f%%  %d of %d settled, %d found, %.0f/s", 100*float64(sum.Settled)/float64(pairs), sum.Settled, pairs, sum.Open, sum.Rate)
	if sum.Settled > 0 && sum.Settled < pairs && sum.Took > time.Second {
		line += ", " + took(time.Duration(float64(sum.Took)/float64(sum.Settled)*float64(pairs-sum.Settled))) + " to go"
	}
	return line
}
