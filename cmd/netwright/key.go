package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/guard"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "key",
		Short:   "Make keys for keys guards",
		Example: `  netwright key new ci --file keys.txt`,
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(keyNewCommand())
	return cmd
}

func keyNewCommand() *cobra.Command {
	var file string
	var another, asJSON bool
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a new key, print it once and store its hash",
		Long: `Makes a key of 256 random bits and prints it to standard output. Only its hash
goes into the file, so the key cannot be shown again. Without --file the line for
the file is printed too. Who shows the key is known by NAME.`,
		Example: `  netwright key new ci --file keys.txt
  netwright key new ci --file keys.txt --another    # while the old one still works
  curl -H "Authorization: Bearer $(cat ci.key)" https://shop.example.com/api/`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			if err := guard.CheckKeyName(name); err != nil {
				return &usageError{err}
			}
			key, hash := guard.NewKey()
			if file != "" {
				err := guard.AddKey(file, name, hash, another)
				if errors.Is(err, guard.ErrKeyExists) {
					return fmt.Errorf("%w; --another gives it one more", err)
				}
				if err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]string{"name": name, "key": key, "hash": hash})
			}
			fmt.Fprintln(cmd.OutOrStdout(), key)
			if file == "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "The line for the keys file:\n%s:%s\n", name, hash)
			} else {
				fmt.Fprintf(cmd.ErrOrStderr(), "The hash is in %s. The key is not shown again.\n", file)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "the keys `FILE` to put the hash into")
	cmd.Flags().BoolVar(&another, "another", false, "give a name that has a key one more")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
