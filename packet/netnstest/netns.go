package netnstest

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Namespace is a network namespace: a host of its own. It is safe for
// concurrent use.
type Namespace struct {
	handle handle
}

// New makes an empty namespace with its loopback interface up. The test is
// skipped where that is not permitted.
func New(t testing.TB) *Namespace {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		missing(t, "iproute2 is not installed")
	}
	h, err := newHandle()
	if err != nil {
		missing(t, "no network namespace can be made here: "+err.Error())
	}
	n := &Namespace{handle: h}
	t.Cleanup(h.close)
	n.Run(t, "ip", "link", "set", "lo", "up")
	for _, scope := range []string{"all", "default"} { // nobody to clash with: addresses are usable at once
		n.Sysctl(t, "net.ipv6.conf."+scope+".accept_dad", "0")
	}
	return n
}

// missing skips the test, or fails it in CI, where nothing may be missing.
func missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// Do calls f on the caller's goroutine, whose thread is in the namespace for
// that time: what f opens, and processes that it starts, are inside. Goroutines
// that f starts are not; neither is a name that it looks up. f may end the test
// with t.Fatal.
func (n *Namespace) Do(t testing.TB, f func()) {
	t.Helper()
	leave, err := n.handle.enter()
	if err != nil {
		t.Fatalf("enter the network namespace: %v", err)
	}
	defer leave()
	f()
}

// Start starts a command inside; the caller waits for it.
func (n *Namespace) Start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	n.Do(t, func() {
		if err := cmd.Start(); err != nil {
			t.Fatalf("start %s: %v", cmd, err)
		}
	})
}

// Run runs a command inside to its end and returns what it printed to both of
// its outputs. The test fails when the command does.
func (n *Namespace) Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	var out []byte
	var err error
	n.Do(t, func() { out, err = exec.CommandContext(t.Context(), name, args...).CombinedOutput() })
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Sysctl sets a setting of the namespace's network stack, say
// "net.ipv4.ip_forward" to "1".
func (n *Namespace) Sysctl(t testing.TB, key, value string) {
	t.Helper()
	path := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
	n.Do(t, func() {
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	})
}

// Router makes the namespace forward IPv4 and IPv6.
func (n *Namespace) Router(t testing.TB) {
	t.Helper()
	n.Sysctl(t, "net.ipv4.ip_forward", "1")
	n.Sysctl(t, "net.ipv6.conf.all.forwarding", "1")
}

// Pair lays a cable between two namespaces: an interface of the given name at
// each end, up, with the addresses (prefixes with a space between; may be
// none). IPv6 addresses are usable at once, without duplicate address
// detection.
func Pair(t testing.TB, a *Namespace, nameA, addrsA string, b *Namespace, nameB, addrsB string) {
	t.Helper()
	// Both ends are made under names that cannot clash, then moved and named.
	peer := "peer" + nameA
	a.Run(t, "ip", "link", "add", "name", nameA, "type", "veth", "peer", "name", peer)
	a.Run(t, "ip", "link", "set", peer, "netns", b.handle.path())
	b.Run(t, "ip", "link", "set", peer, "name", nameB)
	a.up(t, nameA, addrsA)
	b.up(t, nameB, addrsB)
	a.ready(t, nameA)
	b.ready(t, nameB)
}

// ready waits until the kernel has noticed that both ends are up: IPv6 does
// nothing before.
func (n *Namespace) ready(t testing.TB, name string) {
	t.Helper()
	n.Do(t, func() {
		for begin := time.Now(); ; time.Sleep(time.Millisecond) {
			ifc, err := net.InterfaceByName(name)
			if err != nil {
				t.Fatal(err)
			}
			if ifc.Flags&net.FlagRunning != 0 {
				return
			}
			if time.Since(begin) > 10*time.Second {
				t.Fatalf("%s does not come up", name)
			}
		}
	})
}

func (n *Namespace) up(t testing.TB, name, addrs string) {
	t.Helper()
	n.Run(t, "ip", "link", "set", name, "up")
	for addr := range strings.FieldsSeq(addrs) {
		args := []string{"addr", "add", addr, "dev", name}
		if strings.Contains(addr, ":") {
			args = append(args, "nodad")
		}
		n.Run(t, "ip", args...)
	}
}
