package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print what completes commands in bash, zsh, fish or powershell",
		Example: `  netwright completion bash > ~/.local/share/bash-completion/completions/netwright
  netwright completion zsh > "${fpath[1]}/_netwright"
  netwright completion fish > ~/.config/fish/completions/netwright.fish
  netwright completion powershell | Out-String | Invoke-Expression`,
		Long: `Prints a script by which a shell completes the commands and flags of netwright, and
what only a running node knows, such as the targets to drain. A shell that runs
has to be started anew to take it up, or reads it with: source <(netwright
completion bash).`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return cmd.Root().GenBashCompletionV2(out, true)
			case "zsh":
				return cmd.Root().GenZshCompletion(out)
			case "fish":
				return cmd.Root().GenFishCompletion(out, true)
			case "powershell":
				return cmd.Root().GenPowerShellCompletionWithDesc(out)
			}
			return &usageError{fmt.Errorf("%q is none of the shells %s", args[0], strings.Join(shells, ", "))}
		},
	}
}
