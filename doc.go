// Package netwright is the root of the module; it holds no code, only the
// tests that keep the house in order. The binary is cmd/netwright:
//
//	go run ./cmd/netwright up
//
// and every other folder is a package that is useful alone. CONTRIBUTING.md
// shows how they lie on each other.
package netwright
