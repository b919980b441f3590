package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/netwright/netwright/packet/display"
	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// show is how packets are printed: what dissect and sniff have in common.
type show struct {
	tree, json, hex, stats bool
	line                   bool
	fields                 []string
	separator              string
	time                   string
	absolute               bool
	filter                 string
	count                  int
	protos                 protoDirs
	interfaces             func(index int) string  // names those that lines tell; nil: none
	see                    func(p *dissect.Packet) // takes note of a packet that is not shown, or nil
}

func (s *show) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&s.tree, "verbose", "V", false, "print all fields of each packet as a tree")
	f.BoolVar(&s.json, "json", false, "print each packet as a JSON object on a line")
	f.BoolVar(&s.line, "as-line", false, "print each packet as a line that \"netwright send\" makes it of")
	f.StringSliceVar(&s.fields, "fields", nil, "print the values of these `FIELDS` alone, as ip.src,tcp.dstport; several of one packet are joined by commas")
	f.StringVar(&s.separator, "separator", "\t", "what stands between the fields")
	f.BoolVarP(&s.hex, "hex", "x", false, "print the bytes of each packet below it")
	f.BoolVar(&s.stats, "stats", false, "print no packet, but how many of which protocols there were, and who spoke with whom")
	f.IntVarP(&s.count, "count", "c", 0, "stop after that `MANY` packets")
	f.StringVarP(&s.time, "time", "t", "relative", "`HOW` a line says the time: relative, clock, date, epoch or none")
	f.BoolVarP(&s.absolute, "absolute", "S", false, "print the sequence numbers and windows of TCP in lines as they were sent")
	f.StringVarP(&s.filter, "filter", "Y", "", "only the packets for which this display `FILTER` is true, as 'tcp.flags.syn == 1 && ip.src in {10.0.0.0/8}'")
	s.protos.addFlag(cmd)
	cmd.MarkFlagsMutuallyExclusive("verbose", "json", "fields", "stats", "as-line")
}

// excludesPrinting has -w exclude the ways to print, which it replaces.
func excludesPrinting(cmd *cobra.Command) {
	for _, way := range []string{"verbose", "json", "fields", "stats", "as-line", "hex"} {
		cmd.MarkFlagsMutuallyExclusive("write", way)
	}
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

// compile makes the display filter ready.
func (s *show) compile() (*display.Filter, error) {
	set, err := s.protos.set()
	if err != nil {
		return nil, err
	}
	return compileDisplay(set, s.filter)
}

func compileDisplay(set *layer.Set, text string) (*display.Filter, error) {
	filter, err := display.Compile(set, text)
	if err != nil {
		return nil, &usageError{fmt.Errorf("filter %s: %w", text, err)}
	}
	return filter, nil
}

// match makes what chooses packets; nil where all are wanted.
func (s *show) match(set *layer.Set) (func(p *dissect.Packet) bool, error) {
	if s.filter == "" {
		return nil, nil
	}
	filter, err := compileDisplay(set, s.filter)
	if err != nil {
		return nil, err
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
	case s.line:
		return appendLine(set), nil
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
	lines.Time, lines.Interface, lines.Relative = format, s.interfaces, !s.absolute
	s.see = lines.See
	return lines.Append, nil
}

// packetWriter is a capture file, or several in turn.
type packetWriter interface {
	Write(p *pcap.Packet) error
	Flush() error
	Close() error
}

// viewer does with packets what the flags say, one after another.
type viewer struct {
	show  *show
	match func(*dissect.Packet) bool // nil: all are wanted
	print func(dst []byte, p *dissect.Packet) []byte
	write packetWriter // nil: they are printed
	out   *bufio.Writer
	live  bool // print each at once

	packet *dissect.Packet
	stats  dissect.Stats
	text   []byte
	shown  int
}

// viewer makes one that prints to the command's output, or writes to a file.
func (s *show) viewer(cmd *cobra.Command, to packetWriter, live bool) (*viewer, error) {
	set, err := s.protos.set()
	if err != nil {
		return nil, err
	}
	v := &viewer{show: s, write: to, live: live, packet: dissect.NewPacket(set)}
	if s.count < 0 {
		return nil, &usageError{fmt.Errorf("--count is 1 or more, or 0 for no end, not %d", s.count)}
	}
	if v.print, err = s.printer(set); err != nil {
		return nil, err
	}
	if v.match, err = s.match(set); err != nil {
		return nil, err
	}
	v.out = bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	if f, ok := cmd.OutOrStdout().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		v.live = true
	}
	return v, nil
}

// take shows a packet, if it is wanted. It returns false when there were enough.
func (v *viewer) take(c *pcap.Packet) (more bool, err error) {
	if v.write == nil || v.match != nil {
		v.packet.Read(c)
		if v.match != nil && !v.match(v.packet) {
			if v.show.see != nil {
				v.show.see(v.packet)
			}
			return true, nil
		}
	}
	v.shown++
	switch {
	case v.write != nil:
		err = v.write.Write(c)
	case v.show.stats:
		v.stats.Add(v.packet)
	default:
		v.text = v.print(v.text[:0], v.packet)
		if _, err = v.out.Write(v.text); err == nil && v.live {
			err = v.out.Flush()
		}
	}
	return v.show.count == 0 || v.shown < v.show.count, err
}

// finish prints what is left.
func (v *viewer) finish() error {
	var err error
	if v.show.stats && v.write == nil {
		err = printStats(v.out, &v.stats)
	}
	err = errors.Join(err, v.out.Flush())
	if v.write != nil {
		err = errors.Join(err, v.write.Close())
	}
	return err
}
