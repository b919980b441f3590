package rtnl

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// ErrNoNeighbour says that nobody on the link answered for an address, by ARP
// or by neighbour discovery.
var ErrNoNeighbour = errors.New("no answer to ARP or neighbour discovery")

// ErrUnsupported is what every call gives on systems other than Linux.
var ErrUnsupported = errors.New("routes and neighbours can be asked for on Linux only")

// RouteKind says what the kernel does with packets that match a route: an
// RTN_ value of linux/rtnetlink.h.
type RouteKind uint8

// The kinds of route that a look-up gives; those that refuse packets come as
// an error instead.
const (
	Unicast   RouteKind = 1 // to a neighbour, or to a gateway
	Local     RouteKind = 2 // to this host
	Broadcast RouteKind = 3
	Anycast   RouteKind = 4
	Multicast RouteKind = 5
)

// Route is how the kernel would send a packet.
type Route struct {
	Kind      RouteKind
	Interface int        // index of the link it leaves by
	Source    netip.Addr // address it would be sent from
	Gateway   netip.Addr // not valid where the destination is on the link
	MTU       int        // of the route or the path to the destination; 0: the link's
}

// State is the state of a neighbour: bits NUD_… of linux/neighbour.h.
type State uint16

// The states of a neighbour (ip-neighbour(8)).
const (
	Incomplete State = 0x01 // asked for, no answer yet
	Reachable  State = 0x02
	Stale      State = 0x04
	Delay      State = 0x08
	Probe      State = 0x10
	Failed     State = 0x20 // asked for, nobody answered
	NoARP      State = 0x40
	Permanent  State = 0x80
)

// Usable says whether the kernel would send to a neighbour in this state at
// once.
func (s State) Usable() bool {
	return s&(Reachable|Stale|Delay|Probe|NoARP|Permanent) != 0
}

// Neighbour is an entry of the neighbour table (ARP's and neighbour
// discovery's).
type Neighbour struct {
	Interface int
	Addr      netip.Addr
	State     State
	Hardware  net.HardwareAddr // empty where it is not known
}

// Link is a network interface.
type Link struct {
	Index    int
	Name     string
	Type     uint16 // ARPHRD_ value of linux/if_arp.h; 1 is Ethernet, 772 loopback
	Up       bool
	Loopback bool
	NoARP    bool // has no neighbours to resolve
	MTU      int
	Hardware net.HardwareAddr // its own address; empty where it has none
}

// Address is an address of this host.
type Address struct {
	Interface int
	Prefix    netip.Prefix // the address with the length of its network
}

// Hop is what a packet to a destination needs to leave this host.
type Hop struct {
	Link   Link
	Kind   RouteKind
	Source netip.Addr
	Next   netip.Addr       // the gateway, or the destination where it is on the link
	Local  net.HardwareAddr // of Link; empty where frames have no such addresses
	Remote net.HardwareAddr // of Next; empty where frames have no such addresses
	MTU    int
}

// groupHardware gives the Ethernet address that belongs to a multicast
// address (RFC 1112 §6.4, RFC 2464 §7); nil for other addresses.
func groupHardware(addr netip.Addr) net.HardwareAddr {
	b := addr.AsSlice()
	switch {
	case !addr.IsMulticast():
		return nil
	case addr.Is4():
		return net.HardwareAddr{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}
	default:
		return net.HardwareAddr{0x33, 0x33, b[12], b[13], b[14], b[15]}
	}
}

// NeighbourError tells which neighbour could not be resolved. It wraps
// [ErrNoNeighbour] or the context's error.
type NeighbourError struct {
	Interface string
	Addr      netip.Addr
	Err       error
}

func (e *NeighbourError) Error() string {
	return fmt.Sprintf("hardware address of %v on %s: %v", e.Addr, e.Interface, e.Err)
}

func (e *NeighbourError) Unwrap() error { return e.Err }
