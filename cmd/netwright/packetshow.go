package main

import (
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

func packetShowCommand() *cobra.Command {
	var how sendShow
	var count uint64
	var line bool
	var seed seedFlag
	cmd := &cobra.Command{
		Use:   "show [flags] LINE",
		Short: "Show a packet line as it is built",
		Example: `  netwright packet show 'ip dst=192.0.2.1 / tcp flags=S'
  netwright packet show --hex 'eth / arp pdst=192.0.2.1'
  netwright packet show --as-line 'hex:45000014000100004000f6d17f0000017f000001'
  netwright packet show --json 'udp / dns qd={qname=example.com}'`,
		Long: `Prints all fields, those that were filled in among them, of what LINE stands for:
of the first packet, if it stands for several. Nothing is sent.

Of bytes alone, as hex: or @file, it shows the IP packet that they are.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := how.protos.set()
			if err != nil {
				return err
			}
			spec, err := parseLine(set, strings.Join(args, " "), seed.random())
			if err != nil {
				return err
			}
			begin := spec.Layers()[0]
			packets := (&budget{count}).limited(spec.All())
			if line {
				return printLines(cmd.OutOrStdout(), set, begin, packets)
			}
			how.tree = !how.json
			return how.print(cmd, begin, packets)
		},
	}
	f := cmd.Flags()
	f.Uint64VarP(&count, "count", "c", 1, "show that `MANY` packets")
	f.BoolVar(&line, "as-line", false, "print it as a line again, with what is not filled in by itself")
	f.BoolVar(&how.json, "json", false, "print a JSON object on a line")
	f.BoolVarP(&how.hex, "hex", "x", false, "print the bytes, too")
	seed.addFlag(cmd)
	how.protos.addFlag(cmd)
	return cmd
}

// seedFlag is --seed.
type seedFlag struct {
	seed  uint64
	given func() bool
	from  *rand.Rand
}

func (s *seedFlag) addFlag(cmd *cobra.Command) {
	cmd.Flags().Uint64Var(&s.seed, "seed", 0, "draw what is random in a line, rand and fuzz(…), from the `NUMBER`: the same each time (default another each time)")
	s.given = func() bool { return cmd.Flags().Changed("seed") }
}

// random is where the random values of all lines are drawn from, nil for anywhere.
func (s *seedFlag) random() *rand.Rand {
	if s.from == nil && s.given() {
		s.from = rand.New(rand.NewPCG(s.seed, 0))
	}
	return s.from
}

// printLines prints packets as lines that make them.
func printLines(w io.Writer, set *layer.Set, begin string, packets iter.Seq2[[]byte, error]) error {
	var p packet.Packet
	p.Use(set)
	for b, err := range packets {
		if err != nil {
			return err
		}
		if begin == "" {
			p.Decode(b, pcap.LinkRaw)
		} else {
			p.DecodeAs(begin, b)
		}
		if _, err := fmt.Fprintln(w, craft.Line(&p)); err != nil {
			return err
		}
	}
	return nil
}

// appendLine appends a captured packet as a line that makes it.
func appendLine(set *layer.Set) func(dst []byte, p *dissect.Packet) []byte {
	var q packet.Packet
	q.Use(set)
	return func(dst []byte, p *dissect.Packet) []byte {
		q.Info.Length = p.Wire
		q.Decode(p.Data, p.Link)
		return append(append(dst, craft.Line(&q)...), '\n')
	}
}
