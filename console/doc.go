// Package console shows a running node to people, scripts and Prometheus: a
// page for browsers, a JSON API, and /metrics. It reads the journal for what
// happened and asks the node, through the small interface [Node], for what is.
//
//	c := console.New(node, journal)
//	go c.Serve(ctx) // counts what the journal says
//
//	ln, err := net.Listen("tcp", "127.0.0.1:8800")
//	go console.ListenAndAnswer(ctx, ln, c.Handler("http://127.0.0.1:8800", nil)) // for browsers
//
//	socket, err := net.Listen("unix", "control.sock")
//	go console.ListenAndAnswer(ctx, socket, c.Control()) // for the command line
//
// Commands speak to the control socket with a [Client]:
//
//	client := console.Dial("state/control.sock")
//	status, err := client.Status(ctx)
//
// The page is plain HTML, CSS and JavaScript modules in page/, embedded as they
// are: there is no build step, and it loads nothing from elsewhere.
//
// docs/api.md describes the API. The package puts no guard before itself: the
// node does, and the check of the config insists on one beyond loopback.
package console
