// Package examples holds configs to start from, one per job. Each is run by a
// test, which asks it something:
//
//	netwright check examples/proxy.yaml
//	netwright up examples/proxy.yaml
//
// README.md says what there is.
package examples
