package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func serveCommand() *cobra.Command {
	f := front{verb: "serve"}
	var listing bool
	var missing string
	cmd := &cobra.Command{
		Use:        "serve DIR",
		SuggestFor: []string{"http", "files", "web"},
		Short:      "Serve the files of a folder over HTTP",
		Example: `  netwright serve . --listing
  netwright serve ./public --listen http://:8080 --access
  netwright serve ./public --listen https://127.0.0.1:8443
  netwright serve ./dist --missing index.html        # a single-page application`,
		Long: `Serves the files of DIR until it is stopped. What begins with a dot, and what a
link leads to outside the folder, is not served. For more than one folder, for
guards and for other routes write a config: netwright init.`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			switch info, err := os.Stat(dir); {
			case errors.Is(err, fs.ErrNotExist):
				return fmt.Errorf("there is no folder %s", args[0])
			case err != nil:
				return err
			case !info.IsDir():
				return fmt.Errorf("%s is a file; name a folder", args[0])
			}
			files := map[string]any{"root": dir, "listing": listing}
			if missing != "" {
				files["missing"] = missing
			}
			cfg, err := f.config(map[string]any{"files": files})
			if err != nil {
				return err
			}
			return f.run(cmd, cfg, "serves "+dir)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&listing, "listing", false, "list the files of a folder that has no index.html")
	cmd.Flags().StringVar(&missing, "missing", "", "the `FILE` in DIR that is served where there is none")
	return cmd
}
