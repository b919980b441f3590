package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/netwright/netwright/flow"
)

// ChatConfig bounds a chat.
type ChatConfig struct {
	// The longest line that a member may say; longer ones are not told.
	Line int64 `yaml:"line" unit:"bytes"`
	// Lines that wait for a member who reads slowly; one more, and it is
	// dropped from the chat.
	Queue int `yaml:"queue"`
	// Lines that a member may say, on average; faster ones wait.
	Rate float64 `yaml:"rate" unit:"rate"`
	// Rooms with members at once.
	Rooms int `yaml:"rooms"`
}

const (
	defaultRooms = 1000
	lobby        = "lobby"
	maxName      = 24 // letters of a nickname or a room's name
	rateBurst    = 10 // seconds' worth of lines that may come at once

	// gather is how long a line waits for others to be written with: nobody
	// sees it, and in a full room it spares most of the writes.
	gather = 5 * time.Millisecond
	// patience is how long a line waits for a member's writer to have its turn, and
	// moment how long for a write to end that is under way.
	patience = time.Second
	moment   = 20 * time.Millisecond
)

// SetDefaults fills what is zero: lines of 1KiB, 10 of them a second, 256
// waiting, 1000 rooms.
func (c *ChatConfig) SetDefaults() {
	if c.Line <= 0 {
		c.Line = 1 << 10
	}
	if c.Queue <= 0 {
		c.Queue = 256
	}
	if c.Rate == 0 {
		c.Rate = 10
	}
	if c.Rooms <= 0 {
		c.Rooms = defaultRooms
	}
}

// Chat is a line chat with nicknames and rooms: what a member types is told to
// all in its room, and what begins with a slash is a command.
type Chat struct {
	config ChatConfig
	idle   time.Duration
	rooms  Rooms

	mu    sync.Mutex // guards what follows
	names map[string]bool
	guest int // the number that the last one got who came without a name
}

// NewChat makes a chat in these rooms. A member that says nothing for idle is
// let go; 0 or less means never.
func NewChat(config ChatConfig, idle time.Duration, rooms Rooms) *Chat {
	config.SetDefaults()
	return &Chat{config: config, idle: idle, rooms: rooms, names: make(map[string]bool)}
}

// Serve is one member's stay, from the greeting to the end of the connection.
func (c *Chat) Serve(ctx context.Context, conn net.Conn) error {
	m := &member{chat: c, conn: conn, lines: make(chan []byte, c.config.Queue), dropped: make(chan struct{})}
	defer context.AfterFunc(ctx, m.interrupt)()
	var writer sync.WaitGroup
	writer.Go(m.write)
	err := m.stay(ctx)
	m.part()
	close(m.lines)
	writer.Wait()
	record := flow.From(ctx)
	record.BytesIn += m.in
	record.BytesOut += m.out
	record.SetString(flow.Subject, m.name)
	c.free(m.name)
	if err == nil && ctx.Err() == nil {
		finish(conn)
	}
	return err
}

// take reserves a name, which nobody else in the chat may have.
func (c *Chat) take(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.ToLower(name)
	if c.names[key] {
		return false
	}
	c.names[key] = true
	return true
}

func (c *Chat) free(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, strings.ToLower(name))
}

func (c *Chat) newGuest() string {
	for {
		c.mu.Lock()
		c.guest++
		name := fmt.Sprintf("guest%d", c.guest)
		c.mu.Unlock()
		if c.take(name) {
			return name
		}
	}
}

func checkName(name string) error {
	if name == "" {
		return errors.New("a name is missing")
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' {
			return errors.New("a name has letters, digits, - and _")
		}
	}
	if utf8.RuneCountInString(name) > maxName {
		return fmt.Errorf("a name has at most %d letters", maxName)
	}
	return nil
}
