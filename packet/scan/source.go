package scan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
)

// chooseSources finds source ports that the kernel gives to nobody: outside of
// ip_local_port_range, so that no connection of this host is disturbed. Where
// that range leaves no room, it takes ports that are free now.
func chooseSources() (base uint16, err error) {
	const lowest, highest = 10000, 65535
	from, to := 32768, 60999
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(text), &from, &to); err != nil {
			return 0, fmt.Errorf("/proc/sys/net/ipv4/ip_local_port_range: %w", err)
		}
	}
	switch {
	case highest-to >= sourcePorts:
		return uint16(to + 1 + rand.IntN(highest-to-sourcePorts+1)), nil
	case from-lowest >= sourcePorts:
		return uint16(lowest + rand.IntN(from-lowest-sourcePorts+1)), nil
	}
	for range 16 {
		if base = uint16(lowest + rand.IntN(highest-lowest-sourcePorts)); free(base) {
			return base, nil
		}
	}
	return 0, errors.New("no source ports are free; net.ipv4.ip_local_port_range should leave some out")
}

// free says that nobody has a port from base on.
func free(base uint16) bool {
	for i := range sourcePorts {
		port := int(base) + i
		tcp, err := net.ListenTCP("tcp", &net.TCPAddr{Port: port})
		if err != nil {
			return false
		}
		tcp.Close()
		udp, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
		if err != nil {
			return false
		}
		udp.Close()
	}
	return true
}
