package stream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Line is what the members of a room are told.
type Line struct {
	From string // who says it; empty for what the chat itself has to say
	Text string
	wire []byte // the line as members read it, made once for all of them
}

// NewLine makes a line of text, from which it takes what a stranger's terminal
// should not see.
func NewLine(from, text string) Line {
	text = clean(text)
	prefix := "* "
	if from != "" {
		prefix = "<" + from + "> "
	}
	return Line{From: from, Text: text, wire: []byte(prefix + text + "\r\n")}
}

// clean gives a line as it may be shown on a stranger's terminal: valid UTF-8
// without control characters, escapes and changes of the writing direction.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069', r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// Room is where the lines of a chat go. Its methods may be called at any time
// and from any goroutine.
type Room interface {
	// Join adds a member. Until leave returns, tell is called with every line
	// said in the room, the member's own too, in one order for all members. It
	// does not block. A name that a member has already is [ErrNameTaken].
	Join(name string, tell func(Line)) (leave func(), err error)
	// Say tells a line to every member.
	Say(Line)
	// Members gives the names, sorted.
	Members() []string
}

// Rooms has the rooms of a chat.
type Rooms interface {
	// Room is the room of that name, there or not: joining makes it.
	Room(name string) Room
	// Names gives the rooms that have members, sorted.
	Names() []string
}

// The reasons not to let a member in.
var (
	ErrNameTaken = errors.New("that name is taken")
	ErrFull      = errors.New("there are too many rooms")
)

// NewRooms makes rooms within this process, at most so many at once; 0 means
// 1000.
func NewRooms(most int) Rooms {
	if most <= 0 {
		most = defaultRooms
	}
	return &hall{most: most, rooms: make(map[string]*room)}
}

// hall has the rooms with members. Its lock is taken before a room's.
type hall struct {
	most  int
	mu    sync.Mutex // guards rooms, and which members there are in each
	rooms map[string]*room
}

type room struct {
	mu      sync.Mutex // guards members, and gives lines their one order
	members map[string]func(Line)
}

func (h *hall) Room(name string) Room { return door{h, name} }

func (h *hall) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return keys(h.rooms)
}

// door leads to the room that has the name at the moment.
type door struct {
	hall *hall
	name string
}

func (d door) Join(name string, tell func(Line)) (leave func(), err error) {
	d.hall.mu.Lock()
	defer d.hall.mu.Unlock()
	r := d.hall.rooms[d.name]
	if r == nil {
		if len(d.hall.rooms) >= d.hall.most {
			return nil, fmt.Errorf("%w: %d", ErrFull, d.hall.most)
		}
		r = &room{members: make(map[string]func(Line))}
		d.hall.rooms[d.name] = r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[name] != nil {
		return nil, ErrNameTaken
	}
	r.members[name] = tell
	return sync.OnceFunc(func() { d.leave(r, name) }), nil
}

func (d door) leave(r *room, name string) {
	d.hall.mu.Lock()
	defer d.hall.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, name)
	if len(r.members) == 0 {
		delete(d.hall.rooms, d.name)
	}
}

func (d door) Say(line Line) {
	if r := d.open(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, tell := range r.members {
			tell(line)
		}
	}
}

func (d door) Members() []string {
	r := d.open()
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return keys(r.members)
}

func (d door) open() *room {
	d.hall.mu.Lock()
	defer d.hall.mu.Unlock()
	return d.hall.rooms[d.name]
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
