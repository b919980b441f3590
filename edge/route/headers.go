package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netwright/netwright/http/message"
)

// Headers says how header fields change on their way through.
type Headers struct {
	// Changes to the request that goes to the upstream.
	Request Fields `yaml:"request"`
	// Changes to the answer that goes to the client.
	Response Fields `yaml:"response"`
}

// Fields are changes to the header fields of a message. They are made in this
// order: remove, set, add.
type Fields struct {
	// Takes the place of every field of that name, as in {X-Client: "${remote}"}. With variables that are all empty there is no field.
	Set map[string][]string `yaml:"set" secret:"Authorization|Proxy-Authorization|Cookie|Set-Cookie|X-Api-Key|X-Auth-Token"`
	// Adds a field beside those of that name.
	Add map[string][]string `yaml:"add" secret:"Authorization|Proxy-Authorization|Cookie|Set-Cookie|X-Api-Key|X-Auth-Token"`
	// Names of fields to take away; X-Internal-* for all that begin so.
	Remove []string `yaml:"remove"`
}

// Validate tells everything that is wrong with the changes, but not whether the
// groups in them exist.
func (h *Headers) Validate() error {
	_, request := h.Request.compile(maxGroups, true)
	_, response := h.Response.compile(maxGroups, false)
	return errors.Join(within("request", request), within("response", response))
}

// within puts a key in front of the paths of joined errors.
func within(key string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		if f, ok := e.(*fieldError); ok {
			e = at(f.err, append([]string{key}, f.path...)...)
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// Edits are compiled [Fields]. They are immutable, and safe for concurrent use.
type Edits struct {
	remove   []name
	prefixes []string // of names to remove, in lower case
	set, add []edit
}

// name is that of a field, ready to compare.
type name struct {
	text  []byte
	lower string
	known message.Name
}

type edit struct {
	name  name
	value *Template
	// static values keep their field when they are empty.
	static bool
}

// Compile checks and prepares the changes to requests and to responses. groups
// is how many captures the path of the route gives, see [Table.Groups].
func (h *Headers) Compile(groups int) (request, response *Edits, err error) {
	request, err1 := h.Request.compile(groups, true)
	response, err2 := h.Response.compile(groups, false)
	return request, response, errors.Join(within("request", err1), within("response", err2))
}

func (f *Fields) compile(groups int, request bool) (*Edits, error) {
	e := &Edits{}
	var errs []error
	for i, text := range f.Remove {
		prefix, many := strings.CutSuffix(text, "*")
		if many && prefix != "" && message.IsToken([]byte(prefix)) {
			e.prefixes = append(e.prefixes, strings.ToLower(prefix))
			continue
		}
		n, err := parseName(text, request)
		if text == "*" {
			err = errors.New(`"*" would take every field away; write how their names begin, as in X-Internal-*`)
		}
		if err != nil {
			errs = append(errs, at(err, "remove", fmt.Sprint(i)))
		}
		e.remove = append(e.remove, n)
	}
	compile := func(key string, fields map[string][]string) (list []edit) {
		for _, text := range slices.Sorted(maps.Keys(fields)) {
			n, err := parseName(text, request)
			if err != nil {
				errs = append(errs, at(err, key, text))
			}
			for _, value := range fields[text] {
				t, err := Compile(value, FieldValue, groups)
				if err != nil {
					errs = append(errs, at(err, key, text))
					continue
				}
				_, static := t.Static()
				list = append(list, edit{n, t, static})
			}
		}
		return list
	}
	e.set, e.add = compile("set", f.Set), compile("add", f.Add)
	return e, errors.Join(errs...)
}

// parseName refuses the names that frame a message or belong to one connection:
// to change them is to make the next server read another message.
func parseName(text string, request bool) (name, error) {
	n := name{[]byte(text), strings.ToLower(text), message.Lookup([]byte(text))}
	switch {
	case !message.IsToken(n.text):
		return n, fmt.Errorf("%q is no name of a header field", text)
	case n.known == message.ContentLength || n.known.HopByHop():
		return n, fmt.Errorf("%s says how the message is carried, which is not for a route to change", text)
	case n.known == message.Host && request:
		return n, errors.New("the host that the upstream gets is set by the key host, beside to")
	case n.known == message.Host:
		return n, errors.New("an answer has no Host field")
	}
	return n, nil
}

// None tells whether nothing is changed.
func (e *Edits) None() bool {
	return len(e.remove)+len(e.prefixes)+len(e.set)+len(e.add) == 0
}

// NeedsCaptures tells whether a value has ${1} or another group.
func (e *Edits) NeedsCaptures() bool {
	uses := func(d edit) bool { return d.value.NeedsCaptures() }
	return slices.ContainsFunc(e.set, uses) || slices.ContainsFunc(e.add, uses)
}

// Apply changes fields. The values it makes stand in buf, behind what is there
// already; the result is buf with them appended. It allocates only where buf or
// fields have no room.
func (e *Edits) Apply(buf []byte, fields *message.Fields, v *Values) []byte {
	before := len(*fields)
	for i := range e.set {
		buf = e.set[i].addTo(buf, fields, v)
	}
	for i := range e.add {
		buf = e.add[i].addTo(buf, fields, v)
	}
	// Only now, for values may be made of what is taken away.
	old := (*fields)[:before]
	for i := range e.remove {
		e.remove[i].removeFrom(old)
	}
	for _, prefix := range e.prefixes {
		removePrefix(old, prefix)
	}
	for i := range e.set {
		e.set[i].name.removeFrom(old)
	}
	return buf
}

func (n *name) removeFrom(fields message.Fields) {
	for i := range fields {
		if fields[i].Known == n.known && (n.known != message.Other || message.EqualFold(fields[i].Name, n.lower)) {
			fields[i].Known = message.Removed
		}
	}
}

// removePrefix hides the fields whose names begin so, but none that says how
// the message is carried.
func removePrefix(fields message.Fields, prefix string) {
	for i := range fields {
		f := &fields[i]
		if len(f.Name) >= len(prefix) && message.EqualFold(f.Name[:len(prefix)], prefix) && f.Known != message.ContentLength && !f.Known.HopByHop() {
			f.Known = message.Removed
		}
	}
}

func (d *edit) addTo(buf []byte, fields *message.Fields, v *Values) []byte {
	value, static := d.value.Static()
	if !static {
		from := len(buf)
		buf = d.value.Append(buf, v)
		value = message.TrimSpace(buf[from:len(buf):len(buf)])
	}
	if len(value) > 0 || static {
		*fields = append(*fields, message.Field{Name: d.name.text, Value: value, Known: d.name.known})
	}
	return buf
}
