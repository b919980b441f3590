package decode

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// pair is one key of a mapping and its value.
type pair struct{ key, value *yaml.Node }

// pairs returns the keys of the mapping n in order, after them those that merge
// keys (<<: *base) bring in and n does not have, and records where they stand.
func (d *decoder) pairs(n *yaml.Node, path []string) []pair {
	all := d.merged(n, 0)
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.key.Value
		here := append(slices.Clip(path), p.key.Value)
		d.doc.record(here, func(at *place) { at.key, at.value = spotOf(p.key), spotOf(resolved(p.value)) })
		d.keys[joined(here)] = p.key
	}
	d.doc.record(path, func(at *place) { at.names = names })
	return all
}

func (d *decoder) merged(n *yaml.Node, depth int) []pair {
	if depth > maxDepth {
		d.fail(n, "merge keys (<<) refer to each other without end")
		return nil
	}
	var own []pair
	var bases []*yaml.Node
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch k := resolved(key); {
		case k.Kind != yaml.ScalarNode || isNull(k):
			d.fail(key, "a key must be a name")
		case seen[k.Value] != nil:
			d.fail(key, "%q is given twice; the first is in line %d", cut(k.Value), seen[k.Value].Line)
		case k.ShortTag() == "!!merge":
			seen[k.Value] = key
			bases = append(bases, d.bases(value)...)
		default:
			seen[k.Value] = key
			own = append(own, pair{k, value})
		}
	}
	for _, base := range bases {
		if !d.bounded(base) {
			break
		}
		for _, p := range d.merged(base, depth+1) {
			if seen[p.key.Value] == nil {
				seen[p.key.Value] = p.key
				own = append(own, p)
			}
		}
	}
	return own
}

// bases returns the mappings that the value of a merge key stands for.
func (d *decoder) bases(value *yaml.Node) []*yaml.Node {
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	var bases []*yaml.Node
	for _, item := range items {
		if base := resolved(item); base.Kind == yaml.MappingNode {
			bases = append(bases, base)
		} else {
			d.fail(item, "<< merges a mapping: write <<: *name, where &name marks the mapping")
		}
	}
	return bases
}
