package packet

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// Layer is what [Build] takes: a pointer to one of this package's headers, a
// [*Table], or a [Payload].
type Layer interface{ layer() }

// Payload is bytes behind the headers.
type Payload []byte

func (Payload) layer() {}

// Table is a header of any protocol there is a table of, by the names of its
// fields. After a Table only Tables and a Payload may come.
type Table struct {
	Proto  string // name or alias
	Fields []layer.Given
}

func (*Table) layer() {}

func (t *Table) key(table string) (uint16, bool) {
	key, ok := proto.Set().Key(table, t.Proto)
	return uint16(key), ok
}

// Opt is a number that may be left to [Build] to fill in: the zero value is.
type Opt struct {
	value uint64
	set   bool
}

// Set is a number that Build leaves as it is.
func Set[T ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64](v T) Opt { return Opt{uint64(v), true} }

func (o Opt) or(v uint64) uint64 {
	if o.set {
		return o.value
	}
	return v
}

// maxLayers bounds how many layers are built on one another.
const maxLayers = 16

var (
	errLayer  = errors.New("packet: a layer is nil, or not of this package's types")
	errLayers = fmt.Errorf("packet: more than %d layers", maxLayers)
	errOrder  = errors.New("packet: after a Table come only Tables and a Payload")
)

func errFit(field string, v uint64, bits int) error {
	return fmt.Errorf("packet: %s: %d does not fit in %d bits", field, v, bits)
}

func errAddr(field string, a netip.Addr) error {
	return fmt.Errorf("packet: %s: %s is an address of the other family", field, a)
}

// Build appends a packet to dst, the outermost layer first. Fields that are not
// set are computed or get their defaults; those that are set are left as they
// are. It returns an error for a value that does not fit its field, and dst as it
// was.
func Build(dst []byte, layers ...Layer) ([]byte, error) {
	type place struct {
		start, header int
		addresses     [2]int // of the nearest IP header below, from and to
	}
	var places [maxLayers]place
	if len(layers) > maxLayers {
		return dst, errLayers
	}
	out := dst
	var below [2]int
	n := 0
	for ; n < len(layers); n++ {
		l := layers[n]
		if _, ok := l.(*Table); ok {
			break
		}
		var next Layer
		if n+1 < len(layers) {
			next = layers[n+1]
		}
		at := &places[n]
		at.start, at.addresses = len(out), below
		var err error
		if out, err = appendLayer(out, l, next); err != nil {
			return dst, err
		}
		at.header = len(out)
		switch l.(type) {
		case *IPv4:
			below = [2]int{at.start + 12, at.start + 20}
		case *IPv6:
			below = [2]int{at.start + 8, at.start + 40}
		}
	}
	if n < len(layers) {
		var err error
		if out, err = appendTables(out, layers[n:]); err != nil {
			return dst, err
		}
	}
	for i := n - 1; i >= 0; i-- {
		at := &places[i]
		err := finishLayer(layers[i], out[at.start:], at.header-at.start, out[at.addresses[0]:at.addresses[1]])
		if err != nil {
			return dst, err
		}
	}
	return out, nil
}

// appendTables writes layers that have no type of their own.
func appendTables(dst []byte, layers []Layer) ([]byte, error) {
	parts := make([]layer.Part, len(layers))
	for i, l := range layers {
		switch l := l.(type) {
		case *Table:
			parts[i] = layer.Part{Proto: l.Proto, Fields: l.Fields}
		case Payload:
			parts[i] = layer.Part{Rest: l}
		default:
			return dst, errOrder
		}
	}
	out, err := proto.Set().Build(dst, parts...)
	if err != nil {
		return dst, fmt.Errorf("packet: %w", err)
	}
	return out, nil
}

// pseudo is the sum of the pseudo header over the addresses of the IP header
// below; without one it is 0.
func pseudo(addresses []byte, protocol uint8, length int) uint64 {
	if len(addresses) == 0 {
		return 0
	}
	return layer.PseudoSum(addresses, protocol, length)
}

// bit is a flag as a number.
func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func put24(b []byte, v uint32) { b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v) }
