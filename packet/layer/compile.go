package layer

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// code is a protocol made ready to run.
type code struct {
	*Proto
	set     *Set
	made    atomic.Bool             // whether what stands behind id is there
	bounds  func(b []byte) Location // Proto.Locate, or by the table
	refuse  func(payload []byte) bool
	id      int  // index in the set
	min     int  // bytes that the fixed fields at its start take
	fixed   bool // whether those are all
	header  *Expr
	check   *Expr
	total   *Expr
	payload *Expr
	next    []step
	swift   atomic.Bool // whether quick may be asked before bounds
	quick   quick
	fields  []node
	slots   int
	walked  bool // whether bounds depend on fields that only a walk finds
	all     bool // whether the header is all there is, as nothing says otherwise

	reach protoSet // itself, and what may be behind it

	asksReply bool // whether an expression asks for reply
}

// step is a Next made ready.
type step struct {
	when   *Expr
	by     []*Expr
	table  *table
	proto  *code
	quoted bool
}

// node is a field made ready.
type node struct {
	*Field
	id     int  // of its name in the set; -1 without a name
	width  int  // in bits, 0 if it varies
	place  int  // offset in bits from the start of the layer, -1 if it varies
	slot   int  // where its value is kept for expressions, -1 if none asks
	flags  bool // Sub are bits of the value
	still  bool // it has one width always
	whole  int  // that width in bits
	length *Expr
	at     *Expr
	when   *Expr
	repeat *Expr
	all    bool // Repeat "*"
	until  *Expr
	calc   *Expr
	auto   *Expr // nil for "next", "last" and "checksum"
	sub    []node
	choose *Expr
	cases  map[uint64][]node
	other  []node

	ordered [][]node // the lists of cases and other, in the order of Cases
}

// compiler makes one protocol ready.
type compiler struct {
	set   *Set
	proto *code
	scope [][]node // the lists around the field at hand, outermost first
}

func (s *Set) compile(p *code) error {
	c := &compiler{set: s, proto: p}
	place := 0
	var err error
	if p.fields, err = c.list(p.Fields, &place); err != nil {
		return err
	}
	p.min, p.fixed = prefix(p.fields)
	c.scope = [][]node{p.fields}
	if p.header, err = c.expr(p.Header); err != nil {
		return fmt.Errorf("protocol %s, Header: %w", p.Name, err)
	}
	if p.check, err = c.expr(p.Check); err != nil {
		return fmt.Errorf("protocol %s, Check: %w", p.Name, err)
	}
	if p.total, err = c.expr(p.Total); err != nil {
		return fmt.Errorf("protocol %s, Total: %w", p.Name, err)
	}
	if p.payload, err = c.expr(p.Payload); err != nil {
		return fmt.Errorf("protocol %s, Payload: %w", p.Name, err)
	}
	for _, n := range p.Next {
		st, err := c.step(n)
		if err != nil {
			return fmt.Errorf("protocol %s, Next: %w", p.Name, err)
		}
		p.next = append(p.next, st)
	}
	p.all = !p.fixed && p.header == nil && p.check == nil && p.total == nil && p.payload == nil && len(p.next) == 0
	p.walked = p.header.walked() || p.total.walked() || p.payload.walked() || slices.ContainsFunc(p.next, func(st step) bool {
		return st.when.walked() || slices.ContainsFunc(st.by, (*Expr).walked)
	})
	return nil
}

func (c *compiler) step(n Next) (st step, err error) {
	st.quoted = n.Quoted
	if st.when, err = c.expr(n.When); err != nil {
		return st, err
	}
	if n.Proto != "" {
		if st.proto = c.set.byName[n.Proto]; st.proto == nil {
			return st, fmt.Errorf("there is no protocol %q", n.Proto)
		}
	}
	if n.Table != "" {
		st.table = c.set.table(n.Table)
	}
	if n.By == "" {
		return st, nil
	}
	for by := range strings.SplitSeq(n.By, ",") {
		e, err := c.expr(strings.TrimSpace(by))
		if err != nil {
			return st, err
		}
		st.by = append(st.by, e)
	}
	return st, nil
}

// prefix is how many bytes the unconditional fixed fields at the start take, and
// whether there are no others.
func prefix(list []node) (n int, fixed bool) {
	for i := range list {
		f := &list[i]
		if f.place < 0 || f.Calc != "" || f.At != "" {
			if f.Calc == "" && f.At == "" {
				return (n + 7) / 8, false
			}
			continue
		}
		if f.width == 0 {
			inner, fixed := prefix(f.sub)
			if f.Kind != Group || f.Len != "" || f.Code != nil || f.Switch != "" || !fixed {
				return max((n+7)/8, inner+n/8), false
			}
		}
		n = f.place + f.extent()
	}
	return (n + 7) / 8, true
}

// extent is the width of a fixed field in bits, a group's being that of its Sub.
func (n *node) extent() int {
	if n.width > 0 || n.Kind != Group {
		return n.width
	}
	sum := 0
	for i := range n.sub {
		if n.sub[i].Calc == "" && n.sub[i].At == "" {
			sum += n.sub[i].extent()
		}
	}
	return sum
}

// static tells whether a field has one width always.
func (n *node) static() bool {
	if n.When != "" || n.Repeat != "" || n.Code != nil || n.Len != "" || n.Switch != "" {
		return false
	}
	if n.Calc != "" || n.At != "" || n.width > 0 {
		return true
	}
	if n.Kind != Group {
		return false
	}
	for i := range n.sub { // by index, as a node is large
		if !n.sub[i].still {
			return false
		}
	}
	return true
}

// list makes a list of fields ready. place is where it begins, in bits from the
// start of the layer, or -1; it is moved on.
func (c *compiler) list(fields []Field, place *int) ([]node, error) {
	nodes := make([]node, 0, len(fields))
	c.scope = append(c.scope, nil)
	level := len(c.scope) - 1
	for i := range fields {
		f := &fields[i]
		// In place: a node is large, and expressions point at those that they ask.
		nodes = append(nodes, node{Field: f, id: -1, width: f.width(), place: *place, slot: -1, all: f.Repeat == "*"})
		n := &nodes[i]
		c.scope[level] = nodes[:i]
		if err := c.field(n); err != nil {
			return nil, err
		}
		if n.still = n.static(); n.still {
			n.whole = n.extent()
		}
		if *place >= 0 && n.Calc == "" && n.At == "" {
			if n.still {
				*place += n.whole
			} else {
				*place = -1
			}
		}
	}
	c.scope = c.scope[:level]
	return nodes, nil
}

func (c *compiler) field(n *node) error {
	f := n.Field
	if f.When != "" || f.Repeat != "" || f.At != "" {
		n.place = -1
	}
	fail := func(err error) error {
		name := f.Name
		if name == "" {
			name = "a group without a name"
		}
		return fmt.Errorf("protocol %s, field %s: %w", c.proto.Name, name, err)
	}
	if f.Name != "" {
		n.id = c.set.names[f.Name]
	}
	if err := n.check(); err != nil {
		return fail(err)
	}
	repeat := f.Repeat
	if n.all {
		repeat = ""
	}
	for _, e := range []struct {
		text string
		to   **Expr
	}{{f.Len, &n.length}, {f.At, &n.at}, {f.When, &n.when}, {repeat, &n.repeat}, {f.Calc, &n.calc}} {
		var err error
		if *e.to, err = c.expr(e.text); err != nil {
			return fail(err)
		}
	}
	if f.Auto != "" && f.Auto != "next" && f.Auto != "last" && f.Auto != "checksum" {
		var err error
		if n.auto, err = parseExpr(f.Auto, c.lengths); err != nil {
			return fail(err)
		}
	}
	// The field itself is in sight of what is inside it.
	list := &c.scope[len(c.scope)-1]
	*list = (*list)[:len(*list)+1]
	return c.inside(n)
}

// inside makes Sub, Switch and Until ready.
func (c *compiler) inside(n *node) (err error) {
	f := n.Field
	if f.Sub == nil && f.Switch == "" && f.Until == "" {
		return nil
	}
	n.flags = len(f.Sub) > 0 && n.width > 0 && f.number() && f.Code == nil
	place := n.place
	if f.Code != nil || n.flags && f.LE {
		place = -1
	}
	if n.sub, err = c.list(f.Sub, &place); err != nil {
		return err
	}
	if n.flags {
		return n.checkFlags(c.proto.Name)
	}
	c.scope = append(c.scope, n.sub)
	defer func() { c.scope = c.scope[:len(c.scope)-1] }()
	if n.choose, err = c.expr(f.Switch); err != nil {
		return fmt.Errorf("protocol %s, field %s, Switch: %w", c.proto.Name, f.Name, err)
	}
	if n.until, err = c.expr(f.Until); err != nil {
		return fmt.Errorf("protocol %s, field %s, Until: %w", c.proto.Name, f.Name, err)
	}
	for _, cs := range f.Cases {
		place := -1
		list, err := c.list(cs.Fields, &place)
		if err != nil {
			return err
		}
		n.ordered = append(n.ordered, list)
		if len(cs.Of) == 0 {
			n.other = list
			continue
		}
		if n.cases == nil {
			n.cases = map[uint64][]node{}
		}
		for _, v := range cs.Of {
			n.cases[v] = list
		}
	}
	return nil
}

func (n *node) check() error {
	f := n.Field
	switch {
	case f.number() && n.width == 0 && f.Len == "" && f.Calc == "" && f.Code == nil:
		return fmt.Errorf("a number needs Bits, Len or Calc")
	case f.number() && n.width > 64:
		return fmt.Errorf("a number has at most 64 bits, not %d", n.width)
	case f.LE && n.width%8 != 0:
		return fmt.Errorf("a field with its least byte first has whole bytes, not %d bits", n.width)
	case len(f.Cases) > 0 && f.Switch == "":
		return fmt.Errorf("a field with Cases needs a Switch")
	}
	return nil
}

func (n *node) checkFlags(proto string) error {
	sum := 0
	for i := range n.sub {
		if n.sub[i].width == 0 && n.sub[i].Calc == "" {
			return fmt.Errorf("protocol %s, field %s: the bits of a number have a width", proto, n.sub[i].Name)
		}
		sum += n.sub[i].width
	}
	if sum != n.width {
		return fmt.Errorf("protocol %s, field %s: has %d bits, and those inside have %d", proto, n.Name, n.width, sum)
	}
	return nil
}

func (c *compiler) expr(text string) (*Expr, error) {
	if text == "" {
		return nil, nil
	}
	e, err := parseExpr(text, c.resolve)
	if err == nil && e.asks(opReply) {
		c.proto.asksReply = true
	}
	return e, err
}

// resolve finds a field that comes before, the nearest first: by alias or full
// name, else by the last part of it.
func (c *compiler) resolve(name string) (*Expr, error) {
	for level := len(c.scope) - 1; level >= 0; level-- {
		for _, whole := range []bool{true, false} {
			for i := len(c.scope[level]) - 1; i >= 0; i-- {
				if n := find(&c.scope[level][i], name, whole); n != nil {
					return c.load(n), nil
				}
			}
		}
	}
	return nil, fmt.Errorf("no field %q comes before", name)
}

// lengths finds what Auto may name besides fields.
func (c *compiler) lengths(name string) (*Expr, error) {
	switch total := (&Expr{op: opInner}); name {
	case "total":
		return total, nil
	case "payload":
		return &Expr{op: opSub, a: total, b: &Expr{op: opHeader}}, nil
	}
	return c.resolve(name)
}

// find looks for a name in a field and what is inside it: for whole names, or the
// last parts of names as well.
func find(n *node, name string, whole bool) *node {
	if n.Alias == name || n.Name != "" && (n.Name == name || !whole && n.Name[strings.LastIndexByte(n.Name, '.')+1:] == name) {
		return n
	}
	for i := len(n.sub) - 1; i >= 0; i-- {
		if found := find(&n.sub[i], name, whole); found != nil {
			return found
		}
	}
	return nil
}

// load is the expression for a field's value: where it lies, or the slot that
// the walk keeps it in.
func (c *compiler) load(n *node) *Expr {
	if n.place >= 0 && n.width > 0 && n.width <= 64 && n.Calc == "" {
		return &Expr{op: opStatic, n: int64(n.place), bits: n.width, le: n.LE}
	}
	if n.slot < 0 {
		n.slot = c.proto.slots
		c.proto.slots++
	}
	return &Expr{op: opSlot, n: int64(n.slot)}
}
