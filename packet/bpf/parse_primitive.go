package bpf

// isProtocol reports whether a keyword names a protocol, as a qualifier or
// alone.
func isProtocol(word string) bool {
	switch word {
	case "link", "ip", "arp", "rarp", "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp",
		"atalk", "aarp", "decnet", "lat", "sca", "mopdl", "moprc", "ip6", "icmp6", "ah", "esp",
		"iso", "esis", "isis", "clnp", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp",
		"stp", "ipx", "netbeui", "radio":
		return true
	}
	return false
}

// argument says what follows a word that is a primitive of its own.
type argument uint8

const (
	noSpecial      argument = iota
	nothing                 // inbound
	oneNumber               // less 100
	optionalNumber          // vlan, vlan 5
	optionalType            // llc, llc ui
	oneName                 // ifname eth0
	anyName                 // reason match: a name, a keyword or a number
	comparison              // vpi 5, dpc > 3: a number, an operator with it, or a group of those
)

// argumentOf returns what follows a special word.
func argumentOf(word string) argument {
	switch word {
	case "inbound", "outbound", "pppoed",
		"lane", "metac", "bcc", "sc", "ilmic", "oamf4ec", "oamf4sc", "oam", "oamf4", "connectmsg", "metaconnect",
		"fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu":
		return nothing
	case "less", "greater", "ifindex", "rnr", "srnr":
		return oneNumber
	case "vlan", "mpls", "pppoes", "geneve", "vxlan":
		return optionalNumber
	case "llc":
		return optionalType
	case "ifname", "rset":
		return oneName
	case "reason", "action", "type", "subtype", "dir", "direction":
		return anyName
	case "vpi", "vci", "sio", "opc", "dpc", "sls", "hsio", "hopc", "hdpc", "hsls":
		return comparison
	}
	return noSpecial
}

// primitive reads one primitive that is not arithmetic.
func (p *parser) primitive() (node, qualifiers, *Error) {
	t := p.peek()
	if t.kind != tokenKeyword {
		return nil, qualifiers{}, p.needsQualifier(t)
	}
	if t.text == "byte" {
		n, err := p.byteTest()
		return n, qualifiers{}, err
	}
	if t.text == "broadcast" || t.text == "multicast" {
		p.at++
		return &casting{token{kind: tokenEnd}, t}, qualifiers{}, nil
	}
	if want := argumentOf(t.text); want != noSpecial {
		n, err := p.special(want)
		return n, qualifiers{}, err
	}
	if isProtocol(t.text) {
		switch after := p.peekAfter(1); {
		case after.is("broadcast"), after.is("multicast"):
			p.at += 2
			return &casting{t, after}, qualifiers{}, nil
		case argumentOf(after.text) == anyName && after.kind == tokenKeyword:
			p.at++
			n, err := p.special(anyName)
			return n, qualifiers{}, err
		case !startsQualifier(after):
			p.at++
			return &protocol{t}, qualifiers{}, nil
		}
	} else if !startsQualifier(t) {
		return nil, qualifiers{}, p.syntax("a primitive such as 'host 192.0.2.1' or 'tcp port 80'")
	}
	quals, err := p.qualifiers()
	if err != nil {
		return nil, quals, err
	}
	n, err := p.identifiers(quals)
	return n, quals, err
}

// needsQualifier is the error of an identifier that nothing explains.
func (p *parser) needsQualifier(t token) *Error {
	switch t.kind {
	case tokenIPv4, tokenIPv6:
		p.at++
		defer func() { p.at-- }()
		return p.keep(errorAt(t.pos, "can't parse filter expression: syntax error at %s", t).
			hint("say what it is: 'host %s', 'src host %s' or 'net %s'", t.text, t.text, t.text))
	case tokenName:
		return p.keep(errorAt(t.pos, "can't parse filter expression: syntax error at %s", t).hint("no such keyword; if it is a host, write 'host %s'", t.text))
	}
	return p.syntax("a primitive such as 'host 192.0.2.1' or 'tcp port 80'")
}

// startsQualifier reports whether a direction or a kind begins here.
func startsQualifier(t token) bool {
	if t.kind != tokenKeyword {
		return false
	}
	switch t.text {
	case "src", "dst", "ra", "ta", "addr1", "addr2", "addr3", "addr4",
		"host", "net", "port", "portrange", "proto", "protochain", "gateway":
		return true
	}
	return false
}

// qualifiers reads `[protocol] [direction] [kind]`.
func (p *parser) qualifiers() (qualifiers, *Error) {
	quals := qualifiers{known: true, pos: p.peek().pos}
	if isProtocol(p.peek().text) {
		quals.protocol = p.next().text
	}
	directed := false
	switch t := p.peek(); {
	case t.is("src"), t.is("dst"):
		directed = true
		var err *Error
		if quals.direction, err = p.direction(); err != nil {
			return quals, err
		}
	case t.is("ra"), t.is("ta"), t.is("addr1"), t.is("addr2"), t.is("addr3"), t.is("addr4"):
		p.at++
		directed, quals.direction = true, wireless
	}
	switch t := p.peek(); {
	case t.is("host"), t.is("net"), t.is("port"), t.is("portrange"):
		quals.kind = p.next().text
	case t.is("proto"), t.is("protochain"), t.is("gateway"):
		if directed {
			return quals, p.syntax("'host', 'net', 'port', 'portrange' or a name: a direction does not go with " + t.String())
		}
		quals.kind = p.next().text
	}
	return quals, nil
}

// direction reads src, dst, and both of them joined by or or and.
func (p *parser) direction() (direction, *Error) {
	first := p.next()
	one, other := source, "dst"
	if first.text == "dst" {
		one, other = destination, "src"
	}
	op := p.peek()
	if !op.is("and") && !op.is("or") {
		return one, nil
	}
	p.at++
	if !p.accept(other) {
		return one, p.syntax("'" + other + "'")
	}
	if op.text == "and" {
		return sourceAndDestination, nil
	}
	return sourceOrDestination, nil
}

// special reads a word that is a primitive of its own, and its argument.
func (p *parser) special(want argument) (node, *Error) {
	word := p.next()
	none := token{kind: tokenEnd, pos: p.peek().pos}
	switch t := p.peek(); want {
	case oneNumber:
		if t.kind != tokenNumber {
			return nil, p.syntax("a number")
		}
		return &special{word, p.next()}, nil
	case optionalNumber:
		if t.kind == tokenNumber || t.is("(") {
			arg, err := p.parenthesizedNumber()
			return &special{word, arg}, err
		}
	case optionalType:
		if t.kind == tokenName || t.is("rnr") {
			return &special{word, p.next()}, nil
		}
	case oneName:
		if t.kind != tokenName {
			return nil, p.syntax("a name")
		}
		return &special{word, p.next()}, nil
	case anyName:
		if t.kind != tokenName && t.kind != tokenKeyword && t.kind != tokenNumber {
			return nil, p.syntax("a name")
		}
		return &special{word, p.next()}, nil
	case comparison:
		return p.specialComparison(word)
	}
	return &special{word, none}, nil
}

// specialComparison skips what follows a word of ATM or SS7, which no link
// type here has: the compiler refuses the word itself.
func (p *parser) specialComparison(word token) (node, *Error) {
	if isRelation(p.peek()) {
		p.at++
	}
	arg, err := p.parenthesizedNumber()
	return &special{word, arg}, err
}

// parenthesizedNumber reads a number, perhaps in parentheses.
func (p *parser) parenthesizedNumber() (token, *Error) {
	opened := 0
	for p.accept("(") {
		opened++
	}
	if p.peek().kind != tokenNumber {
		return token{}, p.syntax("a number")
	}
	n := p.next()
	for range opened {
		if !p.accept(")") {
			return n, p.syntax("')'")
		}
	}
	return n, nil
}

// byteTest reads `byte OFFSET OPERATOR VALUE`.
func (p *parser) byteTest() (node, *Error) {
	n := &byteTest{pos: p.next().pos}
	if p.peek().kind != tokenNumber {
		return nil, p.syntax("the offset of a byte")
	}
	n.offset = p.next()
	switch t := p.peek(); {
	case t.is("="), t.is("<"), t.is(">"), t.is("&"), t.is("|"):
		n.operator = p.next().text
	default:
		return nil, p.syntax("one of = < > & |")
	}
	if p.peek().kind != tokenNumber {
		return nil, p.syntax("a number")
	}
	n.value = p.next()
	return n, nil
}
