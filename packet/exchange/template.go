package exchange

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/layer"
)

// host is what templates know of the host itself.
type host struct {
	mac    string
	ip     netip.Addr
	ip6    netip.Addr
	framed bool // captured packets have a link header that sent ones have not
}

// reply makes answers of a template: the line with the layers below it put in front,
// those of the request turned around.
type reply struct {
	set     *layer.Set
	parser  craft.Parser
	line    string
	first   string                 // the protocol that the line begins with
	layers  map[string]*craft.Spec // by the layers of the request that are put in front
	own     *host
	walk    layer.Walker
	value   layer.Value
	request *packet.Packet // the one at hand
}

// maxLayers bounds how many ways to put layers in front are remembered.
const maxLayers = 64

// maxAnswers is how many packets the answer to one may be.
const maxAnswers = 64

func newReply(set *layer.Set, line string, own *host) (*reply, error) {
	r := &reply{set: set, parser: craft.Parser{Set: set, ReadFile: noFile}, line: line, layers: map[string]*craft.Spec{}, own: own}
	spec, err := r.parser.Parse(line)
	if err != nil {
		return nil, err
	}
	if n := spec.Count(); !n.IsInt64() || n.Int64() > maxAnswers {
		return nil, fmt.Errorf("an answer of %v packets, more than %d", n, maxAnswers)
	}
	for _, name := range spec.Templates() {
		if err := known(set, name); err != nil {
			return nil, err
		}
	}
	layers := spec.Layers()
	r.first = layers[0]
	if layers[len(layers)-1] == "arp" && !spec.Has("arp.hwsrc") {
		r.line += " hwsrc=${own.mac}"
	}
	return r, nil
}

func noFile(string) ([]byte, error) { return nil, errors.New("files are not read here") }

// known tells whether there may be something of that name.
func known(set *layer.Set, name string) error {
	if field, ok := strings.CutPrefix(name, "req."); ok && field != "" {
		of := func(p *layer.Proto) bool { return len(set.FieldsOf(p, field)) > 0 }
		if field == "payload" || len(set.Fields(field)) > 0 || slices.ContainsFunc(set.Protos(), of) {
			return nil
		}
		return fmt.Errorf("there is no field %q%s", field, set.Suggest(field))
	}
	if slices.Contains([]string{"own.mac", "own.ip", "own.ip6"}, name) {
		return nil
	}
	return fmt.Errorf("${%s} is not known; known are req.FIELD, req.payload, own.mac, own.ip and own.ip6", name)
}

// to makes the answer to a request.
func (r *reply) to(p *packet.Packet) (*craft.Spec, string, error) {
	at, err := r.place(p)
	if err != nil {
		return nil, "", err
	}
	start := 0
	if r.own.framed {
		start = 1
	}
	front := r.front(p, start, at)
	spec := r.layers[front]
	if spec == nil {
		if spec, err = r.parser.Parse(front + r.line); err != nil {
			return nil, "", fmt.Errorf("the answer, with the layers below it: %w", err)
		}
		if len(r.layers) >= maxLayers {
			clear(r.layers)
		}
		r.layers[front] = spec
	}
	r.request = p
	filled, err := spec.Fill(r.text)
	if err != nil {
		return nil, "", err
	}
	return filled, filled.Layers()[0], nil
}

// place is the layer of a request that the line stands in the place of.
func (r *reply) place(p *packet.Packet) (int, error) {
	if r.first == "" {
		for i := p.Len() - 1; i > 0; i-- {
			if p.Layer(i).Proto().Name == "data" {
				return i, nil
			}
		}
		return p.Len(), nil
	}
	if i := p.Find(r.first, 0); i >= 0 {
		return i, nil
	}
	for i := p.Len() - 1; i >= 0; i-- {
		for _, next := range p.Layer(i).Proto().Next {
			if _, ok := r.set.Key(next.Table, r.first); ok || next.Proto == r.first {
				return i + 1, nil
			}
		}
	}
	return 0, fmt.Errorf("an answer that begins with %s has no place on what %s came on", r.first, p.Layer(p.Len()-1).Proto().Name)
}

// front is the layers of a request below its n-th, turned around, as a line.
func (r *reply) front(p *packet.Packet, start, n int) string {
	var b strings.Builder
	for i := start; i < n; i++ {
		name := p.Layer(i).Proto().Name
		from := func(field string) string { return fmt.Sprintf("${layer.%d.%s}", i, field) }
		switch name {
		case "eth":
			fmt.Fprintf(&b, "eth dst=%s src=%s / ", from("eth.src"), from("own"))
		case "vlan", "ieee8021ad":
			fmt.Fprintf(&b, "%s vlan=%s / ", name, from(name+".id"))
		case "ip", "ipv6":
			fmt.Fprintf(&b, "%s src=%s dst=%s / ", name, from("own"), from(name+".src"))
		case "udp", "tcp", "sctp":
			fmt.Fprintf(&b, "%s sport=%s dport=%s", name, from(name+".dstport"), from(name+".srcport"))
			if name == "tcp" {
				fmt.Fprintf(&b, " flags=PA seq=%s ack=%s", from("tcp.ack_raw"), from("tcp.nxtseq"))
			}
			b.WriteString(" / ")
		default:
			fmt.Fprintf(&b, "%s rest=%s / ", name, from("header"))
		}
	}
	return b.String()
}

// text is what a name in a template stands for.
func (r *reply) text(name string) (string, error) {
	switch name {
	case "own.mac":
		return r.own.mac, nil
	case "own.ip":
		return address(r.own.ip, "an IPv4")
	case "own.ip6":
		return address(r.own.ip6, "an IPv6")
	case "req.payload":
		return "hex:" + hex.EncodeToString(r.request.Payload()), nil
	}
	if rest, ok := strings.CutPrefix(name, "layer."); ok {
		number, field, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(number)
		if err != nil || i >= r.request.Len() {
			return "", fmt.Errorf("${%s} is not known", name)
		}
		return r.ofLayer(i, field)
	}
	field := strings.TrimPrefix(name, "req.")
	if strings.Contains(field, ".") {
		refs := r.set.Fields(field)
		for i := range r.request.Len() {
			if value(&r.request.Stack, i, refs, &r.walk, &r.value) {
				return valueText(&r.value), nil
			}
		}
		if len(refs) == 0 {
			return "", fmt.Errorf("there is no field %q%s", field, r.set.Suggest(field))
		}
	}
	for i := r.request.Len() - 1; i >= 0; i-- {
		if value(&r.request.Stack, i, r.set.FieldsOf(r.request.Layer(i).Proto(), field), &r.walk, &r.value) {
			return valueText(&r.value), nil
		}
	}
	return "", fmt.Errorf("the packet that came has no %s", field)
}

func address(a netip.Addr, kind string) (string, error) {
	if !a.IsValid() {
		return "", fmt.Errorf("the interface has not %s address of its own", kind)
	}
	return a.String(), nil
}

// ofLayer is a field of one layer of the request, its header, or whom it was for,
// which is the host itself if that was many.
func (r *reply) ofLayer(i int, field string) (string, error) {
	sp := r.request.Layer(i)
	switch {
	case field == "header":
		return "hex:" + hex.EncodeToString(r.request.Data[sp.Start:sp.Header]), nil
	case field == "own" && sp.Proto().Name == "eth":
		if r.request.Data[sp.Start]&1 != 0 {
			return r.own.mac, nil
		}
		field = "eth.dst"
	case field == "own":
		_, dst := addresses(r.request, i)
		if !dst.IsMulticast() && dst != netip.AddrFrom4([4]byte{255, 255, 255, 255}) && !manyOnLink(&r.request.Stack, i) {
			return dst.String(), nil
		}
		if sp.Proto().Name == "ip" {
			return address(r.own.ip, "an IPv4")
		}
		return address(r.own.ip6, "an IPv6")
	}
	if !value(&r.request.Stack, i, r.set.Fields(field), &r.walk, &r.value) {
		return "", fmt.Errorf("the packet that came has no %s", field)
	}
	return valueText(&r.value), nil
}

// valueText is a value as a craft line takes it.
func valueText(v *layer.Value) string {
	switch v.Field.Kind {
	case layer.IPv4, layer.IPv6, layer.MAC, layer.EUI64, layer.GUID, layer.OID:
		return string(v.AppendShow(nil))
	case layer.String, layer.CString:
		return string(v.B)
	}
	if v.Field.Number() {
		if v.Field.Kind == layer.Int {
			return strconv.FormatInt(int64(v.U), 10)
		}
		return strconv.FormatUint(v.U, 10)
	}
	return "hex:" + hex.EncodeToString(v.B)
}
