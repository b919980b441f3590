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
// Everything that runs by one config is a state; a reload builds the next one
// beside it, opens what is new, and then commits it as a whole. A door is an open
// listener, behind which the next state puts what it has; tasks are all that runs
// long, each started again when it fails.
//
// It is the only package that knows all others, and it alone wires them: the
// trades take what they need as plain arguments.
package node
