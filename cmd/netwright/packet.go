package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/bpf"
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
