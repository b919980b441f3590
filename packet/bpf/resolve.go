package bpf

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Resolver looks up the addresses of a host; [net.Resolver] is one. The
// network is ip, ip4 or ip6.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// EtherResolver looks up the Ethernet address of a host.
type EtherResolver interface {
	LookupEther(ctx context.Context, host string) (net.HardwareAddr, error)
}

// NetworkResolver looks up the number of a network.
type NetworkResolver interface {
	LookupNetwork(ctx context.Context, name string) (netip.Addr, error)
}

// errNotListed is what a look-up in a file gives for a name it does not hold.
var errNotListed = errors.New("not listed")

// maxNames bounds how much of /etc/ethers and /etc/networks is read.
const maxNames = 1 << 20

func lookupEther(ctx context.Context, r Resolver, host string) (net.HardwareAddr, error) {
	if er, ok := r.(EtherResolver); ok {
		return er.LookupEther(ctx, host)
	}
	fields, err := findLine("/etc/ethers", host, 1)
	if err != nil {
		return nil, err
	}
	return net.ParseMAC(padMAC(fields[0]))
}

// padMAC writes each group with two digits, as ethers(5) need not.
func padMAC(s string) string {
	groups := strings.Split(s, ":")
	for i, g := range groups {
		if len(g) == 1 {
			groups[i] = "0" + g
		}
	}
	return strings.Join(groups, ":")
}

func lookupNetwork(ctx context.Context, r Resolver, name string) (netip.Addr, error) {
	if nr, ok := r.(NetworkResolver); ok {
		return nr.LookupNetwork(ctx, name)
	}
	fields, err := findLine("/etc/networks", name, 0)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(fields) < 2 {
		return netip.Addr{}, errNotListed
	}
	return netip.ParseAddr(fields[1])
}

// findLine returns the fields of the first line of a file that has this name,
// letter case aside, in that column.
func findLine(path, name string, column int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxNames))
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) > column && strings.EqualFold(fields[column], name) {
			return fields, nil
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return nil, errNotListed
}
