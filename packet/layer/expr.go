package layer

import (
	"fmt"
	"strconv"
)

// Expr is a compiled expression: whole numbers, the fields of the protocol that
// came before, and the operators of C with its precedence, in 64 bits that wrap
// around; but & ^ and | bind tighter than comparisons, so that "flags & 7 == 1"
// means what it says. Division by 0 gives 0. There are no loops, so each ends.
//
// A field is named by its alias, its full name or the last part of it. Also
// known are, in bytes: pos (how far the walk is in what the field stands in),
// rest (what is left of it), size (all of it), wire (length of the layer on the
// wire, more than was captured if the frame was cut), header (length of the layer's
// header), stream (whether what carries the layer is a stream, as TCP; else 0),
// reply (whether it comes from the port that its protocol is known by; else 0),
// inner (where the next layer ends, from the start of this one; 0 if there is none
// or its end is not known),
// and u8(n) u16(n) u24(n) u32(n) le16(n) le32(n), which read ahead, n bytes from
// where the walk is, and give 0 past the end.
type Expr struct {
	op      op
	n       int64 // number, slot, offset in bits
	bits    int
	le      bool
	a, b, c *Expr
}

type op uint8

const (
	opNumber op = iota
	opStatic    // a field at a fixed place of the layer
	opSlot      // a field seen by the walk
	opPos
	opRest
	opSize
	opHeader
	opInner
	opStream
	opReply
	opWire
	opRead // u8(n) …
	opNot
	opNeg
	opInvert
	opChoose // a ? b : c
	opOr
	opAnd
	opBitOr
	opBitXor
	opBitAnd
	opEq
	opNe
	opLt
	opLe
	opGt
	opGe
	opShl
	opShr
	opAdd
	opSub
	opMul
	opDiv
	opMod
)

var operators = map[string]struct {
	prec int
	op   op
}{
	"||": {1, opOr}, "&&": {2, opAnd}, "==": {3, opEq}, "!=": {3, opNe},
	"<": {4, opLt}, "<=": {4, opLe}, ">": {4, opGt}, ">=": {4, opGe}, "|": {5, opBitOr}, "^": {6, opBitXor}, "&": {7, opBitAnd},
	"<<": {8, opShl}, ">>": {8, opShr}, "+": {9, opAdd}, "-": {9, opSub}, "*": {10, opMul}, "/": {10, opDiv}, "%": {10, opMod},
}

var variables = map[string]op{
	"pos": opPos, "rest": opRest, "size": opSize, "header": opHeader, "inner": opInner, "stream": opStream, "wire": opWire,
	"reply": opReply,
}

var readers = map[string]Expr{
	"u8": {op: opRead, bits: 8}, "u16": {op: opRead, bits: 16}, "u24": {op: opRead, bits: 24}, "u32": {op: opRead, bits: 32},
	"le16": {op: opRead, bits: 16, le: true}, "le32": {op: opRead, bits: 32, le: true},
}

// maxNesting bounds how deep an expression goes.
const maxNesting = 50

// walked tells whether the expression needs fields that only a walk finds.
func (e *Expr) walked() bool {
	return e != nil && (e.op == opSlot || e.a.walked() || e.b.walked() || e.c.walked())
}

// parser reads an expression. resolve finds a field by its name.
type parser struct {
	text    string
	at      int
	depth   int
	resolve func(name string) (*Expr, error)
}

// parseExpr compiles an expression. Errors name the column.
func parseExpr(text string, resolve func(string) (*Expr, error)) (*Expr, error) {
	p := &parser{text: text, resolve: resolve}
	e, err := p.choice()
	if err == nil && p.token() != "" {
		err = fmt.Errorf("%q is not expected here", p.token())
	}
	if err != nil {
		return nil, fmt.Errorf("expression %q, column %d: %w", text, p.at+1, err)
	}
	return e, nil
}

// token is the token at the current place; it does not move on.
func (p *parser) token() string {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\n' || p.text[p.at] == '\t') {
		p.at++
	}
	rest := p.text[p.at:]
	if rest == "" {
		return ""
	}
	n := 0
	for n < len(rest) && wordByte(rest[n]) {
		n++
	}
	if n > 0 {
		return rest[:n]
	}
	if len(rest) > 1 {
		switch rest[:2] {
		case "||", "&&", "==", "!=", "<=", ">=", "<<", ">>":
			return rest[:2]
		}
	}
	return rest[:1]
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

// take moves past the token if it is t.
func (p *parser) take(t string) bool {
	if p.token() != t {
		return false
	}
	p.at += len(t)
	return true
}

func (p *parser) choice() (*Expr, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	cond, err := p.binary(1)
	if err != nil || !p.take("?") {
		return cond, err
	}
	yes, err := p.choice()
	if err != nil {
		return nil, err
	}
	if !p.take(":") {
		return nil, fmt.Errorf(`":" is missing after "?"`)
	}
	no, err := p.choice()
	return &Expr{op: opChoose, a: cond, b: yes, c: no}, err
}

func (p *parser) binary(least int) (*Expr, error) {
	left, err := p.unary()
	for err == nil {
		t := p.token()
		b, ok := operators[t]
		if !ok || b.prec < least {
			break
		}
		p.at += len(t)
		var right *Expr
		right, err = p.binary(b.prec + 1)
		left = &Expr{op: b.op, a: left, b: right}
	}
	return left, err
}

func (p *parser) unary() (*Expr, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	var o op
	switch {
	case p.take("!"):
		o = opNot
	case p.take("-"):
		o = opNeg
	case p.take("~"):
		o = opInvert
	default:
		return p.primary()
	}
	a, err := p.unary()
	return &Expr{op: o, a: a}, err
}

func (p *parser) primary() (*Expr, error) {
	t := p.token()
	switch {
	case t == "":
		return nil, fmt.Errorf("a number or a field is missing at the end")
	case t == "(":
		p.at++
		e, err := p.choice()
		if err == nil && !p.take(")") {
			err = fmt.Errorf(`")" is missing`)
		}
		return e, err
	case t[0] >= '0' && t[0] <= '9':
		n, err := strconv.ParseUint(t, 0, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", t)
		}
		p.at += len(t)
		return &Expr{n: int64(n)}, nil
	case !wordByte(t[0]):
		return nil, fmt.Errorf("a number or a field is expected before %q", t)
	}
	if o, ok := variables[t]; ok {
		p.at += len(t)
		return &Expr{op: o}, nil
	}
	if r, ok := readers[t]; ok {
		p.at += len(t)
		if !p.take("(") {
			return nil, fmt.Errorf(`"(" is missing after %s`, t)
		}
		a, err := p.choice()
		if err == nil && !p.take(")") {
			err = fmt.Errorf(`")" is missing`)
		}
		r.a = a
		return &r, err
	}
	e, err := p.resolve(t)
	if err == nil {
		p.at += len(t)
	}
	return e, err
}

// Guess makes a [Proto].Guess, or a Refuse, of an expression over a payload: size,
// and u8(n) and the like from its start. It is true for what is not 0.
func Guess(text string) (func(payload []byte) bool, error) {
	number, err := Number(text)
	if err != nil {
		return nil, err
	}
	return func(payload []byte) bool { return number(payload) != 0 }, nil
}

// Number makes a function of an expression over bytes, which knows what [Guess]
// does.
func Number(text string) (func(b []byte) int64, error) {
	e, err := parseExpr(text, func(name string) (*Expr, error) {
		return nil, fmt.Errorf("a guess knows size, u8(n), u16(n) …, and no field such as %q", name)
	})
	if err != nil {
		return nil, err
	}
	return func(b []byte) int64 { return e.eval(&scope{data: b, end: len(b)}) }, nil
}

// asks tells whether an operation is in the expression.
func (e *Expr) asks(o op) bool {
	return e != nil && (e.op == o || e.a.asks(o) || e.b.asks(o) || e.c.asks(o))
}
