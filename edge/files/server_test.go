package files

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// answer is the Answer of a stream.
type answer struct {
	message.Stream
	r message.Response
}

func (a *answer) Response() *message.Response {
	a.r.Reset()
	return &a.r
}

// site serves a handler by the house's own codec.
type site struct {
	h      *Handler
	failed chan error // what Serve returned but for *Error
}

func (s site) ServeStream(_ context.Context, st message.Stream) {
	a := &answer{Stream: st}
	err := s.h.Serve(st.Request(), st.Request().Path, a)
	if e, ok := errors.AsType[*Error](err); ok {
		_ = st.Respond(&message.Response{Status: e.Status, Length: int64(len(e.Text))}, []byte(e.Text))
	} else if err != nil {
		s.failed <- err
	}
}

func (s site) Refuse(_ context.Context, st message.Stream, broken *message.Error) {
	_ = st.Respond(&message.Response{Status: broken.Status}, nil)
}

// serve serves a folder over a real socket until the test ends, and returns
// its address.
func serve(t testing.TB, cfg Config) string {
	address, _ := serveSite(t, cfg)
	return address
}

func serveSite(t testing.TB, cfg Config) (string, site) {
	t.Helper()
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	clock := h1.NewDeadlines()
	s := site{h, make(chan error, 10)}
	srv := h1.NewServer(s, clock, h1.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	ticking, stop := context.WithCancel(context.Background())
	var wg, clocks sync.WaitGroup
	clocks.Go(func() { _ = clock.Serve(ticking) })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _ = srv.Serve(ctx, conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		client.CloseIdleConnections()
		cancel()
		wg.Wait()
		stop()
		clocks.Wait()
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), s
}

// tree makes files in a new folder; names that end in / are folders.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		dir := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			dir = path
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if dir == path {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// then is the time of files in tests that name it.
var then = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

func settle(t testing.TB, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Chtimes(filepath.Join(root, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
}

// got is an answer as a test sees it.
type got struct {
	status int
	header http.Header
	body   string
}

var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       20 * time.Second,
}

// fetch sends a request; fields come as name, value pairs.
func fetch(t testing.TB, method, url string, fields ...string) got {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{resp.StatusCode, resp.Header, string(body)}
}
