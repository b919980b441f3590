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

// commands are all there are, in the order of the help page.
func commands() []*cobra.Command {
	return []*cobra.Command{
		upCommand(),
		checkCommand(),
		initCommand(),
		schemaCommand(),
		listenCommand(),
		connectCommand(),
		relayCommand(),
		certCommand(),
		guardCommand(),
		passwdCommand(),
		keyCommand(),
		versionCommand(),
		endpointsTopic(),
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
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
	root.AddCommand(commands()...)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "netwright: %s\n", strings.TrimSpace(err.Error()))
	if understood && !isUsage(err) {
		return exitFailed
	}
	fmt.Fprintf(stderr, "See %q.\n", cmd.CommandPath()+" --help")
	return exitUsage
}

func isUsage(err error) bool {
	var usage *usageError
	var e *endpoint.Error
	return errors.As(err, &usage) || errors.As(err, &e) && e.Step == endpoint.StepParse
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "netwright",
		Short:         "Serves and proxies, and speaks on any endpoint",
		SilenceErrors: true,
		SilenceUsage:  true,
		Run:           func(cmd *cobra.Command, _ []string) { cmd.Help() },
	}
	root.SetHelpTemplate(helpTemplate)
	return root
}

// helpTemplate begins with examples, which say most.
const helpTemplate = `{{with .Example}}{{.}}

{{end}}{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}
{{end}}{{if or .Runnable .HasSubCommands}}
Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{end}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasHelpSubCommands}}
Topics, for netwright help TOPIC:{{range .Commands}}{{if .IsAdditionalHelpTopicCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{end}}`

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
