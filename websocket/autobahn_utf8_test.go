package websocket

import "fmt"

// utf8Cases is section 6: what is UTF-8 and what is not, whole, cut between
// bytes, and found as early as it can be.
func utf8Cases() []wireCase {
	const (
		mixed   = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"
		kosme   = "\u03ba\u1f79\u03c3\u03bc\u03b5"
		invalid = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"
		beyond  = "\xf4\x90\x80\x80"
	)
	cut := func(n int) string { return raw(begin(mixed[:n]), last(mixed[n:])) }
	cases := []wireCase{
		{id: "6.1.1", send: raw(txt("")), want: []rawFrame{txt("")}},
		{id: "6.1.2", send: raw(begin(""), more(""), last("")), want: []rawFrame{txt("")}},
		{id: "6.1.3", send: raw(begin(""), more("middle frame payload"), last("")), want: []rawFrame{txt("middle frame payload")}},
		{id: "6.2.1", send: raw(txt(mixed)), want: []rawFrame{txt(mixed)}},
		{id: "6.2.2", send: cut(8), want: []rawFrame{txt(mixed)}},
		{id: "6.2.3", send: fragments(opText, mixed, 1), want: []rawFrame{txt(mixed)}},
		{id: "6.2.4", send: fragments(opText, kosme, 1), want: []rawFrame{txt(kosme)}},
		{id: "6.3.1", send: raw(txt(invalid)), close: 1007},
		{id: "6.3.2", send: fragments(opText, invalid, 1), close: 1007},
		// Found before the message has ended: the rest is never sent.
		{id: "6.4.1", send: raw(begin(kosme), more(beyond)), close: 1007},
		{id: "6.4.2", send: raw(begin(kosme+"\xf4"), more("\x90")), close: 1007},
		{id: "6.4.3", send: raw(txt(kosme + beyond + "edited"))[:6+len(kosme)+4], close: 1007},
		{id: "6.4.4", send: raw(txt(kosme + beyond + "edited"))[:6+len(kosme)+2], close: 1007},
	}
	for section, group := range utf8Sequences() {
		for i, tt := range group {
			c := wireCase{id: fmt.Sprintf("6.%d.%d", section+5, i+1), send: raw(txt(tt.p)), close: 1007}
			if tt.ok {
				c.want, c.close = []rawFrame{txt(tt.p)}, 0
			}
			cases = append(cases, c)
			c.id, c.send = c.id+"-bytes", fragments(opText, tt.p, 1)
			cases = append(cases, c)
		}
	}
	return cases
}

type utf8Case struct {
	p  string
	ok bool
}

// utf8Sequences are the groups 6.5 and following.
func utf8Sequences() [][]utf8Case {
	yes := func(list ...string) (g []utf8Case) {
		for _, p := range list {
			g = append(g, utf8Case{p, true})
		}
		return g
	}
	no := func(list ...string) (g []utf8Case) {
		for _, p := range list {
			g = append(g, utf8Case{p, false})
		}
		return g
	}
	// prefixes are the beginnings of p; those that end between characters are
	// right.
	prefixes := func(p string) (g []utf8Case) {
		whole := map[int]bool{len(p): true}
		for i := range p {
			whole[i] = true
		}
		for n := 1; n <= len(p); n++ {
			g = append(g, utf8Case{p[:n], whole[n]})
		}
		return g
	}
	each := func(from, to byte, after string) (g []utf8Case) {
		all := ""
		for b := int(from); b <= int(to); b++ {
			g = append(g, utf8Case{string([]byte{byte(b)}) + after, false})
			all += string([]byte{byte(b)}) + after
		}
		return append(g, utf8Case{all, false})
	}
	return [][]utf8Case{
		yes("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"),                                                   // 6.5
		prefixes("\u03ba\u1f79\u03c3\u03bc\u03b5"),                                                                         // 6.6
		yes("\x00", "\u0080", "\u0800", "\U00010000"),                                                                      // 6.7 first of each length
		no("\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"),                                                             // 6.8 and of lengths that are none
		yes("\x7f", "\u07ff", "\uffff", "\U0010ffff"),                                                                      // 6.9 last of each length
		no("\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"),                                         // 6.10
		append(yes("\ud7ff", "\ue000", "\ufffd", "\U0010ffff"), no("\xf4\x90\x80\x80")...),                                 // 6.11
		append(no("\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf"), each(0x80, 0xbf, "")...),                // 6.12 continuations alone
		append(each(0xc0, 0xdf, " "), append(each(0xe0, 0xef, " "), each(0xf0, 0xff, " ")...)...),                          // 6.13 beginnings alone
		no("\xc0", "\xe0\x80", "\xf0\x80\x80", "\xdf", "\xef\xbf", "\xf7\xbf\xbf"),                                         // 6.14 the last byte missing
		no("\xc0\xe0\x80\xf0\x80\x80\xdf\xef\xbf"),                                                                         // 6.15
		no("\xfe", "\xff", "\xfe\xfe\xff\xff"),                                                                             // 6.16
		no("\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"),             // 6.17 longer than need be
		no("\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"),             // 6.18
		no("\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"),             // 6.19
		no("\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"), // 6.20 surrogates
		no("\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf", "\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"), // 6.21
		yes("\ufffe", "\uffff", "\U0001fffe", "\U0001ffff", "\U0002fffe", "\U0002ffff", "\U0010fffe", "\U0010ffff"),                                                                                                                        // 6.22 characters that are none
		yes("\ufffd", "\ufeff", "\u200b\u202e"), // 6.23 special ones
	}
}
