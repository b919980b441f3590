package main

import (
	"errors"
	"fmt"
	"math/big"
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
	count    uint64        // rounds, without end where it is 0
	most     uint64        // packets in all; 0: all that there are
	interval time.Duration // from one round to the next
	gap      time.Duration // from one packet to the next
	seed     seedFlag
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
  sudo netwright send -c 5 --interval 1s 'ip dst=192.0.2.1 / udp dport=9 / "hi"'
  sudo netwright send --loop --receive 'ip dst=192.0.2.1 / udp dport=53 / dns qd={qname=example.com}'
  netwright send -w probes.pcap 'eth / ip dst=192.0.2.1 / udp dport=rand / rand(64)'
  sudo netwright send -i eth0 -r trace.pcap                     # again, as fast as it was`,
		Long: `LINE is layers with / between them, each a protocol and its fields. What is not
given is filled in: lengths, checksums, ports, and, by the route, the source, the
Ethernet header and the hardware address of the next hop. A field may have several
values, 22,80,8000-8010 or 192.0.2.0/28 or rand, and the line then stands for all
combinations; how many that are is printed first. "netwright packet fields tcp" lists
fields. Several LINEs are sent one after another. -c sends all of it so many times, and
--loop until it is interrupted; --max ends it after so many packets.

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
	f.Uint64VarP(&s.count, "count", "c", 1, "send all of it that `OFTEN`")
	f.BoolVar(&s.loop, "loop", false, "send all of it again and again, until interrupted or as often as -c says")
	f.Uint64Var(&s.most, "max", 0, "send at most that `MANY` packets (default all)")
	s.interval, s.config.Timeout = time.Second, 2*time.Second
	f.Var(pauseFlag{secondsFlag{&s.interval}}, "interval", "begin to send all of it again that `TIME` after it was begun before; without --receive at once if this is not given")
	f.Var(secondsFlag{&s.gap}, "inter", "leave that `TIME` between packets; --rate is the other way to say it")
	f.Float64Var(&s.config.Rate, "rate", 0, "send that `MANY` packets a second (default as fast as can be)")
	f.Float64Var(&s.speed, "speed", 1, "with -r, send `N` times as fast as the file says")
	f.Var(secondsFlag{&s.config.Timeout}, "timeout", "wait for an answer for that `TIME`")
	f.IntVar(&s.config.Retries, "retries", 0, "send a packet without answer again, that `MANY` times")
	f.BoolVar(&s.config.Multiple, "multiple", false, "print all answers that a packet gets, not the first alone")
	f.BoolVarP(&s.config.Promiscuous, "promiscuous", "p", false, "take answers that are for other hosts too")
	s.seed.addFlag(cmd)
	s.how.addFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("dry-run", "write", "receive")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "write", "first")
	cmd.MarkFlagsMutuallyExclusive("rate", "inter")
	return cmd
}

func (s *send) run(cmd *cobra.Command, args []string) error {
	collectLess()
	if err := s.settle(cmd, args); err != nil {
		return err
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
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", s.amount(b.count), line)
		batches = append(batches, b)
	}
	switch {
	case s.write != "":
		return s.writeFile(cmd, batches)
	case s.dry:
		return s.preview(cmd, batches)
	}
	return s.transmit(cmd, batches)
}

// settle says which flags cannot be together, and what follows from others.
func (s *send) settle(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed
	s.receive = s.receive || s.config.First
	switch {
	case (s.file == "") == (len(args) == 0):
		return &usageError{errors.New("what is to be sent is given by a LINE, or by -r FILE")}
	case s.speed <= 0 || s.config.Rate < 0:
		return &usageError{errors.New("--speed is more than 0, and --rate not less")}
	case s.count == 0:
		return &usageError{errors.New("-c 0 sends nothing; --loop goes on until it is interrupted")}
	case s.loop && !given("count"):
		s.count = 0
	}
	if s.count == 0 && s.most == 0 && (s.dry || s.write != "") {
		return &usageError{errors.New("--loop has no end: -c OFTEN or --max MANY says how much is printed or written")}
	}
	if !s.receive && !given("interval") {
		s.interval = 0
	}
	if s.gap > 0 {
		s.config.Rate = float64(time.Second) / float64(s.gap)
	}
	return nil
}

// amount is how many packets will be sent, in words: "6 packets", or "6 packets, 3
// times, 18 in all".
func (s *send) amount(n *big.Int) string {
	text, all := amount(n), new(big.Int).Mul(n, new(big.Int).SetUint64(s.count))
	switch {
	case s.count == 0:
		text += ", again and again"
	case s.count > 1:
		text += fmt.Sprintf(", %d times, %v in all", s.count, all)
	}
	if most := new(big.Int).SetUint64(s.most); s.most > 0 && (s.count == 0 || all.Cmp(most) > 0) {
		text += fmt.Sprintf(", at most %d", s.most)
	}
	return text
}

// preview prints what would be sent.
func (s *send) preview(cmd *cobra.Command, batches []*batch) error {
	if len(batches) == 1 {
		packets, begin := exchange.Preview(s.configOf(batches[0]), s.all(batches))
		return s.how.print(cmd, begin, packets)
	}
	budget := s.budget()
	for n := uint64(0); s.more(n, budget) && cmd.Context().Err() == nil; n++ {
		for _, b := range batches {
			packets, begin := exchange.Preview(s.configOf(b), budget.limited(b.packets))
			if err := s.how.print(cmd, begin, packets); err != nil {
				return err
			}
		}
	}
	return nil
}

// configOf is how a batch is sent.
func (s *send) configOf(b *batch) exchange.Config {
	cfg := s.config
	cfg.Begin, cfg.Fill, cfg.To, cfg.Blind = b.begin, b.fill, exchange.Destination(b.begin, b.first), !s.receive
	return cfg
}
