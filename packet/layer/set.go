package layer

import (
	"fmt"
	"slices"
)

// Set is a number of protocols that know each other. It does not change, and may
// be used by many goroutines at once.
type Set struct {
	protos []*code
	byName map[string]*code
	tables map[string]*table
	names  map[string]int // of fields
	fields []*Field       // by id, the first of each name
	owners []int          // by id, the protocol of that field, the first if several have it
	shared []bool         // by id, whether several have it
	also   map[string][]int
	owner  int
	data   *code
	ranks  ranks // for building
}

// NewSet makes protocols ready. One that is named "data" takes what no other
// does. Later ones win where two stand in a table under the same key. The error is
// the first mistake in a table.
func NewSet(protos ...*Proto) (*Set, error) {
	s := &Set{byName: map[string]*code{}, tables: map[string]*table{}, names: map[string]int{}, also: map[string][]int{}}
	for i, p := range protos {
		c := &code{Proto: p, id: i, bounds: p.Locate, refuse: p.Refuse}
		if c.bounds == nil {
			c.bounds = c.locate
		}
		for _, name := range append([]string{p.Name}, p.Alias...) {
			if old := s.byName[name]; old != nil && old.Name == name {
				return nil, fmt.Errorf("two protocols are named %q", name)
			}
			s.byName[name] = c
		}
		s.protos = append(s.protos, c)
		for _, on := range p.On {
			t := s.table(on.Table)
			for _, key := range on.Keys {
				t.put(key, c)
			}
			if p.Guess != nil {
				t.guess = append(t.guess, c)
			}
		}
	}
	s.data = s.byName["data"]
	for _, c := range s.protos {
		s.owner = c.id
		if err := s.compile(c); err != nil {
			return nil, err
		}
	}
	s.reach()
	return s, nil
}

// table is the table of that name, made on first mention.
func (s *Set) table(name string) *table {
	t := s.tables[name]
	if t == nil {
		t = newTable()
		s.tables[name] = t
	}
	return t
}

// name gives a field's name its id.
func (s *Set) name(f *Field) int {
	id, ok := s.names[f.Name]
	if !ok {
		id = len(s.fields)
		s.names[f.Name] = id
		s.fields = append(s.fields, f)
		s.owners = append(s.owners, s.owner)
		s.shared = append(s.shared, false)
	} else if s.owners[id] != s.owner {
		s.shared[id] = true
	}
	for _, also := range f.Also {
		if !slices.Contains(s.also[also], id) {
			s.also[also] = append(s.also[also], id)
		}
	}
	return id
}

// Proto is the protocol of that name or alias, or nil.
func (s *Set) Proto(name string) *Proto {
	if c := s.byName[name]; c != nil {
		return c.Proto
	}
	return nil
}

// Protos lists the protocols as they were given.
func (s *Set) Protos() []*Proto {
	list := make([]*Proto, len(s.protos))
	for i, c := range s.protos {
		list[i] = c.Proto
	}
	return list
}

// table finds a protocol by a key: open addressing over a quarter-filled array,
// since it is asked for each layer of each frame.
type table struct {
	keys  []uint32
	codes []*code
	shift uint
	count int
	guess []*code

	all     protoSet // what is in it
	guesses protoSet // what guess may lead to
}

func newTable() *table {
	return &table{keys: make([]uint32, 8), codes: make([]*code, 8), shift: 32 - 3}
}

func (t *table) get(key uint32) *code {
	for i := key * 0x9E3779B1 >> (t.shift & 31); ; i++ {
		i &= uint32(len(t.keys) - 1)
		if c := t.codes[i]; c == nil || t.keys[i] == key {
			return c
		}
	}
}

func (t *table) put(key uint64, c *code) {
	if t.count*4 >= len(t.keys) {
		old := *t
		t.keys, t.codes = make([]uint32, 2*len(old.keys)), make([]*code, 2*len(old.keys))
		t.shift, t.count = old.shift-1, 0
		for i, c := range old.codes {
			if c != nil {
				t.put(uint64(old.keys[i]), c)
			}
		}
	}
	i := uint32(key) * 0x9E3779B1 >> t.shift
	for t.codes[i] != nil && t.keys[i] != uint32(key) {
		i = (i + 1) & uint32(len(t.keys)-1)
	}
	if t.codes[i] == nil {
		t.count++
	}
	t.keys[i], t.codes[i] = uint32(key), c
}
