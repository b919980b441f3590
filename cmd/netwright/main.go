// Command netwright serves and proxies, and speaks on any endpoint: one binary
// of many commands, of which `netwright help` has the list.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel() // the first signal ends the work in order,
		second := <-signals
		os.Exit(exitSignal + int(second.(syscall.Signal))) // the second at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
