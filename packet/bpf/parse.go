package bpf

// maxNesting bounds the depth of parentheses, nots and signs.
const maxNesting = 200

// parser is a recursive descent over the tokens of one expression. It keeps
// the error that lies farthest to the right, which after a second reading of
// a parenthesis is the one to tell.
type parser struct {
	tokens []token
	at     int
	depth  int
	far    *Error
}

// parse reads a whole expression; nil stands for the empty one.
func parse(text string) (node, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if p.peek().kind == tokenEnd {
		return nil, nil
	}
	n, _, perr := p.expression()
	if perr == nil && p.peek().kind != tokenEnd {
		perr = p.syntax("'and' or 'or'")
	}
	if perr != nil {
		return nil, perr
	}
	return n, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) peekAfter(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// accept takes the next token if it is this keyword or sign.
func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

// syntax is the error of an unexpected token; of several, the farthest stays.
func (p *parser) syntax(want string) *Error {
	return p.keep(errorAt(p.peek().pos, "can't parse filter expression: syntax error at %s", p.peek()).hint("expected %s", want))
}

func (p *parser) keep(e *Error) *Error {
	if p.far == nil || e.Column >= p.far.Column {
		p.far = e
	}
	return p.far
}

// deeper counts a level of nesting; the caller gives it back.
func (p *parser) deeper() *Error {
	if p.depth++; p.depth > maxNesting {
		return p.keep(errorAt(p.peek().pos, "expression is nested too deeply").hint("at most %d levels are taken", maxNesting))
	}
	return nil
}

// expression reads terms joined by and and or, which bind alike and to the
// left. What it returns besides are the qualifiers that an identifier after
// it may take over.
func (p *parser) expression() (node, qualifiers, *Error) {
	left, quals, err := p.term()
	if err != nil {
		return nil, quals, err
	}
	for {
		op := p.peek()
		if !op.is("and") && !op.is("or") {
			return left, quals, nil
		}
		p.at++
		var right node
		if p.startsIdentifier() {
			right, err = p.identifiers(quals)
		} else {
			right, quals, err = p.term()
		}
		if err != nil {
			return nil, quals, err
		}
		left = join(op, left, right)
	}
}

func join(op token, left, right node) node {
	if op.text == "and" {
		return &both{op.pos, left, right}
	}
	return &either{op.pos, left, right}
}

// term reads one primitive, a negated term or a parenthesis.
func (p *parser) term() (node, qualifiers, *Error) {
	defer func() { p.depth-- }()
	if err := p.deeper(); err != nil {
		return nil, qualifiers{}, err
	}
	t := p.peek()
	if t.is("not") {
		p.at++
		n, quals, err := p.term()
		return &negated{t.pos, n}, quals, err
	}
	if p.startsRelation() {
		n, err := p.relation()
		return n, qualifiers{}, err
	}
	if t.is("(") {
		p.at++
		n, _, err := p.expression()
		if err == nil && !p.accept(")") {
			err = p.syntax("')'")
		}
		return n, qualifiers{}, err
	}
	return p.primitive()
}

// startsRelation reports whether an arithmetic comparison begins here. At a
// parenthesis only reading it tells.
func (p *parser) startsRelation() bool {
	t := p.peek()
	switch {
	case t.kind == tokenNumber, t.is("-"), t.is("len"):
		return true
	case t.kind == tokenKeyword:
		return isProtocol(t.text) && p.peekAfter(1).is("[")
	case !t.is("("):
		return false
	}
	start, depth, far := p.at, p.depth, p.far
	_, err := p.arithmetic(0)
	is := err == nil && isRelation(p.peek())
	p.at, p.depth = start, depth
	if p.far = far; err != nil {
		_ = p.keep(err) // kept for later, if nothing else fits
	}
	return is
}

// startsIdentifier reports whether an identifier without qualifiers, or a
// parenthesis of such, begins here.
func (p *parser) startsIdentifier() bool {
	at := p.at
	for p.tokens[at].is("(") || p.tokens[at].is("not") {
		at++
	}
	switch p.tokens[at].kind {
	case tokenName, tokenIPv4, tokenIPv6, tokenMAC, tokenARCnet:
		return true
	case tokenNumber:
		return !p.startsArithmetic(at)
	}
	return false
}

// startsArithmetic reports whether the number at this token is part of
// arithmetic: an operator follows, past any closing parentheses.
func (p *parser) startsArithmetic(at int) bool {
	for at++; p.tokens[at].is(")"); {
		at++
	}
	t := p.tokens[at]
	return isRelation(t) || t.kind == tokenSign && leftPower(t.text) > 0
}

// identifiers reads an identifier, a negated one, or a parenthesis of them
// joined by and and or, all under the same qualifiers.
func (p *parser) identifiers(quals qualifiers) (node, *Error) {
	defer func() { p.depth-- }()
	if err := p.deeper(); err != nil {
		return nil, err
	}
	t := p.peek()
	switch {
	case t.is("not"):
		p.at++
		n, err := p.identifiers(quals)
		return &negated{t.pos, n}, err
	case t.is("("):
		return p.identifierGroup(quals)
	}
	if !quals.known {
		return nil, p.keep(errorAt(t.pos, "syntax error in filter expression: nothing says what %s is", t).
			hint("write '%s %s'", likelyKind(t), t.text))
	}
	return p.identifier(quals)
}

// likelyKind is the qualifier that somebody most likely left out.
func likelyKind(t token) string {
	switch t.kind {
	case tokenNumber:
		return "port"
	case tokenMAC:
		return "ether host"
	}
	return "host"
}

func (p *parser) identifierGroup(quals qualifiers) (node, *Error) {
	p.at++
	left, err := p.identifiers(quals)
	for err == nil && !p.peek().is(")") {
		op := p.peek()
		if !op.is("and") && !op.is("or") {
			return nil, p.syntax("'and', 'or' or ')'")
		}
		p.at++
		var right node
		if right, err = p.identifiers(quals); err == nil {
			left = join(op, left, right)
		}
	}
	if err == nil {
		p.at++
	}
	return left, err
}

// identifier reads one name, number or address, and the mask behind it.
func (p *parser) identifier(quals qualifiers) (node, *Error) {
	id := p.next()
	none := token{kind: tokenEnd, pos: p.peek().pos}
	switch id.kind {
	case tokenName, tokenMAC, tokenARCnet, tokenNumber:
		return &identified{quals, id, none}, nil
	case tokenIPv4:
		if p.accept("mask") {
			if p.peek().kind != tokenIPv4 {
				return nil, p.syntax("a netmask such as 255.255.255.0")
			}
			return &identified{quals, id, p.next()}, nil
		}
	case tokenIPv6:
	default:
		p.at = max(p.at-1, 0)
		if id.kind == tokenEnd {
			p.at = len(p.tokens) - 1
		}
		return nil, p.syntax("a name, a number or an address (a keyword used as a name needs a backslash before it)")
	}
	if p.accept("/") {
		if p.peek().kind != tokenNumber {
			return nil, p.syntax("the length of the netmask in bits")
		}
		return &identified{quals, id, p.next()}, nil
	}
	return &identified{quals, id, none}, nil
}
