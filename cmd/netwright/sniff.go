package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/wire"
)

// tap is what is captured: what sniff and flows have in common.
type tap struct {
	config  wire.Config
	filter  string
	display string // what of a display filter the kernel can decide, as a capture filter
	time    time.Duration
}

func (t *tap) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&t.config.Interface, "interface", "i", "any", "capture on this `INTERFACE`, or on any of them")
	f.BoolVarP(&t.config.Promiscuous, "promiscuous", "p", false, "take packets that are for other hosts too")
	f.TextVar(&t.config.Direction, "direction", wire.Both, "`WAY` that packets go: both, in or out")
	f.Var(sizeFlag{&t.config.Snap}, "snap", "keep that many `BYTES` of a packet (default all)")
	f.Var(secondsFlag{&t.time}, "deadline", "end after that `TIME`")
	f.Var(sizeFlag{&t.config.Ring}, "ring", "`SIZE` of the ring that the kernel writes to; more of it loses less (default 16MiB)")
}

// open opens the capture, and gives up all privileges then: no byte of a packet
// is looked at with them.
func (t *tap) open(cmd *cobra.Command) (*wire.Capture, error) {
	if t.filter != "" || t.display != "" {
		link, err := wire.LinkTypeOf(t.config.Interface)
		if err != nil {
			return nil, err
		}
		opts := &bpf.Options{LinuxExtensions: true}
		program, err := bpf.Compile(t.filter, link, opts)
		if err != nil {
			return nil, captureFilterError(t.filter, err)
		}
		if t.display != "" {
			both := t.display
			if t.filter != "" {
				both = "(" + t.filter + ") and (" + t.display + ")"
			}
			if narrower, err := bpf.Compile(both, link, opts); err == nil { // some links do not know TCP
				program = narrower
			}
		}
		t.config.Filter = program
	}
	capture, err := wire.Open(t.config)
	if err != nil {
		return nil, err
	}
	if err := dropPrivileges(cmd); err != nil {
		capture.Close()
		return nil, err
	}
	return capture, nil
}

// run captures until it is interrupted, or the time is over.
func (t *tap) run(ctx context.Context, capture *wire.Capture, handle func(worker int, frames []wire.Frame) error) (wire.Stats, error) {
	if t.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.time)
		defer cancel()
	}
	return capture.Run(ctx, handle)
}

// interfaceNames names interfaces by their index, and asks the kernel once for each.
func interfaceNames() func(index int) string {
	known := map[int]string{}
	return func(index int) string {
		name, ok := known[index]
		if !ok {
			name = "#" + strconv.Itoa(index)
			if i, err := net.InterfaceByIndex(index); err == nil {
				name = i.Name
			}
			known[index] = name
		}
		return name
	}
}

// sayCapturing says that packets are seen from now on, for people who wait for the
// first and for scripts that wait for this.
func sayCapturing(cmd *cobra.Command, from *tap) {
	where := from.config.Interface
	if where == "any" {
		where = "all interfaces"
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "capturing on %s; ^C ends it\n", where)
}

// captureFilterError is a capture filter that is wrong, with where and why.
func captureFilterError(text string, err error) error {
	return &usageError{fmt.Errorf("capture filter %q: %s", text, strings.TrimPrefix(err.Error(), "capture filter, "))}
}

// dropPrivileges gives up all capabilities, or says that this build cannot.
func dropPrivileges(cmd *cobra.Command) error {
	err := wire.DropPrivileges()
	if errors.Is(err, wire.ErrCgo) {
		fmt.Fprintln(cmd.ErrOrStderr(), "netwright: privileges are kept, since this program was built with cgo; build it with CGO_ENABLED=0")
		return nil
	}
	return err
}

func sniffCommand() *cobra.Command {
	var how show
	var from tap
	var write string
	var rotation pcap.Rotation
	cmd := &cobra.Command{
		Use:        "sniff [flags] [FILTER]",
		SuggestFor: []string{"capture", "dump", "tcpdump"},
		Short:      "Print or write the packets that pass on an interface",
		Example: `  netwright sniff -i eth0 tcp port 80
  netwright sniff -i eth0 -c 10 -V icmp or arp
  netwright sniff -i eth0 -w trace.pcapng.zst --rotate-size 100MiB --keep 10
  netwright sniff -Y 'dns.qry.name contains "example"' --json udp port 53
  netwright sniff -i eth0 --stats`,
		Long: `FILTER is a capture filter, the language of tcpdump: what it refuses does not reach
this program. -Y takes a display filter, that of Wireshark, of which the kernel
decides what it can. It goes on until it is interrupted, or has seen enough, and says
then how many packets came and how many were lost.

Of all interfaces, each line says by which the packet came (in) or went (out).

It takes root or the capability CAP_NET_RAW, which is given up when the sockets are
open.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkRotation(write, &rotation); err != nil {
				return &usageError{err}
			}
			from.filter = strings.Join(args, " ")
			if how.filter != "" {
				filter, err := how.compile()
				if err != nil {
					return err
				}
				from.display = filter.Capture()
			}
			capture, err := from.open(cmd)
			if err != nil {
				return err
			}
			defer capture.Close()
			to, err := rotatorFor(write, capture, rotation, from.config.Interface)
			if err != nil {
				return err
			}
			how.interfaces = interfaceNames()
			v, err := how.viewer(cmd, to, false)
			if err != nil {
				return err
			}
			sayCapturing(cmd, &from)
			stats, err := sniff(cmd.Context(), &from, capture, v)
			err = errors.Join(err, v.finish())
			switch {
			case uint64(v.shown) == stats.Delivered:
			case how.stats:
				fmt.Fprintf(cmd.ErrOrStderr(), "%d counted of ", v.shown)
			case write != "":
				fmt.Fprintf(cmd.ErrOrStderr(), "%d written of ", v.shown)
			default:
				fmt.Fprintf(cmd.ErrOrStderr(), "%d shown of ", v.shown)
			}
			fmt.Fprintln(cmd.ErrOrStderr(), stats)
			return err
		},
	}
	how.addFlags(cmd)
	from.addFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&write, "write", "w", "", "write the packets to `FILE` instead of printing them; .pcapng, .gz and .zst say how")
	f.Var(sizeFlag{&rotation.Size}, "rotate-size", "go on to a new file after that many `BYTES`")
	f.Var(secondsFlag{&rotation.Age}, "rotate-age", "go on to a new file after that `TIME`")
	excludesPrinting(cmd)
	f.IntVar(&rotation.Keep, "keep", 0, "keep that `MANY` files, and remove the oldest (default all)")
	return cmd
}

// checkRotation refuses what would do nothing.
func checkRotation(write string, r *pcap.Rotation) error {
	rotates := r.Size > 0 || r.Age > 0
	switch {
	case r.Keep < 0:
		return fmt.Errorf("--keep is 1 or more, or 0 for all files, not %d", r.Keep)
	case r.Keep > 0 && !rotates:
		return errors.New("--keep bounds the files of a rotation, and there is none: --rotate-size or --rotate-age says when a new file begins")
	case rotates && write == "":
		return errors.New("--rotate-size and --rotate-age are for the file of --write, and there is none")
	}
	return nil
}

// rotatorFor makes the file of -w, or several; nil where there is none.
func rotatorFor(path string, capture *wire.Capture, rotation pcap.Rotation, name string) (packetWriter, error) {
	if path == "" {
		return nil, nil
	}
	opts := &pcap.WriterOptions{
		Section:   pcap.Section{Application: "netwright " + version()},
		Interface: pcap.Interface{Name: name},
		FlushEach: path == "-",
		Statistics: func() []pcap.Statistics {
			s := capture.Stats()
			return []pcap.Statistics{{Time: time.Now(), Accepted: &s.Received, OSDropped: &s.Dropped, Delivered: &s.Delivered}}
		},
	}
	if rotation == (pcap.Rotation{}) {
		return pcap.Create(path, capture.LinkType(), opts)
	}
	return pcap.NewRotator(path, capture.LinkType(), opts, rotation)
}

// sniff shows what is captured until there is enough of it.
func sniff(ctx context.Context, from *tap, capture *wire.Capture, v *viewer) (wire.Stats, error) {
	packet := pcap.Packet{LinkType: capture.LinkType()}
	return from.run(ctx, capture, func(_ int, frames []wire.Frame) error {
		for i := range frames {
			packet.Time, packet.Data, packet.Length = frames[i].Time, frames[i].Data, frames[i].Length
			more, err := v.take(&packet)
			if err != nil {
				return err
			}
			if !more {
				return wire.ErrStop
			}
		}
		return v.out.Flush()
	})
}
