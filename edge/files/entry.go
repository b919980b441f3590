package files

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/http/message"
)

const (
	// fresh is how long what is known of a file holds.
	fresh = time.Second
	// small is up to which size the bytes of a file are kept.
	small = 16 << 10
	// mostIdle is how many descriptors of one file are kept.
	mostIdle = 2
	// settled is the age at which a file's time tells it from later versions:
	// a clock tick is up to 10 ms, and copies may keep whole seconds.
	settled = 2 * time.Second
)

// kind is what a name leads to.
type kind uint8

const (
	file       kind = iota
	needsSlash      // a folder, asked for without the slash at its end
	folder          // a folder without an index
)

// entry is what a name leads to, as it was found; it does not change.
type entry struct {
	kind     kind
	name     string       // under the root, of the file or folder itself
	until    atomic.Int64 // when it must be looked at again, in ns of Unix time
	variants []*variant   // of a file: plain first, then compressed ones
}

// variant is one file that can be sent: a plain one or a compressed sibling.
type variant struct {
	name    string
	coding  string // "" for the plain one
	info    fs.FileInfo
	size    int64
	modTime time.Time // in whole seconds, as fields carry it
	etag    []byte
	fields  message.Fields // of every answer with it
	content []byte         // of a small file
	racy    bool           // changed so lately that its time may not tell the next change

	mu     sync.Mutex
	idle   []*os.File
	closed bool
}

// find returns the entry of a name, from the cache or from the folder.
func (h *Handler) find(name []byte) (*entry, error) {
	now := time.Now()
	e := h.cache.get(name)
	if e != nil {
		until := e.until.Load()
		// One request looks, the others go on with what is known meanwhile.
		if now.UnixNano() < until || !e.until.CompareAndSwap(until, now.Add(fresh).UnixNano()) || h.current(e) {
			return e, nil
		}
		h.cache.drop(string(name), e)
	}
	e, err := h.load(string(name), now)
	if err != nil {
		return nil, err
	}
	e.until.Store(now.Add(fresh).UnixNano())
	if e.kind != folder {
		h.cache.put(string(name), e)
	}
	return e, nil
}

// current says whether an entry is still what is in the folder.
func (h *Handler) current(e *entry) bool {
	if e.kind != file {
		return false // cheap to find again
	}
	found := 1
	for i, suffix := range codingSuffixes {
		info, err := h.root.Stat(e.name + suffix.suffix)
		regular := err == nil && info.Mode().IsRegular()
		switch {
		case i == 0 && !regular:
			return false
		case i > 0 && !regular:
			continue
		case i > 0:
			found++
		}
		if !e.knows(suffix.coding, info) {
			return false
		}
	}
	return found == len(e.variants)
}

func (e *entry) knows(coding string, info fs.FileInfo) bool {
	for _, v := range e.variants {
		if v.coding == coding {
			return !v.racy && os.SameFile(v.info, info) && v.size == info.Size() && v.info.ModTime().Equal(info.ModTime())
		}
	}
	return false
}

// load finds what a name leads to.
func (h *Handler) load(name string, now time.Time) (*entry, error) {
	dir := name == "" || strings.HasSuffix(name, "/")
	clean := strings.TrimSuffix(name, "/")
	if clean == "" {
		clean = "."
	}
	info, err := h.root.Stat(clean)
	switch {
	case err != nil:
		return nil, notFound(err)
	case info.IsDir() && !dir:
		return &entry{kind: needsSlash, name: clean}, nil
	case info.IsDir():
		return h.loadFolder(clean, now)
	case dir || !info.Mode().IsRegular(): // a pipe would hang whoever opens it
		return nil, errNotFound
	}
	return h.loadFile(clean, now)
}

func (h *Handler) loadFolder(name string, now time.Time) (*entry, error) {
	for _, index := range h.cfg.Index {
		index = path.Join(name, index)
		if info, err := h.root.Stat(index); err == nil && info.Mode().IsRegular() {
			return h.loadFile(index, now)
		}
	}
	return &entry{kind: folder, name: name}, nil
}

func (h *Handler) loadFile(name string, now time.Time) (*entry, error) {
	e := &entry{kind: file, name: name}
	for i, s := range codingSuffixes {
		if i > 0 {
			if info, err := h.root.Stat(name + s.suffix); err != nil || !info.Mode().IsRegular() {
				continue
			}
		}
		v, err := h.loadVariant(name, s, now)
		if err != nil && i == 0 {
			return nil, notFound(err)
		}
		if err == nil {
			e.variants = append(e.variants, v)
		}
	}
	if len(e.variants) > 1 {
		for _, v := range e.variants {
			v.fields.AddKnown(message.Vary, valueEncoding)
		}
	}
	return e, nil
}

// loadVariant opens a file and prepares all that can be.
func (h *Handler) loadVariant(name string, s suffix, now time.Time) (*variant, error) {
	f, err := h.root.Open(name + s.suffix)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	v := &variant{name: name + s.suffix, coding: s.coding, info: info, size: info.Size(), modTime: info.ModTime().Truncate(time.Second)}
	v.racy = now.Sub(info.ModTime()) < settled
	v.etag = v.makeETag()
	v.fields = message.Fields{}
	v.fields.AddKnown(message.ContentType, []byte(h.types.of(name)))
	v.fields.AddKnown(message.LastModified, []byte(info.ModTime().UTC().Format(http.TimeFormat)))
	v.fields.AddKnown(message.ETag, v.etag)
	v.fields.Add(nameAcceptRanges, valueBytes)
	if s.coding != "" {
		v.fields.AddKnown(message.ContentEncoding, []byte(s.coding))
	}
	if v.size <= small {
		content := make([]byte, v.size)
		_, err = io.ReadFull(f, content)
		v.content = content
		f.Close()
		return v, err
	}
	v.idle = []*os.File{f}
	return v, nil
}

// makeETag makes the strong tag of a file: a change gives it another time or
// size. Both in hexadecimal, like those of nginx, but with nanoseconds.
func (v *variant) makeETag() []byte {
	tag := []byte{'"'}
	tag = strconv.AppendInt(tag, v.info.ModTime().UnixNano(), 16)
	tag = append(tag, '-')
	tag = strconv.AppendInt(tag, v.size, 16)
	if v.coding != "" {
		tag = append(append(tag, '-'), v.coding...)
	}
	return append(tag, '"')
}

// take returns an open file that nobody else uses.
func (v *variant) take(root *os.Root) (*os.File, error) {
	v.mu.Lock()
	if n := len(v.idle); n > 0 {
		f := v.idle[n-1]
		v.idle = v.idle[:n-1]
		v.mu.Unlock()
		return f, nil
	}
	v.mu.Unlock()
	f, err := root.Open(v.name)
	if err != nil {
		return nil, notFound(err)
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, v.info) || info.Size() != v.size {
		f.Close()
		return nil, errChanged
	}
	return f, nil
}

// errChanged says that a file is no longer the one that was found.
var errChanged = errors.New("files: the file has changed meanwhile")

// give keeps a file for the next request, or closes it.
func (v *variant) give(f *os.File) {
	v.mu.Lock()
	keep := !v.closed && len(v.idle) < mostIdle
	if keep {
		v.idle = append(v.idle, f)
	}
	v.mu.Unlock()
	if !keep {
		f.Close()
	}
}

// close closes the files that are kept; those in use are closed when they are
// given back.
func (v *variant) close() {
	v.mu.Lock()
	idle := v.idle
	v.idle, v.closed = nil, true
	v.mu.Unlock()
	for _, f := range idle {
		f.Close()
	}
}

// notFound gives an error of the file system its status. What leads outside the
// folder is not there.
func notFound(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return errNoAccess
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok && isShortage(pe.Err) {
		return &Error{503, "no file can be opened now: " + pe.Err.Error()}
	}
	return errNotFound
}
