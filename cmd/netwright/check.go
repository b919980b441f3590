package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/config/decode"
)

func checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "check [FILE]",
		SuggestFor: []string{"test", "validate", "lint"},
		Short:      "Say what is wrong with a config, or what it would run",
		Example: `  netwright check /etc/netwright/netwright.yaml
  netwright check
  netwright check --json | jq '.problems[].message'`,
		Long: `Reads the config, ` + config.DefaultFile + ` of this folder where no FILE is named, and prints
a table of what "netwright up" would run with it, or everything that is wrong in
it, each with its line and column and what would be right. The files that guards
and certificates are made of are read too. Of what is defined and nothing uses it
warns. Nothing is started.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := config.DefaultFile
			if len(args) > 0 {
				file = args[0]
			}
			return check(cmd, file, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checked is what check prints with --json.
type checked struct {
	OK       bool            `json:"ok"`
	Problems []problem       `json:"problems"`
	Warnings []problem       `json:"warnings"`
	Runs     *config.Summary `json:"runs,omitempty"`
}

type problem struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

func check(cmd *cobra.Command, file string, asJSON bool) error {
	c, err := config.Load(file)
	var problems decode.Problems
	switch {
	case errors.Is(err, fs.ErrNotExist) && file == config.DefaultFile:
		return fmt.Errorf("there is no %s in this folder; name a file, or write one with: netwright init", file)
	case err != nil && !errors.As(err, &problems):
		return err
	}
	if c != nil {
		problems = c.CheckFiles()
	}
	answer := checked{OK: err == nil && len(problems) == 0, Problems: listProblems(problems), Warnings: []problem{}}
	if answer.OK {
		summary := c.Summary()
		answer.Runs, answer.Warnings = &summary, listProblems(c.Warnings())
	}
	switch {
	case asJSON:
		if err := printJSON(cmd.OutOrStdout(), answer); err != nil {
			return err
		}
	case answer.OK:
		for _, w := range c.Warnings() {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d:%d: warning: %s\n", w.File, w.Line, w.Column, w.Message)
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), answer.Runs)
		return err
	default:
		fmt.Fprintln(cmd.ErrOrStderr(), problems)
	}
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s has a mistake", file)
	}
	return fmt.Errorf("%s has %d mistakes", file, len(problems))
}

func listProblems(all decode.Problems) []problem {
	list := []problem{}
	for _, p := range all {
		list = append(list, problem{p.File, p.Line, p.Column, p.Message, p.Suggestion})
	}
	return list
}
