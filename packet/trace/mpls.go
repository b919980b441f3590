package trace

import (
	"encoding/binary"
	"fmt"

	"github.com/netwright/netwright/packet/layer"
)

// Label is an entry of the MPLS label stack that a probe came to a router with
// (RFC 3032 section 2.1).
type Label struct {
	Label  uint32
	Class  uint8 // traffic class, once "EXP"
	Bottom bool
	TTL    uint8
}

// String is "label 100 class 0 ttl 1".
func (l Label) String() string {
	return fmt.Sprintf("label %d class %d ttl %d", l.Label, l.Class, l.TTL)
}

// maxLabels is how many labels of an answer are kept.
const maxLabels = 16

// readLabels reads the labels of an ICMP extension structure (RFC 4884 section
// 7, RFC 4950 section 3); none where it is not well-formed. One that had to be
// guessed must have a checksum.
func readLabels(b []byte, guessed bool) (labels []Label) {
	if len(b) < 4 || b[0]>>4 != 2 {
		return nil
	}
	if sum := binary.BigEndian.Uint16(b[2:]); sum != 0 || guessed {
		if sum == 0 || layer.FoldSum(layer.AddSum(0, b)) != 0 {
			return nil
		}
	}
	const classMPLS, incoming = 1, 1
	for b = b[4:]; len(b) >= 4; {
		length := int(binary.BigEndian.Uint16(b))
		if length < 4 || length > len(b) {
			return labels
		}
		if b[2] == classMPLS && b[3] == incoming {
			for stack := b[4:length]; len(stack) >= 4 && len(labels) < maxLabels; stack = stack[4:] {
				v := binary.BigEndian.Uint32(stack)
				labels = append(labels, Label{Label: v >> 12, Class: uint8(v >> 9 & 7), Bottom: v>>8&1 == 1, TTL: uint8(v)})
			}
		}
		b = b[length:]
	}
	return labels
}
