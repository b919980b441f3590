package node

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/flow"
)

// getTLS asks over a new TLS connection and returns the state of the handshake.
func getTLS(t *testing.T, addr string, config *tls.Config) (string, tls.ConnectionState) {
	t.Helper()
	conn := tls.Client(dial(t, addr), config)
	k := openKeepAlive(t, conn)
	_, body := k.get("/")
	conn.Close()
	return body, conn.ConnectionState()
}

// tlsHello is hello over TLS.
func tlsHello(addr, body string) string {
	return strings.Replace(hello(addr, body), "listen: http://"+addr, "listen: https://"+addr+"\n    cert: local", 1) +
		"certs:\n  local: {internal: localhost}\n"
}

func TestReloadKeepsTheSocket(t *testing.T) {
	t.Parallel()
	addr := free(t)
	r := start(t, hello(addr, "plain"))
	door := r.Node.state.Load().doors["tcp "+addr]
	plain := openKeepAlive(t, dial(t, addr))
	plain.get("/")

	r.change(tlsHello(addr, "secure"))
	insecure := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	if body, _ := getTLS(t, addr, insecure); body != "secure" {
		t.Errorf("over TLS: %q", body)
	}
	if resp, _ := plain.get("/"); !resp.Close {
		t.Error("a connection in the clear goes on behind a port that is https now")
	}
	plain.closed()
	r.change(strings.Replace(tlsHello(addr, "renamed"), "  web:", "  shop:", 1))
	if body, state := getTLS(t, addr, insecure); body != "renamed" || !state.DidResume {
		t.Errorf("a renamed service: %q, session resumed: %v", body, state.DidResume)
	}
	idle := openKeepAlive(t, tls.Client(dial(t, addr), insecure))
	idle.get("/")
	r.change(fmt.Sprintf("serve:\n  echo:\n    listen: tcp://%s\n    stream: echo\n", addr))
	if d := idle.closed(); d > 3*time.Second {
		t.Errorf("an idle connection to a service that is gone lives for %v", d)
	}
	conn := dial(t, addr)
	fmt.Fprint(conn, "x")
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Errorf("a stream on the same port: %v", err)
	}
	r.change(fmt.Sprintf("serve:\n  echo:\n    listen: tcp://%s\n    stream: discard\n", addr))
	fmt.Fprint(conn, "y")
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Errorf("a stream that began before a reload: %v", err)
	}
	if now := r.Node.state.Load().doors["tcp "+addr]; now != door {
		t.Error("the listener was opened anew")
	}
}

func TestReloadToAnAddressThatOverlaps(t *testing.T) {
	addr := free(t)
	_, port, _ := net.SplitHostPort(addr)
	r := start(t, hello(addr, "x"))
	r.write(hello(":"+port, "x"))
	if _, err := r.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "this node itself, on tcp "+addr) {
		t.Errorf("%v", err)
	}
	r.change(hello("localhost:"+port, "y")) // the same one in other words
	if body := get(t, "http://"+addr); body != "y" {
		t.Errorf("%q", body)
	}
}

func TestReloadChangesTheLimit(t *testing.T) {
	addr := free(t)
	limited := func(n int) string { return hello(addr, "x") + fmt.Sprintf("    limits: {connections: %d}\n", n) }
	r := start(t, limited(1))
	first := openKeepAlive(t, dial(t, addr))
	first.get("/")
	second := dial(t, addr)
	fmt.Fprint(second, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	second.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := second.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection beyond the limit: %v", err)
	}
	second.SetReadDeadline(time.Now().Add(wait))
	if changes := r.change(limited(2)); strings.Join(changes, "") != "service web: limits changed" {
		t.Errorf("%q", changes)
	}
	openKeepAlive(t, second).answer()
	first.get("/")
}

// A listener that was removed and comes back is a new one, which does not end
// with the connections of the old.
func TestReloadRemovesAndBringsBack(t *testing.T) {
	t.Parallel()
	addr, other := free(t), free(t)
	echo := fmt.Sprintf("  echo:\n    listen: tcp://%s\n    stream: echo\n", other)
	slow, release := make(chan struct{}), make(chan struct{})
	url := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		close(slow)
		<-release
		io.WriteString(w, "late")
	})
	web := fmt.Sprintf("  web:\n    listen: http://%s\n    routes:\n      - proxy: {to: %q}\n", addr, url)
	r := start(t, "serve:\n"+web+echo)
	k := openKeepAlive(t, dial(t, addr))
	fmt.Fprint(k.conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-slow
	r.change("serve:\n" + echo)
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the removed listener is still open")
	}
	r.change("serve:\n" + web + echo)
	close(release)
	if resp, body := k.answer(); body != "late" || !resp.Close {
		t.Errorf("the request under way got %q, close %v", body, resp.Close)
	}
	k.closed()
	time.Sleep(50 * time.Millisecond) // for the old listener's task to end, and take nothing along
	dial(t, addr)
	if s := r.Services(); s[1].Name != "web" || s[1].State != "running" || s[1].Error != "" {
		t.Errorf("%+v", s)
	}
}

func TestReloadKeepsWhatIsKnownOfTargets(t *testing.T) {
	one, two := behind(t, answer("one")), behind(t, answer("two"))
	addr := free(t)
	shop := func(retry int) string {
		return fmt.Sprintf("pools:\n  shop:\n    to: [%q, %q]\n    retry: {tries: %d}\nserve:\n  web:\n    listen: http://%s\n    routes:\n      - proxy: shop\n", one, two, retry, addr)
	}
	r := start(t, shop(1))
	begun := r.Pools()[0].Targets[0].Since
	if err := r.Drain("shop", one, true); err != nil {
		t.Fatal(err)
	}
	if p := r.Pools()[0].Targets; !p[0].Since.After(begun) || !p[1].Since.Equal(begun) || time.Since(begun) > wait {
		t.Errorf("since when targets are as they are: %v and %v, begun %v", p[0].Since, p[1].Since, begun)
	}
	if err := r.Drain("shop", "http://nowhere", true); err == nil {
		t.Error("an unknown target is drained")
	}
	if err := r.Drain("nothing", one, true); err == nil {
		t.Error("an unknown pool is drained")
	}
	r.change(shop(2))
	for range 4 {
		if body := get(t, "http://"+addr); body != "two" {
			t.Errorf("%q answers behind a drained target", body)
		}
	}
	if p := r.Pools(); len(p) != 1 || !p[0].Targets[0].Draining || p[0].Targets[1].Draining || p[0].Targets[1].Requests != 4 {
		t.Errorf("%+v", p)
	}
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

// Each reload here replaces the pool, the route and the guard that requests are on
// their way through.
func TestReloadUnderLoad(t *testing.T) {
	url := behind(t, answer("ok"))
	addr := free(t)
	text := func(i int) string {
		return fmt.Sprintf("guards:\n  g%d: {concurrency: 100}\npools:\n  p%d: {to: %q}\nserve:\n  web:\n    listen: http://%s\n    guards: [g%d]\n    routes:\n      - {name: r%d, proxy: p%d}\n",
			i, i, url, addr, i, i, i)
	}
	r := start(t, text(0))
	var asked, failed atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			client := http.Client{Transport: &http.Transport{}, Timeout: wait}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				resp, err := client.Get("http://" + addr)
				if err != nil {
					failed.Add(1)
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != "ok" {
					failed.Add(1)
					t.Errorf("%s: %q", resp.Status, body)
					return
				}
			}
		})
	}
	for i := range 40 {
		r.change(text(i%2 + 1))
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	clients.Wait()
	if failed.Load() > 0 || asked.Load() < 100 {
		t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
	}
}

// upgrade is an upstream that echoes behind a 101.
func upgrade(w http.ResponseWriter, _ *http.Request) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	io.Copy(conn, rw)
}

// tunnel opens a tunnel through the node.
func tunnel(t *testing.T, addr string) *keepAlive {
	t.Helper()
	k := openKeepAlive(t, dial(t, addr))
	fmt.Fprint(k.conn, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	resp, err := http.ReadResponse(k.r, nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatalf("%v, %v", resp, err)
	}
	k.passes("hello")
	return k
}

// passes says something through a tunnel and hears it back.
func (k *keepAlive) passes(text string) {
	k.t.Helper()
	fmt.Fprint(k.conn, text)
	got := make([]byte, len(text))
	if _, err := io.ReadFull(k.r, got); err != nil || string(got) != text {
		k.t.Fatalf("the tunnel gave %q, %v", got, err)
	}
}

func TestTunnelsOutliveReloads(t *testing.T) {
	t.Parallel()
	one, two := behind(t, upgrade), behind(t, upgrade)
	addr := free(t)
	text := func(listen, targets, body string) string {
		return fmt.Sprintf("serve:\n  web:\n    listen: %s\n    routes:\n      - match: {path: /t}\n        proxy: {to: [%s]}\n      - respond: {body: %q}\n", listen, targets, body) +
			"certs:\n  local: {internal: localhost}\n"
	}
	r := start(t, text("http://"+addr, one, "1"))
	k := tunnel(t, addr)
	r.change(text("http://"+addr, one, "2"))
	k.passes("another route has changed")
	r.change(text("http://"+addr, one+", "+two, "2"))
	k.passes("a target was added")
	r.change(text("https://"+addr+"\n    cert: local", one+", "+two, "2"))
	k.passes("the listener speaks TLS now")
	time.Sleep(1200 * time.Millisecond) // an idle connection would be closed
	k.passes("and still")
	r.change(text("http://"+addr, two, "2"))
	if d := k.closed(); d > time.Second {
		t.Errorf("the tunnel outlives its target by %v", d)
	}
	k = tunnel(t, addr)
	r.change(hello(addr, "no more"))
	if d := k.closed(); d > time.Second {
		t.Errorf("the tunnel outlives its route by %v", d)
	}
}

func TestReloadOfRecords(t *testing.T) {
	addr := free(t)
	sinks := func(names ...string) string {
		text := hello(addr, "x")
		if len(names) > 0 {
			text += "records:\n"
		}
		for _, name := range names {
			text += "  - file: " + name + "\n"
		}
		return text
	}
	r := start(t, sinks("a.jsonl"))
	count := func(name string) int {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(r.file), name))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(text, []byte(`"kind":"request"`))
	}
	ask := func(path string) { // and wait for the record, which is written behind the answer
		get(t, "http://"+addr+path)
		r.record(func(rec *flow.Record) bool { return rec.Get(flow.Path) == path })
	}
	ask("/1")
	r.change(sinks("a.jsonl", "b.jsonl"))
	ask("/2")
	r.change(sinks("b.jsonl"))
	if n := count("a.jsonl"); n != 2 {
		t.Errorf("the file that was closed holds %d requests", n)
	}
	ask("/3")
	r.stopAndWait()
	if n := count("b.jsonl"); n != 2 {
		t.Errorf("the other file holds %d requests", n)
	}
	if n := count("a.jsonl"); n != 2 {
		t.Errorf("the file that was closed holds %d requests later", n)
	}
}

func TestReloadFromTheConsole(t *testing.T) {
	addr, at := free(t), free(t)
	web := hello(addr, "x")
	r := start(t, web+"console: http://"+at+"\n")
	follower, err := http.Get("http://" + at + "/api/records?follow=1")
	if err != nil {
		t.Fatal(err)
	}
	defer follower.Body.Close()
	ask := func(text string) {
		t.Helper()
		r.write(text)
		began := time.Now()
		resp, err := http.Post("http://"+at+"/api/reload", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var got struct {
			Changes []string
			Error   string
		}
		json.NewDecoder(resp.Body).Decode(&got)
		if resp.StatusCode != 200 || len(got.Changes) == 0 || time.Since(began) > 3*time.Second {
			t.Errorf("%s in %v: %+v", resp.Status, time.Since(began), got)
		}
	}
	ask(web + "  echo:\n    listen: tcp://" + free(t) + "\n    stream: echo\nconsole: http://" + at + "\n")
	get(t, "http://"+addr)
	events := bufio.NewScanner(follower.Body)
	for events.Scan() && !strings.Contains(events.Text(), `"service":"web"`) {
	}
	if events.Err() != nil || !strings.Contains(events.Text(), `"service":"web"`) {
		t.Errorf("who follows the records was cut off: %v", events.Err())
	}
	moved := free(t)
	ask(web + "console: http://" + moved + "\n")
	if !strings.Contains(get(t, "http://"+moved+"/"), "<html") {
		t.Error("the console did not move")
	}
	at = moved
	ask(web + "console: {listen: https://" + at + ", cert: local}\ncerts:\n  local: {internal: localhost}\n")
	if body, _ := getTLS(t, at, &tls.Config{InsecureSkipVerify: true}); !strings.Contains(body, "localhost") && !strings.Contains(body, "console") {
		t.Errorf("over TLS: %q", body)
	}
	r.change(web)
	for end := time.Now().Add(wait); ; time.Sleep(time.Millisecond) { // it goes when it has answered
		conn, err := net.Dial("tcp", at)
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(end) {
			t.Fatal("the console is off and still answers")
		}
	}
}

func TestConsoleBehindAGuard(t *testing.T) {
	at := free(t)
	r := start(t, hello(free(t), "x")+"guards:\n  nobody: {deny: 127.0.0.0/8}\nconsole: {listen: http://"+at+", guards: [nobody]}\n")
	resp, err := http.Get("http://" + at + "/api/status")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 403 {
		t.Errorf("%s", resp.Status)
	}
	if found := r.Journal().Last(10, nil); len(found) == 0 {
		t.Error("no record says so")
	}
}

func TestDifference(t *testing.T) {
	parse := func(text string) *config.Config {
		t.Helper()
		cfg, err := config.Parse("test.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	base := "serve:\n  a: {listen: tcp://127.0.0.1:7, stream: echo}\n"
	for text, want := range map[string]string{
		base:                                "",
		base + "drain: 5s\n":                "drain is 5s",
		base + "drain: off\n":               "drain is off",
		base + "console: off\n":             "console: listen changed",
		base + "data: elsewhere\n":          "data is another folder: that takes effect when the node is started again",
		base + "guards: {g: {rate: 1/s}}\n": "guard g added",
		base + "records: [{file: x}]\n":     "records changed",
		"serve:\n  b: {listen: tcp://127.0.0.1:7, stream: echo}\n":    "service b added; service a removed",
		"serve:\n  a: {listen: tcp://127.0.0.1:8, stream: discard}\n": "service a: listen, stream changed",
	} {
		if got := strings.Join(difference(parse(base), parse(text)), "; "); got != want {
			t.Errorf("%s\n%q, want %q", text, got, want)
		}
	}
}

func TestReloadOfUnixSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	echo := func(options string) string {
		return fmt.Sprintf("serve:\n  echo:\n    listen: unix://%s%s\n    stream: echo\n", path, options)
	}
	r := start(t, echo("?mode=0600"))
	talk := func() {
		t.Helper()
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(wait))
		(&keepAlive{t: t, conn: conn}).exchange("hello")
	}
	mode := func(want os.FileMode) {
		t.Helper()
		if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeSocket|want {
			t.Errorf("%v, %v", info, err)
		}
	}
	mode(0o600)
	talk()
	r.change(echo("?mode=0660"))
	mode(0o660)
	talk()
	for range 5 {
		r.change("serve: {}\n")
		if _, err := os.Stat(path); err == nil {
			t.Error("the socket of a listener that was removed is still there")
		}
		r.change(echo(""))
		talk()
	}
}
