package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func reloadCommand() *cobra.Command {
	var at nodeFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Apply a changed config to what runs",
		Example: `  netwright reload
  netwright reload --node /etc/netwright/netwright.yaml
  netwright check && netwright reload`,
		Long: `Has the running node read its config file again, and prints what changed. No
connection and no request is dropped. With a mistake in the file nothing changes:
the mistakes are printed, and the node goes on as it was.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := at.client(cmd.Context())
			if err != nil {
				return err
			}
			defer client.Close()
			changes, err := client.Reload(cmd.Context())
			out := cmd.OutOrStdout()
			switch {
			case err != nil && strings.Contains(err.Error(), "\n"): // the mistakes, each with its place
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return errors.New("not reloaded; the node goes on with the config that it had")
			case err != nil:
				return fmt.Errorf("not reloaded: %w", err)
			case asJSON:
				return printJSON(out, map[string][]string{"changes": changes})
			case len(changes) == 0:
				fmt.Fprintln(out, "nothing has changed")
			}
			for _, change := range changes {
				fmt.Fprintln(out, change)
			}
			return nil
		},
	}
	at.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
