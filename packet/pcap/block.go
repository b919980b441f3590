package pcap

import (
	"fmt"
	"net/netip"
	"time"
)

// Block is what a pcapng file says beside its packets: a *[Section],
// *[Interface], *[Names], *[Statistics], *[Secrets], *[Custom] or *[Raw].
type Block interface {
	// appendTo appends the block's body, and returns its type with it.
	appendTo(body []byte) ([]byte, uint32, error)
}

// The block types of the pcapng specification.
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
	blockSecrets    = 10
	blockCustom     = 0x00000bad
	blockCustomKeep = 0x40000bad // not to be copied into another file
)

// Section begins a pcapng file, and each file that was put behind another.
type Section struct {
	Hardware    string
	OS          string
	Application string
	Options     Options // comments, and what is unknown
}

// Interface is where packets were captured.
type Interface struct {
	LinkType LinkType
	SnapLen  uint32 // most octets of a packet that were kept; 0 is no limit

	Name        string
	Description string
	Filter      string // the capture filter, as text
	OS          string
	Hardware    string
	FCS         int // octets of frame check sequence at a frame's end; 0: none, or not known

	// TicksPerSecond and Offset (in seconds) say how the file that was read
	// counts time. A Writer counts nanoseconds, whatever they say.
	TicksPerSecond uint64
	Offset         int64

	Options Options // comments, addresses, speed, and what is unknown
}

// Names are host names that go with addresses.
type Names struct {
	Records []Name
	Options Options
}

// Name gives names to one address.
type Name struct {
	Kind    uint16 // 1 IPv4, 2 IPv6, 3 EUI-48, 4 EUI-64
	Address []byte
	Names   []string
}

// Addr returns the IP address, or the zero Addr where the name is for another
// kind of address.
func (n *Name) Addr() netip.Addr {
	if n.Kind == 1 || n.Kind == 2 {
		a, _ := netip.AddrFromSlice(n.Address)
		return a
	}
	return netip.Addr{}
}

// Statistics are counters of an interface. What is nil is not known, zero
// times neither.
type Statistics struct {
	Interface  int // index in Reader.Interfaces
	Time       time.Time
	Start, End time.Time // of the capture

	Received  *uint64 // seen by the interface
	Dropped   *uint64 // lost by the interface
	Accepted  *uint64 // let through by the filter
	OSDropped *uint64 // lost by the kernel
	Delivered *uint64 // handed to the capturing program

	Options Options
}

// Secrets are keys to decrypt what follows. They are secrets: printing one
// shows its kind and length alone.
type Secrets struct {
	Kind    SecretsKind
	Data    []byte
	Options Options
}

// SecretsKind says how Secrets.Data is to be read.
type SecretsKind uint32

// Kinds of secrets.
const (
	SecretsTLS       SecretsKind = 0x544c534b // lines of an SSLKEYLOGFILE
	SecretsSSH       SecretsKind = 0x5353484b
	SecretsWireGuard SecretsKind = 0x57474b4c
	SecretsZigBeeNwk SecretsKind = 0x5a4e574b
	SecretsZigBeeAPS SecretsKind = 0x5a415053
)

func (k SecretsKind) String() string {
	switch k {
	case SecretsTLS:
		return "TLS key log"
	case SecretsSSH:
		return "SSH key log"
	case SecretsWireGuard:
		return "WireGuard key log"
	case SecretsZigBeeNwk:
		return "ZigBee network key"
	case SecretsZigBeeAPS:
		return "ZigBee APS key"
	}
	return fmt.Sprintf("secrets of kind %#x", uint32(k))
}

// Format keeps the keys out of logs, whatever the verb.
func (s Secrets) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%v, %d octets", s.Kind, len(s.Data))
}

// Custom is a block of somebody's own, known by their private enterprise
// number.
type Custom struct {
	PEN  uint32
	Data []byte // with its options, which only the owner can tell apart
	Keep bool   // it belongs to this file and is not to be copied into another
}

// Raw is a block that is not known here.
type Raw struct {
	Type      uint32
	BigEndian bool
	Body      []byte
}
