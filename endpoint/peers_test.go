package endpoint

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// freePort is a port that was free a moment ago, for peers that cannot say
// which one they took. It is below those that the kernel gives to connections
// which go out, lest one of them takes it meanwhile.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(10000 + rand.IntN(22000))
		if ln, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// run starts a peer and ends it with the test; its output is shown if it fails.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(need(t, name), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe() // openssl s_server ends with its input
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		in.Close()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, &out)
		}
	})
}

// awaitPort waits until something listens on a port of this machine.
func awaitPort(t *testing.T, port string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// microsocks is a SOCKS5 server that wants a password.
func microsocks(t *testing.T) (port string) {
	port = freePort(t)
	run(t, "microsocks", "-i", "127.0.0.1", "-p", port, "-u", "ann", "-P", "s3cret@")
	awaitPort(t, port)
	return port
}

// tinyproxy is an HTTP proxy that wants a password.
func tinyproxy(t *testing.T) (port string) {
	port = freePort(t)
	config := writeFile(t, "tinyproxy.conf", fmt.Sprintf("Port %s\nListen 127.0.0.1\nTimeout 30\nAllow 127.0.0.1\nBasicAuth bob hush\nLogLevel Critical\n", port))
	run(t, "tinyproxy", "-d", "-c", config)
	awaitPort(t, port)
	return port
}

// dante is another SOCKS5 server, without a password.
func dante(t *testing.T) (port string) {
	port = freePort(t)
	config := writeFile(t, "danted.conf", fmt.Sprintf(`
logoutput: stderr
internal: 127.0.0.1 port = %s
external: lo
clientmethod: none
socksmethod: none
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
`, port))
	run(t, "danted", "-f", config, "-p", filepath.Join(filepath.Dir(config), "pid"))
	awaitPort(t, port)
	return port
}

func TestThroughProxies(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	plain := echoing(t, "tcp://127.0.0.1:0", nil)
	secure := echoing(t, "tls://127.0.0.1:0?"+p.pair("server"), nil)
	ws := echoing(t, "ws://127.0.0.1:0/x", nil)
	secure.Options = Options{CA: p.file("ca.pem")}

	check := func(name, via string) {
		t.Run(name, func(t *testing.T) {
			for _, to := range []*URL{plain, secure, ws} {
				joint := "?"
				if strings.Contains(to.String(), "?") {
					joint = "&"
				}
				talk(t, dial(t, to.String()+joint+via))
			}
			// The proxy resolves the name, and the connection stays bare.
			conn := dial(t, fmt.Sprintf("tcp://localhost:%d?%s", plain.Port, via))
			talk(t, conn)
			if _, ok := conn.(*net.TCPConn); !ok {
				t.Errorf("dialled a %T", conn)
			}
			_, err := Dial(t.Context(), "tcp://127.0.0.1:1?"+via)
			if err == nil || !strings.Contains(err.Error(), ": proxy: ") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a refused target: %v", err)
			}
		})
	}
	refused := func(via, words string) {
		t.Helper()
		if _, err := Dial(t.Context(), plain.String()+"?"+via); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v; want %q", via, err, words)
		}
	}
	t.Run("dante", func(t *testing.T) { check("socks5", "via=socks5://127.0.0.1:"+dante(t)) })
	t.Run("microsocks", func(t *testing.T) {
		port := microsocks(t)
		check("socks5 with a password", "via=socks5://ann:s3cret%2540@127.0.0.1:"+port)
		refused("via=socks5://ann:wrong@127.0.0.1:"+port, "refuses the user name or password")
		refused("via=socks5://127.0.0.1:"+port, "no way to log in that we have")
		refused("via=http://127.0.0.1:"+port, "proxy")
	})
	t.Run("tinyproxy", func(t *testing.T) {
		port := tinyproxy(t)
		check("http with a password", "via=http://bob:hush@127.0.0.1:"+port)
		refused("via=http://bob:wrong@127.0.0.1:"+port, "proxy: ")
		refused("via=http://127.0.0.1:"+port, "proxy wants a login")
		refused("timeout=300ms&via=socks5://127.0.0.1:"+port, "no answer in time") // it waits for the rest of a request
	})
	t.Run("chain", func(t *testing.T) {
		socks, http := microsocks(t), tinyproxy(t)
		check("socks5 then http", "via=socks5://ann:s3cret%2540@127.0.0.1:"+socks+"&via=http://bob:hush@127.0.0.1:"+http)
		check("http then socks5", "via=http://bob:hush@127.0.0.1:"+http+"&via=socks5://ann:s3cret%2540@127.0.0.1:"+socks)
	})
}

// An HTTP proxy behind TLS, whose answer and the target's first bytes come in
// one piece: none may be lost.
func TestConnectReadsNotTooFar(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	ln, err := Listen(t.Context(), mustParse(t, "https://127.0.0.1:0?"+p.pair("server")), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &Server{Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		if _, err := readHead(conn); err != nil {
			return err
		}
		_, err := io.WriteString(conn, "HTTP/1.1 200 go\r\nX: y\r\n\r\nSSH-2.0-first")
		return err
	})}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	defer func() { cancel(); <-done }()
	conn := dial(t, "tcp://a.test:22?via=https://"+ln.Addr().String()+"%3Fca="+p.file("ca.pem"))
	if out, err := io.ReadAll(conn); string(out) != "SSH-2.0-first" {
		t.Errorf("%q, %v", out, err)
	}
}

// Hostile and broken answers end in an error, not in a hang or a panic.
func FuzzProxyAnswers(f *testing.F) {
	f.Add([]byte("\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"))
	f.Add([]byte("\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x00\x50rest"))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\nrest"))
	f.Add([]byte("HTTP/1.1 407 No\r\nX: y\r\n\r\n"))
	hop := &URL{Scheme: "socks5", Host: "p"}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, login := range []bool{false, true} {
			in := bytes.NewReader(answer)
			if login {
				u, _ := Parse("socks5://u:p@h")
				hop = u
			}
			rw := struct {
				io.Reader
				io.Writer
			}{in, io.Discard}
			if socks5(rw, hop, "a", 1) == nil {
				read := answer[:len(answer)-in.Len()]
				if read[0] != 5 || len(read) < 2+4+1+2 || len(read) > 4+1+255+2+4 {
					t.Fatalf("took %x for consent", read)
				}
			}
			in.Reset(answer)
			if httpConnect(rw, hop, "a:1") == nil {
				read := string(answer[:len(answer)-in.Len()])
				if !strings.HasPrefix(read, "HTTP/1.") || strings.Index(read, "\r\n\r\n") != len(read)-4 || !strings.Contains(read, " 2") {
					t.Fatalf("took %q for consent", read)
				}
			}
		}
	})
}

func TestOpenSSLAsServer(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	p.issue(t, "client", nil)
	need(t, "openssl")
	port := freePort(t)
	run(t, "openssl", "s_server", "-accept", port, "-cert", p.file("server.pem"), "-key", p.file("server.key"), "-rev", "-quiet",
		"-CAfile", p.file("ca.pem"), "-Verify", "2", "-verify_return_error", "-alpn", "rev", "-no_dhe")
	awaitPort(t, port)
	to := "tls://localhost:" + port + "?alpn=rev&ca=" + p.file("ca.pem")
	conn := dial(t, to+"&"+p.pair("client"))
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(conn, "abc\n")
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); string(got) != "cba\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOpenSSLAsClient(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	p.issue(t, "client", nil)
	u := echoing(t, "tls://127.0.0.1:0?alpn=echo&"+p.pair("server")+"&ca="+p.file("ca.pem"), nil)
	cmd := exec.Command(need(t, "openssl"), "s_client", "-connect", u.Address(), "-CAfile", p.file("ca.pem"), "-verify_return_error",
		"-verify_hostname", "server.test", "-servername", "server.test", "-cert", p.file("client.pem"), "-key", p.file("client.key"), "-alpn", "echo", "-quiet")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	io.WriteString(in, "through openssl")
	got := make([]byte, len("through openssl"))
	if _, err := io.ReadFull(out, got); string(got) != "through openssl" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSocat(t *testing.T) {
	socat := need(t, "socat")
	dir := t.TempDir()
	abstract := "netwright-socat-" + filepath.Base(dir)
	for ours, theirs := range map[string]string{
		"tcp://127.0.0.1:0":              "TCP:%s",
		"tcp://[::1]:0":                  "TCP:%s",
		"udp://127.0.0.1:0":              "UDP:%s",
		"unix://" + dir + "/s":           "UNIX-CONNECT:%s",
		"unix:@" + abstract:              "ABSTRACT-CONNECT:" + abstract,
		"tcp://127.0.0.1:0?keepalive=1s": "TCP:%s",
	} {
		t.Run(theirs, func(t *testing.T) {
			u := echoing(t, ours, nil)
			if strings.Contains(theirs, "%s") {
				theirs = fmt.Sprintf(theirs, u.Address())
			}
			cmd := exec.Command(socat, "-t2", "-", theirs)
			cmd.Stdin = strings.NewReader("to and fro")
			if strings.HasPrefix(theirs, "UDP") {
				cmd.Args[1] = "-t0.2" // there is no end of file to wait for
			}
			if out, err := cmd.Output(); string(out) != "to and fro" {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	port := freePort(t)
	run(t, "socat", "TCP-LISTEN:"+port+",bind=127.0.0.1,fork", "EXEC:cat")
	awaitPort(t, port)
	talk(t, dial(t, "tcp://127.0.0.1:"+port))
}
