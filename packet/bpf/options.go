package bpf

import (
	"net"
	"time"
)

// Options say for which capture a filter is compiled. The zero value is right
// for files and for a filter that is run by [Program].
type Options struct {
	// SnapLen is what the program returns for a packet that passes: how many
	// bytes of it to keep. 0 means 262,144.
	SnapLen uint32

	// Netmask is that of the network the capture is done on; only
	// `ip broadcast` asks for it. Without one, or with 255.255.255.255, it is
	// unknown and `ip broadcast` an error.
	Netmask net.IPMask

	// NoOptimize leaves the program as it was written down first. It is longer,
	// and passes the same packets.
	NoOptimize bool

	// LinuxExtensions lets the program ask for what Linux knows about a packet
	// beside its bytes: the VLAN tag that the driver took off, whether the
	// packet comes in or goes out, the index of the interface. Set it for a
	// filter that is attached to an AF_PACKET socket, and only there.
	LinuxExtensions bool

	// Families says how the link types NULL and LOOP, which begin with the
	// address family of the host that captured, name IPv4 and IPv6. Nil tries
	// what any known system writes, in both byte orders, as a file of unknown
	// origin needs it.
	Families *Families

	// Resolver looks up the names of hosts. Nil means [net.DefaultResolver].
	// Where it also is an [EtherResolver] or [NetworkResolver] it is asked for
	// Ethernet addresses and networks, else /etc/ethers and /etc/networks are.
	Resolver Resolver

	// Timeout bounds all look-ups of one expression together. 0 means 5 s.
	Timeout time.Duration
}

// Families are the values of the address family in a frame of link type NULL
// or LOOP, already in the order of their bytes in the frame.
type Families struct {
	IPv4, IPv6 []uint32
}

const (
	defaultSnapLen = 262144
	defaultTimeout = 5 * time.Second
)

// withDefaults returns a copy whose zero values are replaced.
func (o *Options) withDefaults() Options {
	var filled Options
	if o != nil {
		filled = *o
	}
	if filled.SnapLen == 0 {
		filled.SnapLen = defaultSnapLen
	}
	if filled.Timeout <= 0 {
		filled.Timeout = defaultTimeout
	}
	if filled.Resolver == nil {
		filled.Resolver = net.DefaultResolver
	}
	return filled
}
