package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/ping"
)

// arper is the command arping.
type arper struct {
	cfg                     ping.LinkConfig
	source                  string
	deadline                time.Duration
	first                   bool
	duplicates, probe       bool
	announce, answer, quiet bool
	json                    bool
	target                  netip.Addr
}

func arpingCommand() *cobra.Command {
	var a arper
	cmd := &cobra.Command{
		Use:        "arping [flags] ADDRESS",
		SuggestFor: []string{"arp", "ndisc6", "ndp"},
		Short:      "Ask who has an address on a link, by ARP or neighbour discovery",
		Example: `  netwright arping 192.0.2.7
  netwright arping -c 3 -i eth0 fe80::1
  netwright arping -d -c 3 192.0.2.7           # do two hosts have it?
  netwright arping -f -w 10 192.0.2.7          # wait until it is there, for 10 s
  netwright arping -D -i eth0 192.0.2.50       # is it free to take?
  netwright arping -U -i eth0 192.0.2.7        # tell all that this host has it`,
		Long: `Addresses of IPv4 are asked for by ARP, those of IPv6 by neighbour solicitations.
The first request goes to all, the next to who answered. Each answer is printed when it
comes. It goes on until it is interrupted, --count requests have gone, or --deadline
has passed, and ends with the statistics.

The status is 0 when somebody answered; with --duplicates when exactly one did, with
--probe when nobody did. It takes root or the capability CAP_NET_RAW, which is given up
when the sockets are open.`,
		Args: cobra.ExactArgs(1),
		RunE: a.run,
	}
	f := cmd.Flags()
	f.StringVarP(&a.cfg.Interface, "interface", "i", "", "ask on this `INTERFACE` (default by route)")
	f.IntVarP(&a.cfg.Count, "count", "c", 0, "end after that `MANY` requests (default no end; 3 with -d and -D, 1 with -U and -A)")
	f.VarP(secondsFlag{&a.deadline}, "deadline", "w", "end after that `TIME`, whatever came")
	f.BoolVarP(&a.first, "first", "f", false, "end with the first answer")
	f.Var(secondsFlag{&a.cfg.Interval}, "interval", "`TIME` between requests (default 1s)")
	f.VarP(secondsFlag{&a.cfg.Timeout}, "timeout", "W", "wait that `TIME` for answers to the last request (default 1s)")
	f.BoolVarP(&a.cfg.Broadcast, "broadcast", "b", false, "ask all each time")
	f.BoolVarP(&a.duplicates, "duplicates", "d", false, "find out whether several hosts have it")
	f.BoolVarP(&a.probe, "probe", "D", false, "find out whether it is free, without a source address")
	f.BoolVarP(&a.announce, "announce", "U", false, "tell all that this host has it, by a request")
	f.BoolVarP(&a.answer, "answer", "A", false, "tell all that this host has it, by a reply")
	f.StringVarP(&a.source, "source", "S", "", "ask from this `ADDRESS`")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "print the statistics only")
	f.BoolVar(&a.json, "json", false, "print a JSON object for each answer, and one in the end")
	return cmd
}

func (a *arper) run(cmd *cobra.Command, args []string) error {
	if err := a.settle(args[0]); err != nil {
		return &usageError{err}
	}
	link, err := ping.OpenLink(a.cfg, a.target)
	if err != nil {
		return err
	}
	defer link.Close()
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	ctx := cmd.Context()
	if a.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.deadline)
		defer cancel()
	}
	out := cmd.OutOrStdout()
	if !a.json && !a.quiet {
		if _, err := fmt.Fprintln(out, a.title(link)); err != nil {
			return err
		}
	}
	stats, err := link.Run(ctx, func(answer ping.LinkAnswer) error {
		var err error
		switch {
		case a.json:
			_, err = out.Write(append(a.appendAnswer(nil, &answer), '\n'))
		case !a.quiet:
			_, err = fmt.Fprintf(out, "%v is at %v\n", a.target, answer)
		}
		if err == nil && a.first {
			err = ping.ErrStop
		}
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		_, err = out.Write(append(a.appendStats(nil, &stats), '\n'))
	} else {
		_, err = fmt.Fprintf(out, "--- %v on %s ---\n%s\n", a.target, link.Interface(), a.summary(&stats))
	}
	return errors.Join(err, a.verdict(&stats))
}

// title says what is done, where, and from which address.
func (a *arper) title(link *ping.Link) string {
	source := link.Source().String()
	if !link.Source().IsValid() {
		source = "no address"
	}
	if a.telling() {
		return fmt.Sprintf("telling on %s that %v is here", link.Interface(), a.target)
	}
	return fmt.Sprintf("who has %v? asked on %s from %s", a.target, link.Interface(), source)
}

// settle makes the config of the flags.
func (a *arper) settle(word string) (err error) {
	if a.target, err = netip.ParseAddr(word); err != nil {
		return fmt.Errorf("%q is no address; names are not looked up here", word)
	}
	if a.source != "" {
		if a.cfg.Source, err = netip.ParseAddr(a.source); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		if a.cfg.Source.Unmap().Is4() != a.target.Unmap().Is4() {
			return fmt.Errorf("source %v and target %v are not of one IP version", a.cfg.Source, a.target)
		}
	}
	chosen := 0
	for ask, on := range map[ping.Ask]bool{ping.Probe: a.probe, ping.Announce: a.announce, ping.Answer: a.answer} {
		if on {
			a.cfg.Ask = ask
			chosen++
		}
	}
	if a.duplicates {
		chosen++
		a.cfg.Broadcast, a.cfg.Patient = true, true
		if a.cfg.Count == 0 {
			a.cfg.Count = 3
		}
	}
	switch {
	case chosen > 1:
		return errors.New("--duplicates, --probe, --announce and --answer exclude each other")
	case a.first && a.duplicates:
		return errors.New("--first and --duplicates exclude each other: to find several takes more than the first answer")
	}
	a.cfg.SetDefaults()
	return a.cfg.Validate()
}

func (a *arper) telling() bool { return a.announce || a.answer }

func (a *arper) summary(s *ping.LinkStats) string {
	if a.telling() {
		return fmt.Sprintf("%d sent", s.Sent)
	}
	return s.String()
}

// verdict is what the exit status says.
func (a *arper) verdict(s *ping.LinkStats) error {
	switch who := hardware(s.Hardware); {
	case a.telling():
		return nil
	case a.probe && len(s.Hardware) > 0:
		return fmt.Errorf("%v is taken by %s", a.target, who)
	case a.probe:
		return nil
	case len(s.Hardware) == 0:
		return fmt.Errorf("%v did not answer", a.target)
	case a.duplicates && len(s.Hardware) > 1:
		return fmt.Errorf("%v is at %d hosts: %s", a.target, len(s.Hardware), who)
	}
	return nil
}

func hardware(list []net.HardwareAddr) string {
	words := make([]string, len(list))
	for i, h := range list {
		words[i] = h.String()
	}
	return strings.Join(words, ", ")
}

// appendAnswer appends an answer as one JSON object. Times are in seconds.
func (a *arper) appendAnswer(dst []byte, answer *ping.LinkAnswer) []byte {
	dst = fmt.Appendf(dst, `{"event":"reply","target":%q,"hardware":%q,"seq":%d`, a.target, answer.Hardware, answer.Seq)
	dst = answer.Time.UTC().AppendFormat(append(dst, `,"time":"`...), time.RFC3339Nano)
	return fmt.Appendf(dst, `","rtt":%.6f,"broadcast":%t,"again":%t}`, answer.RTT.Seconds(), answer.Broadcast, answer.Again)
}

func (a *arper) appendStats(dst []byte, s *ping.LinkStats) []byte {
	dst = fmt.Appendf(dst, `{"event":"statistics","target":%q,"sent":%d,"received":%d,"lost":%d,"loss":%.4g,"duplicates":%d,"hardware":[`,
		a.target, s.Sent, s.Received, s.Lost, s.Loss(), s.Duplicates)
	for i, h := range s.Hardware {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = fmt.Appendf(dst, "%q", h)
	}
	dst = append(dst, ']')
	if s.Received > 0 {
		dst = fmt.Appendf(dst, `,"min":%.6f,"avg":%.6f,"max":%.6f,"mdev":%.6f`, s.Min.Seconds(), s.Mean().Seconds(), s.Max.Seconds(), s.Deviation().Seconds())
	}
	return append(dst, '}')
}
