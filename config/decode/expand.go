package decode

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// expand replaces ${env:NAME} and ${file:PATH} in the value of n, and has its
// owner check every other ${…}. It reports whether the value can be used.
func (d *decoder) expand(n *yaml.Node, path []string) (string, bool) {
	text := n.Value
	if !strings.Contains(text, "${") {
		return text, true
	}
	check := d.Variables(path)
	var out strings.Builder
	ok, brought := true, false
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			break
		}
		if start > 0 && text[start-1] == '$' { // $${ stands for ${
			out.WriteString(text[:start-1])
			if check != nil {
				out.WriteString("$") // its owner reads the rest, and $${ with it
			}
			out.WriteString("${")
			text = text[start+2:]
			continue
		}
		name, rest, closed := strings.Cut(text[start+2:], "}")
		if !closed {
			d.fail(n, "the ${ in %q is not closed by a }; write $${ for a plain ${", cut(n.Value))
			return "", false
		}
		out.WriteString(text[:start])
		text = rest
		value, isBrought, fine := d.variable(n, path, name, check)
		if isBrought {
			d.doc.brought[value] = "${" + name + "}"
		}
		if isBrought && check != nil {
			value = strings.ReplaceAll(value, "${", "$${") // what comes from outside is never a variable again
		}
		out.WriteString(value)
		ok, brought = ok && fine, brought || isBrought
	}
	out.WriteString(text)
	if brought {
		d.doc.record(path, func(p *place) { p.raw = n.Value })
	}
	return out.String(), ok
}

// variable returns what stands for ${name}.
func (d *decoder) variable(n *yaml.Node, path []string, name string, check func(string) error) (value string, brought, ok bool) {
	switch kind, argument, _ := strings.Cut(name, ":"); kind {
	case "env":
		value, ok = d.Env(argument)
		if !ok {
			d.fail(n, "the environment has no variable %q", cut(argument))
		}
		return value, true, ok
	case "file":
		value, ok = d.file(n, argument)
		return value, true, ok
	}
	if check == nil {
		d.fail(n, "%s has no variable ${%s}; only ${env:NAME} and ${file:PATH} stand here, and $${ for a plain ${", d.title(path), cut(name))
		return "", false, false
	}
	if err := check(name); err != nil {
		d.fail(n, "%v", err)
		return "", false, false
	}
	return "${" + name + "}", false, true
}

// file reads a secret, without the line end that editors put behind it.
func (d *decoder) file(n *yaml.Node, name string) (string, bool) {
	if name == "" {
		d.fail(n, "${file:} names no file; write ${file:PATH}")
		return "", false
	}
	full := name
	if !filepath.IsAbs(full) {
		full = filepath.Join(d.Dir, full)
	}
	data, err := d.ReadFile(full)
	if err != nil {
		d.fail(n, "${file:%s}: %v", cut(name), err)
		return "", false
	}
	text := strings.TrimSuffix(string(data), "\n")
	return strings.TrimSuffix(text, "\r"), true
}
