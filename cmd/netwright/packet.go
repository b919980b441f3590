package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

func packetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "packet",
		Short: "Tell about packet lines, protocols, fields and filters",
		Example: `  netwright packet show 'ip dst=192.0.2.1 / tcp flags=S'
  netwright packet proto list
  netwright packet fields tcp`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(packetShowCommand(), packetProtoCommand(), packetFieldsCommand(), packetFilterCommand())
	return cmd
}

func packetProtoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "proto",
		Short: "List protocols, and test one's own",
		Example: `  netwright packet proto list
  netwright packet proto test ./protocols`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(packetProtoListCommand(), packetProtoTestCommand())
	return cmd
}

func packetProtoListCommand() *cobra.Command {
	var protos protoDirs
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the protocols that packets are read by",
		Example: `  netwright packet proto list
  netwright packet proto list | grep -i vlan
  netwright packet proto list --proto ./protocols      # with those of a folder`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := protos.set()
			if err != nil {
				return err
			}
			t := newTable("NAME", "ALSO", "PROTOCOL", "DEFINED IN")
			for _, p := range set.Protos() {
				t.add(p.Name, strings.Join(p.Alias, ", "), p.Title, p.Spec)
			}
			return t.write(cmd.OutOrStdout())
		},
	}
	protos.addFlag(cmd)
	return cmd
}

func packetFieldsCommand() *cobra.Command {
	var protos protoDirs
	cmd := &cobra.Command{
		Use:   "fields PROTOCOL",
		Short: "List the fields of a protocol",
		Example: `  netwright packet fields tcp
  netwright packet fields IP`,
		Long: `Prints the names of the fields, for filters, --fields and packet lines; the short
name that a packet line takes too; their kind and width in bits.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := protos.set()
			if err != nil {
				return err
			}
			p := set.Proto(args[0])
			if p == nil {
				var names []string
				for _, p := range set.Protos() {
					names = append(append(names, p.Name), p.Alias...)
				}
				return fmt.Errorf("there is no protocol %q%s; netwright packet proto list has them all", args[0], layer.Nearest(args[0], names))
			}
			return writeFields(cmd.OutOrStdout(), p)
		},
	}
	protos.addFlag(cmd)
	return cmd
}

func packetFilterCommand() *cobra.Command {
	link := "EN10MB"
	cmd := &cobra.Command{
		Use:   "filter [flags] EXPRESSION",
		Short: "Show the program that a capture filter becomes",
		Example: `  netwright packet filter tcp port 80
  netwright packet filter --link LINUX_SLL2 'ip6 and tcp port 443'`,
		Long: `Prints the instructions of classic BPF, one a line, as tcpdump -d does, and what
each of them asks.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := pcap.ParseLinkType(link)
			if err != nil {
				return &usageError{err}
			}
			text := strings.Join(args, " ")
			program, err := bpf.Compile(text, kind, nil)
			if err != nil {
				return captureFilterError(text, err)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), bpf.Disassemble(program))
			return err
		},
	}
	cmd.Flags().StringVar(&link, "link", link, "the link `TYPE` it is for: EN10MB, RAW, LINUX_SLL2 …")
	return cmd
}

func writeFields(w io.Writer, p *layer.Proto) error {
	t := newTable("FIELD", "SHORT", "KIND", "BITS", "WHAT IT IS")
	var add func(fields []layer.Field, depth int)
	add = func(fields []layer.Field, depth int) {
		for i := range fields {
			f := &fields[i]
			inner := depth
			if f.Name != "" {
				bits := ""
				if f.Bits > 0 {
					bits = fmt.Sprint(f.Bits)
				}
				t.add(strings.Repeat("  ", depth)+f.Name, f.Alias, f.Kind, bits, f.Title)
				inner++
			}
			add(f.Sub, inner)
			for _, c := range f.Cases {
				add(c.Fields, inner)
			}
		}
	}
	add(p.Fields, 0)
	return t.write(w)
}
