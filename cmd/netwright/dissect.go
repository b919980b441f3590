package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/netwright/netwright/packet/display"
	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

// show is how packets are printed: what dissect and sniff have in common.
type show struct {
	tree, json, hex, stats bool
	fields                 []string
	separator              string
	time                   string
	filter                 string
}

func (s *show) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&s.tree, "verbose", "V", false, "print all fields of each packet as a tree")
	f.BoolVar(&s.json, "json", false, "print each packet as a JSON object on a line")
	f.StringSliceVar(&s.fields, "fields", nil, "print the values of these `FIELDS` alone, as ip.src,tcp.dstport; several of one packet are joined by commas")
	f.StringVar(&s.separator, "separator", "\t", "what stands between the fields")
	f.BoolVarP(&s.hex, "hex", "x", false, "print the bytes of each packet below it")
	f.BoolVar(&s.stats, "stats", false, "print no packet, but how many of which protocols there were, and who spoke with whom")
	f.StringVarP(&s.time, "time", "t", "relative", "`HOW` a line says the time: relative, clock, date, epoch or none")
	f.StringVarP(&s.filter, "filter", "Y", "", "only the packets for which this display `FILTER` is true, as 'tcp.flags.syn == 1 && ip.src in {10.0.0.0/8}'")
	cmd.MarkFlagsMutuallyExclusive("verbose", "json", "fields", "stats")
}

var timeFormats = map[string]dissect.TimeFormat{
	"relative": dissect.Relative, "clock": dissect.Clock, "date": dissect.Date, "epoch": dissect.Epoch, "none": dissect.NoTime,
}

// printer makes what prints a packet.
func (s *show) printer(set *layer.Set) (func(dst []byte, p *dissect.Packet) []byte, error) {
	print, err := s.form(set)
	if err != nil || !s.hex {
		return print, err
	}
	return func(dst []byte, p *dissect.Packet) []byte {
		return append(dissect.AppendHex(print(dst, p), p.Data), '\n')
	}, nil
}

// match makes what chooses packets; nil where all are wanted.
func (s *show) match(set *layer.Set) (func(p *dissect.Packet) bool, error) {
	if s.filter == "" {
		return nil, nil
	}
	filter, err := display.Compile(set, s.filter)
	if err != nil {
		return nil, &usageError{fmt.Errorf("filter %s: %w", s.filter, err)}
	}
	return func(p *dissect.Packet) bool {
		return filter.Match(&p.Stack, &display.Info{Number: p.Number, Time: p.Time, Since: p.Since, Interface: p.Interface})
	}, nil
}

func (s *show) form(set *layer.Set) (func(dst []byte, p *dissect.Packet) []byte, error) {
	switch {
	case s.tree:
		return new(dissect.Tree).Append, nil
	case s.json:
		return dissect.NewJSON(set).Append, nil
	case len(s.fields) > 0:
		fields, err := dissect.NewFields(set, s.fields)
		if err != nil {
			return nil, &usageError{err}
		}
		fields.Separator = s.separator
		return fields.Append, nil
	}
	lines := dissect.NewLines(set)
	format, ok := timeFormats[s.time]
	if !ok {
		return nil, &usageError{fmt.Errorf("--time is relative, clock, date, epoch or none, not %q", s.time)}
	}
	lines.Time = format
	return lines.Append, nil
}

func dissectCommand() *cobra.Command {
	var how show
	var count int
	cmd := &cobra.Command{
		Use:        "dissect [flags] FILE",
		SuggestFor: []string{"tshark", "tcpdump", "decode"},
		Short:      "Print the packets of a capture file",
		Example: `  netwright dissect trace.pcapng
  netwright dissect -V -c 1 trace.pcapng                # all fields of the first
  netwright dissect --json trace.pcap | jq -r '.layers[].proto' | sort | uniq -c
  netwright dissect --fields frame.number,ip.src,dns.qry.name trace.pcap.gz
  netwright dissect -Y 'tcp.flags.syn == 1 && ip.src in {10.0.0.0/8}' trace.pcap
  netwright dissect --stats trace.pcap
  tcpdump -i eth0 -U -w - | netwright dissect -         # from a pipe, as they come`,
		Long: `Prints a line for each packet of FILE, or of standard input for "-": its number,
the seconds since the first, addresses, protocol, length, and what matters of it.
FILE is pcap or pcapng, packed by gzip or zstd or not. "netwright packet fields"
lists the names of fields; they are Wireshark's. Each packet stands alone: streams
and fragments are not put together.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set := proto.Set()
			reader, err := pcap.Open(args[0])
			if err != nil {
				return err
			}
			defer reader.Close()
			return how.run(cmd, set, reader, count, args[0] == "-")
		},
	}
	how.addFlags(cmd)
	cmd.Flags().IntVarP(&count, "count", "c", 0, "stop after that `MANY` packets")
	return cmd
}

// run prints the packets of a file until it ends, and what it has when it is
// interrupted. live flushes after each packet.
func (s *show) run(cmd *cobra.Command, set *layer.Set, reader *pcap.Reader, count int, live bool) error {
	print, err := s.printer(set)
	if err != nil {
		return err
	}
	match, err := s.match(set)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	if f, ok := cmd.OutOrStdout().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		live = true
	}
	var stats dissect.Stats
	var captured pcap.Packet
	var text []byte
	p := dissect.NewPacket(set)
	for shown := 0; count == 0 || shown < count; {
		if err = reader.Read(&captured); err != nil || cmd.Context().Err() != nil {
			break
		}
		p.Read(&captured)
		if match != nil && !match(p) {
			continue
		}
		shown++
		if s.stats {
			stats.Add(p)
			continue
		}
		text = print(text[:0], p)
		if _, err := out.Write(text); err != nil {
			return err
		}
		if live {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if s.stats {
		printStats(out, &stats)
	}
	return errors.Join(err, out.Flush())
}
