package display

import (
	"fmt"
	"strconv"
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
	all   bool // asked of all values
	at    int
}

// member is a value of a set, or a range of them.
type member struct{ low, high *operand }

// operand is what is compared: a field, a value, or something made of them.
type operand struct {
	token token
	slice []span     // of its bytes
	fn    string     // len, count, lower, upper, string
	args  []*operand // of fn, or of a sum
	sum   string     // "&", "+", "-", "*", "/", "%"
	layer int        // field#layer; 0: all
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
	"==": "==", "eq": "==", "any_eq": "==", "!=": "!=", "ne": "!=", "all_ne": "!=", "===": "===", "all_eq": "===", "!==": "!==", "any_ne": "!==",
	">": ">", "gt": ">", "<": "<", "lt": "<", ">=": ">=", "ge": ">=", "<=": "<=", "le": "<=",
	"contains": "contains", "matches": "matches", "~": "matches", "in": "in",
}

func (p *parser) operatorAhead() bool {
	t := p.peek()
	_, ok := comparisons[strings.ToLower(t.text)]
	return ok && (t.kind == symbol || t.kind == word) || t.kind == symbol && strings.Contains("&+*%", t.text)
}

func (p *parser) comparison() (*node, error) {
	all, quantified := p.take("all"), false
	if quantified = all; !all {
		quantified = p.take("any")
	}
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := &test{left: left, all: all, at: p.peek().at}
	var list []*node
	for {
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
		list = append(list, &node{op: "test", test: t})
		// a < b < c asks both.
		t = &test{left: t.right, all: all, at: p.peek().at}
		if op == "in" || op == "contains" || op == "matches" {
			break
		}
	}
	switch {
	case len(list) == 1:
		return list[0], nil
	case len(list) > 1:
		return &node{op: "and", subs: list}, nil
	case quantified:
		return nil, p.wrong("any and all stand before a comparison")
	}
	return &node{op: "test", test: t}, nil
}

// sum reads operands joined by arithmetic.
func (p *parser) sum() (*operand, error) {
	left, err := p.operand()
	for err == nil {
		t := p.peek()
		op := t.text
		if t.kind == word && (op == "-" || op == "/") || t.kind == word && strings.EqualFold(op, "bitand") || t.kind == word && strings.EqualFold(op, "bitwise_and") {
			if len(op) > 1 {
				op = "&"
			}
		} else if t.kind != symbol || !strings.Contains("&+*%", op) {
			break
		}
		p.next()
		var right *operand
		right, err = p.operand()
		left = &operand{token: left.token, sum: op, args: []*operand{left, right}}
	}
	return left, err
}

var functions = map[string]bool{"len": true, "count": true, "lower": true, "upper": true, "string": true, "max": false, "min": false, "abs": false}

func (p *parser) operand() (*operand, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.wrong("nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	if p.take("(") {
		o, err := p.sum()
		if err == nil && !p.take(")") {
			err = p.wrong(`“)” is missing before %v`, p.peek())
		}
		return o, err
	}
	t := p.peek()
	if t.kind == end || t.kind == symbol {
		return nil, p.wrong("a field or a value is expected before %v", t)
	}
	p.at++
	o := &operand{token: t}
	if t.kind == word && p.take("(") {
		return p.call(o)
	}
	if t.kind == word && p.take("#") {
		n, err := strconv.Atoi(p.peek().text)
		if err != nil || n < 1 {
			return nil, p.wrong("behind # stands which of the layers, from 1")
		}
		p.at++
		o.layer = n
	}
	for p.take("[") {
		if err := p.slices(o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (p *parser) call(o *operand) (*operand, error) {
	o.fn = strings.ToLower(o.token.text)
	if !functions[o.fn] {
		return nil, &Error{p.filter, o.token.at + 1, fmt.Sprintf("there is no function %q; there are len, count, lower, upper and string", o.token.text)}
	}
	arg, err := p.sum()
	if err != nil {
		return nil, err
	}
	if o.args = []*operand{arg}; !p.take(")") {
		return nil, p.wrong("“)” is missing; %s has one argument", o.fn)
	}
	return o, nil
}

// slices reads what stands in square brackets: i:n, i-j, i, :n, i:, several with
// commas.
func (p *parser) slices(o *operand) error {
	var inside strings.Builder
	at := p.peek().at
	for p.peek().kind != end && !(p.peek().kind == symbol && p.peek().text == "]") {
		inside.WriteString(p.next().text)
	}
	if !p.take("]") {
		return p.wrong("“]” is missing")
	}
	for part := range strings.SplitSeq(inside.String(), ",") {
		s, ok := parseSpan(part)
		if !ok {
			return &Error{p.filter, at + 1, fmt.Sprintf("%q is no part; write [3], [0:4] (start and length), [2-5] (first and last), [:4] or [4:]", part)}
		}
		o.slice = append(o.slice, s)
	}
	return nil
}

func parseSpan(s string) (span, bool) {
	number := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= -1<<16 && n <= 1<<16
	}
	if a, b, ok := strings.Cut(s, ":"); ok {
		start, length, ok1, ok2 := 0, -1, true, true
		if a != "" {
			start, ok1 = number(a)
		}
		if b != "" {
			length, ok2 = number(b)
			ok2 = ok2 && length > 0
		}
		return span{start, length}, ok1 && ok2 && (a != "" || b != "")
	}
	if i := strings.LastIndexByte(s, '-'); i > 0 {
		first, ok1 := number(s[:i])
		last, ok2 := number(s[i+1:])
		return span{first, last - first + 1}, ok1 && ok2 && last >= first && first >= 0
	}
	n, ok := number(s)
	return span{n, 1}, ok
}

func (p *parser) members() ([]member, error) {
	if !p.take("{") {
		return nil, p.wrong("behind in stands a set, as {80, 443, 8000..8010}")
	}
	var list []member
	for !p.take("}") {
		low, err := p.sum()
		if err != nil {
			return nil, err
		}
		m := member{low: low}
		if p.take("..") {
			if m.high, err = p.sum(); err != nil {
				return nil, err
			}
		}
		list = append(list, m)
		if !p.take(",") && !(p.peek().kind == symbol && p.peek().text == "}") {
			if p.peek().kind == end {
				return nil, p.wrong("“}” is missing")
			}
		}
	}
	if list == nil {
		return nil, p.wrong("the set is empty")
	}
	return list, nil
}
