package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages",
		Example: `  netwright man ~/.local/share/man/man1 && man netwright-proxy
  netwright man . && man ./netwright.1`,
		Long: `Writes a man page for each command to DIR, which is made where it is not there:
netwright.1, netwright-up.1 and so on.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			n := 0
			for _, c := range all(cmd.Root()) {
				if !c.IsAvailableCommand() && !c.IsAdditionalHelpTopicCommand() {
					continue
				}
				if err := os.WriteFile(filepath.Join(args[0], manName(c)+".1"), []byte(manPage(c)), 0o644); err != nil {
					return err
				}
				n++
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d pages are written to %s\n", n, args[0])
			return err
		},
	}
}

// manName is the name of a command's page, such as netwright-cert-issue.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is the page of a command, in the language of man(7).
func manPage(cmd *cobra.Command) string {
	var b strings.Builder
	section := func(name string) { fmt.Fprintf(&b, ".SH %s\n", name) }
	as := func(text string) { b.WriteString(".nf\n" + roff(strings.Trim(text, "\n")) + "\n.fi\n") }
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"netwright %s\" \"Netwright\"\n", strings.ToUpper(manName(cmd)), version())
	section("NAME")
	fmt.Fprintf(&b, "%s \\- %s\n", roff(manName(cmd)), roff(cmd.Short))
	if cmd.Runnable() {
		section("SYNOPSIS")
		use := cmd.UseLine()
		if cmd.HasSubCommands() {
			use = cmd.CommandPath() + " COMMAND"
		}
		fmt.Fprintf(&b, ".B %s\n", roff(use))
	}
	if cmd.Example != "" {
		section("EXAMPLES")
		as(cmd.Example)
	}
	if cmd.Long != "" {
		section("DESCRIPTION")
		if cmd.IsAdditionalHelpTopicCommand() { // it holds tables
			as(cmd.Long)
		} else {
			b.WriteString(strings.ReplaceAll(roff(cmd.Long), "\n\n", "\n.PP\n") + "\n")
		}
	}
	manCommands(&b, cmd)
	if cmd.HasAvailableLocalFlags() {
		section("OPTIONS")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { manFlag(&b, f) })
	}
	section("EXIT STATUS")
	b.WriteString("0 for success, 1 when the job failed, 2 when the command line was wrong.\n")
	if cmd.HasParent() {
		section("SEE ALSO")
		fmt.Fprintf(&b, ".BR %s (1)\n", roff(manName(cmd.Parent())))
	}
	return b.String()
}

// manCommands lists the commands below one.
func manCommands(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasSubCommands() {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
			fmt.Fprintf(b, ".TP\n.BR %s (1)\n%s\n", roff(manName(c)), roff(c.Short))
		}
	}
}

func manFlag(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	kind, usage := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if f.Shorthand != "" && f.Shorthand != f.Name {
		name = "-" + f.Shorthand + ", " + name
	}
	fmt.Fprintf(b, ".TP\n.B %s\n", roff(strings.TrimSpace(name+" "+kind)))
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
	default:
		usage += " (default " + f.DefValue + ")"
	}
	b.WriteString(roff(usage) + "\n")
}

// roff writes text so that it stands for itself: no line of it is a command.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
