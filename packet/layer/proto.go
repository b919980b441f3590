package layer

// Proto is one protocol, declared. It must not change once it is in a [Set].
type Proto struct {
	Name  string   // what filters and Wireshark call it: "tcp"
	Title string   // "Transmission Control Protocol"
	Alias []string // other names, Scapy's among them: "TCP"
	Spec  string   // where it is defined: "RFC 9293"

	// Fields in the order of their bytes.
	Fields []Field

	// Header is the length of the header in bytes, from the start of the layer,
	// as an expression. Empty, it is where Fields end when all their widths are
	// fixed, and everything there is when nothing follows (no Next).
	Header string

	// Check is an expression that is not 0 for every header of this protocol, such
	// as version == 4. Where it is 0, the layer is malformed.
	Check string

	// Total is the length of header and payload together, as an expression, for
	// protocols that say so. What lies behind it is not part of the layer. Empty
	// or 0: all there is.
	Total string

	// Payload is the length of the payload, as an expression, for protocols that
	// have more fields behind it. Empty or 0: all that Total leaves.
	Payload string

	// Next names, in order of preference, how the layer behind the header is
	// found.
	Next []Next

	// On says where this protocol is found: in whose tables, under which keys.
	On []On

	// Guess tells from the first bytes of a payload whether it is this
	// protocol. It is asked for payloads of the tables in On when no key has
	// answered. It must not be fooled easily.
	Guess func(payload []byte) bool

	// Refuse tells that a payload that a key has led to is not this protocol after
	// all, as others use its port. The next key, or a guess, may take it then.
	Refuse func(payload []byte) bool

	// Locate finds the layer's bounds without the table, for protocols that are
	// met often, or that no expression describes. A protocol that has Header,
	// Total or Next expressions as well must come to the same result by both.
	Locate func(b []byte) Location

	// Stream says that the payload is a piece of a stream of bytes: messages in it
	// have no bounds but their own, several may come together, and the last may be
	// cut. Expressions of what it carries know it as stream.
	Stream bool

	// Checksum is what fills a field over the bytes of the layer.
	Checksum *Checksum

	// Answers says which packet answers one of this protocol.
	Answers *Answer

	// Blank is what is built where no field is given, for protocols that are lists
	// of things.
	Blank []Given

	// Align is how many bytes' multiple the payload is filled up to when it is
	// built.
	Align int

	// Summary is the line that sums a packet up, with fields as ${alias}. The text
	// before a field that a packet does not have is left out.
	Summary string
}

// Next is one way to find the following layer: the values of fields are looked
// up in a table.
type Next struct {
	When  string // a condition; empty: always
	By    string // expressions of keys, separated by commas; the smallest value is tried first
	Table string // the table that they are looked up in: "ip.proto", "udp.port"
	Proto string // or the protocol itself, by name

	// Quoted says that what follows is the beginning of a packet, as errors quote
	// it: that its end is missing is not a mistake.
	Quoted bool
}

// On is an entry of a protocol in a table.
type On struct {
	Table string
	Keys  []uint64
}

// Location is where the parts of a layer lie, in bytes from its start.
type Location struct {
	Header  int // length of the header
	Total   int // length of header and payload; 0: all there is
	Payload int // length of the payload; 0: all that Total leaves

	// Next is the index in [Proto].Next to look up, or -1 for none, and Key and
	// Key2 the keys, the first before the second. A Key2 of 0 is none.
	Next      int
	Key, Key2 uint32

	// Reason, when not empty, says what is wrong; no layer follows then, and Total
	// is how much of the layer is to be believed.
	Reason string
}

// Sum is a checksum's algorithm.
type Sum uint8

// The checksums of the protocols here.
const (
	Internet Sum = iota // RFC 1071
	CRC32C              // RFC 9260 appendix A
)

// Checksum says what a checksum field covers.
type Checksum struct {
	Field  string // the field that holds it, by alias or name
	Sum    Sum
	Pseudo bool // over the IP pseudo header as well, but for what Plain tells of
	Header bool // over the header alone, not the payload
	Zero   bool // a sum of 0 is sent as 0xFFFF, and 0 means none (RFC 768)

	// Plain tells of a header that is summed without the pseudo header all the
	// same, as earlier versions are.
	Plain func(header []byte) bool
}

// Counts tells whether the checksum of a header covers the IP pseudo header.
func (c *Checksum) Counts(header []byte) bool {
	return c.Pseudo && (c.Plain == nil || !c.Plain(header))
}

// Answer tells what a packet's answer has in common with it. Fields are given by
// alias or name.
type Answer struct {
	Swap [][2]string          // fields whose values come back exchanged: who sends, and to whom
	Same []string             // fields that come back as they were
	Pair map[string][]Answers // fields whose value has a given answer
	When string               // a condition on the answer, such as a response flag
	By   []string             // protocols whose packets may answer too, by quoting: "icmp"

	// Alone says that what carries the protocol is not looked at, as tunnels choose
	// their ports anew each way.
	Alone bool

	// Fits tells by the bytes of both layers, header and payload, what is left to
	// tell, such as whether sequence numbers go on.
	Fits func(ask, answer []byte) bool
}

// Answers is a value and the value that answers it.
type Answers struct{ Ask, Answer uint64 }
