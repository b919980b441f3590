package reassembly

// Policy says which of two different bytes at the same place counts.
type Policy uint8

// The policies.
const (
	First Policy = iota // what came first, as BSD, Linux for data it has, and Windows do
	Last                // what came last
)

// Limits bound what is kept of what cannot be handed on yet. The zero value has
// the defaults.
type Limits struct {
	Stream    int    // bytes of one stream or datagram; 0: 1 MiB
	Total     int    // bytes of all together; 0: 64 MiB
	Pieces    int    // separate pieces of one stream or datagram; 0: 512
	Datagrams int    // IP packets that wait for fragments; 0: 4096
	Policy    Policy // First by default
}

func (l *Limits) stream() int    { return orDefault(l.Stream, 1<<20) }
func (l *Limits) total() int     { return orDefault(l.Total, 64<<20) }
func (l *Limits) pieces() int    { return orDefault(l.Pieces, 512) }
func (l *Limits) datagrams() int { return orDefault(l.Datagrams, 4096) }

func orDefault(n, standard int) int {
	if n > 0 {
		return n
	}
	return standard
}

// Budget is what streams that share their limits keep together.
type Budget struct {
	Limits
	held int
}

// Held is how many bytes are kept now.
func (b *Budget) Held() int { return b.held }

// full tells whether n more bytes would be too many.
func (b *Budget) full(n int) bool { return b.held+n > b.total() }
