package dissect

import (
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// template is a Summary made ready: texts with fields between them.
type template struct {
	parts  []part
	walked int // how many fields have no fixed place
}

type part struct {
	text string // before the field
	ref  layer.FieldRef
	is   bool // whether there is a field
}

// newTemplate reads the summary of a protocol. What names no field stays as it
// stands.
func newTemplate(set *layer.Set, p *layer.Proto) *template {
	t := &template{}
	text := p.Summary
	for {
		before, after, ok := strings.Cut(text, "${")
		name, rest, closed := strings.Cut(after, "}")
		if !ok || !closed {
			t.parts = append(t.parts, part{text: text})
			return t
		}
		if ref, found := set.Field(p, name); found {
			t.parts = append(t.parts, part{text: before, ref: ref, is: true})
			if !ref.Fixed() {
				t.walked++
			}
		} else {
			t.parts = append(t.parts, part{text: before + "${" + name + "}"})
		}
		text = rest
	}
}
