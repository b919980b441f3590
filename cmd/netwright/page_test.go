package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write docs/commands.md")

const (
	commandsPage = "../../docs/commands.md"
	updatePage   = "go test ./cmd/netwright -run TestCommandsPage -update"
)

// docs/commands.md is what the commands say of themselves.
func TestCommandsPage(t *testing.T) {
	want := page(rootCommand())
	if *update {
		if err := os.WriteFile(commandsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(commandsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/commands.md is not what the commands say; write it with: %s", updatePage)
	}
}

// page is docs/commands.md.
func page(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the commands. Do not edit; run: %s -->\n# Commands\n\n", updatePage)
	fmt.Fprintf(&b, "```sh\n%s\n```\n\n%s\n\n", unindent(root.Example), root.Long)
	b.WriteString(`Each command's ` + "`--help`" + ` says what stands here. The exit status is 0 for success, 1 when
the job failed and 2 when the command line was wrong. Colour is for terminals alone,
and not there either where ` + "`NO_COLOR`" + ` is set; ` + "`--json`" + ` is for machines. Commands that
speak to a running node find it by ` + "`--node PATH`" + `, else by the config of the folder,
else as the only one that runs.

`)
	for _, group := range root.Groups() {
		fmt.Fprintf(&b, "| %s | |\n|---|---|\n", group.Title)
		for _, cmd := range root.Commands() {
			if cmd.GroupID == group.ID {
				fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", cmd.Name(), strings.ReplaceAll(cmd.CommandPath(), " ", "-"), cmd.Short)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("The URLs that commands listen on and connect to are explained in [endpoints](endpoints.md).\n")
	for _, cmd := range all(root)[1:] {
		if !cmd.IsAdditionalHelpTopicCommand() {
			command(&b, cmd)
		}
	}
	return b.String()
}

func command(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n%s.\n\n```sh\n%s\n```\n", cmd.CommandPath(), cmd.Short, unindent(cmd.Example))
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n%s\n", cmd.Long)
	}
	if cmd.HasSubCommands() {
		return
	}
	fmt.Fprintf(b, "\n```\n%s\n", cmd.UseLine())
	cmd.InitDefaultHelpFlag()
	if flags := cmd.LocalFlags().FlagUsages(); strings.Count(flags, "\n") > 1 { // more than --help
		fmt.Fprintf(b, "\n%s", flags)
	}
	b.WriteString("```\n")
}

func unindent(s string) string {
	return strings.TrimPrefix(strings.ReplaceAll(s, "\n  ", "\n"), "  ")
}
