package endpoint

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
)

// tcpPair returns the two ends of a TCP connection over loopback.
func tcpPair(t testing.TB) (client, server *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

const v2Header = proxyV2Sign + "\x21\x11\x00\x0c\x0a\x01\x02\x03\xc0\x00\x02\x07\x30\x39\x00\x50"

func TestReadProxyHeader(t *testing.T) {
	long := proxyV2Sign + "\x21\x11\x03\xe8\x0a\x01\x02\x03\xc0\x00\x02\x07\x30\x39\x00\x50" + "\x04\x03\xd9" + strings.Repeat("\x00", 985)
	for _, tt := range []struct {
		name, header, source string
		local                bool
	}{
		{"v1", "PROXY TCP4 10.1.2.3 192.0.2.7 12345 80\r\n", "10.1.2.3:12345", false},
		{"v1 IPv6", "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "[2001:db8::1]:1", false},
		{"v1 mapped", "PROXY TCP6 ::ffff:10.1.2.3 ::ffff:192.0.2.7 1 2\r\n", "10.1.2.3:1", false},
		{"v1 unknown", "PROXY UNKNOWN\r\n", "", true},
		{"v1 unknown with fields", "PROXY UNKNOWN a b 1 2\r\n", "", true},
		{"v2", v2Header, "10.1.2.3:12345", false},
		{"v2 local", proxyV2Sign + "\x20\x00\x00\x00", "", true},
		{"v2 local with addresses", proxyV2Sign + "\x20\x11\x00\x0c\x0a\x01\x02\x03\xc0\x00\x02\x07\x30\x39\x00\x50", "", true},
		{"v2 datagram", proxyV2Sign + "\x21\x12\x00\x0c\x0a\x01\x02\x03\xc0\x00\x02\x07\x30\x39\x00\x50", "", true},
		{"v2 with TLVs longer than the first look", long, "10.1.2.3:12345", false},
	} {
		for _, cut := range []int{0, 1, 5, 13, len(tt.header) - 1} {
			t.Run(fmt.Sprintf("%s cut at %d", tt.name, cut), func(t *testing.T) {
				client, server := tcpPair(t)
				go func() {
					io.WriteString(client, tt.header[:cut])
					if cut > 0 {
						time.Sleep(5 * time.Millisecond) // let the reader see a part
					}
					io.WriteString(client, tt.header[cut:]+"GET / and more")
				}()
				h, err := ReadProxyHeader(server, 5*time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if h.Local != tt.local || !tt.local && h.Source.String() != tt.source {
					t.Errorf("%+v", h)
				}
				rest := make([]byte, len("GET / and more"))
				if _, err := io.ReadFull(server, rest); err != nil || string(rest) != "GET / and more" {
					t.Errorf("behind the header: %q, %v", rest, err)
				}
			})
		}
	}
}

func TestReadProxyHeaderErrors(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		none           bool
	}{
		{"another protocol", "GET / HTTP/1.1\r\n", "does not begin", true},
		{"begins alike", "PROXZ TCP4", "does not begin", true},
		{"a method of that name", "PROXYING / HTTP/1.1\r\n", "does not begin", true},
		{"TLS", "\x16\x03\x01", "does not begin", true},
		{"nothing", "", "nothing has come", true},
		{"a part of v1", "PROXY TCP4 1.2", "only a part", false},
		{"a part of v2", v2Header[:20], "only a part", false},
		{"the first letter", "P", "only a part", false},
		{"too long a line", "PROXY TCP4 " + strings.Repeat("1", 200), "longer than 107", false},
		{"too long", proxyV2Sign + "\x21\x11\xff\xff", "more than", false},
		{"no CR", "PROXY TCP4 10.1.2.3 192.0.2.7 1 2\n", "", false},
		{"too many fields", "PROXY TCP4 10.1.2.3 192.0.2.7 1 2 3\r\n", "7 fields", false},
		{"two spaces", "PROXY TCP4  10.1.2.3 192.0.2.7 1 2\r\n", "", false},
		{"signed port", "PROXY TCP4 10.1.2.3 192.0.2.7 +1 2\r\n", "no port", false},
		{"leading zero", "PROXY TCP4 10.1.2.3 192.0.2.7 01 2\r\n", "no port", false},
		{"port out of range", "PROXY TCP4 10.1.2.3 192.0.2.7 65536 2\r\n", "", false},
		{"zone", "PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n", "zone", false},
		{"wrong family", "PROXY TCP4 ::1 ::1 1 2\r\n", "", false},
		{"v2 of a later version", proxyV2Sign + "\x31\x11\x00\x0c" + strings.Repeat("x", 12), "", false},
		{"v2 too short for its family", proxyV2Sign + "\x21\x21\x00\x0c" + strings.Repeat("x", 12), "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, server := tcpPair(t)
			io.WriteString(client, tt.in)
			h, err := ReadProxyHeader(server, 50*time.Millisecond)
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrNoProxyHeader) != tt.none {
				t.Fatalf("%+v, %v", h, err)
			}
			if tt.none {
				io.WriteString(client, "!")
				server.SetReadDeadline(time.Now().Add(5 * time.Second))
				rest := make([]byte, len(tt.in)+1)
				if _, err := io.ReadFull(server, rest); err != nil || string(rest) != tt.in+"!" {
					t.Errorf("something was taken: %q, %v", rest, err)
				}
			}
		})
	}
	client, server := tcpPair(t)
	client.Close()
	if _, err := ReadProxyHeader(server, time.Second); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("closed: %v", err)
	}
	if _, err := ReadProxyHeader(pipeEnd(t), time.Second); err == nil {
		t.Error("looked ahead on a pipe")
	}
}

func pipeEnd(t *testing.T) net.Conn {
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	return a
}

func TestProxyProtocolPeer(t *testing.T) {
	const line = "PROXY TCP4 10.1.2.3 192.0.2.7 12345 80\r\n"
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, tt := range []struct {
		name, in string
		p        ProxyProtocol
		want     string // "" for the peer itself
		err      bool
	}{
		{"trusted", line, ProxyProtocol{Trusted: loopback}, "10.1.2.3:12345", false},
		{"required", line, ProxyProtocol{Trusted: loopback, Require: true}, "10.1.2.3:12345", false},
		{"not trusted", line, ProxyProtocol{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, "", false},
		{"nobody trusted", line, ProxyProtocol{Require: true}, "", false},
		{"local", "PROXY UNKNOWN\r\n", ProxyProtocol{Trusted: loopback, Require: true}, "", false},
		{"none", "GET / HTTP/1.1\r\n", ProxyProtocol{Trusted: loopback}, "", false},
		{"none, required", "GET / HTTP/1.1\r\n", ProxyProtocol{Trusted: loopback, Require: true}, "", true},
		{"silent", "", ProxyProtocol{Trusted: loopback, Wait: 20 * time.Millisecond}, "", false},
		{"silent, required", "", ProxyProtocol{Trusted: loopback, Require: true, Wait: 20 * time.Millisecond}, "", true},
		{"broken", "PROXY TCP4 x\r\n", ProxyProtocol{Trusted: loopback}, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, server := tcpPair(t)
			io.WriteString(client, tt.in)
			peer, err := tt.p.Peer(server)
			want := tt.want
			if want == "" {
				want = client.LocalAddr().String()
			}
			if peer.String() != want || (err != nil) != tt.err {
				t.Errorf("%v, %v; want %v", peer, err, want)
			}
		})
	}
}

func TestProxyProtocolUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	io.WriteString(client, v2Header)
	if peer, err := (&ProxyProtocol{Require: true}).Peer(server); err != nil || peer.String() != "10.1.2.3:12345" {
		t.Errorf("%v, %v", peer, err)
	}
}

func TestAppendProxyHeader(t *testing.T) {
	for _, tt := range []struct {
		from, to, v1, v2 string
	}{
		{"10.1.2.3:12345", "192.0.2.7:80", "PROXY TCP4 10.1.2.3 192.0.2.7 12345 80\r\n", v2Header},
		{"[::ffff:10.1.2.3]:12345", "192.0.2.7:80", "PROXY TCP4 10.1.2.3 192.0.2.7 12345 80\r\n", v2Header},
		{"[fe80::1%eth0]:1", "[2001:db8::2]:2", "PROXY TCP6 fe80::1 2001:db8::2 1 2\r\n", ""},
		{"10.1.2.3:1", "[2001:db8::2]:2", "PROXY TCP6 ::ffff:10.1.2.3 2001:db8::2 1 2\r\n", ""},
		{"", "192.0.2.7:80", "PROXY UNKNOWN\r\n", proxyV2Sign + "\x20\x00\x00\x00"},
		{"192.0.2.7:80", "", "PROXY UNKNOWN\r\n", proxyV2Sign + "\x20\x00\x00\x00"},
		{"", "", "PROXY UNKNOWN\r\n", proxyV2Sign + "\x20\x00\x00\x00"},
	} {
		from, _ := netip.ParseAddrPort(tt.from)
		to, _ := netip.ParseAddrPort(tt.to)
		if got := AppendProxyHeader(nil, 1, from, to); string(got) != tt.v1 {
			t.Errorf("v1 of %s, %s: %q", tt.from, tt.to, got)
		}
		if got := AppendProxyHeader(nil, 2, from, to); tt.v2 != "" && string(got) != tt.v2 {
			t.Errorf("v2 of %s, %s: %q", tt.from, tt.to, got)
		}
	}
}

// FuzzProxyHeader compares with the library's own reading of a stream: what we
// accept it accepts, with the same addresses and as many bytes; what we refuse
// it refuses, but for what strictV1 and the limit are for.
func FuzzProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 10.1.2.3 192.0.2.7 12345 80\r\nrest"))
	f.Add([]byte("PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1 2\r\n"))
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add([]byte("PROXY\x02 UNKNOWN\r\n"))
	f.Add([]byte(v2Header + "rest"))
	f.Add([]byte(proxyV2Sign + "\x20\x00\x00\x03\x04\x00\x00"))
	f.Add([]byte(proxyV2Sign + "\x21\x21\x00\x24" + strings.Repeat("\x01", 36)))
	f.Fuzz(func(t *testing.T, data []byte) {
		stream := bufio.NewReaderSize(bytes.NewReader(data), 8192)
		theirs, theirErr := proxyproto.Read(stream)
		left, _ := io.ReadAll(stream)

		size, err := proxyHeaderSize(data)
		whole := err == nil && size > 0 && size <= len(data)
		var ours ProxyHeader
		if whole {
			ours, err = parseProxyHeader(data[:size])
		}
		if !whole || err != nil {
			sign := bytes.HasPrefix(data, []byte("PROXY")) && !begins(data, proxyV1Sign) // the library asks for no space
			strict := sign || whole && strings.HasPrefix(string(data), proxyV1Sign) && strictV1(string(data[:size])) != nil
			limit := size == 0 && err != nil && !errors.Is(err, ErrNoProxyHeader)
			if theirErr == nil && !strict && !limit {
				t.Fatalf("refused: %v; the library reads %+v", err, theirs)
			}
			return
		}
		if theirErr != nil {
			t.Fatalf("accepted %+v; the library says %v", ours, theirErr)
		}
		if len(data)-len(left) != size {
			t.Errorf("%d bytes, the library took %d", size, len(data)-len(left))
		}
		if src, dst, ok := theirs.TCPAddrs(); !ours.Local && (!ok || unmapped(src) != ours.Source || unmapped(dst) != ours.Destination) {
			t.Errorf("%+v, the library has %v and %v", ours, src, dst)
		}
		again, err := parseProxyHeader(AppendProxyHeader(nil, ours.Version, ours.Source, ours.Destination))
		if err != nil || again != ours {
			t.Errorf("%+v is written and read as %+v, %v", ours, again, err)
		}
	})
}

// TestProxyHeaderFromHAProxy lets HAProxy send both versions.
func TestProxyHeaderFromHAProxy(t *testing.T) {
	need(t, "haproxy")
	for _, option := range []string{"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"} {
		t.Run(option, func(t *testing.T) {
			back, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer back.Close()
			tcp := "127.0.0.1:" + freePort(t)
			cfg := filepath.Join(t.TempDir(), "haproxy.cfg")
			text := fmt.Sprintf("defaults\n mode tcp\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n"+
				"listen l\n bind %s\n server s %s %s\n", tcp, back.Addr(), option)
			if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			proxy := exec.CommandContext(ctx, "haproxy", "-db", "-f", cfg)
			if err := proxy.Start(); err != nil {
				t.Fatal(err)
			}
			defer proxy.Wait()
			defer cancel()

			client := dialUntilUp(t, tcp)
			defer client.Close()
			back.(*net.TCPListener).SetDeadline(time.Now().Add(5 * time.Second))
			server, err := back.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			p := ProxyProtocol{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Require: true}
			peer, err := p.Peer(server)
			if err != nil || peer.String() != client.LocalAddr().String() {
				t.Errorf("%v, %v; want %v", peer, err, client.LocalAddr())
			}
			io.WriteString(client, "hello")
			got := make([]byte, 5)
			server.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := io.ReadFull(server, got); err != nil || string(got) != "hello" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func dialUntilUp(t *testing.T, addr string) net.Conn {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return conn
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
