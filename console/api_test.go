package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/netwright/netwright/flow"
)

// socket serves a console on a Unix socket and returns a client of it.
func socket(t *testing.T, c *Console) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := ListenAndAnswer(ctx, ln, c.Control()); err != nil {
			t.Error(err)
		}
	})
	client := Dial(path)
	t.Cleanup(func() {
		client.Close()
		cancel()
		done.Wait()
	})
	return client
}

func TestClient(t *testing.T) {
	node, journal := newFakeNode(), flow.NewJournal(0)
	c := New(node, journal)
	client, ctx := socket(t, c), t.Context()

	status, err := client.Status(ctx)
	if err != nil || status.Version != "0.1.0" || len(status.Services) != 4 || status.PID != 4711 || !status.Started.Equal(node.started) {
		t.Errorf("status: %+v, %v", status, err)
	}
	if v, err := client.Version(ctx); err != nil || v.Version != "0.1.0" || !strings.HasPrefix(v.Go, "go") {
		t.Errorf("version: %+v, %v", v, err)
	}
	if certs, err := client.Certificates(ctx); err != nil || len(certs) != 3 || certs[0].Names[0] != "shop.example.com" {
		t.Errorf("certificates: %+v, %v", certs, err)
	}
	if cfg, err := client.Config(ctx); err != nil || cfg.YAML != fakeYAML {
		t.Errorf("config: %+v, %v", cfg, err)
	}
	if changes, err := client.Reload(ctx); err != nil || len(changes) != 2 {
		t.Errorf("reload: %v, %v", changes, err)
	}
	node.reload = func() ([]string, error) { return nil, errors.New("netwright.yaml:3:1: unknown key") }
	if _, err := client.Reload(ctx); err == nil || err.Error() != "netwright.yaml:3:1: unknown key" {
		t.Errorf("reload of a bad file: %v", err)
	}

	if err := client.Drain(ctx, "shop", "http://10.0.0.5:8080", true); err != nil {
		t.Error(err)
	}
	pools, err := client.Pools(ctx)
	if err != nil || pools[0].Targets[0].State != "draining" || pools[0].Targets[0].Latency != 3400*time.Microsecond {
		t.Errorf("pools: %+v, %v", pools, err)
	}
	if err := client.Drain(ctx, "shop", "http://10.9.9.9:8080", true); err == nil || !strings.Contains(err.Error(), "no target http://10.9.9.9:8080") {
		t.Errorf("drain of a target that is not there: %v", err)
	}
}

func TestClientWithoutANode(t *testing.T) {
	client := Dial(filepath.Join(t.TempDir(), "control.sock"))
	if _, err := client.Status(t.Context()); !errors.Is(err, ErrNoNode) || !strings.Contains(err.Error(), "control.sock") {
		t.Errorf("got %v", err)
	}
}

func TestRecords(t *testing.T) {
	journal := flow.NewJournal(0)
	client, ctx := socket(t, New(newFakeNode(), journal)), t.Context()
	write := func(service string, status uint16) {
		r := request(service, "/", "", status, time.Now(), time.Millisecond)
		journal.Write(&r)
	}
	for i := range 10 {
		write("web", uint16(200+i))
		write("api", 500)
	}
	records, err := client.Records(ctx, Filter{Service: "web"}, 3)
	if err != nil || len(records) != 3 || records[0].Status != 207 || records[2].Status != 209 || records[2].Get(flow.Service) != "web" {
		t.Errorf("records: %v, %v", records, err)
	}
	if none, err := client.Records(ctx, Filter{Service: "none"}, 3); err != nil || len(none) != 0 {
		t.Errorf("no records: %v, %v", none, err)
	}

	var seen []string
	enough := errors.New("enough")
	err = client.Follow(ctx, Filter{Service: "web"}, 2, func(r *flow.Record) error {
		seen = append(seen, fmt.Sprint(r.Status))
		switch len(seen) {
		case 2: // the last ones have come; now for new ones
			write("api", 500)
			write("web", 301)
			write("web", 302)
		case 4:
			return enough
		}
		return nil
	}, func(n int) { t.Errorf("%d lost", n) })
	if err != enough || strings.Join(seen, " ") != "208 209 301 302" {
		t.Errorf("followed %v, %v", seen, err)
	}
}

// TestFollowersEndWithTheNode stops a node while somebody follows its records.
func TestFollowersEndWithTheNode(t *testing.T) {
	journal := flow.NewJournal(0)
	c := New(newFakeNode(), journal)
	path := filepath.Join(t.TempDir(), "control.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	r := request("web", "/", "", 200, time.Now(), 0)
	journal.Write(&r)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ListenAndAnswer(ctx, ln, c.Control()) }()
	client := Dial(path)
	defer client.Close()
	start := time.Now()
	err = client.Follow(t.Context(), Filter{}, 1, func(*flow.Record) error { stop(); return nil }, nil)
	if err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("following ended with %v", err)
	}
	if err := <-ended; err != nil || time.Since(start) > 3*time.Second {
		t.Errorf("the node ended with %v after %v", err, time.Since(start))
	}
	if subs := journal.Subscriptions(); len(subs) != 0 {
		t.Errorf("left: %v", subs)
	}
}

func TestFollowTellsWhatItLeavesOut(t *testing.T) {
	journal := flow.NewJournal(0)
	c := New(newFakeNode(), journal)
	server := httptest.NewServer(c.Control())
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/records?n=0&most=5", nil)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the answer is %s", kind)
	}
	for range 100 {
		r := request("web", "/", "", 200, time.Now(), 0)
		journal.Write(&r)
	}
	var text string
	buf := make([]byte, 64<<10)
	for !strings.Contains(text, "event: skipped") {
		n, err := resp.Body.Read(buf)
		if err != nil {
			t.Fatalf("%v after %s", err, text)
		}
		text += string(buf[:n])
	}
	// All came at once, or in two parts and so on both sides of a second.
	if n := strings.Count(text, "event: record"); n < 1 || n > 10 {
		t.Errorf("%d records for at most 5 a second", n)
	}
}

// TestFollowAccountsForAll writes more than a follower can take, and then
// nothing for a while.
func TestFollowAccountsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal, w := flow.NewJournal(0), httptest.NewRecorder()
		ctx, cancel := context.WithCancel(t.Context())
		f := &follower{w: w, control: http.NewResponseController(w), keep: func(*flow.Record) bool { return true }}
		var done sync.WaitGroup
		done.Go(func() { f.follow(ctx, journal, 0) })
		synctest.Wait()
		const count = 9000
		r := request("web", "/", "", 200, time.Now(), 0)
		for range count {
			journal.Write(&r)
		}
		time.Sleep(2 * heartbeat)
		cancel()
		done.Wait()
		text := w.Body.String()
		got := strings.Count(text, "event: record\n")
		for event := range strings.SplitSeq(text, "\n\n") {
			var lost int
			if _, err := fmt.Sscanf(event, "event: lost\ndata: %d", &lost); err == nil {
				got += lost
			}
		}
		if got != count {
			t.Errorf("%d sent or told as lost of %d", got, count)
		}
		if !strings.HasSuffix(text, ": still here\n\n") {
			t.Error("no word that it still is there")
		}
	})
}

func TestTooManyFollowers(t *testing.T) {
	c := New(newFakeNode(), flow.NewJournal(0))
	for range mostFollowers {
		c.followers <- struct{}{}
	}
	w := httptest.NewRecorder()
	c.Control().ServeHTTP(w, httptest.NewRequest("GET", "/api/records?follow=1", nil))
	if w.Code != 503 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBadCalls(t *testing.T) {
	c := New(newFakeNode(), flow.NewJournal(0))
	for _, test := range []struct {
		method, path, body string
		want               int
		text               string
	}{
		{"GET", "/api/nothing", "", 404, "no GET /api/nothing"},
		{"GET", "/api/series?span=2d", "", 400, "span"},
		{"GET", "/api/series?after=x", "", 400, "after"},
		{"GET", "/api/records?n=-1", "", 400, "n: "},
		{"GET", "/api/records?n=99999", "", 400, "from 0 to 10000"},
		{"GET", "/api/records?most=x", "", 400, "most"},
		{"GET", "/api/records?status=teapot", "", 400, "status"},
		{"POST", "/api/drain", `{"pool":"shop"}`, 400, "want"},
		{"POST", "/api/drain", `{"pool":"shop","target":"http://10.0.0.5:8080"}`, 400, "want"},
		{"POST", "/api/drain", `{"pool":"shop","target":"http://x","drain":true}`, 404, "no target http://x"},
		{"POST", "/api/drain", `{"pool":`, 400, "body"},
		{"POST", "/api/drain", `{"pol":"shop"}`, 400, "pol"},
		{"POST", "/api/drain", strings.Repeat(" ", 100<<10), 400, "too large"},
	} {
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		w := httptest.NewRecorder()
		c.Control().ServeHTTP(w, r)
		var out struct {
			Error string `json:"error"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != test.want || !strings.Contains(out.Error, test.text) {
			t.Errorf("%s %s %.50s: %d %s; want %d with %q", test.method, test.path, test.body, w.Code, w.Body, test.want, test.text)
		}
	}
}

// TestListsAreNeverNull asks a node that has nothing.
func TestListsAreNeverNull(t *testing.T) {
	c := New(emptyNode{}, flow.NewJournal(0))
	for _, path := range []string{"status", "services", "pools", "certs", "records", "series", "series?after=99999999999"} {
		w := httptest.NewRecorder()
		c.Control().ServeHTTP(w, httptest.NewRequest("GET", "/api/"+path, nil))
		if w.Code != 200 || strings.Contains(w.Body.String(), "null") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

type emptyNode struct{}

func (emptyNode) Info() Info                               { return Info{State: "running"} }
func (emptyNode) Services() []Service                      { return nil }
func (emptyNode) Pools() []Pool                            { return nil }
func (emptyNode) Drain(string, string, bool) error         { return ErrUnknown }
func (emptyNode) Certificates() []Certificate              { return nil }
func (emptyNode) Config() string                           { return "" }
func (emptyNode) Reload(context.Context) ([]string, error) { return nil, nil }
