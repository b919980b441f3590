package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/exchange"
)

// send is what packets are sent, and how.
type send struct {
	config   exchange.Config
	file     string // -r
	write    string // -w
	speed    float64
	dry      bool
	receive  bool
	loop     bool
	interval time.Duration
	count    uint64
	how      sendShow
}

func sendCommand() *cobra.Command {
	s := &send{}
	cmd := &cobra.Command{
		Use:        "send [flags] LINE",
		SuggestFor: []string{"craft", "scapy", "hping", "inject", "replay", "sr", "sr1"},
		Short:      "Send packets that you describe, and print what answers them",
		Example: `  netwright send --dry-run 'ip dst=192.0.2.0/28 / tcp dport=22,80,8000-8010 flags=S'
  sudo netwright send -1 'ip dst=192.0.2.1 / icmp'              # the first answer
  sudo netwright send --receive 'ip dst=192.0.2.0/28 / tcp dport=22,80 flags=S'
  sudo netwright send --receive 'ip dst=192.0.2.1 ttl=1-20 / udp dport=33434'
  sudo netwright send --receive 'arp pdst=192.0.2.0/24'
  sudo netwright send --loop --receive 'ip dst=192.0.2.1 / udp dport=53 / dns qd={qname=example.com}'
  netwright send -w probes.pcap 'eth / ip dst=192.0.2.1 / udp dport=rand / rand(64)'
  sudo netwright send -i eth0 -r trace.pcap                     # again, as fast as it was`,
		Long: `LINE is layers with / between them, each a protocol and its fields. What is not
given is filled in: lengths, checksums, ports, and, by the route, the source, the
Ethernet header and the hardware address of the next hop. A field may have several
values, 22,80,8000-8010 or 192.0.2.0/28 or rand, and the line then stands for all
combinations; how many that are is printed first. "netwright packet fields tcp" lists
fields. Several LINEs are sent one after another.

With --receive each packet waits for its answer, which the tables of the protocols
tell, be it an ICMP error or inside a tunnel. It listens before it sends.

Sending takes root or the capability CAP_NET_RAW, which is given up when the sockets
are open. --dry-run, and -w, which writes a capture file instead, take none.`,
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&s.config.Interface, "interface", "i", "", "send by this `INTERFACE`, and not by the route's")
	f.StringVarP(&s.file, "read", "r", "", "send the packets of this capture `FILE`, at the times that it says or at --rate")
	f.StringVarP(&s.write, "write", "w", "", "write the packets to `FILE` instead of sending them; .pcapng, .gz and .zst say how")
	f.BoolVarP(&s.dry, "dry-run", "n", false, "print what would be sent, and send nothing")
	f.BoolVarP(&s.receive, "receive", "R", false, "wait for the answer to each packet, and print both")
	f.BoolVarP(&s.config.First, "first", "1", false, "wait for answers, and stop at the first")
	f.BoolVar(&s.loop, "loop", false, "begin again when all is sent, until interrupted")
	s.interval, s.config.Timeout = time.Second, 2*time.Second
	f.Var(pauseFlag{secondsFlag{&s.interval}}, "interval", "with --loop and --receive, begin again after that `TIME`")
	f.Uint64VarP(&s.count, "count", "c", 0, "send at most that `MANY` packets; with --loop and --receive, that many rounds")
	f.Float64Var(&s.config.Rate, "rate", 0, "send that `MANY` packets a second (default as fast as can be)")
	f.Float64Var(&s.speed, "speed", 1, "with -r, send `N` times as fast as the file says")
	f.Var(secondsFlag{&s.config.Timeout}, "timeout", "wait for an answer for that `TIME`")
	f.IntVar(&s.config.Retries, "retries", 0, "send a packet without answer again, that `MANY` times")
	f.BoolVar(&s.config.Multiple, "multiple", false, "print all answers that a packet gets, not the first alone")
	f.BoolVarP(&s.config.Promiscuous, "promiscuous", "p", false, "take answers that are for other hosts too")
	s.how.addFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("dry-run", "write", "receive")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "write", "first")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "loop")
	return cmd
}

func (s *send) run(cmd *cobra.Command, args []string) error {
	s.receive = s.receive || s.config.First
	if (s.file == "") == (len(args) == 0) {
		return &usageError{errors.New("what is to be sent is given by a LINE, or by -r FILE")}
	}
	if s.speed <= 0 || s.config.Rate < 0 {
		return &usageError{errors.New("--speed is more than 0, and --rate not less")}
	}
	set, err := s.how.protos.set()
	if err != nil {
		return err
	}
	s.config.Set = set
	var batches []*batch
	if s.file != "" {
		b, err := s.openFile(cmd.Context())
		if err != nil {
			return err
		}
		batches = append(batches, b)
	}
	for _, line := range args {
		b, err := s.parse(set, line)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", amount(b.count), line)
		batches = append(batches, b)
	}
	if s.write != "" {
		return s.writeFile(cmd, batches)
	}
	for _, b := range batches {
		if err := s.each(cmd, b); err != nil {
			return err
		}
		if cmd.Context().Err() != nil {
			break
		}
	}
	return nil
}

// each does with packets what the flags say.
func (s *send) each(cmd *cobra.Command, b *batch) error {
	packets := b.packets
	if s.count > 0 && !(s.loop && s.receive) {
		packets = limited(packets, s.count)
	}
	cfg := s.config
	cfg.Begin, cfg.Fill, cfg.To = b.begin, b.fill, exchange.Destination(b.begin, b.first)
	if s.dry {
		packets, cfg.Begin = exchange.Preview(cfg, packets)
		return s.how.print(cmd, cfg.Begin, packets)
	}
	printer, err := s.how.printer(cmd, cfg.Set)
	if err != nil {
		return err
	}
	cfg.Blind, cfg.Result = !s.receive, printer.result
	x, err := exchange.Open(cfg)
	if err != nil {
		return err
	}
	defer x.Close()
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	if s.loop && !s.receive {
		packets = again(cmd.Context(), b.packets)
		if s.count > 0 {
			packets = limited(packets, s.count)
		}
	}
	sum, err := s.rounds(cmd.Context(), x, packets, printer)
	err = errors.Join(err, printer.out.Flush())
	fmt.Fprintln(cmd.ErrOrStderr(), s.summary(sum))
	if err != nil {
		return err
	}
	if printer.failure != nil {
		if sum.Sent == 0 {
			return printer.failure
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "The first that could not be sent: %v\n", printer.failure)
	}
	if s.receive && sum.Answered == 0 {
		return errors.New("no answer")
	}
	return nil
}

// rounds runs the exchange once, or again and again.
func (s *send) rounds(ctx context.Context, x *exchange.Exchange, packets iter.Seq2[[]byte, error], p *resultPrinter) (total exchange.Summary, err error) {
	for n := uint64(1); ; n++ {
		start := time.Now()
		sum, err := x.Run(ctx, packets)
		total = add(total, sum)
		if err != nil || ctx.Err() != nil || !s.loop || !s.receive || n == s.count || s.config.First && sum.Answered > 0 && s.count == 0 {
			return total, err
		}
		if err := p.out.Flush(); err != nil {
			return total, err
		}
		timer := time.NewTimer(s.interval - time.Since(start))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return total, nil
		}
	}
}

func add(a, b exchange.Summary) exchange.Summary {
	b.Packets += a.Packets
	b.Sent += a.Sent
	b.Answered += a.Answered
	b.Unanswered += a.Unanswered
	b.Failed += a.Failed
	b.Answers += a.Answers
	b.Unasked += a.Unasked
	return b
}

func (s *send) summary(sum exchange.Summary) string {
	if s.receive {
		return sum.String()
	}
	text := sum.Report.String()
	if sum.Failed > 0 && !strings.Contains(text, "refused") {
		text += fmt.Sprintf(", %d could not be sent", sum.Failed)
	}
	return text
}

// limited is the first n packets.
func limited(packets iter.Seq2[[]byte, error], n uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		left := n
		for b, err := range packets {
			if !yield(b, err) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// again is packets without end.
func again(ctx context.Context, packets iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for ctx.Err() == nil {
			for b, err := range packets {
				if !yield(b, err) {
					return
				}
			}
		}
	}
}
