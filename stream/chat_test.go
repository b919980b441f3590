package stream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

// person is a member's end of a chat.
type person struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (p *person) say(lines ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, strings.Join(lines, "\n")+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) hear(want ...string) {
	p.t.Helper()
	for _, w := range want {
		line, err := p.in.ReadString('\n')
		if line != w+"\r\n" {
			p.t.Fatalf("heard %q, %v; want %q", line, err, w)
		}
	}
}

// arrive connects and takes a name.
func arrive(t *testing.T, conn net.Conn, guest int, name string) *person {
	t.Helper()
	p := &person{t, conn, bufio.NewReader(conn)}
	p.hear(fmt.Sprintf("* welcome, guest%d; /help tells what you can do", guest), fmt.Sprintf("* guest%d joined lobby", guest))
	if name != "" {
		p.say("/nick " + name)
		p.hear(fmt.Sprintf("* guest%d is now %s", guest, name))
	}
	return p
}

func TestChat(t *testing.T) {
	to, records := serve(t, newHandler(t, Config{Kind: "chat"}), "tcp://127.0.0.1:0")
	ann := arrive(t, dial(t, to), 1, "ann")
	bob := arrive(t, dial(t, to), 2, "Bob")
	ann.hear("* guest2 joined lobby", "* guest2 is now Bob")

	ann.say("hello", "  //nick is a command ", "", "\x1b[2Jred\x07 \u202etxt \xff")
	for _, p := range []*person{ann, bob} {
		p.hear("<ann> hello", "<ann> /nick is a command", "<ann> [2Jred txt \uFFFD")
	}
	bob.say("/who", "/nick ANN", "/nick a b", "/nick", "/nick "+strings.Repeat("x", 25), "/nick bOb")
	bob.hear("* in lobby: Bob, ann", "* the name ANN is taken", "* nobody can be called that: a name has letters, digits, - and _",
		"* nobody can be called that: a name is missing", "* nobody can be called that: a name has at most 24 letters", "* Bob is now bOb")
	ann.hear("* Bob is now bOb")
	bob.say("/join café", "/join café", "/rooms", "/join a/b", "/dance")
	bob.hear("* bOb joined café", "* you are in café already", "* rooms: café, lobby", "* no room can be called that: a name has letters, digits, - and _",
		"* no command /dance; /help tells which there are")
	ann.hear("* bOb left lobby")
	bob.say("all alone")
	bob.hear("<bOb> all alone")
	ann.say(strings.Repeat("x", 3000), "ok")
	ann.hear("* that line is longer than 1024 bytes and was not told", "<ann> ok")
	ann.say("/join café")
	ann.hear("* ann joined café")
	bob.hear("* ann joined café")
	ann.say("/quit")
	ann.hear("* good bye")
	if rest, err := io.ReadAll(ann.in); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
	ann.conn.Close()
	bob.hear("* ann left café")
	if r := <-records; r.Get(flow.Subject) != "ann" || r.BytesIn < 3000 || r.BytesOut < 100 || r.Has(flow.Error) {
		t.Errorf("%s", r.AppendJSON(nil))
	}
	again := arrive(t, dial(t, to), 3, "ann") // the name is free again
	io.WriteString(again.conn, "no newline")
	closeWrite(again.conn)
	again.hear("<ann> no newline")
}

// A thousand members in one room: every line reaches all, in one order.
func TestThousandMembers(t *testing.T) {
	to, _ := serve(t, newHandler(t, Config{Kind: "chat", Chat: ChatConfig{Rate: -1}}), "tcp://127.0.0.1:0")
	const many, talkers = 1000, 20
	members := make([]*person, many)
	for i := range members {
		conn := dial(t, to)
		members[i] = &person{t, conn, bufio.NewReader(conn)}
	}
	for _, m := range members {
		var name string
		if _, err := fmt.Fscanf(m.in, "* welcome, %s /help tells what you can do\r\n", &name); err != nil {
			t.Fatal(err)
		}
		for joined, line := "* "+strings.TrimSuffix(name, ";")+" joined lobby\r\n", ""; line != joined; {
			var err error
			if line, err = m.in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range talkers {
		members[i*many/talkers].say("one", "two")
	}
	var order []string
	for i, m := range members {
		var said []string
		for len(said) < 2*talkers {
			line, err := m.in.ReadString('\n')
			if err != nil {
				t.Fatalf("member %d after %d lines: %v", i, len(said), err)
			}
			if strings.HasPrefix(line, "<") {
				said = append(said, line)
			}
		}
		if order == nil {
			order = said
		}
		if !slices.Equal(said, order) {
			t.Fatalf("member %d heard another order", i)
		}
	}
}

// More lines than may wait come at once, to members who read: nobody is dropped.
func TestBurstForReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := NewChat(ChatConfig{Queue: 8, Rate: -1}, 0, NewRooms(0))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const many = 100
		var talker net.Conn
		var heard [3]atomic.Int32
		for i := range heard {
			near, far := net.Pipe()
			defer near.Close()
			go func() { chat.Serve(ctx, far); far.Close() }()
			go func() {
				for lines := bufio.NewScanner(near); lines.Scan(); {
					if strings.HasPrefix(lines.Text(), "<") {
						heard[i].Add(1)
					}
				}
			}()
			talker = near
			synctest.Wait()
		}
		io.WriteString(talker, strings.Repeat("hello\n", many))
		time.Sleep(time.Minute)
		for i := range heard {
			if n := heard[i].Load(); n != many {
				t.Errorf("member %d heard %d of %d lines", i, n, many)
			}
		}
		cancel()
		synctest.Wait()
		time.Sleep(time.Minute) // until the good-byes are said
	})
}

// One who does not read is dropped; the others do not wait.
func TestSlowReaderIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := NewChat(ChatConfig{Queue: 8, Rate: -1}, 0, NewRooms(0))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 2)
		join := func() net.Conn {
			near, far := net.Pipe() // without a buffer
			go func() { ended <- chat.Serve(ctx, far); far.Close() }()
			return near
		}
		slow := join()
		synctest.Wait()
		quick := join()
		lines := bufio.NewReader(quick)
		var heard atomic.Int32
		go func() {
			for {
				if _, err := lines.ReadString('\n'); err != nil {
					return
				}
				heard.Add(1)
			}
		}()
		start := time.Now()
		for i := range 50 {
			fmt.Fprintf(quick, "%d\n", i)
			time.Sleep(2 * gather)
		}
		if took := time.Since(start); took > 100*gather+moment {
			t.Errorf("the others waited %s", took)
		}
		if err := <-ended; !errors.Is(err, errSlow) {
			t.Errorf("the slow one ended with %v", err)
		}
		time.Sleep(2 * gather)
		if want := int32(2 + 50 + 1); heard.Load() != want { // its greeting, the lines and one that tells who left
			t.Errorf("heard %d lines, want %d", heard.Load(), want)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		slow.Close()
		quick.Close()
	})
}

// A peer that takes nothing at all is let go when a write has waited for long.
func TestStuckReaderIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		start := time.Now()
		err := NewChat(ChatConfig{}, 0, NewRooms(0)).Serve(t.Context(), far)
		if err == nil || time.Since(start) != gather+answerTimeout {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		near.Close()
	})
}

func TestChatTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		ended := make(chan error, 1)
		chat := NewChat(ChatConfig{Rate: 2}, time.Minute, NewRooms(0))
		go func() { ended <- chat.Serve(t.Context(), far) }()
		p := arrive(t, near, 1, "")
		start := time.Now()
		go func() {
			for range 30 {
				p.say("x")
			}
		}()
		for range 30 {
			p.hear("<guest1> x")
		}
		// 20 lines are rateBurst seconds' worth, the others come at two a second.
		if took := time.Since(start).Truncate(10 * gather); took != 4500*time.Millisecond {
			t.Errorf("30 lines took %s", took)
		}
		start = time.Now()
		p.hear("* you said nothing for 1m0s; good bye")
		if err := <-ended; !errors.Is(err, endpoint.ErrIdle) || time.Since(start) > time.Minute+time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		near.Close()
		far.Close()
	})
}

func TestChatSaysThatItCloses(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	near, far := tcpPair(t)
	ended := make(chan error, 1)
	go func() { ended <- NewChat(ChatConfig{}, 0, NewRooms(0)).Serve(ctx, far); far.Close() }()
	p := arrive(t, near, 1, "")
	cancel()
	p.hear("* the chat closes; good bye")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRooms(t *testing.T) {
	rooms := NewRooms(2)
	var heard []string
	tell := func(l Line) { heard = append(heard, l.From+":"+l.Text) }
	leaveA, err := rooms.Room("a").Join("x", tell)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rooms.Room("a").Join("x", tell); !errors.Is(err, ErrNameTaken) {
		t.Errorf("%v", err)
	}
	leaveB, _ := rooms.Room("b").Join("x", tell)
	if _, err := rooms.Room("c").Join("x", tell); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	rooms.Room("a").Say(NewLine("y", "two\nlines"))
	rooms.Room("nowhere").Say(NewLine("y", "nobody hears"))
	if !slices.Equal(heard, []string{"y:twolines"}) || !slices.Equal(rooms.Names(), []string{"a", "b"}) {
		t.Errorf("%q, %q", heard, rooms.Names())
	}
	leaveA()
	leaveA()
	if _, err := rooms.Room("c").Join("x", tell); err != nil {
		t.Errorf("the empty room still counts: %v", err)
	}
	leaveB()
	if !slices.Equal(rooms.Names(), []string{"c"}) || rooms.Room("a").Members() != nil {
		t.Errorf("%q", rooms.Names())
	}
}

// Whatever a stranger types, another's terminal gets valid lines: text without
// control characters, each beginning with who says it.
func FuzzChat(f *testing.F) {
	f.Add("hello\n/nick ann\n/join room\n/who\n//x\n")
	f.Add("/nick \x1b\n\xff\xfe\u2028\u202e\r\n" + strings.Repeat("x", 100))
	f.Fuzz(func(t *testing.T, typed string) {
		var heard []string
		rooms := NewRooms(0)
		leave, err := rooms.Room(lobby).Join("listener", func(l Line) { heard = append(heard, string(l.wire)) })
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		conn := &typist{in: strings.NewReader(typed)}
		if err := NewChat(ChatConfig{Line: 64, Rate: -1}, 0, rooms).Serve(t.Context(), conn); err != nil && !errors.Is(err, errSlow) {
			t.Fatal(err)
		}
		for _, line := range heard {
			text, ok := strings.CutSuffix(line, "\r\n")
			bad := func(r rune) bool { return unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' }
			if !ok || !utf8.ValidString(text) || strings.ContainsFunc(text, bad) || len(text) > 3*64+2*4*maxName+40 || text[0] != '<' && text[0] != '*' {
				t.Fatalf("%q", line)
			}
		}
		if last := heard[len(heard)-1]; !strings.Contains(last, " left ") {
			t.Fatalf("it ends with %q", last)
		}
	})
}

// typist is a connection that has typed all it will, and reads everything.
type typist struct {
	net.Conn
	in io.Reader
}

func (c *typist) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *typist) Write(p []byte) (int, error)      { return len(p), nil }
func (c *typist) SetDeadline(time.Time) error      { return nil }
func (c *typist) SetReadDeadline(time.Time) error  { return nil }
func (c *typist) SetWriteDeadline(time.Time) error { return nil }
