package endpoint

import (
	"fmt"
	"strings"
)

// Scheme describes one kind of endpoint.
type Scheme struct {
	Name    string
	Port    uint16 // by default; 0 where the URL must name one
	Listen  bool   // can be listened on
	Dial    bool   // can be dialled
	Via     bool   // can be a hop of via=
	Means   string // one line for people
	Example string

	form      form
	tls       bool
	http      bool // has a path and a query of its own
	webSocket bool
}

// form is how the part after the scheme is written.
type form uint8

const (
	formHost    form = iota // //host:port
	formFile                // a file name or @abstract name
	formName                // the number or the name of a descriptor
	formNothing             // nothing at all
	formCommand             // a command line, to the end of the text
)

var schemes = [...]Scheme{
	{Name: "tcp", Listen: true, Dial: true, Example: "tcp://:7007", Means: "a TCP stream"},
	{Name: "tls", Port: 443, Listen: true, Dial: true, tls: true, Example: "tls://db.example.com:5433?ca=ca.pem", Means: "TLS 1.2 or newer over TCP"},
	{Name: "udp", Listen: true, Dial: true, Example: "udp://[::1]:5353", Means: "datagrams; listening gives one connection per peer"},
	{Name: "unix", form: formFile, Listen: true, Dial: true, Example: "unix:///run/app.sock?mode=0660", Means: "a stream socket in the file system; unix:@name an abstract one"},
	{Name: "ws", Port: 80, Listen: true, Dial: true, http: true, webSocket: true, Example: "ws://127.0.0.1:9000/feed", Means: "WebSocket, binary messages read as a stream"},
	{Name: "wss", Port: 443, Listen: true, Dial: true, tls: true, http: true, webSocket: true, Example: "wss://feed.example.com/v1", Means: "WebSocket over TLS"},
	{Name: "http", Port: 80, Listen: true, Dial: true, Via: true, http: true, Example: "http://:8080", Means: "the TCP stream below HTTP; in via= a proxy with CONNECT"},
	{Name: "https", Port: 443, Listen: true, Dial: true, Via: true, tls: true, http: true, Example: "https://:8443?cert=a.pem&key=a.key", Means: "the TLS stream below HTTP; in via= a proxy with CONNECT"},
	{Name: "socks5", Port: 1080, Via: true, Example: "socks5://user:secret@10.0.0.1", Means: "in via= alone: a SOCKS5 proxy, which resolves the names"},
	{Name: "fd", form: formName, Listen: true, Dial: true, Example: "fd://3, fd://web", Means: "an open descriptor, by number or its name in LISTEN_FDNAMES"},
	{Name: "stdio", form: formNothing, Listen: true, Dial: true, Example: "stdio:", Means: "standard input and output as one connection"},
	{Name: "exec", form: formCommand, Dial: true, Example: "exec:sort -u", Means: "a command's input and output; quotes group words, no shell runs"},
}

// Schemes returns what is known about every scheme, in the order of the table
// that [Grammar] prints.
func Schemes() []Scheme { return append([]Scheme(nil), schemes[:]...) }

func schemeOf(name string) (*Scheme, bool) {
	for i := range schemes {
		if schemes[i].Name == name {
			return &schemes[i], true
		}
	}
	return nil, false
}

func schemeNames() string {
	names := make([]string, len(schemes))
	for i := range schemes {
		names[i] = schemes[i].Name
	}
	return strings.Join(names, ", ")
}

// Grammar returns the endpoint URLs as two tables, one of the schemes and one
// of the options, in Markdown that is aligned to be read on a terminal too.
func Grammar() string {
	rows := [][]string{{"scheme", "port", "listen", "dial", "what it is", "example"}}
	for _, s := range schemes {
		port := "—"
		switch {
		case s.Port != 0:
			port = fmt.Sprint(s.Port)
		case s.form == formHost:
			port = "named"
		}
		dial := yes(s.Dial)
		if !s.Dial && s.Via {
			dial = "via"
		}
		rows = append(rows, []string{s.Name, port, yes(s.Listen), dial, s.Means, "`" + s.Example + "`"})
	}
	out := table(rows) + "\n"
	rows = [][]string{{"option", "value", "over", "what it does"}}
	for _, o := range options() {
		rows = append(rows, []string{o.name, "`" + o.value + "`", o.applies.String(), o.means})
	}
	return out + table(rows)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "—"
}

// table aligns rows as a Markdown table; the first row is its head.
func table(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(&out, "| %s%s ", cell, strings.Repeat(" ", width[i]-len([]rune(cell))))
		}
		out.WriteString("|\n")
		if n == 0 {
			for i := range row {
				out.WriteString("|" + strings.Repeat("-", width[i]+2))
			}
			out.WriteString("|\n")
		}
	}
	return out.String()
}
