package scan

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// maxPairs is how many pairs of host and port a scan can have: all of IPv4 with
// all ports.
const maxPairs = 1 << 48

// maxRanges is how many ranges a target's octets can make.
const maxRanges = 1 << 16

func tooMany(r Range) error {
	return fmt.Errorf("%v: too many addresses; with their ports they may make %d pairs", r, uint64(maxPairs))
}

// Resolver gives the addresses of a name: [net.Resolver.LookupNetIP], say.
type Resolver func(ctx context.Context, network, name string) ([]netip.Addr, error)

// ParseTargets reads what to scan. A target is
//
//   - an address: 192.0.2.7, 2001:db8::7, fe80::7%eth0
//   - a network: 192.0.2.0/24
//   - a range: 192.0.2.10-192.0.2.20, or of each octet: 10.0.0-3.1-254, 10.*.0.1
//   - a name, of which all addresses are taken
//   - @FILE: a file with targets, some on a line, # before a remark; @- is
//     standard input
//
// Without resolve, names are errors.
func ParseTargets(ctx context.Context, targets []string, resolve Resolver) ([]Range, error) {
	var all []Range
	for _, text := range targets {
		ranges, err := parseTarget(ctx, text, resolve)
		if err != nil {
			return nil, err
		}
		all = append(all, ranges...)
	}
	return all, nil
}

func parseTarget(ctx context.Context, text string, resolve Resolver) ([]Range, error) {
	if file, ok := strings.CutPrefix(text, "@"); ok {
		return targetFile(ctx, file, resolve)
	}
	ranges, err := ParseRanges(text)
	if errors.Is(err, errName) && resolve != nil {
		addrs, err := resolve(ctx, "ip", text)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", text, err)
		}
		for _, a := range addrs {
			ranges = append(ranges, Range{a.Unmap(), a.Unmap()})
		}
		return ranges, nil
	}
	return ranges, err
}

// targetFile reads a file of targets, in which no other files are.
func targetFile(ctx context.Context, path string, resolve Resolver) ([]Range, error) {
	var in io.Reader = os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("targets: %w", err)
		}
		defer f.Close()
		in = f
	}
	var all []Range
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		for word := range strings.FieldsSeq(line) {
			if strings.HasPrefix(word, "@") {
				return nil, fmt.Errorf("%s:%d: %s: a file of targets names no other", path, n, word)
			}
			ranges, err := parseTarget(ctx, word, resolve)
			if err != nil {
				return nil, fmt.Errorf("%w (%s:%d)", err, path, n)
			}
			all = append(all, ranges...)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("targets of %s: %w", path, err)
	}
	return all, nil
}

var errName = errors.New("it is no address, network or range")

// ParseRanges reads an address, a network or a range.
func ParseRanges(text string) ([]Range, error) {
	ranges, err := parseRanges(text)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", text, err)
	}
	for _, r := range ranges {
		if r.Last.IsMulticast() || r.First.IsMulticast() || r.First.IsUnspecified() || r.Last == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return nil, fmt.Errorf("target %q: %v has addresses that are no host's", text, r)
		}
	}
	return ranges, nil
}

func parseRanges(text string) ([]Range, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		if p.Addr().Is4In6() {
			return nil, errors.New("an IPv4 network is written as such")
		}
		return []Range{rangeOf(p)}, nil
	}
	for i := range text { // names of interfaces, in zones, have dashes too
		if text[i] != '-' {
			continue
		}
		first, err1 := netip.ParseAddr(text[:i])
		last, err2 := netip.ParseAddr(text[i+1:])
		if err1 == nil && err2 == nil {
			return oneRange(first, last)
		}
	}
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap()
		return []Range{{a, a}}, nil
	}
	if strings.Count(text, ".") == 3 && strings.Trim(text, "0123456789.-*") == "" {
		return octets(text)
	}
	return nil, errName
}

func oneRange(first, last netip.Addr) ([]Range, error) {
	first, last = first.Unmap(), last.Unmap()
	if first.BitLen() != last.BitLen() || first.Zone() != last.Zone() || last.Less(first) {
		return nil, errors.New("a range goes from a smaller address to a greater one of the same kind")
	}
	return []Range{{first, last}}, nil
}

// octets reads 10.0.0-3.1-254. Whole octets at the end make one range of many.
func octets(text string) ([]Range, error) {
	var from, to [4]int
	for i, part := range strings.Split(text, ".") {
		a, b, ok := strings.Cut(part, "-")
		if part == "*" {
			a, b, ok = "0", "255", true
		}
		if !ok {
			b = a
		}
		var err error
		if from[i], err = octet(a, 0); err != nil {
			return nil, err
		}
		if to[i], err = octet(b, 255); err != nil {
			return nil, err
		}
		if to[i] < from[i] {
			return nil, fmt.Errorf("%s goes from a greater number to a smaller one", part)
		}
	}
	tail := 3 // the last octet that is not whole goes as a range
	for tail > 0 && from[tail] == 0 && to[tail] == 255 {
		tail--
	}
	count := 1
	for i := range tail {
		if count *= to[i] - from[i] + 1; count > maxRanges {
			return nil, fmt.Errorf("more than %d ranges", maxRanges)
		}
	}
	ranges := make([]Range, 0, count)
	at := from
	for {
		last := at
		copy(last[tail:], to[tail:])
		ranges = append(ranges, Range{address(at), address(last)})
		i := tail - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] <= to[i] {
				break
			}
			at[i] = from[i]
		}
		if i < 0 {
			return ranges, nil
		}
	}
}

func octet(text string, absent int) (int, error) {
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no number up to 255", text)
	}
	return int(n), nil
}

func address(o [4]int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(o[0]), byte(o[1]), byte(o[2]), byte(o[3])})
}
