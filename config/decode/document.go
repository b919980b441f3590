package decode

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Position is a place in a file; lines and columns count from 1.
type Position struct {
	File         string
	Line, Column int
}

// String gives file:line:column.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Problem makes a problem that stands at p.
func (p Position) Problem(format string, args ...any) *Problem {
	return &Problem{File: p.File, Line: p.Line, Column: p.Column, Message: fmt.Sprintf(format, args...)}
}

// Document remembers where the keys and values of a decoded file stand. A path
// is the keys from the root down; an item of a list is its index: "serve",
// "web", "routes", "0", "match". Its methods may be called concurrently.
type Document struct {
	name    string
	places  map[string]place
	brought map[string]string // what ${env:…} and ${file:…} gave, and as which of them
}

// place is what stands at one path.
type place struct {
	key, value spot
	names      []string // the keys of a mapping in the order of the file
	raw        string   // the text of a value into which ${env:…} or ${file:…} brought something
}

// spot is a line and a column; the zero spot is nowhere.
type spot struct{ line, column int32 }

func spotOf(n *yaml.Node) spot { return spot{int32(n.Line), int32(max(n.Column, 1))} }

// Name is the file's name as it was given to Decode.
func (d *Document) Name() string { return d.name }

// Value returns where the value at path begins; where the file has no such
// path, the nearest one above it.
func (d *Document) Value(path ...string) Position {
	return d.position(path, func(p place) spot { return p.value })
}

// Key returns where the key at path begins, for an item of a list the item;
// where the file has no such path, the nearest one above it.
func (d *Document) Key(path ...string) Position {
	return d.position(path, func(p place) spot {
		if p.key != (spot{}) {
			return p.key
		}
		return p.value
	})
}

// Has tells whether the file has something at path.
func (d *Document) Has(path ...string) bool {
	_, ok := d.places[joined(path)]
	return ok
}

// Names returns the keys of the mapping at path in the order of the file.
func (d *Document) Names(path ...string) []string {
	return slices.Clone(d.places[joined(path)].names)
}

// Raw returns the text of the value at path as the file has it, when ${env:…}
// or ${file:…} brought something into it.
func (d *Document) Raw(path ...string) (string, bool) {
	raw := d.places[joined(path)].raw
	return raw, raw != ""
}

// leastSecret is how long a text must be to be taken for more than a word that
// stands in a message by chance.
const leastSecret = 4

// Hide returns a message with ${env:NAME} and ${file:PATH} in place of what they
// brought in, which may be secret.
func (d *Document) Hide(message string) string {
	longestFirst := func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }
	for _, text := range slices.SortedFunc(maps.Keys(d.brought), longestFirst) {
		if len(text) < leastSecret {
			continue
		}
		name := d.brought[text]
		quoted := strconv.Quote(text)
		message = strings.ReplaceAll(message, text, name)
		message = strings.ReplaceAll(message, quoted[1:len(quoted)-1], name)
		message = hideStart(message, text, name)
	}
	return message
}

// hideStart hides a text whose end was cut off with a mark.
func hideStart(message, text, name string) string {
	at := strings.Index(message, text[:leastSecret])
	if at < 0 {
		return message
	}
	shown, rest, isCut := strings.Cut(message[at:], "…")
	if !isCut || !strings.HasPrefix(text, shown) {
		return message
	}
	return message[:at] + name + rest
}

func (d *Document) position(path []string, of func(place) spot) Position {
	for n := len(path); n >= 0; n-- {
		if p, ok := d.places[joined(path[:n])]; ok {
			if at := of(p); at.line > 0 {
				return Position{d.name, int(at.line), int(at.column)}
			}
		}
	}
	return Position{d.name, 1, 1}
}

func (d *Document) record(path []string, change func(*place)) {
	at := joined(path)
	p := d.places[at]
	change(&p)
	d.places[at] = p
}

func joined(path []string) string { return strings.Join(path, "\x00") }
