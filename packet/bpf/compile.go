package bpf

import (
	"context"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/pcap"
)

// Compile turns a pcap-filter(7) expression into a classic BPF program for
// frames of a link type. An empty expression passes everything. opts may be
// nil. Errors are of type *[Error] and name the column; an expression that no
// packet can pass is one, unless NoOptimize is set.
//
// The program is one that Linux takes: jumps lead forward, and there are at
// most [MaxInstructions].
func Compile(expr string, link pcap.LinkType, opts *Options) ([]netbpf.RawInstruction, error) {
	raw, err := compile(expr, link, opts, MaxInstructions, kernelChain)
	return raw, inCharacters(expr, err)
}

// New compiles an expression and makes it ready to run here, where a program
// may be longer than in the kernel: protochain follows up to 128 headers
// instead of 8.
func New(expr string, link pcap.LinkType, opts *Options) (*Program, error) {
	raw, err := compile(expr, link, opts, maxHere, longChain)
	if err != nil {
		return nil, inCharacters(expr, err)
	}
	return load(raw, maxHere)
}

// compile makes a program of at most so many instructions, in which
// protochain follows at most so many headers.
func compile(expr string, link pcap.LinkType, opts *Options, most, chain int) ([]netbpf.RawInstruction, error) {
	filled := opts.withDefaults()
	ctx, cancel := context.WithTimeout(context.Background(), filled.Timeout)
	defer cancel()
	c, err := newCompiler(ctx, link, &filled, chain)
	if err != nil {
		return nil, err
	}
	parsed, err := parse(expr)
	if err != nil {
		return nil, err
	}
	meaning := condition(constantly(true))
	if parsed != nil {
		if meaning, err = c.condition(parsed); err != nil {
			return nil, err
		}
	}
	g := newGraph(meaning, filled.NoOptimize)
	if !filled.NoOptimize {
		if g.optimize(); g.root == g.reject {
			return nil, errorAt(0, "expression rejects all packets").hint("no frame of link type %s can meet it", link)
		}
	}
	return g.assemble(filled.SnapLen, !filled.NoOptimize, most)
}

// maxSlots bounds how many intermediate numbers an expression may ask for. At
// one time a program can keep 16.
const maxSlots = 4096

// compiler turns a parsed expression into the condition it means. The frame
// changes on the way: what follows `vlan`, `mpls`, `pppoes`, `geneve` and
// `vxlan` in the text looks behind that header.
type compiler struct {
	*values
	ctx   context.Context
	opts  *Options
	link  pcap.LinkType
	frame frame
	chain int // how many headers protochain follows
}

func newCompiler(ctx context.Context, link pcap.LinkType, opts *Options, chain int) (*compiler, error) {
	f, ok := frameOf(link)
	if !ok {
		return nil, errorAt(0, "link type %s is not supported", link).
			hint("capture filters know EN10MB, RAW, IPV4, IPV6, LINUX_SLL, LINUX_SLL2, NULL, LOOP and PPP")
	}
	return &compiler{values: newValues(), ctx: ctx, opts: opts, link: link, frame: f, chain: chain}, nil
}

// condition compiles one node of the tree.
func (c *compiler) condition(n node) (condition, error) {
	if c.slots > maxSlots {
		return nil, tooComplex()
	}
	switch n := n.(type) {
	case *both:
		left, right, err := c.pair(n.left, n.right)
		return all{left, right}, err
	case *either:
		left, right, err := c.pair(n.left, n.right)
		return anyOf{left, right}, err
	case *negated:
		of, err := c.condition(n.node)
		return not{of}, err
	case *identified:
		return c.identified(n)
	case *protocol:
		return c.protocol(n.name)
	case *casting:
		return c.casting(n)
	case *special:
		return c.special(n)
	case *byteTest:
		return c.byteTest(n)
	default:
		return c.relation(n.(*relation))
	}
}

// pair compiles two nodes in the order of the text.
func (c *compiler) pair(left, right node) (l, r condition, err error) {
	if l, err = c.condition(left); err != nil {
		return nil, nil, err
	}
	r, err = c.condition(right)
	return l, r, err
}

// dlt is how errors name the link type: that of the frame, or of what a
// tunnel leads to.
func (c *compiler) dlt() string {
	if c.frame.kind == kindPPPoE {
		return "DLT_PPP"
	}
	if c.frame.tunnel {
		return "DLT_EN10MB"
	}
	return "DLT_" + c.link.String()
}

// unsupported is the error of a primitive that this link type does not have.
func (c *compiler) unsupported(t token) *Error {
	return errorAt(t.pos, "'%s' not supported on %s", t.text, c.dlt())
}
