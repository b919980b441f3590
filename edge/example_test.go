package edge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/h1"
)

// none is Parts of a config that names neither guards nor pools.
type none struct{}

func (none) Guard(string) (guard.Guard, error) { return nil, errors.New("there are no guards") }
func (none) AsksClients([]string) bool         { return false }
func (none) Pool(*edge.ProxyConfig, string) (*upstream.Pool, error) {
	return nil, errors.New("there are no pools")
}

// A service that answers by itself, on a listener of its own.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	clocks := h1.NewDeadlines()
	go clocks.Serve(ctx)

	cfg := &edge.ServiceConfig{Routes: []edge.RouteConfig{{
		Respond: &edge.RespondConfig{Status: 200, Body: "hello ${remote}, you asked for ${path}"},
	}}}
	cfg.SetDefaults()
	journal := flow.NewJournal(100)
	svc, err := edge.New("web", cfg, none{}, edge.Deps{Journal: journal, Deadlines: clocks})
	if err != nil {
		fmt.Println(err)
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := endpoint.Server{Handler: svc.Handler(nil)}
	go server.Serve(ctx, ln)

	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + ln.Addr().String() + "/there")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	fmt.Println(r.Status)
	fmt.Println(string(body))
	// Output:
	// 200 OK
	// hello 127.0.0.1, you asked for /there
}
