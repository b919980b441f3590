package layer

// Kind is how a field's bytes are read.
type Kind uint8

// The kinds of fields. In brackets: what [Value] holds.
const (
	Uint    Kind = iota // an unsigned number of 1 to 64 bits [U]
	Int                 // a number in two's complement [U, sign-extended]
	Bool                // a flag of any width; true when a bit is set [U]
	Bytes               // bytes [B]
	String              // text [B]
	CString             // text that ends at a NUL, which counts as part of it, or with Len may end at one [B, up to the NUL]
	MAC                 // EUI-48 [B]
	EUI64               // EUI-64 [B]
	IPv4                // address of 4 bytes [B, U]
	IPv6                // address of 16 bytes [B]
	GUID                // 16 bytes, the first three parts in the field's byte order [B]
	Float               // IEEE 754, 32 or 64 bits [U: the bits]
	Seconds             // seconds since 1970, 32 or 64 bits [U]
	NTP                 // RFC 5905 timestamp: 32 bits of seconds since 1900, 32 of fraction [U]
	OID                 // an ASN.1 object identifier's content bytes [B]
	Group               // no value of its own; holds Sub
)

var kindNames = [...]string{
	Uint: "number", Int: "signed number", Bool: "flag", Bytes: "bytes", String: "text", CString: "text up to a NUL",
	MAC: "MAC address", EUI64: "EUI-64 address", IPv4: "IPv4 address", IPv6: "IPv6 address", GUID: "GUID", Float: "float",
	Seconds: "time", NTP: "time", OID: "OID", Group: "group",
}

// String is the kind in a word or two.
func (k Kind) String() string { return kindNames[k] }

// Base is how a number is shown.
type Base uint8

// The bases. Hex shows the field's full width, as 0x0800.
const (
	Dec Base = iota
	Hex
	Oct
	DecHex // decimal, with the hexadecimal in brackets where there is room
	Char
)

// Enum names the values of a field.
type Enum map[uint64]string

// Field is one field of a protocol, or a group of fields.
//
// Where fields stand one after another, each begins where the one before ended.
// The Sub of a number are its bits, from the most significant on, and together
// as wide as it; the Sub of everything else are laid over its bytes.
type Field struct {
	Name  string   // full name, as Wireshark's: "tcp.dstport"; empty for what has no line of its own
	Alias string   // Scapy's short name, "dport"; known within the protocol
	Also  []string // names that this field answers to as well: "tcp.port"; of one without a name, those that it is built by
	Title string   // "Destination Port"

	Kind Kind
	Bits int  // width of a fixed field; 0 for MAC, IPv4, IPv6 and the like, which have one
	LE   bool // least significant byte first

	// Len is the length in bytes, an expression, for fields whose width is not
	// fixed. Bytes, String and Group fields without one reach to the end of what
	// they stand in (a Group without one ends where its Sub end).
	Len string

	// At places the field at this offset in bytes from the start of what it
	// stands in, without moving on.
	At string

	// When is a condition: the field is there if it is not 0.
	When string

	// Repeat is how often the field comes: an expression, or "*" for as long as
	// there are bytes. Until ends a repetition early, after the element for
	// which it is not 0.
	Repeat string
	Until  string

	// Calc makes a field whose value is this expression. It takes no bytes, but
	// may be shown over those that At and Len give.
	Calc string

	// Sub are the fields inside. Switch chooses more of them by a value: the
	// Case that has it, else the Case that lists none.
	// The bits of a number lie in all of its bytes, or, if it is Tight, in those
	// alone that hold them.
	Sub    []Field
	Tight  bool
	Switch string
	Cases  []Case

	// Code reads what no table can say. It is called with the walker at the
	// start of the field and shows what it finds, by the index of Sub, with
	// [Walker.Emit] and [Walker.Fields]. If Len is empty it moves the walker on
	// itself.
	Code func(w *Walker)

	// Write is Code's counterpart: it appends the field as it is sent, for the
	// value that Code shows as Sub[0] (as the field itself, if it has no Sub).
	// A nil value is the default.
	Write func(dst, value []byte) ([]byte, error)

	// Make is Write for what is made of several: it appends the field by those of
	// Sub that are given, in the order in which they are, under their full names.
	Make func(dst []byte, given []Given) ([]byte, error)

	Enum Enum

	// Words are further names for values, as people type them who build a packet:
	// "who-has", "mss". Enum's names are known, too.
	Words map[string]uint64

	Base Base

	// For building: the value of a field that is not given. Auto is filled in
	// instead: an expression over header, payload and total (lengths in bytes),
	// or "next" (the key of the following layer), "last" (1 if the following layer
	// is of another protocol, else 0), or "checksum".
	Default uint64
	Auto    string
}

// Case is a choice of a Switch: the fields for some values.
type Case struct {
	Of     []uint64
	Fields []Field
}

// width is the fixed width in bits, or 0.
func (f *Field) width() int {
	switch f.Kind {
	case MAC:
		return 48
	case EUI64, NTP:
		return 64
	case IPv4:
		return 32
	case IPv6, GUID:
		return 128
	case Group:
		return 0
	}
	return f.Bits
}

// number tells whether the value is a number.
func (f *Field) number() bool {
	switch f.Kind {
	case Uint, Int, Bool, Float, Seconds, NTP, IPv4:
		return true
	}
	return false
}
