package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/config/decode"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/node"
)

// front is what serve and proxy share: an HTTP service with one route, which
// runs without a config file.
type front struct {
	verb      string
	listen    []string
	cert, key string
	console   string
	access    bool
}

// defaultListen is where a front listens unless told otherwise.
const defaultListen = "http://127.0.0.1:8080"

func (f *front) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&f.listen, "listen", []string{defaultListen}, "the `URL` to listen on; may be given several times")
	flags.Lookup("listen").DefValue = defaultListen // without brackets
	flags.StringVar(&f.cert, "cert", "", "the certificate's `FILE` for https; by default one of Netwright's own authority is made")
	flags.StringVar(&f.key, "key", "", "the `FILE` of the certificate's key, where that of --cert does not hold it")
	flags.BoolVar(&f.access, "access", false, "write each request to standard error, in the combined log format")
	flags.StringVar(&f.console, "console", "off", "the `URL` of a web console, such as http://127.0.0.1:8800")
}

// check tells what is wrong with the flags.
func (f *front) check() error {
	for _, text := range f.listen {
		u, err := endpoint.Parse(text)
		switch {
		case strings.HasPrefix(text, ":"):
			return &usageError{fmt.Errorf("--listen %s is no URL; write http://%[1]s", text)}
		case err != nil:
			return err
		case !slices.Contains([]string{"http", "https", "unix", "fd"}, u.Scheme):
			return &usageError{fmt.Errorf("--listen %s: it is HTTP that is spoken, on http, https, unix or fd; for other streams see: netwright relay --help", text)}
		}
	}
	if f.key != "" && f.cert == "" {
		return &usageError{errors.New("--key is the key of a --cert, which is not given")}
	}
	return nil
}

// secure tells whether a certificate is needed that no URL names itself.
func (f *front) secure() bool {
	return slices.ContainsFunc(f.listen, func(text string) bool {
		u, err := endpoint.Parse(text)
		return err == nil && u.Scheme == "https" && u.Options.Cert == ""
	})
}

// config is the config with that route. It is made as text (JSON is YAML), so
// that it gets the defaults and the checks of a file.
func (f *front) config(route map[string]any) (*config.Config, error) {
	data, err := f.dataFolder()
	if err != nil {
		return nil, err
	}
	service := map[string]any{"listen": f.listen, "routes": []any{route}}
	all := map[string]any{"console": f.console, "data": data, "serve": map[string]any{f.verb: service}}
	if f.secure() {
		cert := map[string]any{"internal": map[string]any{}}
		if f.cert != "" {
			cert = map[string]any{"cert": f.cert}
		}
		if f.key != "" {
			cert["key"] = f.key
		}
		service["cert"] = f.verb
		all["certs"] = map[string]any{f.verb: cert}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(f.verb, text)
	var problems decode.Problems
	if !errors.As(err, &problems) {
		return cfg, err
	}
	// Where it stands in that text tells a user nothing.
	var wrong []string
	for _, p := range problems {
		wrong = append(wrong, p.Message)
	}
	return nil, &usageError{errors.New(strings.Join(wrong, "\n"))}
}

// dataFolder is a folder of its own for what listens there, in the user's state
// folder, so that an authority made for it is there again the next time.
func (f *front) dataFolder() (string, error) {
	where, err := os.Getwd() // which unix sockets are relative to
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(where + "\n" + strings.Join(f.listen, "\n")))
	of, err := config.DefaultDataFolder("")
	if err != nil {
		return "", fmt.Errorf("there is no place for what it keeps; set HOME or XDG_STATE_HOME: %w", err)
	}
	return filepath.Join(filepath.Dir(of), f.verb+"-"+hex.EncodeToString(hash[:4])), nil
}

// run serves the config until the command is told to stop.
func (f *front) run(cmd *cobra.Command, cfg *config.Config, does string) error {
	log, err := logger(cmd.ErrOrStderr(), "warn")
	if err != nil {
		return err
	}
	var n *node.Node
	n, err = node.New(cfg, node.Options{Log: log, Version: version(), Ready: func() { f.tell(cmd, cfg, n, does) }, Draining: draining(cmd.ErrOrStderr())})
	if err != nil {
		return err
	}
	defer tidy(cfg.Data)
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	var g errgroup.Group
	if f.access {
		g.Go(func() error { return writeAccess(ctx, cmd.ErrOrStderr(), n.Journal()) })
	}
	g.Go(func() error {
		defer cancel() // the last requests end while the node drains
		return runNode(cmd.Context(), n, log)
	})
	return g.Wait()
}

// tell says what runs where.
func (f *front) tell(cmd *cobra.Command, cfg *config.Config, n *node.Node, does string) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s %s\n", strings.Join(listens(n, f.verb), ", "), does)
	if f.secure() && f.cert == "" {
		fmt.Fprintf(out, "Its certificate is from Netwright's own authority. To trust that: netwright cert trust --data %s\n", cfg.Data)
	}
	if c := n.Info().Console; c != nil {
		fmt.Fprintf(out, "%s shows what happens\n", c.Listen)
	}
}

// tidy removes a data folder in which nothing was kept.
func tidy(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.Name() != "lock" && e.Name() != node.ControlSocket {
			return
		}
	}
	_ = os.RemoveAll(folder) // what is left over does no harm
}
