package examples

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/guard/htpasswd"
	"github.com/netwright/netwright/websocket"
)

// examples are how each config is tried.
var examples = map[string]func(*example){
	"static.yaml":       static,
	"spa.yaml":          singlePage,
	"proxy.yaml":        proxy,
	"hosts.yaml":        hosts,
	"tls.yaml":          secure,
	"guards.yaml":       guards,
	"client-cert.yaml":  clientCert,
	"websocket.yaml":    webSocket,
	"behind-proxy.yaml": behindProxy,
	"canary.yaml":       canary,
	"streams.yaml":      streams,
	"records.yaml":      records,
	"monitoring.yaml":   monitoring,
	"activation.yaml":   activation,
}

// Every config of this folder runs, and answers as its comments say.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < len(examples) {
		t.Fatalf("%d files for %d examples, %v", len(files), len(examples), err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			try := examples[file]
			if try == nil {
				t.Fatal("nothing tries this example")
			}
			if !strings.Contains(string(readme), "["+file+"]("+file+")") {
				t.Error("README.md does not list it")
			}
			try(open(t, file))
		})
	}
}

// says answers each request with the path and what else is of interest.
func says(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "upstream")
		io.WriteString(w, name+" "+r.Method+" "+r.URL.Path+" "+r.Host+
			" edge="+r.Header.Get("X-Edge")+" user="+r.Header.Get("X-User")+" for="+r.Header.Get("X-Forwarded-For"))
	}
}

func static(e *example) {
	e.run()
	e.expect(200, "It works", "8080", "/", nil)
	e.expect(404, "There is no such page", "8080", "/nothing", nil)
	if a := e.expect(308, "", "8080", "/old/page?a=1", nil); a.header.Get("Location") != "/page?a=1" {
		e.t.Errorf("redirected to %q", a.header.Get("Location"))
	}
	if a := e.expect(200, "script", "8080", "/assets/app.js", nil); !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
		e.t.Errorf("header %v", a.header)
	}
	e.expect(200, `"readme.txt"`, "8080", "/downloads/", header("Accept", "application/json"))
}

func singlePage(e *example) {
	e.upstream("9001", says("api"))
	e.run()
	e.expect(200, "api GET /carts", "8080", "/api/carts", nil)
	e.expect(200, "It works", "8080", "/any/view", nil)
	e.expect(404, "", "8080", "/assets/none.js", nil)
}

func proxy(e *example) {
	e.upstream("9002", says("two")) // the others are not there
	e.run()
	for range 4 {
		if a := e.expect(200, "two GET /page", "8080", "/page", nil); a.header.Get("Server") != "" || !strings.Contains(a.body, "edge=netwright") {
			e.t.Errorf("%+v", a)
		}
	}

	down := open(e.t, "proxy.yaml")
	down.run()
	down.expect(503, "back soon", "8080", "/", nil)
}

func hosts(e *example) {
	e.upstream("9001", says("api"))
	e.upstream("9002", says("users"))
	e.run()
	if a := e.expect(308, "", "8080", "/a?b", header("Host", "www.shop.test")); a.header.Get("Location") != "http://shop.test:"+e.ports["8080"]+"/a?b" {
		e.t.Errorf("redirected to %q", a.header.Get("Location"))
	}
	e.expect(200, "api GET /api/x", "8080", "/api/x", header("Host", "shop.test"))
	e.expect(200, "It works", "8080", "/", header("Host", "shop.test:8080"))
	e.expect(200, "users GET / ada.users.test", "8080", "/", header("Host", "ada.users.test"))
	e.expect(421, "no site called other.test", "8080", "/", header("Host", "other.test"))
}

func secure(e *example) {
	e.run()
	https := "https://localhost:" + e.ports["8443"] + "/"
	if a := e.expect(308, "", "8080", "/page", nil); a.header.Get("Location") != https+"page" {
		e.t.Errorf("redirected to %q", a.header.Get("Location"))
	}
	a := e.ask(e.client(), https, nil)
	e.check(a, 200, "It works", https)
	if a.header.Get("Strict-Transport-Security") == "" {
		e.t.Errorf("header %v", a.header)
	}
	ca := e.authority().File()
	e.talk("tls://"+e.at("7443")+"?sni=eu.shop.test&ca="+ca, "hello\n", "hello")
}

func guards(e *example) {
	hash, err := htpasswd.Bcrypt("correct horse")
	if err == nil {
		_, err = htpasswd.Set(e.path("users.htpasswd"), "ada", hash)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	key := newKey(e, "ci")
	e.upstream("9001", says("api"))
	e.run()
	ada := func(r *http.Request) { r.SetBasicAuth("ada", "correct horse") }
	e.expect(200, "whoever", "8080", "/", nil)
	e.expect(200, "Hello ada.", "8080", "/staff/", ada)
	e.expect(401, "", "8080", "/staff/", nil)
	e.expect(401, "", "8080", "/staff/", func(r *http.Request) { r.SetBasicAuth("ada", "guess") })
	e.expect(401, "", "8080", "//staff/%2e/x", nil)
	e.expect(200, "user=ci", "8080", "/api/x", header("Authorization", "Bearer "+key))
	e.expect(200, "user=ada", "8080", "/api/x", ada)
	e.expect(401, "", "8080", "/api/x", header("X-User", "ada"))
	e.expect(200, "api GET /report", "8080", "/report", nil)
	e.talk("tcp://"+e.at("7007"), "hello\n", "hello")
}

// newKey makes a key in the file that configs name.
func newKey(e *example, name string) string {
	e.t.Helper()
	key, hash := guard.NewKey()
	if err := guard.AddKey(e.path("keys.txt"), name, hash, false); err != nil {
		e.t.Fatal(err)
	}
	return key
}

func clientCert(e *example) {
	robot, err := e.authority().Issue(cert.Request{Names: []string{"robot"}, Client: true})
	if err != nil {
		e.t.Fatal(err)
	}
	other, err := e.authority().Issue(cert.Request{Names: []string{"other"}, Client: true})
	if err != nil {
		e.t.Fatal(err)
	}
	e.write("ca.pem", string(e.authority().PEM()))
	e.run()
	base := "https://localhost:" + e.ports["8443"]
	e.check(e.ask(e.client(), base+"/", nil), 200, "whoever", "without")
	e.check(e.ask(e.client(), base+"/machines/", nil), 403, "", "without")
	e.check(e.ask(e.client(*robot), base+"/machines/", nil), 200, "Hello robot.", "robot")
	e.check(e.ask(e.client(*robot), base+"/robot", nil), 200, "service", "robot")
	e.check(e.ask(e.client(*other), base+"/robot", nil), 403, "", "other")
}

func webSocket(e *example) {
	e.upstream("9001", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		kind, message, err := conn.Read(r.Context())
		if err == nil {
			err = conn.Write(r.Context(), kind, append([]byte("echo of "), message...))
		}
		conn.Close(websocket.NormalClosure, "")
		if err != nil {
			e.t.Error(err)
		}
	})
	e.run()
	e.expect(200, "It works", "8080", "/", nil)
	e.talk("ws://"+e.at("8080")+"/live", "hello\n", "echo of hello")
}

func behindProxy(e *example) {
	e.upstream("9001", says("app"))
	heads := make(chan string, 1)
	ln := e.listen("9002")
	e.t.Cleanup(func() { ln.Close() })
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		head := make([]byte, 12)
		io.ReadFull(conn, head)
		heads <- string(head)
	}()
	e.run()
	e.expect(200, "You are 203.0.113.9.", "8080", "/", header("X-Forwarded-For", "203.0.113.9"))
	e.expect(403, "", "8080", "/", header("X-Forwarded-For", "203.0.113.66"))
	e.expect(200, "for=203.0.113.9, 127.0.0.1", "8080", "/app/", header("X-Forwarded-For", "203.0.113.9"))

	tcp := "tcp://" + e.at("8081")
	request := "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	e.talk(tcp, "PROXY TCP4 198.51.100.7 198.51.100.1 4000 443\r\n"+request, "You are 198.51.100.7.")
	e.talk(tcp, "PROXY TCP4 203.0.113.66 198.51.100.1 4000 443\r\n"+request, "403")
	conn, err := net.Dial("tcp", e.at("8081"))
	if err != nil {
		e.t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "PROXY TCP4 198.51.100.7 198.51.100.1 4000 443\r\nGET /app/ HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case head := <-heads:
		if head != "\r\n\r\n\x00\r\nQUIT\n" { // the signature of v2
			e.t.Errorf("the next server got %q", head)
		}
	case <-time.After(wait):
		e.t.Error("the next server was not asked")
	}
}

func canary(e *example) {
	e.upstream("9001", says("old"))
	e.upstream("9002", says("new"))
	e.run()
	e.expect(200, "new GET /", "8080", "/", header("X-Version", "next"))
	e.expect(200, "new GET /", "8080", "/?version=next", nil)
	count := map[string]int{}
	for range 40 {
		name, _, _ := strings.Cut(e.expect(200, "GET /", "8080", "/", nil).body, " ")
		count[name]++
	}
	if count["old"] != 38 || count["new"] != 2 {
		e.t.Errorf("of 40 requests %v", count)
	}
}

func streams(e *example) {
	e.run()
	e.talk("tcp://"+e.at("7007"), "hello\n", "hello")
	e.talk("udp://"+e.at("7010"), "hello\n", "hello")
	e.talk("tcp://"+e.at("7011"), "b\na\nb\n", "a\nb\n")
	e.talk("tcp://"+e.at("7013"), "", time.Now().Format("2006"))
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	chatOverBoth(ctx, e)
}

func records(e *example) {
	if err := os.Mkdir(e.path("log"), 0o700); err != nil {
		e.t.Fatal(err)
	}
	e.run()
	e.expect(200, "hello", "8080", "/hello", nil)
	e.talk("tcp://"+e.at("7007"), "hello\n", "hello")
	for file, want := range map[string]string{
		"log/access.log": `"GET /hello HTTP/1.1" 200`, "log/all.jsonl": `"service":"echo"`, "log/audit.jsonl": `"route":"greeting"`,
	} {
		for end := time.Now().Add(wait); ; time.Sleep(5 * time.Millisecond) {
			text, _ := os.ReadFile(e.path(file))
			if strings.Contains(string(text), want) {
				break
			}
			if time.Now().After(end) {
				e.t.Errorf("%s has %q, want %q in it", file, text, want)
				break
			}
		}
	}
}

func monitoring(e *example) {
	hash, err := htpasswd.Bcrypt("correct horse")
	if err == nil {
		_, err = htpasswd.Set(e.path("users.htpasswd"), "ada", hash)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	key := newKey(e, "prometheus")
	e.run()
	e.expect(200, "hello", "8080", "/", nil)
	e.expect(200, "ok", "9100", "/healthz", nil)
	e.expect(401, "", "9100", "/metrics", nil)
	e.expect(200, "netwright_", "9100", "/metrics", header("Authorization", "Bearer "+key))

	console := "https://localhost:" + e.ports["8800"] + "/api/version"
	e.check(e.ask(e.client(), console, nil), 401, "", console)
	ada := func(r *http.Request) { r.SetBasicAuth("ada", "correct horse") }
	e.check(e.ask(e.client(), console, ada), 200, "version", console)
	client := e.client()
	client.Transport.(*http.Transport).DialTLSContext = func(context.Context, string, string) (net.Conn, error) {
		return tls.Dial("tcp", e.at("8800"), &tls.Config{ServerName: "console.test", RootCAs: client.Transport.(*http.Transport).TLSClientConfig.RootCAs})
	}
	e.check(e.ask(client, "https://console.test/api/version", ada), 200, "version", "console.test")
	e.check(e.ask(client, "https://evil.test/api/version", ada), 421, "", "evil.test")
}
