package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/config"
)

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented config to start from",
		Example: `  netwright init && netwright up
  netwright init shop.yaml`,
		Long: `Writes a config with comments, which runs as it stands, to FILE, or to
` + config.DefaultFile + ` of this folder. A file that is there already is left as it is.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := config.DefaultFile
			if len(args) > 0 {
				file = args[0]
			}
			if err := writeNew(file, config.Starting); err != nil {
				return err
			}
			run := "netwright up"
			if file != config.DefaultFile {
				run += " " + file
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is written. Run it with: %s\n", file, run)
			return err
		},
	}
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and stays as it is; name another file", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
