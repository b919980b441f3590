package stream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/endpoint"
)

// member is one connection. Its reader is the goroutine of Serve, which owns
// the fields without a comment.
type member struct {
	chat  *Chat
	conn  net.Conn
	name  string
	room  string
	leave func()
	in    int64
	out   int64 // the writer's until it has ended

	lines   chan []byte // what waits to be written; closed when nobody can tell this member any more
	writing atomic.Bool // the peer is what the writer waits for, if for anything
	once    sync.Once
	dropped chan struct{} // closed when the member can be told no more
	cause   error         // why; set before dropped is closed
}

var errSlow = errors.New("read too slowly")

// tell queues a line, and lets a member go who has too many waiting already.
// Others wait behind it, so a peer that does not take what is being written gets
// a moment only; a writer that had no turn yet, as when a thousand come in at
// once, gets longer.
func (m *member) tell(line Line) {
	select {
	case m.lines <- line.wire:
		return
	default:
	}
	wait := patience
	if m.writing.Load() {
		wait = moment
	}
	turn := time.NewTimer(wait)
	defer turn.Stop()
	select {
	case m.lines <- line.wire:
	case <-m.dropped:
	case <-turn.C:
		m.drop(errSlow)
	}
}

// drop ends the reads and writes in progress and those to come.
func (m *member) drop(cause error) {
	m.once.Do(func() {
		m.cause = cause
		close(m.dropped)
		m.conn.SetDeadline(time.Unix(1, 0))
	})
}

func (m *member) notice(format string, args ...any) {
	m.tell(NewLine("", fmt.Sprintf(format, args...)))
}

// interrupt ends the read in progress and those to come.
func (m *member) interrupt() { m.conn.SetReadDeadline(time.Unix(1, 0)) }

func (m *member) isDropped() bool {
	select {
	case <-m.dropped:
		return true
	default:
		return false
	}
}

// write sends what is queued, together what waits together.
func (m *member) write() {
	var batch []byte
	for line := range m.lines {
		time.Sleep(gather)
		batch = append(batch[:0], line...)
		for more := true; more && len(batch) < piece; {
			select {
			case line, ok := <-m.lines:
				batch, more = append(batch, line...), ok
			default:
				more = false
			}
		}
		m.conn.SetWriteDeadline(time.Now().Add(answerTimeout))
		if m.isDropped() { // perhaps just before, with an earlier deadline
			continue
		}
		m.writing.Store(true)
		n, err := m.conn.Write(batch)
		m.writing.Store(false)
		m.out += int64(n)
		if err != nil {
			m.drop(err)
		}
	}
}

// stay greets the member and obeys its lines until it goes.
func (m *member) stay(ctx context.Context) error {
	m.name = m.chat.newGuest()
	m.notice("welcome, %s; /help tells what you can do", m.name)
	m.join(lobby)
	reader := bufio.NewReaderSize(m.conn, int(m.chat.config.Line)+2) // the line and its end
	pace := pace{rate: m.chat.config.Rate}
	for {
		if !m.expect(ctx) {
			return m.reason(ctx, os.ErrDeadlineExceeded)
		}
		raw, err := reader.ReadSlice('\n')
		m.in += int64(len(raw))
		if errors.Is(err, bufio.ErrBufferFull) {
			n, skipErr := skipLine(reader)
			m.in += n
			if err = skipErr; err == nil {
				m.notice("that line is longer than %d bytes and was not told", m.chat.config.Line)
				continue
			}
		}
		text := clean(string(raw))
		if text != "" && (err == nil || errors.Is(err, io.EOF)) && !m.obey(text) {
			return nil
		}
		if err != nil {
			return m.reason(ctx, err)
		}
		if !pace.wait(ctx) {
			return m.reason(ctx, os.ErrDeadlineExceeded)
		}
	}
}

// expect sets the deadline of the next line, and says whether there may be one.
func (m *member) expect(ctx context.Context) bool {
	if m.chat.idle > 0 {
		m.conn.SetReadDeadline(time.Now().Add(m.chat.idle))
	}
	return ctx.Err() == nil && !m.isDropped() // perhaps just before, with an earlier deadline
}

// reason tells the member why it has to go, where it can still be told, and
// gives the error to record.
func (m *member) reason(ctx context.Context, err error) error {
	switch {
	case m.isDropped() && endpoint.Gone(m.cause):
		return nil
	case m.isDropped():
		return m.cause
	case ctx.Err() != nil:
		m.notice("the chat closes; good bye")
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		m.notice("you said nothing for %s; good bye", m.chat.idle)
		return endpoint.ErrIdle
	case err == io.EOF, endpoint.Gone(err):
		return nil
	}
	return err
}

// obey does what a line says; it returns false when the member wants to go.
func (m *member) obey(text string) bool {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") {
		m.here().Say(NewLine(m.name, strings.TrimPrefix(text, "/")))
		return true
	}
	command, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch command {
	case "/nick":
		m.rename(rest)
	case "/join":
		m.join(rest)
	case "/rooms":
		m.notice("rooms: %s", strings.Join(m.chat.rooms.Names(), ", "))
	case "/who":
		m.notice("in %s: %s", m.room, strings.Join(m.here().Members(), ", "))
	case "/help":
		m.notice("/nick NAME, /join ROOM, /rooms, /who, /quit; all else is told to the room; // begins a line with a slash")
	case "/quit":
		m.notice("good bye")
		return false
	default:
		m.notice("no command %s; /help tells which there are", command)
	}
	return true
}

func (m *member) here() Room { return m.chat.rooms.Room(m.room) }

func (m *member) join(room string) {
	if err := checkName(room); err != nil {
		m.notice("no room can be called that: %v", err)
		return
	}
	if room == m.room {
		m.notice("you are in %s already", room)
		return
	}
	leave, err := m.chat.rooms.Room(room).Join(m.name, m.tell)
	if err != nil {
		m.notice("cannot join %s: %v", room, err)
		return
	}
	m.part()
	m.room, m.leave = room, leave
	m.here().Say(NewLine("", m.name+" joined "+room))
}

// part leaves the room, if the member is in one.
func (m *member) part() {
	if m.leave == nil {
		return
	}
	m.leave()
	text := m.name + " left " + m.room
	if m.isDropped() && m.cause == errSlow {
		text += ", having read too slowly"
	}
	m.here().Say(NewLine("", text))
	m.leave, m.room = nil, ""
}

func (m *member) rename(name string) {
	if err := checkName(name); err != nil {
		m.notice("nobody can be called that: %v", err)
		return
	}
	same := strings.EqualFold(name, m.name) // another spelling of the name that is ours
	if name == m.name || !same && !m.chat.take(name) {
		m.notice("the name %s is taken", name)
		return
	}
	if m.leave != nil {
		leave, err := m.here().Join(name, m.tell)
		if err != nil {
			if !same {
				m.chat.free(name)
			}
			m.notice("cannot be %s: %v", name, err)
			return
		}
		m.leave()
		m.leave = leave
		m.here().Say(NewLine("", m.name+" is now "+name))
	}
	if !same {
		m.chat.free(m.name)
	}
	m.name = name
}

// skipLine reads to the end of the line without keeping it.
func skipLine(r *bufio.Reader) (n int64, err error) {
	for {
		raw, err := r.ReadSlice('\n')
		n += int64(len(raw))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// pace slows down one who says more than rate lines a second.
type pace struct {
	rate float64   // 0 or less means no limit
	due  time.Time // when the lines said so far would have been said at that rate
}

// wait counts a line; it returns false if ctx ended.
func (p *pace) wait(ctx context.Context) bool {
	if p.rate <= 0 {
		return true
	}
	now := time.Now()
	if p.due.Before(now) {
		p.due = now
	}
	p.due = p.due.Add(time.Duration(float64(time.Second) / p.rate))
	early := p.due.Sub(now) - rateBurst*time.Second
	if early <= 0 {
		return true
	}
	timer := time.NewTimer(early)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
