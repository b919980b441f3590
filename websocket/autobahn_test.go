package websocket

import (
	"fmt"
	"strings"
	"testing"
)

// wireCase is a case of the Autobahn test suite, by its number there.
type wireCase struct {
	id    string
	send  string
	chop  int        // bytes of each write; 0 for all at once
	want  []rawFrame // what the echo answers
	close int        // the code that the server closes with; 0: it does not
}

// TestAutobahn plays the cases of the Autobahn suite's sections 1 to 7 and 9
// to an echo server, byte by byte over a real socket. Where the server is not
// to close, the client does, and expects its code back.
func TestAutobahn(t *testing.T) {
	s := echoServer(t, &Config{MaxMessage: 16 << 20})
	var cases []wireCase
	for _, section := range [][]wireCase{framing(), pinging(), reserved(), opcodes(), fragmentation(), utf8Cases(), closing(), sizes()} {
		cases = append(cases, section...)
	}
	seen := map[string]bool{}
	for _, tt := range cases {
		if seen[tt.id] {
			t.Fatalf("case %s is there twice", tt.id)
		}
		seen[tt.id] = true
		t.Run(tt.id, func(t *testing.T) {
			if (testing.Short() || raceEnabled) && len(tt.send) > 1<<20 {
				t.Skip("a large case")
			}
			c, _ := openRaw(t, s)
			sent := make(chan error, 1)
			go func() { sent <- c.send(tt.send, tt.chop) }()
			c.expect(t, tt.want...)
			if tt.close == 0 {
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
				c.send(raw(bye(1000, "")), 0)
				tt.close = 1000
			} else if tt.close < 0 {
				tt.close = 0
			}
			c.expectClose(t, tt.close)
		})
	}
}

// framing is section 1: sizes of text and binary messages.
func framing() (cases []wireCase) {
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
		chop := 0
		if i == 7 {
			chop = 997
		}
		p := strings.Repeat("*", n)
		q := strings.Repeat("\xfe", n)
		cases = append(cases,
			wireCase{id: fmt.Sprintf("1.1.%d", i+1), send: raw(txt(p)), chop: chop, want: []rawFrame{txt(p)}},
			wireCase{id: fmt.Sprintf("1.2.%d", i+1), send: raw(bin(q)), chop: chop, want: []rawFrame{bin(q)}})
	}
	return cases
}

// pinging is section 2: pings and pongs.
func pinging() []wireCase {
	long := strings.Repeat("\xfe", 125)
	var ten, answers []rawFrame
	for i := range 10 {
		p := fmt.Sprintf("payload-%d", i)
		ten, answers = append(ten, ping(p)), append(answers, pong(p))
	}
	return []wireCase{
		{id: "2.1", send: raw(ping("")), want: []rawFrame{pong("")}},
		{id: "2.2", send: raw(ping("Hello, world!")), want: []rawFrame{pong("Hello, world!")}},
		{id: "2.3", send: raw(ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")), want: []rawFrame{pong("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")}},
		{id: "2.4", send: raw(ping(long)), want: []rawFrame{pong(long)}},
		{id: "2.5", send: raw(ping(long + "\xfe")), close: 1002},
		{id: "2.6", send: raw(ping(long)), chop: 1, want: []rawFrame{pong(long)}},
		{id: "2.7", send: raw(pong(""))},
		{id: "2.8", send: raw(pong("unsolicited pong payload"))},
		{id: "2.9", send: raw(pong("unsolicited"), ping("ping payload")), want: []rawFrame{pong("ping payload")}},
		{id: "2.10", send: raw(ten...), want: answers},
		{id: "2.11", send: raw(ten...), chop: 1, want: answers},
	}
}

// reserved is section 3: reserved bits.
func reserved() []wireCase {
	hello := txt("Hello, world!")
	with := func(rsv, op byte) rawFrame { return rawFrame{true, rsv, op, hello.payload} }
	three := raw(hello, with(3, opText), ping(""))
	return []wireCase{
		{id: "3.1", send: raw(with(1, opText)), close: 1002},
		{id: "3.2", send: raw(hello, with(2, opText), ping("")), want: []rawFrame{hello}, close: 1002},
		{id: "3.3", send: three, want: []rawFrame{hello}, close: 1002},
		{id: "3.4", send: raw(hello, with(4, opText), ping("")), chop: 1, want: []rawFrame{hello}, close: 1002},
		{id: "3.5", send: raw(with(5, opBinary)), close: 1002},
		{id: "3.6", send: raw(with(6, opPing)), close: 1002},
		{id: "3.7", send: raw(rawFrame{true, 7, opClose, ""}), close: 1002},
	}
}

// opcodes is section 4: reserved opcodes.
func opcodes() (cases []wireCase) {
	hello := txt("Hello, world!")
	for i, base := range []byte{3, 11} {
		for j := range byte(5) {
			f := rawFrame{true, 0, base + j, ""}
			if j%2 == 1 {
				f.payload = "reserved opcode payload"
			}
			tt := wireCase{id: fmt.Sprintf("4.%d.%d", i+1, j+1), send: raw(f), close: 1002}
			if j >= 2 {
				tt.send, tt.want = raw(hello, f, ping("")), []rawFrame{hello}
			}
			if j == 4 {
				tt.chop = 1
			}
			cases = append(cases, tt)
		}
	}
	return cases
}

// fragmentation is section 5.
func fragmentation() []wireCase {
	two := []rawFrame{begin("fragment1"), last("fragment2")}
	pinged := raw(begin("fragment1"), ping("ping payload"), last("fragment2"))
	whole := txt("fragment1fragment2")
	nothing := []rawFrame{last("non-continuation payload"), txt("Hello, world!")}
	open := []rawFrame{more("non-continuation payload"), txt("Hello, world!")}
	five := raw(begin("fragment1"), more("fragment2"), ping("pongme 1!"), more("fragment3"), ping("pongme 2!"), more("fragment4"), last("fragment5"))
	answers := []rawFrame{pong("pongme 1!"), pong("pongme 2!"), txt("fragment1fragment2fragment3fragment4fragment5")}
	return []wireCase{
		{id: "5.1", send: raw(rawFrame{false, 0, opPing, "fragment1"}, last("fragment2")), close: 1002},
		{id: "5.2", send: raw(rawFrame{false, 0, opPong, "fragment1"}, last("fragment2")), close: 1002},
		{id: "5.3", send: raw(two...), want: []rawFrame{whole}},
		{id: "5.4", send: raw(two...), chop: 7, want: []rawFrame{whole}},
		{id: "5.5", send: raw(two...), chop: 1, want: []rawFrame{whole}},
		{id: "5.6", send: pinged, want: []rawFrame{pong("ping payload"), whole}},
		{id: "5.7", send: pinged, chop: 7, want: []rawFrame{pong("ping payload"), whole}},
		{id: "5.8", send: pinged, chop: 1, want: []rawFrame{pong("ping payload"), whole}},
		{id: "5.9", send: raw(nothing...), close: 1002},
		{id: "5.10", send: raw(nothing...), chop: 7, close: 1002},
		{id: "5.11", send: raw(nothing...), chop: 1, close: 1002},
		{id: "5.12", send: raw(open...), close: 1002},
		{id: "5.13", send: raw(open...), chop: 7, close: 1002},
		{id: "5.14", send: raw(open...), chop: 1, close: 1002},
		{id: "5.15", send: raw(two...) + raw(more("fragment3"), txt("fragment4")), want: []rawFrame{whole}, close: 1002},
		{id: "5.16", send: raw(more("fragment1"), begin("fragment2"), last("fragment3")), close: 1002},
		{id: "5.17", send: raw(last("fragment1"), begin("fragment2"), last("fragment3")), close: 1002},
		{id: "5.18", send: raw(begin("fragment1"), txt("fragment2")), close: 1002},
		{id: "5.19", send: five, want: answers},
		{id: "5.20", send: five, chop: 1, want: answers},
	}
}

// closing is section 7: the close handshake, codes and reasons.
func closing() []wireCase {
	hello := txt("Hello World!")
	large := txt(strings.Repeat("BAsd7&jh23", 26<<10))
	reason := strings.Repeat("*", 123)
	cases := []wireCase{
		{id: "7.1.1", send: raw(hello, bye(1000, "")), want: []rawFrame{hello}, close: 1000},
		{id: "7.1.2", send: raw(bye(1000, ""), bye(1000, "")), close: 1000},
		{id: "7.1.3", send: raw(bye(1000, ""), ping("")), close: 1000},
		{id: "7.1.4", send: raw(bye(1000, ""), hello), close: 1000},
		{id: "7.1.5", send: raw(begin("fragment1"), bye(1000, ""), last("fragment2")), close: 1000},
		{id: "7.1.6", send: raw(large, hello, bye(1000, ""), ping("")), want: []rawFrame{large, hello}, close: 1000},
		{id: "7.3.1", send: raw(rawFrame{true, 0, opClose, ""}), close: -1},
		{id: "7.3.2", send: raw(rawFrame{true, 0, opClose, "a"}), close: 1002},
		{id: "7.3.3", send: raw(bye(1000, "")), close: 1000},
		{id: "7.3.4", send: raw(bye(1000, "Hello World!")), close: 1000},
		{id: "7.3.5", send: raw(bye(1000, reason)), close: 1000},
		{id: "7.3.6", send: raw(bye(1000, reason+"*")), close: 1002},
		{id: "7.5.1", send: raw(bye(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")), close: 1007},
	}
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		cases = append(cases, wireCase{id: fmt.Sprintf("7.7.%d", i+1), send: raw(bye(code, "")), close: code})
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		cases = append(cases, wireCase{id: fmt.Sprintf("7.9.%d", i+1), send: raw(bye(code, "")), close: 1002})
	}
	for i, code := range []int{5000, 65535} {
		cases = append(cases, wireCase{id: fmt.Sprintf("7.13.%d", i+1), send: raw(bye(code, "")), close: 1002})
	}
	return cases
}

// sizes is section 9: large messages, in fragments, in pieces, and many small
// ones.
func sizes() (cases []wireCase) {
	add := func(section, number int, tt wireCase) {
		tt.id = fmt.Sprintf("9.%d.%d", section, number)
		cases = append(cases, tt)
	}
	text := func(n int) string { return strings.Repeat("BAsd7&jh", n/8) }
	data := func(n int) string { return strings.Repeat("\x00\xfe\x23\xffjh\x80\x7f", n/8) }
	const kib, mib = 1 << 10, 1 << 20
	for i, n := range []int{64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib} {
		add(1, i+1, wireCase{send: raw(txt(text(n))), want: []rawFrame{txt(text(n))}})
		add(2, i+1, wireCase{send: raw(bin(data(n))), want: []rawFrame{bin(data(n))}})
	}
	for i, n := range []int{64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib} {
		add(3, i+1, wireCase{send: fragments(opText, text(4*mib), n), want: []rawFrame{txt(text(4 * mib))}})
		add(4, i+1, wireCase{send: fragments(opBinary, data(4*mib), n), want: []rawFrame{bin(data(4 * mib))}})
	}
	for i, n := range []int{64, 128, 256, 512, kib, 2 * kib} {
		add(5, i+1, wireCase{send: raw(txt(text(mib))), chop: n, want: []rawFrame{txt(text(mib))}})
		add(6, i+1, wireCase{send: raw(bin(data(mib))), chop: n, want: []rawFrame{bin(data(mib))}})
	}
	for i, n := range []int{0, 16, 64, 256, kib, 4 * kib} {
		const times = 1000
		var texts, datas []rawFrame
		for range times {
			texts, datas = append(texts, txt(text(n))), append(datas, bin(data(n)))
		}
		add(7, i+1, wireCase{send: raw(texts...), want: texts})
		add(8, i+1, wireCase{send: raw(datas...), want: datas})
	}
	return cases
}
