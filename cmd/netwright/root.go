package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/endpoint"
)

// section is a part of the help page.
type section struct {
	title    string
	commands []*cobra.Command
}

// sections hold all commands there are, in the order of the help page.
func sections() []section {
	return []section{
		{"Run", []*cobra.Command{upCommand(), serveCommand(), proxyCommand()}},
		{"Write a config", []*cobra.Command{initCommand(), checkCommand(), schemaCommand()}},
		{"See and steer what runs", []*cobra.Command{
			statusCommand(), recordsCommand(), reloadCommand(), poolsCommand(), drainCommand(), undrainCommand(),
		}},
		{"Connect anything with anything", []*cobra.Command{listenCommand(), connectCommand(), relayCommand()}},
		{"Look at packets", []*cobra.Command{sniffCommand(), dissectCommand(), sendCommand(), answerCommand(), flowsCommand(), packetCommand(), pingCommand(), scanCommand(), traceCommand(), arpingCommand()}},
		{"Certificates, guards and keys", []*cobra.Command{certCommand(), guardCommand(), passwdCommand(), keyCommand()}},
		{"More", []*cobra.Command{completionCommand(), manCommand(), versionCommand(), helpCommand()}},
	}
}

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1   // the job failed
	exitUsage  = 2   // the command line was wrong
	exitSignal = 128 // plus the number of the signal that ended it at once
)

// usageError is a wrong command line that only the command itself could see.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// run is the whole program but for signals and the end of the process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	understood := false // the command line, as far as cobra can tell
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	for _, cmd := range all(root) {
		begin(cmd, func() { understood = true })
	}
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "netwright: %s\n", excluding(strings.TrimSpace(err.Error())))
	if understood && !isUsage(err) {
		return exitFailed
	}
	fmt.Fprintf(stderr, "See %q.\n", cmd.CommandPath()+" --help")
	return exitUsage
}

// all are a command and those below it.
func all(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		list = append(list, all(c)...)
	}
	return list
}

// begin has a command say that it begins its work.
func begin(cmd *cobra.Command, say func()) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			say()
			return work(cmd, args)
		}
	}
}

func isUsage(err error) bool {
	var usage *usageError
	var e *endpoint.Error
	return errors.As(err, &usage) || errors.As(err, &e) && e.Step == endpoint.StepParse
}

// rootCommand is netwright with all its commands.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "netwright",
		Short: "Serves and proxies, and speaks on any endpoint",
		Example: `  netwright up                                   # something to see, on this machine alone
  netwright serve ./public --listing             # a folder over HTTP
  netwright proxy --to http://127.0.0.1:3000     # a proxy before an application
  netwright init && netwright up                 # a config of your own`,
		Long: `Netwright serves files, proxies HTTP, relays streams, guards them, and shows what
passes. One YAML file says what runs; everything is also a command of its own.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cobra.EnableCommandSorting = false              // they are in an order
	root.CompletionOptions.DisableDefaultCmd = true // ours has examples
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(flagError)
	for _, s := range sections() {
		root.AddGroup(&cobra.Group{ID: s.title, Title: s.title})
		for _, cmd := range s.commands {
			cmd.GroupID = s.title
			root.AddCommand(cmd)
			if cmd.Name() == "help" {
				root.SetHelpCommand(cmd)
			}
		}
	}
	root.AddCommand(endpointsTopic())
	for _, cmd := range all(root) {
		sayArgs(cmd)
	}
	return root
}

// helpTemplate begins with examples, which say most.
const helpTemplate = `{{with .Example}}{{.}}

{{end}}{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}
{{end}}{{if or .Runnable .HasSubCommands}}
Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{if .HasAvailableSubCommands}}{{if .Groups}}{{$cmds := .Commands}}{{range $group := .Groups}}
{{.Title}}:{{range $cmds}}{{if and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{else}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{end}}{{if .HasHelpSubCommands}}
Topics, for netwright help TOPIC:{{range .Commands}}{{if .IsAdditionalHelpTopicCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableSubCommands}}
"{{.CommandPath}} COMMAND --help" tells about each, beginning with examples.
{{end}}{{end}}`

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Tell about a command or a topic",
		Example: `  netwright help relay
  netwright help cert issue
  netwright help endpoints`,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag() // so that it is shown
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			about, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range about.Commands() {
				names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// endpointsTopic is a page of help.
func endpointsTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "endpoints",
		Short: "The URLs to listen on and to connect to",
		Long: `  tcp://:8080                                      every address of this machine
  tls://db.example.com:5433?ca=ca.pem              verified against a CA of your own
  tcp://10.1.2.3:22?via=socks5://user:pw@bastion   through a proxy; via twice makes a chain

An endpoint is a URL, to listen on and to dial.

` + endpoint.Grammar() + `
A percent sign, an & and a # in an option's value are written %25, %26 and %23.
Parameters of ws, wss, http and https that are no options go to the server; one
that has the name of an option is written with a percent, as in %6Bey=abc.`,
	}
}
