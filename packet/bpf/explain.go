package bpf

import (
	"fmt"
	"strings"
)

// Explain says in words what an expression asks for, as an indented list. It
// reads the expression only: whether it makes sense for a link type, and what
// names stand for, is [Compile]'s to say.
func Explain(expr string) (string, error) {
	n, err := parse(expr)
	if err != nil {
		return "", inCharacters(expr, err)
	}
	if n == nil {
		return "every packet\n", nil
	}
	var e explainer
	e.node(n, 0)
	return e.out.String(), nil
}

type explainer struct{ out strings.Builder }

func (e *explainer) line(depth int, text string) {
	e.out.WriteString(strings.Repeat("  ", depth))
	e.out.WriteString(text)
	e.out.WriteByte('\n')
}

// node writes a node and what is below it.
func (e *explainer) node(n node, depth int) {
	switch n := n.(type) {
	case *both:
		e.line(depth, "all of")
		e.list(n, depth+1)
	case *either:
		e.line(depth, "any of")
		e.list(n, depth+1)
	case *negated:
		if again, ok := n.node.(*negated); ok {
			e.node(again.node, depth)
			return
		}
		e.line(depth, "not")
		e.node(n.node, depth+1)
	default:
		e.line(depth, explainPrimitive(n))
	}
}

// list writes a chain of the same operator as one list.
func (e *explainer) list(n node, depth int) {
	var parts []node
	for {
		var left, right node
		if b, ok := n.(*both); ok {
			left, right = b.left, b.right
		} else {
			left, right = n.(*either).left, n.(*either).right
		}
		parts = append(parts, right)
		if !sameJoin(n, left) {
			parts = append(parts, left)
			break
		}
		n = left
	}
	for i := len(parts) - 1; i >= 0; i-- {
		e.node(parts[i], depth)
	}
}

func sameJoin(a, b node) bool {
	switch a.(type) {
	case *both:
		_, ok := b.(*both)
		return ok
	case *either:
		_, ok := b.(*either)
		return ok
	}
	return false
}

func explainPrimitive(n node) string {
	switch n := n.(type) {
	case *identified:
		return explainIdentified(n)
	case *protocol:
		return protocolWords(n.name.text)
	case *casting:
		of := "the link layer"
		if n.of.kind != tokenEnd && n.of.text != "link" {
			of = protocolWords(n.of.text)
		}
		return n.what.text + " of " + of
	case *special:
		return explainSpecial(n)
	case *byteTest:
		return fmt.Sprintf("byte %s of the frame %s %s", n.offset.text, n.operator, n.value.text)
	}
	r := n.(*relation)
	return explainArithmetic(r.left) + " " + relationWords(r.operator) + " " + explainArithmetic(r.right)
}

func relationWords(op string) string {
	switch op {
	case "=":
		return "is"
	case "!=":
		return "is not"
	case "<":
		return "is less than"
	case ">":
		return "is greater than"
	case "<=":
		return "is at most"
	}
	return "is at least"
}

// explainArithmetic writes arithmetic with all its parentheses.
func explainArithmetic(n arithmetic) string {
	switch n := n.(type) {
	case *number:
		if n.value > 9 {
			return fmt.Sprintf("%d (%#x)", n.value, n.value)
		}
		return fmt.Sprint(n.value)
	case *length:
		return "the packet's length"
	case *minus:
		return "-" + explainArithmetic(n.of)
	case *computed:
		return "(" + explainArithmetic(n.left) + " " + n.operator + " " + explainArithmetic(n.right) + ")"
	}
	a := n.(*accessor)
	at := explainArithmetic(a.index)
	header := protocolWords(a.protocol.text)
	if a.protocol.text == "link" {
		header = "link"
	}
	if a.size == 1 {
		return "byte " + at + " of the " + header + " header"
	}
	return fmt.Sprintf("the %d-byte number at %s of the %s header", a.size, at, header)
}

func explainSpecial(n *special) string {
	arg := n.arg.text
	behind := func(is string, of string) string {
		if n.arg.kind == tokenNumber {
			is += " " + of + " " + arg
		}
		return is + " (what follows looks behind it)"
	}
	switch n.word.text {
	case "less":
		return "at most " + arg + " bytes long"
	case "greater":
		return "at least " + arg + " bytes long"
	case "inbound":
		return "received by this host"
	case "outbound":
		return "sent by this host"
	case "ifindex":
		return "on the interface of index " + arg
	case "vlan":
		return behind("a VLAN tag", "of number")
	case "mpls":
		return behind("an MPLS label", "of value")
	case "pppoed":
		return "PPPoE discovery"
	case "pppoes":
		return behind("a PPPoE session", "of number")
	case "geneve":
		return behind("a Geneve tunnel", "of network")
	case "vxlan":
		return behind("a VXLAN tunnel", "of network")
	case "llc":
		if n.arg.kind != tokenEnd {
			return "an LLC header of type " + arg
		}
		return "an LLC header"
	}
	return strings.TrimSpace(n.word.text + " " + arg)
}
