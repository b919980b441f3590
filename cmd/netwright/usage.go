package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sayArgs has a command say how it is written when its arguments are wrong, and
// one that is only a group of others which of them may be meant.
func sayArgs(cmd *cobra.Command) {
	if cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		}
		return
	}
	if wrong := cmd.Args; wrong != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if wrong(cmd, args) == nil {
				return nil
			}
			if len(args) == 0 {
				return fmt.Errorf("an argument is missing; write: %s", cmd.UseLine())
			}
			return fmt.Errorf("wrong number of arguments: %s; write: %s", strings.Join(args, " "), cmd.UseLine())
		}
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q", name)
	if cmd.HasParent() {
		text += " for " + cmd.CommandPath()
	}
	return &usageError{fmt.Errorf("%s%s", text, didYouMean(cmd.SuggestionsFor(name), ""))}
}

// flagError suggests flags that are written nearly so, or what other tools' flags
// are here.
func flagError(cmd *cobra.Command, err error) error {
	if letter, ok := unknownShort(err.Error()); ok {
		if hint := habit(cmd.Name(), letter); hint != "" {
			return fmt.Errorf("%w; %s", err, hint)
		}
	}
	if plain := plainNumbers(err.Error()); plain != err.Error() {
		return errors.New(plain)
	}
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return err
	}
	near := &cobra.Command{} // which knows what is written nearly so among its commands
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		near.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	near.SuggestionsMinimumDistance = 2
	return fmt.Errorf("%w%s", err, didYouMean(near.SuggestionsFor(name), "--"))
}

func didYouMean(names []string, before string) string {
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + before + strings.Join(names, " or "+before) + "?"
}
