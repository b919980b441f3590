package main

import (
	"github.com/spf13/cobra"

	"github.com/netwright/netwright/config"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of the config, for editors",
		Example: `  netwright schema > netwright.schema.json

  # and in the first line of netwright.yaml:
  # yaml-language-server: $schema=./netwright.schema.json`,
		Long: `Prints the JSON schema (2020-12) of the config file. Editors complete keys by
it, show what they mean, and mark mistakes as you type.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(config.Schema)
			return err
		},
	}
}
