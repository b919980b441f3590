package layer

import (
	"fmt"
	"slices"
	"sync"
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
	data   *code
	ranks  ranks // for building

	mu      sync.Mutex // held to make a protocol ready
	reached sync.Once
}

// NewSet makes protocols ready. One that is named "data" takes what no other
// does. Later ones win where two stand in a table under the same key. The error is
// the first mistake in a table.
func NewSet(protos ...*Proto) (*Set, error) {
	s, err := newSet(protos)
	if err != nil {
		return nil, err
	}
	for _, c := range s.protos {
		if err := c.make(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// LazySet is NewSet for protocols that are known to have no mistakes, as a test
// has found: each is made ready when it is first met, as most never are. A mistake
// panics then.
func LazySet(protos ...*Proto) *Set {
	s, err := newSet(protos)
	if err != nil {
		panic(err)
	}
	return s
}

func newSet(protos []*Proto) (*Set, error) {
	s := &Set{byName: map[string]*code{}, tables: map[string]*table{}, names: make(map[string]int, 64*len(protos)), also: map[string][]int{}}
	for i, p := range protos {
		c := &code{Proto: p, set: s, id: i, bounds: p.Locate, refuse: p.Refuse}
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
		for _, n := range p.Next {
			s.table(n.Table)
		}
		s.number(p.Fields, i)
	}
	s.data = s.byName["data"]
	return s, nil
}

// ready makes a protocol ready unless it is.
func (c *code) ready() *code {
	if c != nil && !c.made.Load() {
		if err := c.make(); err != nil {
			panic(err)
		}
	}
	return c
}

func (c *code) make() error {
	c.set.mu.Lock()
	defer c.set.mu.Unlock()
	if c.made.Load() {
		return nil
	}
	if err := c.set.compile(c); err != nil {
		return err
	}
	c.swift.Store(c.quicken())
	c.made.Store(true)
	return nil
}

// code is the protocol of that name or alias, ready, or nil.
func (s *Set) code(name string) *code { return s.byName[name].ready() }

// table is the table of that name, made on first mention.
func (s *Set) table(name string) *table {
	t := s.tables[name]
	if t == nil {
		t = newTable()
		s.tables[name] = t
	}
	return t
}

// number gives the names of fields their ids, at any depth.
func (s *Set) number(fields []Field, owner int) {
	for i := range fields {
		f := &fields[i]
		if f.Name != "" {
			s.name(f, owner)
		}
		s.number(f.Sub, owner)
		for _, c := range f.Cases {
			s.number(c.Fields, owner)
		}
	}
}

func (s *Set) name(f *Field, owner int) {
	id, ok := s.names[f.Name]
	if !ok {
		id = len(s.fields)
		s.names[f.Name] = id
		s.fields = append(s.fields, f)
		s.owners = append(s.owners, owner)
		s.shared = append(s.shared, false)
	} else if s.owners[id] != owner {
		s.shared[id] = true
	}
	for _, also := range f.Also {
		if !slices.Contains(s.also[also], id) {
			s.also[also] = append(s.also[also], id)
		}
	}
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
	slots []slot
	shift uint
	count int
	guess []*code

	all     protoSet // what is in it
	guesses protoSet // what guess may lead to
}

type slot struct {
	key  uint32
	code *code
}

func newTable() *table { return &table{slots: make([]slot, 8), shift: 32 - 3} }

func (t *table) get(key uint32) *code {
	for i := key * 0x9E3779B1 >> (t.shift & 31); ; i++ {
		if s := &t.slots[i&uint32(len(t.slots)-1)]; s.code == nil || s.key == key {
			return s.code
		}
	}
}

func (t *table) put(key uint64, c *code) {
	if t.count*4 >= len(t.slots) {
		old := t.slots
		t.slots = make([]slot, 2*len(old))
		t.shift, t.count = t.shift-1, 0
		for _, s := range old {
			if s.code != nil {
				t.put(uint64(s.key), s.code)
			}
		}
	}
	i := uint32(key) * 0x9E3779B1 >> t.shift
	for t.slots[i].code != nil && t.slots[i].key != uint32(key) {
		i = (i + 1) & uint32(len(t.slots)-1)
	}
	if t.slots[i].code == nil {
		t.count++
	}
	t.slots[i] = slot{uint32(key), c}
}
