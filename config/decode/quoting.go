package decode

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// emptyHint reports a section without a value where its text was taken for
// something else: a comment or an anchor.
func (d *decoder) emptyHint(n *yaml.Node, f Field, path []string) {
	if n.Anchor != "" {
		d.fail(n, "& marks an anchor; put the value in quotes: %q", shown("&"+n.Anchor, f))
	} else if comment := d.commentOf(n, path); isGlued(comment) {
		d.fail(n, "%s has no value, since # begins a comment; put it in quotes: %q", d.title(path), shown(comment, f))
	}
}

// noValue reports a key without a value where one is needed.
func (d *decoder) noValue(n *yaml.Node, v reflect.Value, f Field, path []string) {
	before := len(d.problems)
	d.emptyHint(n, f, path)
	switch {
	case len(d.problems) > before:
	case v.Kind() == reflect.String && n.Value == "":
		d.fail(n, "%s has no value; write %s, or \"\" for the empty text", d.title(path), wanted(v.Type(), f))
	case v.Kind() == reflect.String:
		d.fail(n, "%s has no value, since %s means none; put it in quotes if you mean the text: %q", d.title(path), n.Value, n.Value)
	default:
		d.fail(n, "%s has no value; write %s", d.title(path), wanted(v.Type(), f))
	}
}

// swallowed reports a plain text that a # without a space behind it has cut
// off: a comment would have one, the rest of a password would not.
func (d *decoder) swallowed(n *yaml.Node, f Field, path []string) bool {
	if n.Style != 0 || !isGlued(n.LineComment) {
		return false
	}
	whole := n.Value + " " + n.LineComment
	d.fail(n, "%s ends at the #, which begins a comment; put it in quotes: %q, or put a space behind the #", d.title(path), shown(whole, f))
	return true
}

// shown is a text as a message quotes it, without what is secret.
func shown(text string, f Field) string {
	if f.Secret {
		return "…"
	}
	return cut(text)
}

// commentOf is the comment in the line of a value or of its key.
func (d *decoder) commentOf(n *yaml.Node, path []string) string {
	if n.LineComment != "" {
		return n.LineComment
	}
	if key := d.keys[joined(path)]; key != nil {
		return key.LineComment
	}
	return ""
}

// isGlued tells whether a comment looks like a value: no space behind the #.
func isGlued(comment string) bool {
	return len(comment) > 1 && comment[0] == '#' && !strings.ContainsAny(comment[1:2], " \t#!-=*")
}
