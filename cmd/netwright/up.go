package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/config/decode"
	"github.com/netwright/netwright/node"
)

func upCommand() *cobra.Command {
	var quick bool
	var level string
	cmd := &cobra.Command{
		Use:        "up [FILE]",
		SuggestFor: []string{"run", "start"},
		Short:      "Run a config, or the quickstart where there is none",
		Example: `  netwright up
  netwright up /etc/netwright/netwright.yaml
  netwright up --quickstart`,
		Long: `Runs FILE, or ` + config.DefaultFile + ` of this folder; where there is none, a quickstart on
this machine's loopback that shows what Netwright does. It runs until it is told
to stop: the first interrupt or SIGTERM lets what has begun end in order, a second
one ends it at once. SIGHUP, or "netwright reload", applies a changed file.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			log, err := logger(cmd.ErrOrStderr(), level)
			if err != nil {
				return err
			}
			if quick && len(args) > 0 {
				return &usageError{errors.New("the quickstart takes no file")}
			}
			file := config.DefaultFile
			if len(args) > 0 {
				file = args[0]
			}
			_, err = os.Stat(file)
			if quick || len(args) == 0 && errors.Is(err, fs.ErrNotExist) {
				return quickstart(cmd, log, quick)
			}
			cfg, err := load(file, log)
			if err != nil {
				return err
			}
			return up(cmd, cfg, log)
		},
	}
	cmd.Flags().BoolVar(&quick, "quickstart", false, "run the quickstart even where there is a config file")
	cmd.Flags().StringVar(&level, "log", "info", "least `level` that is logged: debug, info, warn or error")
	return cmd
}

func logger(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, &usageError{fmt.Errorf("--log %s: it is debug, info, warn or error", level)}
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})), nil
}

// load reads a config, and logs what in it is of no use.
func load(file string, log *slog.Logger) (*config.Config, error) {
	cfg, err := config.Load(file)
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings() {
		log.Warn(w.Error())
	}
	return cfg, nil
}

// up runs a config until the command is told to stop.
func up(cmd *cobra.Command, cfg *config.Config, log *slog.Logger) error {
	path := cfg.Path()
	var n *node.Node
	n, err := node.New(cfg, node.Options{
		Log: log, Version: version(),
		Load:  func() (*config.Config, error) { return load(path, log) },
		Ready: func() { fmt.Fprint(cmd.OutOrStdout(), running(n, cfg)) }, Draining: draining(cmd.ErrOrStderr()),
	})
	if err != nil {
		return err
	}
	return runNode(cmd.Context(), n, log)
}

// running is the summary of what runs, with the addresses that the system chose.
func running(n *node.Node, cfg *config.Config) config.Summary {
	sum := cfg.Summary()
	services := sum.Services
	if c := n.Info().Console; c != nil { // which stands first
		services[0].Listen = []string{c.Listen}
		services = services[1:]
	}
	for i, s := range services {
		services[i].Listen = listens(n, s.Name)
	}
	return sum
}

// listens are the endpoints that a service really listens on.
func listens(n *node.Node, service string) []string {
	for _, s := range n.Services() {
		if s.Name == service {
			return s.Listen
		}
	}
	return nil
}

// draining makes what tells on a terminal that a stop waits for somebody; nil where
// w is none, and a line of log is in its place.
func draining(w io.Writer) func(open int64, limit time.Duration) {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func(open int64, limit time.Duration) { fmt.Fprint(w, drainText(open, limit)) }
}

// drainText is what a person is told, nothing where nobody is waited for.
func drainText(open int64, limit time.Duration) string {
	what := "one connection"
	switch {
	case open == 0:
		return ""
	case open > 1:
		what = fmt.Sprint(open, " connections")
	}
	upTo := ""
	if limit >= 0 {
		upTo = fmt.Sprintf("up to %s ", limit)
	}
	return fmt.Sprintf("Stopping: waiting %sfor %s to end; ^C again ends it at once.\n", upTo, what)
}

// runNode runs a node, and reloads it at each SIGHUP.
func runNode(ctx context.Context, n *node.Node, log *slog.Logger) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	g.Go(func() error {
		defer cancel()
		return n.Run(ctx)
	})
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hup:
				reloadNow(ctx, n, log)
			}
		}
	})
	return g.Wait()
}

func reloadNow(ctx context.Context, n *node.Node, log *slog.Logger) {
	changes, err := n.Reload(ctx)
	var problems decode.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems { // a line for each
			log.Error("a mistake in the config", "err", p)
		}
		log.Error("the config was not applied; the old one goes on", "mistakes", len(problems))
	case err != nil:
		log.Error("the config was not applied; the old one goes on", "err", err)
	case len(changes) == 0:
		log.Info("reloaded: nothing has changed")
	default:
		log.Info("reloaded", "changes", strings.Join(changes, "; "))
	}
}

// quickstart runs what needs no config.
func quickstart(cmd *cobra.Command, log *slog.Logger, asked bool) error {
	q, err := node.NewQuickstart()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	left := make(map[string]bool)
	n, err := node.New(q.Config, node.Options{
		Log: log, Version: version(), Lenient: true,
		Missing: func(what, url string, err error) {
			left[what] = true
			fmt.Fprintf(out, "%-13s left out: %v", what, err)
			if who := node.Holder(url); who != "" {
				fmt.Fprintf(out, "; %s has it", who)
			}
			fmt.Fprintln(out)
		},
		Ready: func() { tellQuickstart(out, left, asked) }, Draining: draining(cmd.ErrOrStderr()),
	})
	if err != nil {
		return err
	}
	// Its upstreams go on until what is under way has been answered.
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	var g errgroup.Group
	g.Go(func() error { return q.Serve(ctx) })
	g.Go(func() error {
		defer cancel()
		return runNode(cmd.Context(), n, log)
	})
	err = g.Wait()
	if held, ok := errors.AsType[*node.HeldError](err); ok && held.Config == "" {
		return fmt.Errorf("a quickstart runs already (process %s): stop it first, or see http://127.0.0.1:8080", held.PID)
	}
	return err
}

// tellQuickstart says what runs, and a line to try for each.
func tellQuickstart(out io.Writer, left map[string]bool, asked bool) {
	fmt.Fprint(out, "Netwright runs its quickstart.")
	if !asked {
		fmt.Fprintf(out, " There is no %s here; netwright init writes one.", config.DefaultFile)
	}
	fmt.Fprint(out, "\n\n")
	for _, l := range []struct{ part, what, try string }{
		{"service web", "page     http://127.0.0.1:8080", "open it in a browser"},
		{"service web", "proxy    http://127.0.0.1:8080/demo/", "curl http://127.0.0.1:8080/demo/"},
		{"service echo", "echo     tcp://127.0.0.1:7007", "netwright connect tcp://127.0.0.1:7007"},
		{"service chat", "chat     tcp://127.0.0.1:7008", "netwright connect tcp://127.0.0.1:7008"},
		{"console", "console  http://127.0.0.1:8800", "open it in a browser; or netwright records -f"},
	} {
		if !left[l.part] {
			fmt.Fprintf(out, "  %-38s %s\n", l.what, l.try)
		}
	}
	fmt.Fprintln(out, "\nStop it with ^C.")
}
