package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// dissecting is the command dissect.
type dissecting struct {
	show
	filter fileFilter
	write  string
	joiner pcap.Joiner // of what -w writes
}

func dissectCommand() *cobra.Command {
	var d dissecting
	cmd := &cobra.Command{
		Use:        "dissect [flags] FILE…",
		SuggestFor: []string{"tshark", "tcpdump", "decode"},
		Short:      "Print the packets of a capture file, or write some of them to another",
		Example: `  netwright dissect trace.pcapng
  netwright dissect -V -c 1 trace.pcapng                # all fields of the first
  netwright dissect --json trace.pcap | jq -r '.layers[].proto' | sort | uniq -c
  netwright dissect --fields frame.number,ip.src,dns.qry.name trace.pcap.gz
  netwright dissect -Y 'tcp.flags.syn == 1 && ip.src in {10.0.0.0/8}' trace.pcap
  netwright dissect -f 'tcp port 443' -w https.pcap trace.pcap
  netwright dissect --stats trace-*.pcapng.zst          # over all of them
  tcpdump -i eth0 -U -w - | netwright dissect -         # from a pipe, as they come`,
		Long: `Prints a line for each packet of FILE, or of standard input for "-": its number,
the seconds since the first, addresses, protocol, length, and what matters of it.
FILE is pcap or pcapng, packed by gzip or zstd or not; several are read one after
another, as if they were one. "netwright packet fields" lists the names of fields; they
are Wireshark's. Each packet stands alone: streams and fragments are not put together.

-f takes a capture filter, the language of tcpdump, and -Y a display filter, that of
Wireshark; with both, a packet must pass both. -w writes the packets that pass to a
file instead, as they were.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd, args) },
	}
	d.addFlags(cmd)
	cmd.Flags().StringVarP(&d.filter.text, "capture-filter", "f", "", "only the packets that this capture `FILTER` lets pass, as 'tcp port 80'")
	cmd.Flags().StringVarP(&d.write, "write", "w", "", "write the packets to `FILE` instead of printing them; .pcapng, .gz and .zst say how")
	excludesPrinting(cmd)
	return cmd
}

// run shows the packets of files until they end, and what there is when it is
// interrupted. What is wrong with one file does not keep the next from being read.
func (d *dissecting) run(cmd *cobra.Command, paths []string) error {
	collectLess()
	var to packetWriter
	if d.write != "" {
		to = &d.joiner
	}
	pipe := slices.Index(paths, "-")
	if pipe >= 0 && slices.Contains(paths[pipe+1:], "-") {
		return &usageError{errors.New("standard input can be read once")}
	}
	v, err := d.viewer(cmd, to, pipe >= 0)
	if err != nil {
		return err
	}
	var wrong []error
	for _, path := range paths {
		more, err := d.file(cmd.Context(), path, v)
		if err != nil {
			wrong = append(wrong, err)
		}
		if !more {
			break
		}
	}
	if len(wrong) == len(paths) && v.shown == 0 { // there is nothing to sum up
		return errors.Join(append(wrong, d.joiner.Close())...)
	}
	return errors.Join(append(wrong, v.finish())...)
}

// file shows the packets of a file. It returns whether the next is wanted.
func (d *dissecting) file(ctx context.Context, path string, v *viewer) (more bool, err error) {
	reader, err := pcap.Open(path)
	if err != nil {
		return true, err
	}
	defer reader.Close()
	if d.write != "" {
		d.joiner.From(reader)
	}
	if path == "-" {
		path = "standard input"
	}
	d.filter.program = nil // each file may be of another link
	var p pcap.Packet
	for ctx.Err() == nil {
		err := reader.Read(&p)
		if failed := d.create(reader, &p); failed != nil {
			return false, failed
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, fmt.Errorf("%s: %w", path, err)
		}
		pass, err := d.filter.match(&p)
		switch {
		case isUsage(err): // for one file as for all
			return false, err
		case err != nil:
			return true, fmt.Errorf("%s: %w", path, err)
		}
		if !pass {
			continue
		}
		if more, err := v.take(&p); err != nil || !more {
			return false, err
		}
	}
	return false, nil
}

// create makes the file of -w, for the link of the first packet or, where there is
// none, of the first interface.
func (d *dissecting) create(reader *pcap.Reader, p *pcap.Packet) error {
	links := reader.Interfaces()
	switch {
	case d.write == "":
		return nil
	case len(p.Data) > 0:
		return d.joiner.Create(d.write, p.LinkType, nil)
	case len(links) > 0:
		return d.joiner.Create(d.write, links[0].LinkType, nil)
	}
	return nil
}

// fileFilter is a capture filter for the packets of a file.
type fileFilter struct {
	text    string
	link    pcap.LinkType
	program *bpf.Program // once the first packet has said for which link
}

// match tells whether a packet passes.
func (f *fileFilter) match(p *pcap.Packet) (bool, error) {
	if f.text == "" {
		return true, nil
	}
	if f.program == nil {
		var err error
		if f.program, err = bpf.New(f.text, p.LinkType, nil); err != nil {
			return false, captureFilterError(f.text, err)
		}
		f.link = p.LinkType
	}
	if p.LinkType != f.link {
		return false, fmt.Errorf("there are packets of %v and of %v, and a capture filter is made for one; filter with -Y", f.link, p.LinkType)
	}
	return f.program.Match(p.Data, p.Length), nil
}
