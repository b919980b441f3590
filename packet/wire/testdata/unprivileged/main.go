// Command unprivileged is what TestDropPrivileges looks at: a program of its own
// without cgo, as the product is, since a process with cgo cannot drop the
// privileges of all its threads.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/wire"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run opens a capture and a sender, drops privileges, and shows what
// is left of them and what works still.
func run() error {
	c, err := wire.Open(wire.Config{Interface: "lo"})
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := wire.OpenSender(wire.SendConfig{Interface: "lo"})
	if err != nil {
		return err
	}
	defer s.Close()
	for range 4 { // threads that exist before
		go func() { select {} }()
		go func() { unix.Nanosleep(&unix.Timespec{Sec: 5}, nil) }()
	}
	time.Sleep(10 * time.Millisecond)
	if err := wire.DropPrivileges(); err != nil {
		return err
	}
	threads, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		return err
	}
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n%s\n", path, text)
	}
	_, err = wire.Open(wire.Config{Interface: "lo"})
	fmt.Printf("capture: %v\n", err)
	none, err := wire.OpenSender(wire.SendConfig{IP: true})
	fmt.Printf("send: %v\nno sender: %t\n", err, none == nil)
	var denied *wire.PermissionError
	fmt.Printf("typed: %t %t\n", errors.As(err, &denied), errors.Is(err, os.ErrPermission))
	if _, err := s.Write(make([]byte, 60)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	stats, err := c.Run(ctx, func(int, []wire.Frame) error { return wire.ErrStop })
	fmt.Printf("still seen: %d\n", stats.Delivered)
	return err
}
