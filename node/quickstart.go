package node

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/netwright/netwright/config"
)

// quickstartPage shows what to try next.
//
//go:embed quickstart.html
var quickstartPage string

// quickstartConfig is what runs where there is no config file. The two verbs
// stand for the addresses of the demo's upstreams.
//
//go:embed quickstart.yaml
var quickstartConfig string

// Quickstart is a node without a config file: something to see of everything, on
// loopback only.
type Quickstart struct {
	Config *config.Config
	demos  []*demo
}

// NewQuickstart opens the upstreams of the demo and makes the config around them.
func NewQuickstart() (*Quickstart, error) {
	q := &Quickstart{}
	for _, name := range []string{"one", "two"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("the demo's upstream: %w", err)
		}
		q.demos = append(q.demos, &demo{name: name, ln: ln})
	}
	text := fmt.Sprintf(quickstartConfig, q.demos[0].ln.Addr(), q.demos[1].ln.Addr())
	var err error
	if q.Config, err = config.Parse("quickstart", []byte(text)); err != nil {
		return nil, err
	}
	for i := range q.Config.Serve["web"].Routes {
		if r := q.Config.Serve["web"].Routes[i].Respond; r != nil && r.Body == "PAGE" {
			r.Body = quickstartPage
		}
	}
	return q, nil
}

// Serve runs the upstreams of the demo until ctx ends.
func (q *Quickstart) Serve(ctx context.Context) error {
	ended := make(chan error, len(q.demos))
	for _, d := range q.demos {
		go func() { ended <- d.serve(ctx) }()
	}
	var err error
	for range q.demos {
		if e := <-ended; e != nil {
			err = e
		}
	}
	return err
}

// demo is a small web server to balance over.
type demo struct {
	name string
	ln   net.Listener
}

func (d *demo) serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintf(w, "Hello from upstream %s.\n\nIt was asked:\n  %s %s\n  Host: %s\n", d.name, r.Method, r.URL, r.Host)
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "Via", "X-Request-Id"} {
			fmt.Fprintf(w, "  %s: %s\n", name, r.Header.Get(name))
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(d.ln); err != http.ErrServerClosed {
		return err
	}
	return nil
}
