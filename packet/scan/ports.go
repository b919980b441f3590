package scan

import (
	"fmt"
	"strconv"
	"strings"
)

// Ports is a set of ports, sorted.
type Ports []uint16

// ParsePorts reads "22,80,8000-8010": numbers, ranges, which may lack an end
// (-1023, 60000-, and - for all but 0), and names of the services that
// [ServiceName] knows.
func ParsePorts(text string) (Ports, error) {
	var in [1 << 16]bool
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		from, to, isRange := strings.Cut(part, "-")
		if port, ok := servicePort(part); ok {
			in[port] = true
			continue
		}
		if !isRange {
			to = from
		}
		first, err := parsePort(from, isRange, 1)
		if err != nil {
			return nil, fmt.Errorf("port %q: %w", part, err)
		}
		last, err := parsePort(to, isRange, 65535)
		if err != nil {
			return nil, fmt.Errorf("port %q: %w", part, err)
		}
		if last < first {
			return nil, fmt.Errorf("port %q: a range goes from a smaller number to a greater one", part)
		}
		for p := first; p <= last; p++ {
			in[p] = true
		}
	}
	var ports Ports
	for p, is := range in {
		if is {
			ports = append(ports, uint16(p))
		}
	}
	return ports, nil
}

func parsePort(text string, mayLack bool, absent int) (int, error) {
	if text == "" && mayLack {
		return absent, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a number up to 65535 nor a service's name that is known here", text)
	}
	return int(n), nil
}

// String writes the ports as ParsePorts reads them.
func (p Ports) String() string {
	var out strings.Builder
	for i := 0; i < len(p); {
		end := i
		for end+1 < len(p) && p[end+1] == p[end]+1 {
			end++
		}
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		out.WriteString(strconv.Itoa(int(p[i])))
		if end > i {
			out.WriteString("-" + strconv.Itoa(int(p[end])))
		}
		i = end + 1
	}
	return out.String()
}

// CommonPorts are those that are scanned when none are named: of the services
// that are met on most networks.
func CommonPorts(udp bool) Ports {
	var ports Ports
	for _, s := range services() {
		if udp && s.udp || !udp && s.tcp {
			ports = append(ports, s.port)
		}
	}
	return ports
}
