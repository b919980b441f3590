package bpf

// A parsed expression is a tree of these nodes.
type node interface{ position() int }

type (
	// both is `left and right`, either is `left or right`.
	both struct {
		pos         int
		left, right node
	}
	either struct {
		pos         int
		left, right node
	}
	negated struct {
		pos  int
		node node
	}
	// identified is a primitive that names something: `tcp src port 80`.
	identified struct {
		quals qualifiers
		id    token
		mask  token // of `net N mask M`, a tokenIPv4; of `net N/LEN`, a tokenNumber
	}
	// protocol is a bare protocol name: `tcp`.
	protocol struct{ name token }
	// casting is `[protocol] broadcast` or `[protocol] multicast`.
	casting struct {
		of   token // tokenEnd where no protocol was named
		what token
	}
	// special is a primitive of its own with at most one argument: `vlan 5`.
	special struct {
		word token
		arg  token // tokenEnd for none
	}
	// byteTest is `byte OFFSET OPERATOR VALUE`.
	byteTest struct {
		pos           int
		offset, value token
		operator      string
	}
	// relation is `left operator right` of two numbers.
	relation struct {
		pos         int
		operator    string // = != < > <= >=
		left, right arithmetic
	}
)

func (n *both) position() int       { return n.pos }
func (n *either) position() int     { return n.pos }
func (n *negated) position() int    { return n.pos }
func (n *identified) position() int { return n.id.pos }
func (n *protocol) position() int   { return n.name.pos }
func (n *casting) position() int    { return n.what.pos }
func (n *special) position() int    { return n.word.pos }
func (n *byteTest) position() int   { return n.pos }
func (n *relation) position() int   { return n.pos }

// An arithmetic expression is a tree of these nodes.
type arithmetic interface{ isArithmetic() }

type (
	number   struct{ value uint32 }
	length   struct{}
	minus    struct{ of arithmetic }
	computed struct {
		pos         int
		operator    string
		left, right arithmetic
	}
	// accessor is `protocol[index:size]`.
	accessor struct {
		protocol token
		index    arithmetic
		size     uint32
	}
)

func (*number) isArithmetic()   {}
func (*length) isArithmetic()   {}
func (*minus) isArithmetic()    {}
func (*computed) isArithmetic() {}
func (*accessor) isArithmetic() {}

// qualifiers say what an identifier means; a following identifier without any
// takes them over.
type qualifiers struct {
	known     bool      // whether there are any to take over
	protocol  string    // link, ip, tcp …, or empty
	direction direction // which of the two ends
	kind      string    // host, net, port, portrange, proto, protochain, gateway, or empty for host
	pos       int
}

type direction uint8

const (
	sourceOrDestination direction = iota
	sourceAndDestination
	source
	destination
	wireless // addr1 … addr4, ra, ta: of 802.11 alone
)
