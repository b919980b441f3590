package display

import (
	"fmt"
	"strings"
)

// node is an expression that is true or false: one of not, all of and, one of
// or, or a test.
type node struct {
	op   string // "and", "or", "not", "test"
	subs []*node
	test *test
}

// test compares operands, or asks whether one is there.
type test struct {
	left  *operand
	op    string // "" for there, "==", "contains", "in" …
	right *operand
	set   []member
	all   bool // asked of all values, whatever the operator
	any   bool // asked of any
	at    int
}

// member is a value of a set, or a range of them.
type member struct{ low, high *operand }

// operand is what is compared: a field, a value, or something made of them.
type operand struct {
	token token
	slice []span     // of its bytes
	fn    string     // len, count, max …
	args  []*operand // of fn, or of a sum
	sum   string     // "&", "+", "-", "*", "/", "%"; "-" of one argument changes its sign
	layer []span     // field#[…]; nil: all
	raw   bool       // @field: the bytes that it lies in
}

// span is a part of bytes: from start, length bytes, or to the end if it is -1.
// A negative start counts from the end.
type span struct{ start, length int }

type parser struct {
	filter string
	tokens []token
	at     int
	depth  int
}

const maxNesting = 100

func parse(filter string) (*node, error) {
	tokens, err := lex(filter)
	if err != nil {
		return nil, err
	}
	p := &parser{filter: filter, tokens: tokens}
	if p.peek().kind == end {
		return nil, p.wrong("a filter is expected")
	}
	n, err := p.or()
	if err == nil && p.peek().kind != end {
		err = p.wrong("%v is not expected here; join two tests by && or ||", p.peek())
	}
	return n, err
}

func (p *parser) wrong(format string, args ...any) error {
	return &Error{p.filter, p.peek().at + 1, fmt.Sprintf(format, args...)}
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// take moves on if the token is a symbol or word of that text.
func (p *parser) take(words ...string) bool {
	t := p.peek()
	for _, w := range words {
		if t.kind == symbol && t.text == w || t.kind == word && strings.EqualFold(t.text, w) && w[0] >= 'a' {
			p.at++
			return true
		}
	}
	return false
}

func (p *parser) or() (*node, error)  { return p.chain("or", "||", p.and) }
func (p *parser) and() (*node, error) { return p.chain("and", "&&", p.not) }

func (p *parser) chain(op, sign string, part func() (*node, error)) (*node, error) {
	n, err := part()
	if err != nil {
		return nil, err
	}
	list := []*node{n}
	for p.take(sign, op) {
		if n, err = part(); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if len(list) == 1 {
		return n, nil
	}
	return &node{op: op, subs: list}, nil
}

func (p *parser) not() (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.wrong("nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	if p.take("!", "not") {
		n, err := p.not()
		return &node{op: "not", subs: []*node{n}}, err
	}
	if p.peek().kind == symbol && p.peek().text == "(" {
		// A bracket may hold a filter, or be part of a sum.
		mark := p.at
		p.at++
		n, err := p.or()
		if err == nil && !p.take(")") {
			err = p.wrong(`“)” is missing before %v`, p.peek())
		}
		if err != nil || !p.operatorAhead() {
			return n, err
		}
		p.at = mark
	}
	return p.comparison()
}

var comparisons = map[string]string{
	"==": "==", "eq": "==", "any_eq": "==", "!=": "!=", "ne": "!=", "all_ne": "!=", "===": "===", "all_eq": "===", "!==": "!==", "any_ne": "!==", "~=": "!==",
	">": ">", "gt": ">", "<": "<", "lt": "<", ">=": ">=", "ge": ">=", "<=": "<=", "le": "<=",
	"contains": "contains", "matches": "matches", "~": "matches", "in": "in",
}

func (p *parser) operatorAhead() bool {
	t := p.peek()
	_, ok := comparisons[strings.ToLower(t.text)]
	for _, level := range sums {
		ok = ok || level[strings.ToLower(t.text)] != ""
	}
	return ok && (t.kind == symbol || t.kind == word) || p.notInAhead()
}

func (p *parser) comparison() (*node, error) {
	all := p.take("all")
	any := !all && p.take("any")
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := &test{left: left, all: all, any: any, at: p.peek().at}
	var list []*node
	for {
		not := p.notIn()
		op, ok := comparisons[strings.ToLower(p.peek().text)]
		if !ok || p.peek().kind != symbol && p.peek().kind != word {
			break
		}
		t.at = p.next().at
		t.op = op
		if op == "in" {
			if t.set, err = p.members(); err != nil {
				return nil, err
			}
		} else if t.right, err = p.sum(); err != nil {
			return nil, err
		}
		n := &node{op: "test", test: t}
		if not {
			n = &node{op: "not", subs: []*node{n}}
		}
		list = append(list, n)
		// a < b < c asks both.
		t = &test{left: t.right, all: all, any: any, at: p.peek().at}
		if op == "in" || op == "contains" || op == "matches" {
			break
		}
	}
	switch {
	case len(list) == 1:
		return list[0], nil
	case len(list) > 1:
		return &node{op: "and", subs: list}, nil
	case all || any:
		return nil, p.wrong("any and all stand before a comparison")
	}
	return &node{op: "test", test: t}, nil
}
