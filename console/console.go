package console

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/netwright/netwright/flow"
)

// Console answers for one node, on as many listeners as there are.
type Console struct {
	node      Node
	journal   *flow.Journal
	meter     *meter
	metrics   http.Handler
	followers chan struct{} // one in it for each that follows the records
}

// mostFollowers is how many may follow the records at once.
const mostFollowers = 32

// New makes the console of a node. It counts nothing until [Console.Serve] runs.
func New(node Node, journal *flow.Journal) *Console {
	c := &Console{node: node, journal: journal, followers: make(chan struct{}, mostFollowers)}
	c.meter = newMeter(journal, node.Services)
	registry := prometheus.NewRegistry()
	registry.MustRegister(newCollector(c.meter, node), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	c.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 30 * time.Second})
	return c
}

// Serve counts what is written to the journal, for the page's curves and for
// /metrics, until ctx is done.
func (c *Console) Serve(ctx context.Context) error {
	c.meter.serve(ctx)
	return nil
}

//go:embed page
var page embed.FS

// Handler returns the page, the API and /metrics for browsers and scripts that
// reach the console at the URL listen, or by one of the names in hosts. It
// refuses all other names, and origins that are not the console's own, and puts
// no guard before them.
func (c *Console) Handler(listen string, hosts []string) http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the name stands three lines above
	}
	mux := c.api()
	mux.Handle("/", http.FileServerFS(files))
	return secureHeaders(protect(listen, hosts, mux))
}

// Control returns the API and /metrics for the control socket, which only the
// owner of the node can open.
func (c *Console) Control() http.Handler { return secureHeaders(c.api()) }

// Metrics returns what /metrics shows, to be put somewhere else as well.
func (c *Console) Metrics() http.Handler { return c.metrics }

// ListenAndAnswer serves h on ln until ctx is done, with limits that suit a
// console. Then it ends what follows the records, and waits up to five seconds
// for other answers.
func ListenAndAnswer(ctx context.Context, ln net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := server.Shutdown(wait)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	if stopped := <-ended; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	return err
}
