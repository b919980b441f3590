package scan

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Mode is how is asked.
type Mode uint8

// The modes. All but Sweep are about ports.
const (
	SYN   Mode = iota // begin a TCP connection: open, closed or filtered
	UDP               // send a datagram that the port's protocol answers
	ACK               // tells what a packet filter lets through: unfiltered or filtered
	FIN               // closed, or open|filtered, past filters that look at SYN alone
	NULL              // the same, by a segment without flags
	Sweep             // which hosts are there: ARP and neighbour discovery on a link, ICMP echo beyond
)

var modeNames = [...]string{"syn", "udp", "ack", "fin", "null", "sweep"}

func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode %d", m)
}

// MarshalText gives "syn", "udp" and so on.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mode's name.
func (m *Mode) UnmarshalText(text []byte) error {
	for i, name := range modeNames {
		if string(text) == name {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no mode: %s", text, strings.Join(modeNames[:], ", "))
}

// Protocol is "tcp" or "udp"; "" for a sweep.
func (m Mode) Protocol() string {
	switch m {
	case UDP:
		return "udp"
	case Sweep:
		return ""
	}
	return "tcp"
}

// State is the verdict about a port, in the sense of nmap's, or about a host.
type State uint8

// The states.
const (
	Open         State = iota // something listens
	Closed                    // the host answers that nothing does
	Filtered                  // no answer, or a router's that it may not pass
	Unfiltered                // it is reached; whether it is open this mode does not tell
	OpenFiltered              // no answer where an open port need not give one
	Up                        // the host answers
	Down                      // it does not
)

var stateNames = [...]string{"open", "closed", "filtered", "unfiltered", "open|filtered", "up", "down"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", s)
}

// MarshalText gives "open", "closed" and so on.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// silent is the verdict about who does not answer.
func (m Mode) silent() State {
	switch m {
	case UDP, FIN, NULL:
		return OpenFiltered
	case Sweep:
		return Down
	}
	return Filtered
}

// Result is a verdict.
type Result struct {
	Addr     netip.Addr // of the target
	Port     uint16     // 0 for a host
	State    State
	Reason   string        // what it is concluded from: "syn-ack", "no-response", as nmap names it
	From     netip.Addr    // who answered, where that was not the target
	TTL      uint8         // of the answer
	Hardware string        // of a host on the link, "52:54:00:12:34:56"
	Time     time.Time     // of the answer; of the verdict where there was none
	RTT      time.Duration // 0 where it is not known
}
