// Package e2e tests the whole binary as its users run it: real processes, real
// sockets, real peers, under load and under faults. It takes some minutes:
//
//	go test -tags e2e ./e2e/...
package e2e
