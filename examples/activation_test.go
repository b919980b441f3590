package examples

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/node"
)

// runEnv names the config that this program runs in place of the tests.
const runEnv = "NETWRIGHT_EXAMPLE"

func TestMain(m *testing.M) {
	if file := os.Getenv(runEnv); file != "" {
		if err := runUntilTold(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

func runUntilTold(file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid())); err != nil { // as systemd does, which forks first
		return err
	}
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	n, err := node.New(cfg, node.Options{})
	if err != nil {
		return err
	}
	return n.Run(ctx)
}

// activation runs in a process of its own, which the socket is passed to.
func activation(e *example) {
	e.reserve("8080")
	ln := e.listen("8080")
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		e.t.Fatal(err)
	}
	defer socket.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), runEnv+"="+e.file, "LISTEN_FDS=1", "LISTEN_FDNAMES=web")
	cmd.ExtraFiles = []*os.File{socket} // descriptor 3
	cmd.Stdout, cmd.Stderr = e.t.Output(), e.t.Output()
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	ln.Close() // the other process has it
	e.expect(200, "It works", "8080", "/", nil)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		e.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		e.t.Error(err)
	}
}
