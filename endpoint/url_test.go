package endpoint

import (
	"errors"
	"net"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	f := func(in string, want URL, canonical string) {
		t.Helper()
		u, err := Parse(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			return
		}
		if !reflect.DeepEqual(*u, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", in, *u, want)
		}
		if got := u.String(); got != canonical {
			t.Errorf("%s: String is %s, want %s", in, got, canonical)
		}
	}
	f("tcp://:8080", URL{Scheme: "tcp", Port: 8080}, "tcp://:8080")
	f("TCP://Host.Example:80/", URL{Scheme: "tcp", Host: "host.example", Port: 80}, "tcp://host.example:80")
	f("tcp://[::1]:0", URL{Scheme: "tcp", Host: "::1"}, "tcp://[::1]:0")
	f("tcp://[2001:DB8:0::1]:80", URL{Scheme: "tcp", Host: "2001:db8::1", Port: 80}, "tcp://[2001:db8::1]:80")
	f("udp://[fe80::1%25eth0]:53", URL{Scheme: "udp", Host: "fe80::1%eth0", Port: 53}, "udp://[fe80::1%25eth0]:53")
	f("udp://[fe80::1%eth0]:53", URL{Scheme: "udp", Host: "fe80::1%eth0", Port: 53}, "udp://[fe80::1%25eth0]:53")
	f("tls://db", URL{Scheme: "tls", Host: "db", Port: 443}, "tls://db")
	f("tls://bücher.example", URL{Scheme: "tls", Host: "xn--bcher-kva.example", Port: 443}, "tls://xn--bcher-kva.example")
	f("http://:80", URL{Scheme: "http", Port: 80}, "http://:80")
	f("https://a:443/x?y=1", URL{Scheme: "https", Host: "a", Port: 443, Path: "/x", Query: "y=1"}, "https://a/x?y=1")
	f("http://u:p%40@a:3128", URL{Scheme: "http", User: url.UserPassword("u", "p@"), Host: "a", Port: 3128}, "http://u:p%40@a:3128")
	f("ws://a:9/feed?token=1&timeout=3s&key=k", URL{Scheme: "ws", Host: "a", Port: 9, Path: "/feed", Query: "token=1&key=k",
		Options: Options{Timeout: 3 * time.Second}}, "ws://a:9/feed?token=1&key=k&timeout=3s")
	f("wss://a/?%6Bey=k", URL{Scheme: "wss", Host: "a", Port: 443, Path: "/", Query: "%6Bey=k"}, "wss://a/?%6Bey=k")
	f("unix:///run/a.sock?mode=660", URL{Scheme: "unix", Path: "/run/a.sock", Options: Options{Mode: 0o660}}, "unix:///run/a.sock?mode=0660")
	f("unix:/run/a%20b", URL{Scheme: "unix", Path: "/run/a b"}, "unix:///run/a%20b")
	f("unix:a.sock", URL{Scheme: "unix", Path: "a.sock"}, "unix:a.sock")
	f("unix:@name", URL{Scheme: "unix", Path: "@name"}, "unix:@name")
	f("unix://@name", URL{Scheme: "unix", Path: "@name"}, "unix:@name")
	f("fd://3", URL{Scheme: "fd", Path: "3"}, "fd://3")
	f("fd:web", URL{Scheme: "fd", Path: "web"}, "fd://web")
	f("stdio:", URL{Scheme: "stdio"}, "stdio:")
	f("stdio://", URL{Scheme: "stdio"}, "stdio:")
	f("exec:grep -c '?#%' x", URL{Scheme: "exec", Path: "grep -c '?#%' x"}, "exec:grep -c '?#%' x")
	f("https://:8443?cert=a+b.pem&key=k%26.pem&ca=/ca&alpn=h2,http/1.1&sni=x&insecure&keepalive=off&reuseport=yes&timeout=1m30s&fd=web",
		URL{Scheme: "https", Port: 8443, Options: Options{CA: "/ca", Cert: "a+b.pem", Key: "k&.pem", SNI: "x", ALPN: []string{"h2", "http/1.1"},
			Insecure: true, Keepalive: -1, ReusePort: true, Timeout: 90 * time.Second, FD: "web"}},
		"https://:8443?ca=/ca&cert=a+b.pem&key=k%26.pem&sni=x&alpn=h2,http/1.1&insecure&keepalive=off&reuseport&timeout=1m30s&fd=web")
	f("tcp://a:1?via=socks5://u:p@b&via=https://c:8?ca=x%2526y", URL{Scheme: "tcp", Host: "a", Port: 1, Options: Options{Via: []*URL{
		{Scheme: "socks5", User: url.UserPassword("u", "p"), Host: "b", Port: 1080},
		{Scheme: "https", Host: "c", Port: 8, Options: Options{CA: "x&y"}},
	}}}, "tcp://a:1?via=socks5://u:p@b&via=https://c:8%3Fca=x%2526y")
}

func refused(t *testing.T, in string) error {
	t.Helper()
	u, err := Parse(in)
	if err == nil {
		t.Errorf("%s: accepted as %+v", in, *u)
	}
	return err
}

func TestParseRefuses(t *testing.T) {
	f := func(in string, words ...string) {
		t.Helper()
		err := refused(t, in)
		if err == nil {
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Step != StepParse {
			t.Errorf("%s: %#v is not an Error of parse", in, err)
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", in, err, w)
			}
		}
	}
	f("", "no scheme", "begins with one of tcp")
	f("8080", "write tcp://:8080")
	f("localhost:8080", `unknown scheme "localhost"`, "write tcp://localhost:8080")
	f("/run/x", "write unix:/run/x")
	f("gopher://a", "unknown scheme", "tcp, tls, udp")
	f("socks5h://a", "write socks5://")
	f("tcp:a:80", "two slashes")
	f("tcp://a", "tcp needs a port")
	f("tcp://a:", "needs a port")
	f("tcp://a:65536", "65535")
	f("tcp://a:+80", "65535")
	f("tcp://::1:80", "brackets", "[::1]:80")
	f("tcp://[::1:80", "not closed")
	f("tcp://[::1]80", "colon")
	f("tcp://[1.2.3.4]:80", "not an IPv6 address")
	f("tcp://[fe80::1%25a%20b]:80", "not an IPv6 address")
	f("tcp://10.0.0.300:80", "not an IPv4 address")
	f("tcp://a b:80", "neither a name nor an address")
	f("tcp://a..b:80", "neither")
	f("tcp://*:80", "neither")
	f("tcp://"+strings.Repeat("a.", 130)+"a:80", "neither")
	f("tcp://a:80/x", "no path")
	f("tcp://u@a:80", "no user")
	f("tcp://a:80#x", "fragment")
	f("tcp://a:80?insecure", "takes no option insecure", "tls, wss, https")
	f("tcp://a:80?colour=red", `unknown option "colour"`, "keepalive, reuseport, timeout")
	f("stdio:?timeout=1s", "stdio takes no option timeout")
	f("tls://a?timeout=fast", "timeout", "10s")
	f("tls://a?timeout=-1s", "timeout")
	f("tls://a?timeout=1s&timeout=2s", "given twice")
	f("tls://a?insecure=maybe", "neither true nor false")
	f("tls://a?ca=%zz", "%25")
	f("tls://a?ca", "needs a value")
	f("tls://a?alpn=,", "alpn")
	f("unix:///x?mode=999", "file mode")
	f("unix:///x?mode=01777", "file mode")
	f("unix://run/x", "three slashes")
	f("unix:", "no file name")
	f("unix:///"+strings.Repeat("x", 107), "107")
	f("unix:///a%00b", "zero byte")
	f("fd://", "fd://3")
	f("fd://a/b", "fd://3")
	f("stdio:x", "nothing after the colon")
	f("exec:", "no command")
	f("exec:a 'b", "quote ' is not closed")
	f(`exec:a \`, "backslash")
	f("http://a/b c", "%20")
	f("http://a/%zz", "%25")
	f("http://a/?q=a|b", "%7C")
	f("tcp://a:1?via=tcp://b:1", "tcp is no proxy", "socks5, http, https")
	f("tcp://a:1?via=socks5://", "needs a host")
	f("tcp://a:1?via=http://b%3Fvia=socks5://c", "twice to chain")
	f("tcp://a:1?via=http://b%3Fx=1", `no parameter "x=1"`)
	f("tcp://a:1?"+strings.Repeat("via=socks5://b&", 9), "more than 8")
	f("tcp://a:1?keepalive=10s&reuseport&timeout="+strings.Repeat("x", maxURL), "longer than")
}

// No error and no Redacted text may show a password, wherever it stands.
func TestPasswordsStaySecret(t *testing.T) {
	for _, in := range []string{
		"http://u:s3cret@a:99999", "http://u:s3cret@a/b c", "tcp://u:s3cret@a:1", "tcp://a:1?via=socks5://u:s3cret@b:x",
		"tcp://a:1?via=gopher://u:s3cret@b", "http://u:s3cret/x@a:1",
	} {
		if err := refused(t, in); err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error shows the password: %v", in, err)
		}
	}
	u, err := Parse("tcp://a:1?via=socks5://u:s3cret@b&via=http://v:s3cret@c:1")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := u.Redacted(), "tcp://a:1?via=socks5://u:xxxxx@b&via=http://v:xxxxx@c:1"; got != want {
		t.Errorf("Redacted is %s, want %s", got, want)
	}
}

func TestURLParts(t *testing.T) {
	u, err := Parse("https://[::1]:443/x")
	if err != nil {
		t.Fatal(err)
	}
	if u.Authority() != "[::1]" || u.Address() != "[::1]:443" || !u.TLS() {
		t.Errorf("authority %s, address %s, TLS %v", u.Authority(), u.Address(), u.TLS())
	}
	at := u.At(&net.TCPAddr{IP: net.IPv6loopback, Port: 7})
	if at.String() != "https://[::1]:7/x" || u.Port != 443 {
		t.Errorf("At gives %s and leaves port %d", at, u.Port)
	}
	var again URL
	text, _ := u.MarshalText()
	if err := again.UnmarshalText(text); err != nil || !reflect.DeepEqual(&again, u) {
		t.Errorf("text round trip: %v, %+v", err, again)
	}
}

func TestSplitWords(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		got, err := splitWords(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	f("")
	f("  ")
	f("a  b\tc", "a", "b", "c")
	f(`sh -c 'echo "$1"' x ""`, "sh", "-c", `echo "$1"`, "x", "")
	f(`a\ b "c\"d" 'e\f'`, "a b", `c"d`, `e\f`)
}

// What parses, prints as something that parses to the same URL, prints the same
// again, and shows no control character.
func FuzzParse(f *testing.F) {
	for _, s := range Schemes() {
		for example := range strings.SplitSeq(s.Example, ", ") {
			f.Add(example)
		}
	}
	f.Add("https://u:p@[fe80::1%25a]:1/x?a=b&cert=a%26b&key=c&alpn=h2,x&insecure&timeout=off&keepalive=1ms&via=socks5://a:b@c&via=http://d?timeout=1s")
	f.Add("unix:@a%20b?mode=0600&timeout=3s")
	f.Add("exec:a 'b c' \"d\\\"\"")
	f.Fuzz(func(t *testing.T, in string) {
		u, err := Parse(in)
		if err != nil {
			return
		}
		out := u.String()
		again, err := Parse(out)
		if err != nil {
			if len(out) > maxURL {
				return // escapes made it longer
			}
			t.Fatalf("%q prints as %q, which is refused: %v", in, out, err)
		}
		if !reflect.DeepEqual(u, again) || again.String() != out {
			t.Fatalf("%q prints as %q, which parses to %+v and prints as %q, not %+v", in, out, again, again.String(), u)
		}
		if u.Scheme != "exec" && strings.ContainsFunc(out, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			t.Fatalf("%q prints as %q", in, out)
		}
	})
}
