package files

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/netwright/netwright/http/message"
)

// kept is an Answer that notes what it was given.
type kept struct {
	r    message.Response
	body []byte // with the head
	from []string
}

func (k *kept) Response() *message.Response {
	k.r.Reset()
	return &k.r
}

func (k *kept) Respond(_ *message.Response, body []byte) error {
	k.body = body
	return nil
}

func (k *kept) Write(p []byte) (int, error) { return len(p), nil }

func (k *kept) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		f, _ := l.R.(*os.File)
		at, err := f.Seek(0, io.SeekCurrent)
		k.from = append(k.from, fmt.Sprintf("%d bytes of %s at %d", l.N, filepath.Base(f.Name()), at))
		return l.N, err
	}
	return io.Copy(io.Discard, r)
}

func (k *kept) Finish(message.Fields) error { return nil }

func newRequest(path string, fields ...string) *message.Request {
	req := &message.Request{Method: []byte("GET"), Path: []byte(path), Version: message.HTTP11}
	for i := 0; i < len(fields); i += 2 {
		req.Fields.Add([]byte(fields[i]), []byte(fields[i+1]))
	}
	return req
}

// TestHowFilesAreSent holds that a small file leaves with the head, and a large
// one as the file itself, as sendfile(2) needs it.
func TestHowFilesAreSent(t *testing.T) {
	root := tree(t, map[string]string{"small": strings.Repeat("s", small), "large": strings.Repeat("l", small+1)})
	h, err := New(Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	k := new(kept)
	if err := h.Serve(newRequest("/small"), []byte("/small"), k); err != nil || len(k.body) != small || k.from != nil {
		t.Errorf("small: %v, %d bytes with the head, %q", err, len(k.body), k.from)
	}
	for range 2 {
		*k = kept{}
		if err := h.Serve(newRequest("/large"), []byte("/large"), k); err != nil || k.body != nil || fmt.Sprint(k.from) != fmt.Sprintf("[%d bytes of large at 0]", small+1) {
			t.Errorf("large: %v, %q", err, k.from)
		}
		*k = kept{}
		if err := h.Serve(newRequest("/large", "Range", "bytes=10-19,5-6"), []byte("/large"), k); err != nil || fmt.Sprint(k.from) != "[10 bytes of large at 10 2 bytes of large at 5]" {
			t.Errorf("ranges: %v, %q", err, k.from)
		}
	}
}

// TestAllocations holds that a small file that is asked for again costs no
// allocation, also when its path is encoded or the client has it.
func TestAllocations(t *testing.T) {
	root := tree(t, map[string]string{"a b.txt": "hello", "a b.txt.gz": "zip"})
	h, err := New(Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	k := new(kept)
	plain := newRequest("/a%20b.txt", "Accept-Encoding", "gzip, br;q=0.5")
	if err := h.Serve(plain, plain.Path, k); err != nil || string(k.body) != "zip" {
		t.Fatal(err, string(k.body))
	}
	tagged := newRequest("/a%20b.txt", "If-None-Match", string(k.r.Fields.Get(message.ETag)), "Accept-Encoding", "gzip")
	for _, req := range []*message.Request{plain, tagged} {
		h.cache.entries["a b.txt"].until.Store(1 << 62)
		if n := testing.AllocsPerRun(100, func() {
			if err := h.Serve(req, req.Path, k); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%d: %v allocations", k.r.Status, n)
		}
	}
}

// TestCacheIsBounded asks for more files than are kept, many at once.
func TestCacheIsBounded(t *testing.T) {
	files := map[string]string{}
	for i := range mostEntries + 100 {
		files[fmt.Sprintf("%d", i)] = fmt.Sprint(i)
	}
	files["large"] = strings.Repeat("l", 2*small)
	h, err := New(Config{Root: tree(t, files)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range mostEntries + 100 {
				k := new(kept)
				path := fmt.Sprintf("/%d", i)
				if err := h.Serve(newRequest(path), []byte(path), k); err != nil || string(k.body) != fmt.Sprint(i) {
					t.Errorf("%s: %v, %q", path, err, k.body)
				}
				if err := h.Serve(newRequest("/large"), []byte("/large"), k); err != nil || len(k.from) != 1 {
					t.Errorf("large: %v, %q", err, k.from)
				}
				if err := h.Serve(newRequest("/none"), []byte("/none"), k); err != errNotFound {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(h.cache.entries); n > mostEntries {
		t.Errorf("%d entries", n)
	}
	h.Close()
	if n := len(h.cache.entries); n != 0 {
		t.Errorf("%d entries after Close", n)
	}
	k := new(kept)
	if err := h.Serve(newRequest("/1"), []byte("/1"), k); err != nil || string(k.body) != "1" {
		t.Errorf("a request that was under way at Close: %v", err)
	}
}
