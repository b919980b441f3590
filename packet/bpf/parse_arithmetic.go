package bpf

// isRelation reports whether a token compares two numbers.
func isRelation(t token) bool {
	if t.kind != tokenSign {
		return false
	}
	switch t.text {
	case "=", "!=", "<", ">", "<=", ">=":
		return true
	}
	return false
}

// tightest is the binding power of ^ and % on their left. libpcap's grammar
// gives these two no precedence: they take all that follows as their right
// side, and are themselves taken before what stands on their left. So 8 % 5 - 1
// is 8 % (5 - 1), here as there.
const tightest = 100

// leftPower is how strongly an operator binds what is on its left; 0 for what
// is no operator.
func leftPower(op string) int {
	switch op {
	case "|":
		return 10
	case "&":
		return 20
	case "<<", ">>":
		return 30
	case "+", "-":
		return 40
	case "*", "/":
		return 50
	case "^", "%":
		return tightest
	}
	return 0
}

// unaryPower is that of a sign before a number.
const unaryPower = 60

// relation reads `left operator right`.
func (p *parser) relation() (node, *Error) {
	left, err := p.arithmetic(0)
	if err != nil {
		return nil, err
	}
	op := p.peek()
	if !isRelation(op) {
		return nil, p.syntax("a comparison such as '= 5'")
	}
	p.at++
	right, err := p.arithmetic(0)
	if err != nil {
		return nil, err
	}
	return &relation{op.pos, op.text, left, right}, nil
}

// arithmetic reads operands joined by operators that bind stronger than power.
func (p *parser) arithmetic(power int) (arithmetic, *Error) {
	defer func() { p.depth-- }()
	if err := p.deeper(); err != nil {
		return nil, err
	}
	left, err := p.operand()
	for err == nil {
		op := p.peek()
		lp := 0
		if op.kind == tokenSign {
			lp = leftPower(op.text)
		}
		if lp <= power {
			return left, nil
		}
		p.at++
		if lp == tightest {
			lp = 0
		}
		var right arithmetic
		if right, err = p.arithmetic(lp); err == nil {
			left = &computed{op.pos, op.text, left, right}
		}
	}
	return nil, err
}

// operand reads a number, len, an accessor, a negated operand or a
// parenthesis.
func (p *parser) operand() (arithmetic, *Error) {
	t := p.peek()
	switch {
	case t.kind == tokenNumber:
		p.at++
		return &number{t.number}, nil
	case t.is("len"):
		p.at++
		return &length{}, nil
	case t.is("-"):
		p.at++
		n, err := p.arithmetic(unaryPower)
		return &minus{n}, err
	case t.is("("):
		p.at++
		n, err := p.arithmetic(0)
		if err == nil && !p.accept(")") {
			err = p.syntax("')'")
		}
		return n, err
	case t.kind == tokenKeyword && isProtocol(t.text) && p.peekAfter(1).is("["):
		p.at += 2
		return p.accessor(t)
	}
	return nil, p.syntax("a number, 'len' or an accessor such as 'ip[9]'")
}

// accessor reads what follows `protocol[`.
func (p *parser) accessor(proto token) (arithmetic, *Error) {
	index, err := p.arithmetic(0)
	if err != nil {
		return nil, err
	}
	a := &accessor{proto, index, 1}
	if p.accept(":") {
		size := p.peek()
		if size.kind != tokenNumber {
			return nil, p.syntax("a size: 1, 2 or 4")
		}
		if size.number != 1 && size.number != 2 && size.number != 4 {
			return nil, p.keep(errorAt(size.pos, "data size must be 1, 2, or 4, and is %d", size.number))
		}
		a.size = size.number
		p.at++
	}
	if !p.accept("]") {
		return nil, p.syntax("']'")
	}
	return a, nil
}
