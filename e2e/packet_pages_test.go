//go:build e2e

package e2e

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/pagestest"
)

// What the pages on packets tell to type on a network works on one: a host, a router
// that is also a server, and a host behind it. What does not end by itself is interrupted, and
// ends well then.
func TestPacketPagesOnTheWire(t *testing.T) {
	host := network(t)
	programs := t.TempDir()
	if err := os.Symlink(built, filepath.Join(programs, "netwright")); err != nil {
		t.Fatal(err)
	}
	// The tests are root already.
	if err := os.WriteFile(filepath.Join(programs, "sudo"), []byte("#!/bin/sh\nexec \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range pagestest.Pages(t, "..") {
		t.Run(strings.TrimSuffix(page.Name, ".md"), func(t *testing.T) {
			folder := t.TempDir()
			pagestest.Stage(t, "..", folder)
			for _, c := range page.Commands {
				if !c.OnWire() || strings.Contains(c.Line, "setcap") {
					continue
				}
				n++
				cmd := exec.Command("sh", "-c", "trap : INT; "+c.Line) // the shell waits for what it runs
				cmd.Dir = folder
				cmd.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"))
				typeOnWire(t, host, cmd, c.Line)
			}
		})
	}
	if t.Logf("%d lines", n); n < 120 {
		t.Errorf("only %d lines were found", n)
	}
}

// typeOnWire runs a line for three seconds at most.
func typeOnWire(t *testing.T, host *netnstest.Namespace, cmd *exec.Cmd, line string) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	host.Start(t, cmd)
	interrupt := time.AfterFunc(3*time.Second, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) })
	kill := time.AfterFunc(wait, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err := cmd.Wait()
	interrupt.Stop()
	kill.Stop()
	// Hosts that are asked for and not there are no mistake of the line's, and no name is
	// known in this network.
	expected := slices.ContainsFunc([]string{"did not answer", "no answer", "lookup ", ": resolve: "}, func(text string) bool { return strings.Contains(out.String(), text) })
	if err != nil && !expected || strings.Contains(out.String(), "panic:") {
		text := out.String()
		t.Errorf("%s: %v\n%s", line, err, text[:min(len(text), 1500)])
	}
}

// network is a host with eth0 and 192.0.2.10, beside others with 192.0.2.1, .2, .7 and
// .53, of which the first is the router to 198.51.100.7. Requests pass all the time, for who waits
// for packets.
func network(t *testing.T) *netnstest.Namespace {
	host, router, far := netnstest.New(t), netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, host, "eth0", "192.0.2.10/24 2001:db8::10/64", router, "eth0", "192.0.2.1/24 192.0.2.2/24 192.0.2.7/24 192.0.2.53/24 2001:db8::7/64")
	netnstest.Pair(t, router, "eth1", "198.51.100.1/24", far, "eth0", "198.51.100.7/24")
	router.Router(t)
	for _, n := range []*netnstest.Namespace{router, far} { // asked more often than hosts answer
		n.Sysctl(t, "net.ipv4.icmp_ratelimit", "0")
	}
	host.Run(t, "ip", "route", "add", "default", "via", "192.0.2.1")
	far.Run(t, "ip", "route", "add", "default", "via", "198.51.100.1")
	host.Sysctl(t, "net.ipv4.ping_group_range", "0 2147483647")
	for _, at := range []struct {
		n    *netnstest.Namespace
		addr string
	}{{router, ":80"}, {far, ":80"}} {
		var ln net.Listener
		var err error
		at.n.Do(t, func() { ln, err = net.Listen("tcp", at.addr) })
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.FileServer(http.Dir("../examples/site"))}
		go server.Serve(ln)
		t.Cleanup(func() { server.Close() })
	}
	traffic := exec.Command("sh", "-c", built+" ping -q -i 0.1 192.0.2.10 >/dev/null & while :; do curl -s -m 1 http://198.51.100.7/ >/dev/null; sleep 0.3; done")
	traffic.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	router.Start(t, traffic)
	t.Cleanup(func() {
		syscall.Kill(-traffic.Process.Pid, syscall.SIGKILL)
		traffic.Wait()
	})
	return host
}
