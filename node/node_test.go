package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/flow"
)

// running is a node with a config file that a test changes.
type running struct {
	*Node
	t      *testing.T
	file   string
	cancel context.CancelFunc
	done   chan error
}

// wait is how long a test waits for what should come at once.
const wait = 10 * time.Second

// start runs a node with that config, and ends it with the test.
func start(t *testing.T, text string) *running {
	t.Helper()
	r := prepare(t, text)
	r.run()
	return r
}

func prepare(t *testing.T, text string) *running {
	t.Helper()
	r := &running{t: t, file: filepath.Join(t.TempDir(), "netwright.yaml"), done: make(chan error, 1)}
	r.write(text)
	cfg, err := config.Load(r.file)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	r.Node, err = New(cfg, Options{Log: log, Load: func() (*config.Config, error) { return config.Load(r.file) }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs the node until the test ends.
func (r *running) run() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	ready := make(chan struct{})
	r.opts.Ready = func() { close(ready) }
	go func() { r.done <- r.Run(ctx) }()
	r.t.Cleanup(func() { r.stopAndWait() })
	select {
	case <-ready:
	case err := <-r.done:
		r.done <- err
		r.t.Fatal("the node has ended: ", err)
	case <-time.After(wait):
		r.t.Fatal("the node does not start")
	}
}

// stopAndWait tells the node to stop, and says how long it took.
func (r *running) stopAndWait() time.Duration {
	r.t.Helper()
	r.cancel()
	began := time.Now()
	select {
	case err := <-r.done:
		r.done <- err
		if err != nil {
			r.t.Error(err)
		}
	case <-time.After(wait):
		r.t.Error("the node does not stop")
	}
	return time.Since(began)
}

// write writes the config. Tests share a machine, so none opens the console's
// usual port.
func (r *running) write(text string) {
	r.t.Helper()
	if !strings.Contains(text, "console:") {
		text += "\nconsole: off\n"
	}
	if !strings.Contains(text, "data:") {
		text += "\ndata: ./state\n"
	}
	if err := os.WriteFile(r.file, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// draining waits until the node drains.
func (r *running) draining() {
	r.t.Helper()
	for end := time.Now().Add(wait); r.Info().State != "draining"; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("it does not drain: %s", r.Info().State)
		}
	}
}

// change writes the config and has it applied.
func (r *running) change(text string) []string {
	r.t.Helper()
	r.write(text)
	changes, err := r.Reload(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return changes
}

// free is an address of loopback on which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	for range 100 {
		// Below the ports that the kernel gives to others while this one is not
		// yet listened on.
		port := strconv.Itoa(10000 + rand.IntN(22000))
		if ln, err := net.Listen("tcp", ":"+port); err == nil {
			ln.Close()
			return "127.0.0.1:" + port
		}
	}
	t.Fatal("no port is free")
	return ""
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(wait))
	return conn
}

// get asks over a new connection.
func get(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: wait}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// keepAlive is an HTTP connection that stays open.
type keepAlive struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func openKeepAlive(t *testing.T, conn net.Conn) *keepAlive {
	return &keepAlive{t, conn, bufio.NewReader(conn)}
}

// get asks for a path.
func (k *keepAlive) get(path string) (*http.Response, string) {
	k.t.Helper()
	fmt.Fprintf(k.conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	return k.answer()
}

func (k *keepAlive) answer() (*http.Response, string) {
	k.t.Helper()
	resp, err := http.ReadResponse(k.r, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return resp, string(body)
}

// closed waits for the other side to end the connection.
func (k *keepAlive) closed() time.Duration {
	k.t.Helper()
	began := time.Now()
	if rest, err := io.ReadAll(k.r); err != nil || len(rest) > 0 {
		k.t.Errorf("in place of the end: %q, %v", rest, err)
	}
	return time.Since(began)
}

// hello is a service that answers with a body.
func hello(addr, body string) string {
	return fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - respond: {body: %q}\n", addr, body)
}

// behind is a server behind the node.
func behind(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.CloseClientConnections)
	t.Cleanup(s.Close)
	return s.URL
}

// record waits for a record.
func (r *running) record(want func(*flow.Record) bool) flow.Record {
	r.t.Helper()
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if found := r.Journal().Last(1, want); len(found) > 0 {
			return found[0]
		}
	}
	r.t.Fatal("there is no such record")
	return flow.Record{}
}

func TestReloadAppliesAChange(t *testing.T) {
	addr := free(t)
	r := start(t, hello(addr, "one"))
	k := openKeepAlive(t, dial(t, addr))
	if _, body := k.get("/"); body != "one" {
		t.Fatalf("%q", body)
	}
	changes := r.change(hello(addr, "two"))
	if got := strings.Join(changes, "; "); got != "service web: routes changed" {
		t.Errorf("changes: %q", got)
	}
	if resp, body := k.get("/"); body != "two" || resp.Close {
		t.Errorf("the open connection: %q, close %v", body, resp.Close)
	}
	if changes := r.change(hello(addr, "two")); len(changes) != 0 {
		t.Errorf("changes of nothing: %q", changes)
	}
	if last := r.Info().Reload; last == nil || last.Error != "" || len(last.Changes) != 0 {
		t.Errorf("%+v", last)
	}
	e := r.record(func(e *flow.Record) bool { return e.Kind == flow.Event && e.Get(flow.Path) == "reloaded: 1 changes" })
	if e.Outcome() != "ok" {
		t.Errorf("a reload is recorded as %s", e.Outcome())
	}
}

func TestReloadIsAllOrNothing(t *testing.T) {
	addr, fresh := free(t), free(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	r := start(t, hello(addr, "old"))
	more := fmt.Sprintf("  fresh:\n    listen: tcp://%s\n    stream: echo\n", fresh)
	for name, text := range map[string]string{
		"no YAML":           "serve: [",
		"unknown key":       hello(addr, "new") + more + "wrong: 1\n",
		"address is taken":  hello(addr, "new") + more + fmt.Sprintf("  busy:\n    listen: tcp://%s\n    stream: echo\n", busy.Addr()),
		"folder of records": hello(addr, "new") + more + "records:\n  - file: nowhere/access.log\n",
		"certificate":       hello(addr, "new") + more + "certs:\n  site: {cert: missing.pem}\n",
	} {
		t.Run(name, func(t *testing.T) {
			r.write(text)
			if _, err := r.Reload(t.Context()); err == nil {
				t.Fatal("it was applied")
			} else if name == "address is taken" && !strings.Contains(err.Error(), fmt.Sprintf("now it is node.test (process %d)", os.Getpid())) {
				t.Errorf("it does not say by whom: %v", err)
			}
			if body := get(t, "http://"+addr); body != "old" {
				t.Errorf("the node answers %q", body)
			}
			if conn, err := net.Dial("tcp", fresh); err == nil {
				conn.Close()
				t.Error("a listener of the bad config is open")
			}
			if last := r.Info().Reload; last == nil || last.Error == "" {
				t.Errorf("the error is not shown: %+v", last)
			}
		})
	}
	if r.change(hello(addr, "new") + more); get(t, "http://"+addr) != "new" {
		t.Error("a good config is not applied behind the bad ones")
	}
	dial(t, fresh)
}

func TestReloadWithoutFile(t *testing.T) {
	r := prepare(t, hello(free(t), "x"))
	r.opts.Load = nil
	r.run()
	if _, err := r.Reload(t.Context()); err == nil {
		t.Error("a node without a file has reloaded it")
	}
}

func TestReloadWhileDraining(t *testing.T) {
	r := start(t, hello(free(t), "x"))
	r.stopAndWait()
	if _, err := r.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "draining") {
		t.Errorf("%v", err)
	}
}

func TestOneNodeAtATime(t *testing.T) {
	r := start(t, hello(free(t), "x")+"data: "+t.TempDir()+"\n")
	second := prepare(t, hello(free(t), "x")+"data: "+r.data.path+"\n")
	err := second.Run(t.Context())
	held, ok := errors.AsType[*HeldError](err)
	if !ok || held.PID != fmt.Sprint(os.Getpid()) || held.Config != r.file || held.Folder != r.data.path {
		t.Errorf("%v: %+v", err, held)
	}
	r.stopAndWait()
	second = prepare(t, hello(free(t), "x")+"data: "+r.data.path+"\n")
	second.run()
}

func TestNothingIsLeftBehind(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	r := prepare(t, hello(free(t), "x")+"data: "+state+"\n")
	if _, err := os.Stat(state); err == nil {
		t.Error("the data folder is made before it is needed")
	}
	r.run()
	info, err := os.Stat(filepath.Join(state, ControlSocket))
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("%v, %v", info, err)
	}
	r.stopAndWait()
	left, err := os.ReadDir(state)
	if err != nil || len(left) != 1 || left[0].Name() != "lock" {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestLenient(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	echo := fmt.Sprintf("  echo:\n    listen: tcp://%s\n    stream: echo\n", busy.Addr())
	addr := free(t)
	r := prepare(t, hello(addr, "x")+echo)
	r.opts.Lenient = true
	var missing []string
	r.opts.Missing = func(what, url string, err error) {
		missing = append(missing, what+" "+url)
		if Holder(url) != fmt.Sprintf("node.test (process %d)", os.Getpid()) {
			t.Errorf("held by %q", Holder(url))
		}
	}
	r.run()
	if len(missing) != 1 || missing[0] != "service echo tcp://"+busy.Addr().String() {
		t.Errorf("missing: %q", missing)
	}
	if get(t, "http://"+addr) != "x" {
		t.Error("the other service does not run")
	}
	for _, s := range r.Services() {
		if want := map[string]string{"web": "running", "echo": "failed"}[s.Name]; s.State != want {
			t.Errorf("%s is %s: %s", s.Name, s.State, s.Error)
		}
	}

	none := prepare(t, "serve:\n"+echo)
	none.opts.Lenient = true
	if err := none.Run(t.Context()); err == nil {
		t.Error("a node without a listener runs")
	}
}

func TestHolderOfNothing(t *testing.T) {
	for _, url := range []string{"tcp://" + free(t), "unix:///tmp/x", "nonsense"} {
		if who := Holder(url); who != "" {
			t.Errorf("%s is held by %q", url, who)
		}
	}
}

// A port that the system chooses is shown as it is, also after a reload.
func TestChosenPorts(t *testing.T) {
	r := start(t, "console: {listen: \"http://127.0.0.1:0\", guards: [home]}\nguards: {home: {allow: [127.0.0.0/8]}}\n"+
		"serve: {web: {listen: [\"http://127.0.0.1:0\", \"http://127.0.0.1:0\"], routes: [{respond: x}]}}\n")
	shown := r.Services()[0].Listen
	for _, url := range shown {
		if get(t, url) != "x" {
			t.Errorf("nothing answers at %s", url)
		}
	}
	if len(shown) != 2 || shown[0] == shown[1] {
		t.Errorf("it listens on %q", shown)
	}
	c := r.Info().Console
	if !slices.Equal(c.Guards, []string{"home"}) || !strings.Contains(get(t, c.Listen+"/api/status"), c.Listen) {
		t.Errorf("the console is at %+v", c)
	}
	if _, err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := r.Services()[0].Listen; !slices.Equal(again, shown) {
		t.Errorf("after a reload it listens on %q, before on %q", again, shown)
	}
}
