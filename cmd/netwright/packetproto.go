package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/protofile"
)

// protoDirs are folders, or files, with protocols of the user.
type protoDirs []string

func (d *protoDirs) addFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar((*[]string)(d), "proto", nil, "read packets by the protocols of this `FOLDER` too (.yaml files); may be given several times (default: those of \"protocols:\" in netwright.yaml here)")
}

// set is the built-in protocols and those of the folders, which win.
func (d protoDirs) set() (*layer.Set, error) {
	if len(d) == 0 {
		var err error
		if d, err = configured(config.DefaultFile); err != nil || len(d) == 0 {
			return proto.Set(), err
		}
	}
	set, _, err := d.load()
	return set, err
}

// collectLess has the heap grow to five times what is in use before it is
// collected, unless GOGC says otherwise: for commands that keep little beside the
// tables of protocols, and end soon.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// configured are the protocols that a config names. One without any does not
// matter here, whatever else is in it.
func configured(file string) (protoDirs, error) {
	text, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(text, []byte("protocols:")) {
		return nil, nil
	}
	cfg, err := config.Load(file)
	if err != nil {
		return nil, fmt.Errorf("%w\n--proto takes protocols without it", err)
	}
	return cfg.Protocols, nil
}

func (d protoDirs) load() (*layer.Set, []protofile.File, error) {
	var files []protofile.File
	for _, dir := range d {
		found, err := protofile.Load(dir)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, found...)
	}
	set, err := protofile.Set(files)
	return set, files, err
}

func packetProtoTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test FOLDER…",
		Short: "Run the tests that stand beside protocols",
		Example: `  netwright packet proto test ./protocols
  netwright packet proto test sensor.yaml`,
		Long: `Reads the protocols of a folder, or of one file, and holds each to the tests in its
file: bytes in hex, and the fields that they must read as.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, files, err := protoDirs(args).load()
			if err != nil {
				return err
			}
			failed, run := 0, 0
			for _, file := range files {
				for i := range file.Tests {
					run++
					if err := file.Tests[i].Run(set); err != nil {
						failed++
						fmt.Fprintf(cmd.OutOrStdout(), "%s: %s: %v\n", file.Path, file.Proto.Name, err)
					}
				}
				if len(file.Tests) == 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %s: has no test\n", file.Path, file.Proto.Name)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d %s, %d %s, %d failed\n", len(files), plural("protocol", len(files)), run, plural("test", run), failed)
			if failed > 0 {
				return fmt.Errorf("%d of %d tests failed", failed, run)
			}
			return nil
		},
	}
}
