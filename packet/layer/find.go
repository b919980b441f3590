package layer

import (
	"slices"
	"strings"
)

// FindField finds a field in a list, at any depth: by its full name, its alias,
// or the last part of its name, in that order of preference. It is nil if there
// is none.
func FindField(fields []Field, name string) *Field {
	var found *Field
	rank := 0
	var look func(list []Field)
	look = func(list []Field) {
		for i := range list {
			f := &list[i]
			if r := f.rank(name); r > rank {
				found, rank = f, r
			}
			look(f.Sub)
			for _, c := range f.Cases {
				look(c.Fields)
			}
		}
	}
	look(fields)
	return found
}

// rank tells how well a name fits a field: as its full name, its alias, or the
// last part of its name; 0 if it does not.
func (f *Field) rank(name string) int {
	switch {
	case name == "":
		return 0
	case f.Name == name, f.Name == "" && slices.Contains(f.Also, name):
		return 3
	case f.Alias == name:
		return 2
	case strings.HasSuffix(f.Name, name) && len(f.Name) > len(name) && f.Name[len(f.Name)-len(name)-1] == '.':
		return 1
	}
	return 0
}

// Short is the shortest name of a field: its alias, or the last part of its name.
func (f *Field) Short() string {
	if f.Alias != "" {
		return f.Alias
	}
	return f.Name[strings.LastIndexByte(f.Name, '.')+1:]
}

// ShortNames are the shortest names of all fields in a list, at any depth, each
// once.
func ShortNames(fields []Field) (names []string) {
	var add func(list []Field)
	add = func(list []Field) {
		for i := range list {
			f := &list[i]
			if f.Name != "" || f.Alias != "" {
				names = append(names, f.Short())
			}
			add(f.Sub)
			for _, c := range f.Cases {
				add(c.Fields)
			}
		}
	}
	add(fields)
	slices.Sort(names)
	return slices.Compact(names)
}

// Number tells whether the value of a field is a number.
func (f *Field) Number() bool { return f.number() }

// Width is the width of a field in bits, 0 if it varies.
func (f *Field) Width() int { return f.width() }
