//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// cable is two network namespaces with a cable between them: 10.63.0.1 on eth0
// of near, 10.63.0.2 and all of 10.64.0.0/16 in far.
type cable struct{ near, far string }

func newCable(ctx context.Context) (*cable, error) {
	if err := need("ip"); err != nil {
		return nil, err
	}
	c := &cable{fmt.Sprintf("nwb%da", os.Getpid()), fmt.Sprintf("nwb%db", os.Getpid())}
	for _, line := range []string{
		"netns add " + c.near, "netns add " + c.far,
		"link add eth0 netns " + c.near + " type veth peer name eth0 netns " + c.far,
		"-n " + c.near + " addr add 10.63.0.1/24 dev eth0", "-n " + c.far + " addr add 10.63.0.2/24 dev eth0",
		"-n " + c.near + " link set lo up", "-n " + c.far + " link set lo up",
		"-n " + c.near + " link set eth0 up", "-n " + c.far + " link set eth0 up",
		"-n " + c.near + " route add 10.64.0.0/16 via 10.63.0.2", "-n " + c.far + " route add local 10.64.0.0/16 dev lo",
	} {
		if _, err := run(ctx, append([]string{"ip"}, strings.Fields(line)...)...); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	// Until the neighbour is known, the first packets would wait for it.
	for range 100 {
		if _, err := run(ctx, c.in(c.near, "ip", "neigh", "replace", "10.63.0.2", "lladdr", c.mac(ctx), "dev", "eth0")...); err == nil {
			return c, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("the cable between the namespaces does not come up"), c.close())
}

// mac is the address of the far end.
func (c *cable) mac(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "ip", "netns", "exec", c.far, "cat", "/sys/class/net/eth0/address").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// in is a command in a namespace.
func (c *cable) in(namespace string, args ...string) []string {
	return append([]string{"ip", "netns", "exec", namespace}, args...)
}

// close removes the namespaces, and with them the cable.
func (c *cable) close() error {
	var errs []error
	for _, ns := range []string{c.near, c.far} {
		if out, err := exec.Command("ip", "netns", "del", ns).CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("ip netns del %s: %w: %s", ns, err, out))
		}
	}
	return errors.Join(errs...)
}

// self runs this command again, as one of its helpers, in a namespace.
func (c *cable) self(ctx context.Context, namespace string, args ...string) (*exec.Cmd, error) {
	me, err := os.Executable()
	if err != nil {
		return nil, err
	}
	line := c.in(namespace, append([]string{me}, args...)...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

var (
	ourCounts   = regexp.MustCompile(`(\d+) frames, (\d+) dropped`)
	theirCounts = regexp.MustCompile(`(?s)(\d+) packets captured.*?(\d+) packets dropped by kernel`)
)

// captured is what a sniffer saw of a flood, and what it says it lost.
type captured struct {
	sent, seen, lost int
	rate             float64 // frames a second
	cpu              time.Duration
}

func (c captured) String() string {
	return fmt.Sprintf("%d seen, %d counted as lost, %d not told of, at %.0f k/s, %s CPU", c.seen, c.lost, c.sent-c.seen-c.lost, c.rate/1e3, c.cpu.Round(time.Millisecond))
}

// capture runs a sniffer at the far end while frames are sent.
func (c *cable) capture(ctx context.Context, counts *regexp.Regexp, sniffer ...string) (got captured, err error) {
	line := c.in(c.far, sniffer...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	var text strings.Builder
	cmd.Stderr = &text
	if err := cmd.Start(); err != nil {
		return got, err
	}
	time.Sleep(time.Second) // until it captures
	sender, err := c.self(ctx, c.near, "-help-flood")
	if err != nil {
		return got, err
	}
	out, err := sender.Output()
	time.Sleep(500 * time.Millisecond) // until it has seen all
	err = errors.Join(err, cmd.Process.Signal(os.Interrupt), cmd.Wait())
	if err != nil {
		return got, fmt.Errorf("%w: %s", err, text.String())
	}
	if _, err := fmt.Sscan(string(out), &got.sent, &got.rate); err != nil {
		return got, fmt.Errorf("the sender said %q: %w", out, err)
	}
	m := counts.FindStringSubmatch(text.String())
	if m == nil {
		return got, fmt.Errorf("%s said %q", sniffer[0], text.String())
	}
	got.seen, _ = strconv.Atoi(m[1])
	got.lost, _ = strconv.Atoi(m[2])
	got.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return got, nil
}

// flooded captures until the flood was as fast as the goal says, as often as rounds
// at most: another process may have held the sender up.
func (c *cable) flooded(ctx context.Context, rounds int, counts *regexp.Regexp, sniffer ...string) (got captured, err error) {
	for range max(rounds, 1) {
		if got, err = c.capture(ctx, counts, sniffer...); err != nil || got.rate >= floodGoal {
			break
		}
	}
	return got, err
}

// captureRow floods each sniffer. The goal is met when every frame was seen or counted,
// and the flood was as fast as the goal says.
func captureRow(ctx context.Context, b *bench) (result, error) {
	if err := need("tcpdump"); err != nil {
		return result{}, err
	}
	c, err := newCable(ctx)
	if err != nil {
		return result{}, err
	}
	defer c.close()
	for _, line := range c.floodLines() {
		if _, err := run(ctx, append([]string{"ip"}, strings.Fields(line)...)...); err != nil {
			return result{}, err
		}
	}
	ours, err := c.flooded(ctx, b.rounds, ourCounts, b.bin, "sniff", "-i", "eth0", "-w", "/dev/null", "udp port 9")
	if err != nil {
		return result{}, err
	}
	theirs, err := c.flooded(ctx, b.rounds, theirCounts, "tcpdump", "-i", "eth0", "-w", "/dev/null", "udp port 9")
	if err != nil {
		return result{}, err
	}
	return result{
		Work:  fmt.Sprintf("capture %d frames of a cable into a file; %d k/s were wanted", ours.sent, floodGoal/1000),
		Sides: map[string]string{"Netwright": ours.String(), "tcpdump": theirs.String()},
		Ratio: fmt.Sprintf("%.2f of the CPU", ours.cpu.Seconds()/max(theirs.cpu.Seconds(), 1e-3)), Goal: "at 700 k/s none lost, or each counted",
		Met: ours.seen+ours.lost == ours.sent && ours.sent == floodFrames && ours.rate >= floodGoal,
	}, nil
}

// openPorts are those that a scan must find.
var openPorts = []int{22, 80, 8443, 31337, 65535}

// listen opens the ports and waits: a helper, in a namespace.
func listen(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, port := range openPorts {
		ln, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err != nil {
			return err
		}
		context.AfterFunc(ctx, func() { ln.Close() })
		wg.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				conn.Close()
			}
		})
	}
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

// helper runs what this command starts itself as in namespaces; false where it
// was not asked for.
func helper() bool {
	if len(os.Args) != 2 {
		return false
	}
	work := map[string]func(context.Context) error{"-help-flood": flood, "-help-listen": listen}[os.Args[1]]
	if work == nil {
		return false
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := work(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "packet:", err)
		os.Exit(1)
	}
	return true
}

func scanRow(ctx context.Context, b *bench) (result, error) {
	if err := need("nmap"); err != nil {
		return result{}, err
	}
	c, err := newCable(ctx)
	if err != nil {
		return result{}, err
	}
	defer c.close()
	listener, err := c.self(ctx, c.far, "-help-listen")
	if err != nil {
		return result{}, err
	}
	out, err := listener.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := listener.Start(); err != nil {
		return result{}, err
	}
	defer func() {
		_ = listener.Process.Signal(os.Interrupt)
		_ = listener.Wait() // it was told to end
	}()
	if _, err := out.Read(make([]byte, 5)); err != nil {
		return result{}, err
	}
	ours := c.in(c.near, b.bin, "scan", "--json", "-p", "-", "10.63.0.2")
	theirs := c.in(c.near, "nmap", "-sS", "-n", "-Pn", "-p-", "10.63.0.2")
	for _, check := range []struct {
		line []string
		open *regexp.Regexp
	}{{ours, regexp.MustCompile(`"state":"open"`)}, {theirs, regexp.MustCompile(`(?m)^\d+/tcp\s+open`)}} {
		s, err := count(ctx, check.line...)
		if err != nil {
			return result{}, err
		}
		if n := len(check.open.FindAllString(s.stdout, -1)); n != len(openPorts) {
			return result{}, fmt.Errorf("%s found %d of %d open ports: %.300s", check.line[4], n, len(openPorts), s.stdout)
		}
	}
	took, err := b.sides(ctx, wall, ours, theirs)
	if err != nil {
		return result{}, err
	}
	return result{
		Work: "SYN scan of 65,535 ports, 5 of 5 open ones found", Sides: map[string]string{
			"Netwright": took[0].Round(time.Millisecond).String(), "nmap": took[1].Round(time.Millisecond).String()},
		Ratio: fmt.Sprintf("%.2f", took[0].Seconds()/took[1].Seconds()), Goal: "≤ 0.8 s", Met: took[0] <= 800*time.Millisecond,
	}, nil
}

func pingRow(ctx context.Context, b *bench) (result, error) {
	if err := need("fping"); err != nil {
		return result{}, err
	}
	c, err := newCable(ctx)
	if err != nil {
		return result{}, err
	}
	defer c.close()
	var targets strings.Builder
	const n = 10_000
	for i := range n {
		fmt.Fprintf(&targets, "10.64.%d.%d\n", i/250, i%250+1)
	}
	file := b.dir + "/targets"
	if err := os.WriteFile(file, []byte(targets.String()), 0o600); err != nil {
		return result{}, err
	}
	took, err := b.sides(ctx, cpu, c.in(c.near, b.bin, "ping", "-q", "-c", "3", "-f", file), c.in(c.near, "fping", "-q", "-c", "3", "-p", "1000", "-i", "0.1", "-f", file))
	if err != nil {
		return result{}, err
	}
	return result{
		Work: "ping 10,000 targets each second, for 3 seconds, CPU", Sides: map[string]string{
			"Netwright": took[0].Round(time.Millisecond).String(), "fping": took[1].Round(time.Millisecond).String()},
		Ratio: fmt.Sprintf("%.2f", took[0].Seconds()/took[1].Seconds()), Goal: "≤ 1.0", Met: took[0] <= took[1],
	}, nil
}
