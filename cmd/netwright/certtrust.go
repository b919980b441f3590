package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/cert"
)

func certTrustCommand() *cobra.Command {
	var flags authorityFlags
	var show, undo bool
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Make this machine trust Netwright's own authority",
		Long: `Puts the certificate of Netwright's own authority into the trust store of the
system, so that curl and other programs accept what it issues. That needs the
rights of the administrator, and works on Debian and its family; elsewhere, and
with --print, it says what to do by hand. Browsers on Linux have stores of their
own: --print tells how to reach them too.`,
		Example: `  sudo netwright cert trust --data /var/lib/netwright
  netwright cert trust --print
  sudo netwright cert trust --undo`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			// It is not made here: run with sudo and no --data, this would be
			// an authority of the administrator's, which nothing uses.
			folder, err := flags.folder()
			if err != nil {
				return err
			}
			if !cert.HasAuthority(folder) {
				return fmt.Errorf("there is no authority in %s; name the data folder of the node with --data, or make one with: netwright cert ca", folder)
			}
			authority, err := cert.OpenAuthority(folder)
			if err != nil {
				return err
			}
			store, ok := cert.SystemTrustStore()
			root := authority.Certificate()
			switch {
			case show:
				_, err = fmt.Fprint(cmd.OutOrStdout(), cert.TrustInstructions(authority.File()))
				return err
			case !ok:
				return fmt.Errorf("this system's trust store is not one that can be changed from here; by hand it is:\n%s", cert.TrustInstructions(authority.File()))
			case undo:
				if err := store.Remove(cmd.Context(), root); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s is no longer trusted on this machine\n", root.Subject.CommonName)
				return nil
			}
			if err := store.Install(cmd.Context(), root); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is now trusted on this machine (%s)\n", root.Subject.CommonName, store.File(root))
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&show, "print", false, "print what to do, and change nothing")
	cmd.Flags().BoolVar(&undo, "undo", false, "make this machine trust it no longer")
	cmd.MarkFlagsMutuallyExclusive("print", "undo")
	return cmd
}
