// Package node runs what a config says: it builds the services, pools, guards,
// certificates and sinks, starts and supervises them, applies a changed config
// without dropping a connection, and drains them at the end.
//
//	cfg, err := config.Load("netwright.yaml")
//	...
//	n, err := node.New(cfg, node.Options{Log: log})
//	...
//	err = n.Run(ctx) // until ctx ends, then drains
//
// It is the only package that knows all others, and it alone wires them: the
// trades take what they need as plain arguments.
package node
