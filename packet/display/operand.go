package display

import (
	"fmt"
	"strconv"
	"strings"
)

// notIn goes past the not of "not in".
func (p *parser) notIn() bool {
	if !p.notInAhead() {
		return false
	}
	p.at++
	return true
}

func (p *parser) notInAhead() bool {
	is := func(t token, text string) bool { return t.kind == word && strings.EqualFold(t.text, text) }
	return is(p.peek(), "not") && is(p.tokens[p.at+1], "in")
}

// sums are the operators of arithmetic, those that bind loosest first.
var sums = []map[string]string{
	{"&": "&", "bitand": "&", "bitwise_and": "&"},
	{"+": "+", "-": "-"},
	{"*": "*", "/": "/", "%": "%"},
}

// sum reads operands joined by arithmetic.
func (p *parser) sum() (*operand, error) { return p.joined(0) }

func (p *parser) joined(level int) (*operand, error) {
	if level == len(sums) {
		return p.operand()
	}
	left, err := p.joined(level + 1)
	for err == nil {
		t := p.peek()
		op := sums[level][strings.ToLower(t.text)]
		if op == "" || t.kind != symbol && t.kind != word {
			break
		}
		p.at++
		var right *operand
		right, err = p.joined(level + 1)
		left = &operand{token: left.token, sum: op, args: []*operand{left, right}}
	}
	return left, err
}

// functions have that many arguments at most.
var functions = map[string]int{"len": 1, "count": 1, "lower": 1, "upper": 1, "string": 1, "abs": 1, "max": maxNesting, "min": maxNesting}

func (p *parser) operand() (*operand, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.wrong("nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	for _, bracket := range []string{"()", "{}"} {
		if p.take(bracket[:1]) {
			o, err := p.sum()
			if err == nil && !p.take(bracket[1:]) {
				err = p.wrong(`“%s” is missing before %v`, bracket[1:], p.peek())
			}
			return o, err
		}
	}
	if t := p.peek(); t.kind == word && t.text == "-" {
		p.at++
		o, err := p.operand()
		return &operand{token: t, sum: "-", args: []*operand{o}}, err
	}
	raw := p.take("@")
	t := p.peek()
	if t.kind == end || t.kind == symbol {
		return nil, p.wrong("a field or a value is expected before %v", t)
	}
	p.at++
	o := &operand{token: t, raw: raw}
	var err error
	switch {
	case t.kind == word && !raw && p.take("("):
		o, err = p.call(o)
	case t.kind == word && p.take("#"):
		err = p.layers(o)
	}
	for err == nil && p.take("[") {
		o.slice, err = p.spans(o.slice)
	}
	return o, err
}

// layers reads what stands behind #: 2, or [2-4].
func (p *parser) layers(o *operand) (err error) {
	if p.take("[") {
		o.layer, err = p.spans(nil)
		return err
	}
	n, err := strconv.Atoi(p.peek().text)
	if err != nil || n < 1 {
		return p.wrong("behind # stands which of the layers, from 1, or some of them, as [1-2]")
	}
	p.at++
	o.layer = []span{{n, 1}}
	return nil
}

func (p *parser) call(o *operand) (*operand, error) {
	o.fn = strings.ToLower(o.token.text)
	most, ok := functions[o.fn]
	if !ok {
		return nil, &Error{p.filter, o.token.at + 1, fmt.Sprintf("there is no function %q; there are abs, count, len, lower, max, min, string and upper", o.token.text)}
	}
	for {
		arg, err := p.sum()
		if err != nil {
			return nil, err
		}
		if o.args = append(o.args, arg); !p.take(",") {
			break
		}
	}
	switch {
	case len(o.args) > most:
		return nil, &Error{p.filter, o.args[most].token.at + 1, fmt.Sprintf("%s has %d argument at most", o.fn, most)}
	case !p.take(")"):
		return nil, p.wrong("“)” is missing before %v", p.peek())
	}
	return o, nil
}

// spans reads what stands in square brackets: i:n, i-j, i, :n, i:, several with
// commas. They are added to those before.
func (p *parser) spans(list []span) ([]span, error) {
	var inside strings.Builder
	at := p.peek().at
	for p.peek().kind != end && !(p.peek().kind == symbol && p.peek().text == "]") {
		inside.WriteString(p.next().text)
	}
	if !p.take("]") {
		return nil, p.wrong("“]” is missing")
	}
	for part := range strings.SplitSeq(inside.String(), ",") {
		s, ok := parseSpan(part)
		if !ok {
			return nil, &Error{p.filter, at + 1, fmt.Sprintf("%q is no part; write [3], [0:4] (start and length), [2-5] (first and last), [:4] or [4:]", part)}
		}
		list = append(list, s)
	}
	return list, nil
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
