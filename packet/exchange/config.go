package exchange

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/wire"
)

// Config says where packets go, and how long their answers are waited for.
type Config struct {
	// Interface that packets leave by and answers come in by. Empty, it is that of
	// the route to To.
	Interface string `yaml:"interface"`
	// To is a destination of the packets: [Do] looks at the first one for it.
	To netip.Addr `yaml:"-"`
	// Begin is the protocol that packets begin with: eth, ip, ipv6 or arp; the
	// link header is made for those that have none. Empty, it is IP of either
	// version.
	Begin string `yaml:"-"`
	// Fill says which fields are filled in.
	Fill Fill `yaml:"-"`
	// Set is the protocols that packets are read by. Default those built in.
	Set *layer.Set `yaml:"-"`

	// Rate in packets per second. Default off: as fast as can be.
	Rate float64 `yaml:"rate" unit:"rate"`
	// Timeout is how long an answer is waited for after sending. Default 2s.
	Timeout time.Duration `yaml:"timeout"`
	// Retries is how often a packet without answer is sent again.
	Retries int `yaml:"retries"`
	// Outstanding is how many packets are waited for at once; no more are sent
	// meanwhile. Default 65536; of Blind, where packets wait to be sent, 4096.
	Outstanding int `yaml:"outstanding"`
	// Multiple takes all answers that a packet gets until the timeout, not the
	// first alone.
	Multiple bool `yaml:"multiple"`
	// First ends the exchange with the first answer.
	First bool `yaml:"first"`
	// Blind waits for no answers: packets are sent, and that is all. Result is
	// called for those that cannot be.
	Blind bool `yaml:"blind"`
	// Promiscuous takes answers that are for other hosts, too.
	Promiscuous bool `yaml:"promiscuous"`
	// Ring is the size of the ring that the kernel writes answers to. Default
	// 16MiB.
	Ring int64 `yaml:"ring" unit:"bytes"`

	// Result is called with each answer, and with each packet that got none, one
	// at a time; its error ends the exchange. It holds the exchange up, and must
	// not call it.
	Result func(*Result) error `yaml:"-"`
}

// Fill says which fields of a packet are filled in by the way that it takes, those
// that were not given.
type Fill struct {
	LinkSource bool // eth.src
	LinkTarget bool // eth.dst, of the next hop
	Source     bool // ip.src or ipv6.src, of the outermost IP layer
	ID         bool // ip.id: the packet's number, by which errors tell packets apart
	ARPLink    bool // the sender's hardware address in ARP
	ARPSource  bool // the sender's IP address in ARP
}

// SetDefaults fills the fields that are zero.
func (c *Config) SetDefaults() {
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Outstanding == 0 {
		c.Outstanding = 1 << 16
		if c.Blind {
			c.Outstanding = 1 << 12
		}
	}
	if c.Result == nil {
		c.Result = func(*Result) error { return nil }
	}
}

// Validate says which settings cannot be.
func (c *Config) Validate() error {
	var errs []error
	if c.Interface == "" && !c.To.IsValid() {
		errs = append(errs, errors.New("no interface is named, and the packets have no IP destination whose route would tell"))
	}
	switch c.Begin {
	case "", "eth", "ip", "ipv6", "arp":
	default:
		errs = append(errs, fmt.Errorf("packets that begin with %s cannot be sent; begin them with eth, ip, ipv6 or arp", c.Begin))
	}
	if c.Timeout < 0 || c.Retries < 0 || c.Outstanding < 0 || c.Rate < 0 {
		errs = append(errs, errors.New("a timeout, a number of retries, of packets or a rate is negative"))
	}
	return errors.Join(errs...)
}

// Result is what became of a packet. It is the receiver's to keep.
type Result struct {
	Number  uint64 // of the packet, from 0
	Request []byte // as it was sent
	Begin   string // the protocol that it begins with
	Tries   int    // how often it was sent
	Sent    time.Time

	// Answer is what came, nil if nothing did, with the header of Link in front,
	// and Received when the kernel got it.
	Answer   []byte
	Link     pcap.LinkType
	Received time.Time

	// Err says why the packet was not sent.
	Err error
}

// RTT is the time from sending to the answer.
func (r *Result) RTT() time.Duration { return r.Received.Sub(r.Sent) }

// Summary is what an exchange came to.
type Summary struct {
	Packets    uint64 // that there were to send
	Sent       uint64 // how often one was sent
	Answered   uint64
	Unanswered uint64
	Failed     uint64      // could not be sent
	Answers    uint64      // more than Answered if there were several
	Unasked    uint64      // packets that came and answered nothing
	Report     wire.Report // of the sender
	Capture    wire.Stats  // since the exchange was opened
}

// String is the line that ends an exchange: "packets: 208, answered: 205, not: 3".
func (s Summary) String() string {
	text := fmt.Sprintf("packets: %d, answered: %d, not: %d", s.Packets, s.Answered, s.Unanswered)
	if s.Failed > 0 {
		text += fmt.Sprintf(", not sent: %d", s.Failed)
	}
	if s.Sent > s.Packets-s.Failed {
		text += fmt.Sprintf(", sent again: %d", s.Sent-(s.Packets-s.Failed))
	}
	if s.Answers > s.Answered {
		text += fmt.Sprintf(", more answers: %d", s.Answers-s.Answered)
	}
	if s.Capture.Dropped > 0 {
		text += fmt.Sprintf(", frames lost before they were looked at: %d", s.Capture.Dropped)
	}
	return text
}
