package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/packet/display"
	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/flows"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/reassembly"
	"github.com/netwright/netwright/packet/wire"
)

// watcher makes flows of packets.
type watcher struct {
	file, filter, streams string
	json, records, last   bool
	from                  tap
	config                flows.Config
	protos                protoDirs

	packet *dissect.Packet
	match  *display.Filter
	table  *flows.Table
	ended  []flows.Flow // to be printed together when the file ends
	out    *bufio.Writer
	files  map[string]*os.File
	err    error
}

func flowsCommand() *cobra.Command {
	w := &watcher{}
	cmd := &cobra.Command{
		Use:        "flows [flags] [FILTER]",
		SuggestFor: []string{"conversations", "netflow", "zeek"},
		Short:      "Tell which conversations packets are of",
		Example: `  netwright flows -r trace.pcap
  netwright flows -r trace.pcap --json | jq -r 'select(.app == "tls") | .detail' | sort | uniq -c
  netwright flows -i eth0 tcp port 443
  netwright flows -r trace.pcap --streams ./contents     # what TCP carried, a file a direction`,
		Long: `Prints a line for each flow: protocol, both ends, how long, packets and bytes each
way, how it ended, and what it was by its content. Of an interface it shows the
busiest flows as they go, on a terminal, and writes one line when a flow has ended
otherwise; of a file, all of them at its end. --json has more: the Community ID by
which other tools know the flow, what was sent again and what was never seen.

Fragments are put together, and what TCP carries is followed. FILTER is a capture
filter, the language of tcpdump; -Y takes a display filter.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			w.from.filter = strings.Join(args, " ")
			return w.run(cmd)
		},
	}
	w.from.addFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&w.file, "read", "r", "", "read the packets of this `FILE` instead of an interface; - is standard input")
	f.StringVarP(&w.filter, "filter", "Y", "", "only the packets for which this display `FILTER` is true")
	f.BoolVar(&w.json, "json", false, "print each flow as a JSON object on a line")
	f.BoolVar(&w.records, "records", false, "print each flow as a record, as \"netwright records --json\" does")
	f.StringVar(&w.streams, "streams", "", "write what TCP carries into this `FOLDER`, a file for each direction of a flow")
	f.BoolVar(&w.last, "last-wins", false, "where TCP segments overlap and differ, take what came last")
	f.IntVar(&w.config.Flows, "most", 100_000, "keep `N` flows; beyond, the one that was silent the longest ends")
	w.config.Idle, w.config.IdleTCP = time.Minute, 5*time.Minute
	f.Var(secondsFlag{&w.config.Idle}, "idle", "a flow ends after that `TIME` of silence")
	w.protos.addFlag(cmd)
	cmd.MarkFlagsMutuallyExclusive("json", "records")
	f.Var(secondsFlag{&w.config.IdleTCP}, "idle-tcp", "a flow of TCP ends after that `TIME` of silence")
	return cmd
}

func (w *watcher) run(cmd *cobra.Command) error {
	set, err := w.protos.set()
	if err != nil {
		return err
	}
	w.packet = dissect.NewPacket(set)
	w.out = bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	if w.filter != "" {
		if w.match, err = compileDisplay(set, w.filter); err != nil {
			return err
		}
		w.from.display = w.match.Capture()
	}
	if w.last {
		w.config.Streams.Policy, w.config.Fragments.Policy = reassembly.Last, reassembly.Last
	}
	if w.streams != "" {
		if err := os.MkdirAll(w.streams, 0o700); err != nil {
			return err
		}
		w.files = map[string]*os.File{}
		w.config.Data = w.save
	}
	w.table = flows.New(w.config, w.end)
	if w.file != "" {
		err = w.readFile(cmd)
	} else {
		err = w.watch(cmd)
	}
	w.table.Close()
	for _, f := range w.files {
		w.err = errors.Join(w.err, f.Close())
	}
	if w.file != "" && !w.json && !w.records && (err == nil || len(w.ended) > 0) {
		w.print(cmd)
	}
	return errors.Join(err, w.err, w.out.Flush())
}

func (w *watcher) readFile(cmd *cobra.Command) error {
	reader, err := pcap.Open(w.file)
	if err != nil {
		return err
	}
	defer reader.Close()
	var p pcap.Packet
	filter := fileFilter{text: w.from.filter}
	for cmd.Context().Err() == nil {
		if err := reader.Read(&p); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		pass, err := filter.match(&p)
		if err != nil {
			return err
		}
		if pass {
			w.take(&p)
		}
	}
	return nil
}

// watch makes flows of what passes on an interface.
func (w *watcher) watch(cmd *cobra.Command) error {
	capture, err := w.from.open(cmd)
	if err != nil {
		return err
	}
	defer capture.Close()
	sayCapturing(cmd, &w.from)
	screen := w.screen(cmd)
	packet := pcap.Packet{LinkType: capture.LinkType()}
	stats, err := w.from.run(cmd.Context(), capture, func(_ int, frames []wire.Frame) error {
		for i := range frames {
			packet.Time, packet.Data, packet.Length = frames[i].Time, frames[i].Data, frames[i].Length
			w.take(&packet)
		}
		if screen != nil {
			screen(capture.Stats())
			return nil
		}
		return errors.Join(w.err, w.out.Flush())
	})
	fmt.Fprintln(cmd.ErrOrStderr(), stats)
	return err
}

func (w *watcher) take(p *pcap.Packet) {
	w.packet.Read(p)
	if w.match != nil && !w.match.Match(&w.packet.Stack, nil) {
		return
	}
	w.table.Add(&w.packet.Stack, p.Time)
}

// end takes a flow that has ended.
func (w *watcher) end(f *flows.Flow) {
	switch {
	case w.json:
		w.out.Write(append(f.AppendJSON(nil), '\n'))
	case w.records:
		var record flow.Record
		f.Record(&record)
		w.out.Write(append(record.AppendJSON(nil), '\n'))
	case w.file != "":
		w.ended = append(w.ended, *f)
	default:
		fmt.Fprintln(w.out, flowLine(f))
	}
}

// save writes what TCP carries. Files are closed when many are open: a stream
// that goes on is opened again.
func (w *watcher) save(f *flows.Flow, side int, data []byte, missing int) {
	from, to := f.Initiator, f.Responder
	if side == 1 {
		from, to = to, from
	}
	name := strings.ReplaceAll(fmt.Sprintf("%s-%s.%s.%d", f.First.UTC().Format("20060102T150405.000000"), from, to, side), ":", "_")
	file := w.files[name]
	if file == nil {
		const mostFiles = 200
		if len(w.files) >= mostFiles {
			for other, f := range w.files {
				w.err = errors.Join(w.err, f.Close())
				delete(w.files, other)
			}
		}
		var err error
		if file, err = os.OpenFile(filepath.Join(w.streams, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
			w.err = err
			return
		}
		w.files[name] = file
	}
	if missing > 0 {
		fmt.Fprintf(file, "\n[%d bytes were not seen]\n", missing)
	}
	if _, err := file.Write(data); err != nil {
		w.err = err
	}
}

// print prints the flows of a file, in the order of their first packets.
func (w *watcher) print(cmd *cobra.Command) {
	slices.SortStableFunc(w.ended, func(a, b flows.Flow) int { return a.First.Compare(b.First) })
	t := flowTable()
	for i := range w.ended {
		addFlow(t, &w.ended[i])
	}
	w.err = errors.Join(w.err, t.write(cmd.OutOrStdout()))
}

func flowTable() *table {
	return newTable("START", "SECONDS", "PROTO", "FROM", "TO", "PACKETS", "BYTES", "END", "WHAT")
}

func addFlow(t *table, f *flows.Flow) {
	from, to := f.Ends()
	t.add(f.First.Local().Format("15:04:05.000"), fmt.Sprintf("%.3f", f.Last.Sub(f.First).Seconds()), f.Protocol(), from, to,
		fmt.Sprintf("%d/%d", f.Packets[0], f.Packets[1]), fmt.Sprintf("%d/%d", f.Bytes[0], f.Bytes[1]), f.End, what(f))
}

// what is the application with what it says of itself, and what is missing.
func what(f *flows.Flow) string {
	if kind, code, ok := f.ICMP(); ok {
		return fmt.Sprintf("type %d code %d", kind, code)
	}
	text := strings.TrimSpace(f.App + " " + f.Detail)
	if missing := f.Streams[0].Missing + f.Streams[1].Missing; missing > 0 {
		text += fmt.Sprintf(" (%d bytes not seen)", missing)
	}
	return strings.TrimSpace(text)
}

func flowLine(f *flows.Flow) string {
	from, to := f.Ends()
	return strings.TrimSpace(fmt.Sprintf("%s %8.3fs %-6s %s → %s  %d/%d packets  %d/%d bytes  %s  %s", f.First.Local().Format("15:04:05.000"),
		f.Last.Sub(f.First).Seconds(), f.Protocol(), from, to, f.Packets[0], f.Packets[1], f.Bytes[0], f.Bytes[1], f.End, printable(what(f))))
}

// screen draws the busiest flows on a terminal, twice a second; nil where there
// is none.
func (w *watcher) screen(cmd *cobra.Command) func(wire.Stats) {
	screen := newScreen(cmd.OutOrStdout())
	if screen == nil || w.json || w.records {
		return nil
	}
	w.out.Reset(io.Discard) // flows that end just leave the screen
	var drawn time.Time
	return func(stats wire.Stats) {
		if time.Since(drawn) < 500*time.Millisecond {
			return
		}
		drawn = time.Now()
		var list []*flows.Flow
		w.table.Each(func(f *flows.Flow) bool {
			list = append(list, f)
			return true
		})
		slices.SortFunc(list, func(a, b *flows.Flow) int { return cmp.Compare(b.Bytes[0]+b.Bytes[1], a.Bytes[0]+a.Bytes[1]) })
		screen.draw(func(lines int) *table { return liveTable(list[:min(len(list), lines)], screen.width()) }, fmt.Sprintf("flows that go on: %d, that have ended: %d; %s; ^C ends it", w.table.Len(), w.table.Ended, stats))
	}
}

// liveTable is flows that go on, no wider than the terminal.
func liveTable(list []*flows.Flow, width int) *table {
	t := newTable("LASTS", "PROTO", "FROM", "TO", "PACKETS", "BYTES", "WHAT")
	for _, f := range list {
		from, to := f.Ends()
		t.add(took(f.Last.Sub(f.First)), f.Protocol(), from, to, fmt.Sprintf("%d/%d", f.Packets[0], f.Packets[1]), size(f.Bytes[0])+"/"+size(f.Bytes[1]), what(f))
	}
	t.fit(width, "PACKETS", "LASTS", "PROTO")
	return t
}
