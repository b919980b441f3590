package wire

import (
	"fmt"
	"net/netip"
	"time"
)

// ICMP sends echo requests and receives what answers them, without privileges:
// by a datagram socket (icmp(7)), which the kernel lets the groups of
// net.ipv4.ping_group_range have. Each ICMP sees the answers to its own requests
// alone. Send and Receive may be called concurrently.
type ICMP struct {
	version int
	socket  icmpSocket
}

// ICMPAnswer is an ICMP message that came, or an error about one that was sent.
type ICMPAnswer struct {
	Time time.Time  // when the kernel got it
	From netip.Addr // who sent it: for an error the router or host that did
	TTL  int        // of the answer when it came
	// Type and Code are those of the message that came; zeros for an error of
	// this host, which then has no From either: nobody has the next hop's address,
	// say.
	Type, Code uint8
	// Data is the ICMP message from its type on. For an error (Quoted) it is
	// our own message, as it was sent.
	Data   []byte
	Quoted bool
	Err    error // what the kernel calls the error: "no route to host"
	MTU    int   // of the path, where the error tells one
}

// OpenICMP opens a socket for IPv4 (version 4) or IPv6 (version 6) in the
// current network namespace. Where the process may not, the error says what to
// set.
func OpenICMP(version int) (*ICMP, error) {
	if version != 4 && version != 6 {
		return nil, fmt.Errorf("there is no ICMP for IP version %d", version)
	}
	s, err := openICMPSocket(version)
	if err != nil {
		return nil, err
	}
	return &ICMP{version: version, socket: s}, nil
}

// Identifier is what the kernel puts into the identifier field of each request.
func (c *ICMP) Identifier() uint16 { return c.socket.identifier() }

// Send sends an ICMP message, from its type on, and returns the time right
// before. The kernel fills in the identifier and the checksum, and takes echo
// requests only. A ttl of 0 is the system's.
func (c *ICMP) Send(dst netip.Addr, ttl int, message []byte) (time.Time, error) {
	dst = dst.Unmap()
	if dst.Is4() != (c.version == 4) {
		return time.Time{}, fmt.Errorf("ICMP for IPv%d cannot go to %v", c.version, dst)
	}
	at := time.Now()
	if err := c.socket.send(dst, ttl, message); err != nil {
		return at, fmt.Errorf("ICMP to %v: %w", dst, err)
	}
	return at, nil
}

// Receive waits for the next answer until the deadline; then its error wraps
// os.ErrDeadlineExceeded. The answer's Data is in buf. After Close, within a
// tenth of a second, its error wraps net.ErrClosed.
func (c *ICMP) Receive(buf []byte, deadline time.Time) (ICMPAnswer, error) {
	a, err := c.socket.receive(buf, deadline)
	if err != nil {
		return a, fmt.Errorf("receive ICMP: %w", err)
	}
	return a, nil
}

// Close gives back the socket.
func (c *ICMP) Close() error { return c.socket.close() }
