package wire

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/net/bpf"
)

// AnyInterface names all interfaces together. Their frames come with a header
// in common, pcap.LinkSLL2.
const AnyInterface = "any"

// Direction selects frames by whether this host received or sent them.
type Direction uint8

// The directions. On the loopback interface each packet passes twice, sent and
// received; Both shows it once, as received.
const (
	Both Direction = iota
	In
	Out
)

func (d Direction) String() string {
	switch d {
	case In:
		return "in"
	case Out:
		return "out"
	default:
		return "both"
	}
}

// MarshalText gives "both", "in" or "out".
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "both", "in" or "out".
func (d *Direction) UnmarshalText(text []byte) error {
	for _, known := range []Direction{Both, In, Out} {
		if string(text) == known.String() {
			*d = known
			return nil
		}
	}
	return fmt.Errorf("%q is no direction: both, in or out", text)
}

// Config says what to capture and how.
type Config struct {
	// Interface to capture on, or "any" for all of them.
	Interface string `yaml:"interface" required:"true"`
	// Filter for the interface's link type (see LinkTypeOf); nil lets all pass.
	// In the kernel it sees frames without the VLAN tag that was taken off.
	Filter []bpf.RawInstruction `yaml:"-"`
	// FilterTagged runs the filter on frames with their VLAN tag put back, which
	// is outside the kernel: at some 60 ns for each frame that comes, wanted or
	// not. It is for filters that ask for tags.
	FilterTagged bool `yaml:"-"`
	// Direction of the frames: both, in or out.
	Direction Direction `yaml:"direction"`
	// Promiscuous takes frames that are for other hosts, too.
	Promiscuous bool `yaml:"promiscuous"`
	// Snap is how many bytes of a frame are kept at most. Default 256KiB, which
	// is all; with immediate delivery what a frame of the interface can have.
	Snap int64 `yaml:"snap" unit:"bytes"`
	// Workers is how many rings and goroutines share the frames. Both
	// directions of a flow go to the same worker. Default 1.
	Workers int `yaml:"workers"`
	// Immediate hands out each frame when it comes, which costs more per frame.
	// Its ring has slots of the size of the longest frame, so set Snap where
	// less is enough.
	Immediate bool `yaml:"immediate"`
	// Wait is how long a frame may stay in a block that is not full yet.
	// Default 10ms; not used with immediate delivery.
	Wait time.Duration `yaml:"wait"`
	// Ring is the size of each worker's ring. Default 16MiB.
	Ring int64 `yaml:"ring" unit:"bytes"`
	// Block is the size of the ring's blocks, a power of two. Default 256KiB.
	Block int64 `yaml:"block" unit:"bytes"`
	// TagsAside leaves VLAN tags that the kernel took off out of the frame's
	// bytes.
	TagsAside bool `yaml:"tags_aside"`
}

const (
	minBlock   = 16 << 10 // room for a frame of a common MTU, whatever the page size
	maxRing    = 4 << 30
	maxSnap    = 256 << 10
	maxWorkers = 256
)

// SetDefaults fills the fields that are zero.
func (c *Config) SetDefaults() {
	if c.Snap == 0 && !c.Immediate {
		c.Snap = maxSnap
	}
	if c.Workers == 0 {
		c.Workers = 1
	}
	if c.Wait == 0 {
		c.Wait = 10 * time.Millisecond
	}
	if c.Ring == 0 {
		c.Ring = 16 << 20
	}
	if c.Block == 0 {
		c.Block = min(256<<10, c.Ring)
	}
}

// Validate says which settings cannot be.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(""+format, args...))
		}
	}
	wrong(c.Interface == "", "no interface is named (%q is all of them)", AnyInterface)
	wrong(c.Promiscuous && c.Interface == AnyInterface, "promiscuous mode is for one interface, not for %q", AnyInterface)
	wrong(c.FilterTagged && c.TagsAside, "a filter that sees VLAN tags, and tags left out of the frames, exclude each other")
	wrong(c.Snap < 0 || c.Snap > maxSnap, "snap of %d bytes: 1 to %d can be", c.Snap, maxSnap)
	wrong(c.Workers < 1 || c.Workers > maxWorkers, "%d workers: 1 to %d can be", c.Workers, maxWorkers)
	wrong(c.Wait < time.Millisecond || c.Wait > time.Minute, "wait of %v: 1ms to 1m can be", c.Wait)
	wrong(c.Block < minBlock || c.Block&(c.Block-1) != 0, "block of %d bytes: a power of two from %d on can be", c.Block, minBlock)
	wrong(c.Ring < c.Block || c.Ring > maxRing, "ring of %d bytes: from one block (%d) to %d can be", c.Ring, c.Block, int64(maxRing))
	return errors.Join(errs...)
}
