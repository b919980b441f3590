package files

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/netwright/netwright/http/message"
)

// Config serves the files of a folder. What begins with a dot and what leads
// outside the folder is not there.
type Config struct {
	// Folder whose files are served.
	Root string `yaml:"root,short" path:"folder" required:"true"`
	// Files that stand for their folder.
	Index []string `yaml:"index"`
	// Lists the files of a folder that has no index, as a page or, where that is asked for, as JSON.
	Listing bool `yaml:"listing"`
	// File within root that is served, with status 200, where there is none: index.html lets a single-page application do its own routing.
	Missing string `yaml:"missing"`
	// Content types by file extension that differ from the usual, as in .log: text/plain.
	Types map[string]string `yaml:"types"`
}

// SetDefaults fills in what was left at zero.
func (c *Config) SetDefaults() {
	if c.Index == nil {
		c.Index = []string{"index.html"}
	}
}

// Handler serves the files of a folder. It may be used concurrently.
type Handler struct {
	cfg   Config
	root  *os.Root
	types types
	cache cache
	pages sync.Pool // buffers for listings
}

// New opens the folder.
func New(cfg Config) (*Handler, error) {
	cfg.SetDefaults()
	for extension := range cfg.Types {
		if !strings.HasPrefix(extension, ".") {
			return nil, fmt.Errorf("files: %q is no extension; .%s would be", extension, extension)
		}
	}
	root, err := os.OpenRoot(cfg.Root)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	h := &Handler{cfg: cfg, root: root, types: newTypes(cfg.Types)}
	h.cache.entries = make(map[string]*entry)
	return h, nil
}

// Close closes the files that are kept open. Requests under way, and those that
// still come from whoever has not heard of it, are served all the same; the
// folder itself is closed when nobody refers to the handler any more.
func (h *Handler) Close() error {
	h.cache.clear()
	return nil
}

// Answer is how a request is answered: Response gives an empty head to fill,
// Respond sends it with the first bytes of the body, the rest is written or
// read from a file, and Finish ends it.
type Answer interface {
	Response() *message.Response
	Respond(r *message.Response, body []byte) error
	io.Writer
	io.ReaderFrom
	Finish(trailers message.Fields) error
}

// Error is a request that is not answered with a file. Serve returns it without
// having answered.
type Error struct {
	Status int
	Text   string
}

func (e *Error) Error() string { return e.Text }

var (
	errNotFound = &Error{404, "there is no such file"}
	errNoAccess = &Error{403, "the file may not be read"}
)

// Serve answers a request with the file that path (normalised, as
// message.Request.Path is) names under the folder. An *Error was not answered;
// any other error cut the answer.
func (h *Handler) Serve(req *message.Request, path []byte, a Answer) error {
	head := string(req.Method) == "HEAD"
	if !head && string(req.Method) != "GET" {
		r := a.Response()
		r.Status = 405
		r.Fields.Add(nameAllow, valueAllow)
		return finish(a, r)
	}
	var scratch [256]byte
	name, ok := decodeName(scratch[:0], path)
	if !ok {
		return errNotFound
	}
	e, err := h.find(name)
	if err == nil && e.kind == folder && !h.cfg.Listing {
		err = errNotFound
	}
	if err == errNotFound && h.cfg.Missing != "" {
		e, err = h.find([]byte(h.cfg.Missing))
	}
	if err != nil {
		return err
	}
	switch e.kind {
	case needsSlash:
		return redirect(a, req)
	case folder:
		return h.list(a, req, e.name)
	}
	return h.serveFile(a, req, e, head)
}

// decodeName turns a path into a name under the root: without the slash it
// begins with, and decoded. What no file may be asked for by is not ok.
func decodeName(scratch, path []byte) (name []byte, ok bool) {
	if len(path) == 0 || path[0] != '/' {
		return nil, false
	}
	name = path[1:]
	begin := true // of a segment
	for i, c := range name {
		switch {
		case c == '%':
			return decodeRest(scratch, name, i)
		case c == '/' && begin, c == '.' && begin && !wellKnown(name, i), c == '\\', c == 0:
			return nil, false
		}
		begin = c == '/'
	}
	return name, true
}

// wellKnown says whether the dot at i begins the one folder with a dot that is
// meant for everybody (RFC 8615).
func wellKnown(name []byte, i int) bool {
	const folder = ".well-known/"
	return i == 0 && len(name) >= len(folder) && string(name[:len(folder)]) == folder
}

// decodeRest is decodeName where octets are encoded, from the first one on.
func decodeRest(scratch, name []byte, i int) ([]byte, bool) {
	out := append(scratch, name[:i]...)
	for ; i < len(name); i++ {
		c := name[i]
		encoded := c == '%'
		if encoded {
			if i+2 >= len(name) {
				return nil, false
			}
			hi, lo := message.HexDigit(name[i+1]), message.HexDigit(name[i+2])
			if hi > 15 || lo > 15 {
				return nil, false
			}
			c = hi<<4 | lo
			i += 2
		}
		begin := len(out) == 0 || out[len(out)-1] == '/'
		out = append(out, c)
		switch {
		case c == '/' && (begin || encoded), c == '\\', c == 0:
			return nil, false
		case c == '.' && begin && (encoded || len(out) > 1):
			return nil, false
		}
	}
	if len(out) > 0 && out[0] == '.' && !wellKnown(out, 0) {
		return nil, false
	}
	return out, true
}

// redirect leads to the folder's own address, with the slash. The reference is
// relative to the last segment of the path that the client sent, whatever was
// rewritten before, so it cannot lead to another host.
func redirect(a Answer, req *message.Request) error {
	last := req.Path
	for i := len(last) - 1; i >= 0; i-- {
		if last[i] == '/' {
			last = last[i+1:]
			break
		}
	}
	to := append([]byte("./"), last...)
	to = append(to, '/')
	if req.HasQuery {
		to = append(append(to, '?'), req.Query...)
	}
	r := a.Response()
	r.Status = 301
	r.Fields.AddKnown(message.Location, to)
	return finish(a, r)
}

// finish sends an answer without a body.
func finish(a Answer, r *message.Response) error {
	r.Length = 0
	if err := a.Respond(r, nil); err != nil {
		return err
	}
	return a.Finish(nil)
}

var (
	nameAllow        = []byte("Allow")
	valueAllow       = []byte("GET, HEAD")
	nameAcceptRanges = []byte("Accept-Ranges")
	valueBytes       = []byte("bytes")
	valueEncoding    = []byte("Accept-Encoding")
)
