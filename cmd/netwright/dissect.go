package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

func dissectCommand() *cobra.Command {
	var how show
	var capture, write string
	cmd := &cobra.Command{
		Use:        "dissect [flags] FILE",
		SuggestFor: []string{"tshark", "tcpdump", "decode"},
		Short:      "Print the packets of a capture file, or write some of them to another",
		Example: `  netwright dissect trace.pcapng
  netwright dissect -V -c 1 trace.pcapng                # all fields of the first
  netwright dissect --json trace.pcap | jq -r '.layers[].proto' | sort | uniq -c
  netwright dissect --fields frame.number,ip.src,dns.qry.name trace.pcap.gz
  netwright dissect -Y 'tcp.flags.syn == 1 && ip.src in {10.0.0.0/8}' trace.pcap
  netwright dissect -f 'tcp port 443' -w https.pcap trace.pcap
  netwright dissect --stats trace.pcap
  tcpdump -i eth0 -U -w - | netwright dissect -         # from a pipe, as they come`,
		Long: `Prints a line for each packet of FILE, or of standard input for "-": its number,
the seconds since the first, addresses, protocol, length, and what matters of it.
FILE is pcap or pcapng, packed by gzip or zstd or not. "netwright packet fields"
lists the names of fields; they are Wireshark's. Each packet stands alone: streams
and fragments are not put together.

-f takes a capture filter, the language of tcpdump, and -Y a display filter, that of
Wireshark; with both, a packet must pass both. -w writes the packets that pass to a
file instead, as they were.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reader, err := pcap.Open(args[0])
			if err != nil {
				return err
			}
			defer reader.Close()
			return how.file(cmd, reader, capture, write, args[0] == "-")
		},
	}
	how.addFlags(cmd)
	cmd.Flags().StringVarP(&capture, "capture-filter", "f", "", "only the packets that this capture `FILTER` lets pass, as 'tcp port 80'")
	cmd.Flags().StringVarP(&write, "write", "w", "", "write the packets to `FILE` instead of printing them; .pcapng, .gz and .zst say how")
	excludesPrinting(cmd)
	return cmd
}

// file shows the packets of a file until it ends, and what there is when it is
// interrupted.
func (s *show) file(cmd *cobra.Command, reader *pcap.Reader, capture, write string, live bool) (err error) {
	var p pcap.Packet
	var v *viewer
	filter := fileFilter{text: capture}
	for more := true; more && cmd.Context().Err() == nil; {
		if err = reader.Read(&p); err != nil {
			break
		}
		if v == nil {
			if v, err = s.fileViewer(cmd, reader, p.LinkType, write, live); err != nil {
				return err
			}
		}
		var pass bool
		if pass, err = filter.match(&p); err != nil {
			break
		}
		if !pass {
			continue
		}
		if more, err = v.take(&p); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if v == nil {
		return err
	}
	return errors.Join(err, v.finish())
}

func (s *show) fileViewer(cmd *cobra.Command, reader *pcap.Reader, link pcap.LinkType, write string, live bool) (*viewer, error) {
	to, err := outputFor(write, link, reader)
	if err != nil {
		return nil, err
	}
	return s.viewer(cmd, to, live)
}

// outputFor makes the file of -w; nil where there is none.
func outputFor(path string, link pcap.LinkType, reader *pcap.Reader) (packetWriter, error) {
	if path == "" {
		return nil, nil
	}
	w, err := pcap.Create(path, link, nil)
	if err != nil {
		return nil, err
	}
	w.CarryOver(reader)
	return w, nil
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
		return false, fmt.Errorf("the file has packets of %v and of %v, and a capture filter is made for one; filter with -Y", f.link, p.LinkType)
	}
	return f.program.Match(p.Data, p.Length), nil
}
