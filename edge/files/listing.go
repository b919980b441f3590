package files

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/netwright/netwright/http/message"
)

// mostListed is how many files a listing names.
const mostListed = 10_000

// listed is a file of a listing.
type listed struct {
	Name   string    `json:"name"`
	Folder bool      `json:"folder,omitempty"`
	Size   int64     `json:"size"` // in bytes; 0 of a folder
	Time   time.Time `json:"time"`
}

// listing is a folder as it is shown.
type listing struct {
	Files []listed `json:"files"`
	More  bool     `json:"more,omitempty"` // there are others

	path string
	sort string // name, size or time
	desc bool
}

// list answers with what is in a folder: as JSON where ?json or Accept say
// so, else as a page.
func (h *Handler) list(a Answer, req *message.Request, name string) error {
	l, err := h.read(name)
	if err != nil {
		return err
	}
	query, _ := url.ParseQuery(string(req.Query)) // what is malformed is left out
	l.path = string(req.Path)
	if decoded, err := url.PathUnescape(l.path); err == nil {
		l.path = decoded
	}
	l.order(query.Get("sort"), query.Has("desc"))
	body, _ := h.pages.Get().(*bytes.Buffer)
	if body == nil {
		body = new(bytes.Buffer)
	}
	defer h.pages.Put(body)
	body.Reset()
	r := a.Response()
	if query.Has("json") || wantsJSON(req.Fields) {
		r.Fields.AddKnown(message.ContentType, []byte("application/json"))
		if err := json.NewEncoder(body).Encode(l); err != nil {
			return err
		}
	} else {
		r.Fields.AddKnown(message.ContentType, []byte("text/html; charset=utf-8"))
		r.Fields.Add([]byte("Content-Security-Policy"), []byte(pagePolicy))
		if err := page.Execute(body, l); err != nil {
			return err
		}
	}
	r.Fields.AddKnown(message.Vary, []byte("Accept"))
	r.Fields.AddKnown(message.CacheControl, []byte("no-cache"))
	r.Fields.Add([]byte("X-Content-Type-Options"), []byte("nosniff"))
	r.Status, r.Length = 200, int64(body.Len())
	if err := a.Respond(r, body.Bytes()); err != nil {
		return err
	}
	return a.Finish(nil)
}

// read lists a folder without what begins with a dot or is neither file nor
// folder. A symlink counts as what it leads to, if that is inside.
func (h *Handler) read(name string) (*listing, error) {
	dir, err := h.root.Open(name)
	if err != nil {
		return nil, notFound(err)
	}
	defer dir.Close()
	l := &listing{Files: []listed{}}
	for {
		batch, err := dir.ReadDir(256)
		for _, d := range batch {
			if strings.HasPrefix(d.Name(), ".") || strings.Contains(d.Name(), "\\") {
				continue
			}
			if len(l.Files) == mostListed {
				l.More = true
				return l, nil
			}
			info, err := d.Info()
			if err == nil && info.Mode()&fs.ModeSymlink != 0 {
				info, err = h.root.Stat(name + "/" + d.Name())
			}
			if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
				continue
			}
			f := listed{Name: d.Name(), Folder: info.IsDir(), Size: info.Size(), Time: info.ModTime().UTC().Truncate(time.Second)}
			if f.Folder {
				f.Size = 0
			}
			l.Files = append(l.Files, f)
		}
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return nil, notFound(err)
		}
	}
}

// order sorts the files, folders first.
func (l *listing) order(by string, desc bool) {
	l.sort, l.desc = by, desc
	if by != "size" && by != "time" {
		l.sort = "name"
	}
	slices.SortFunc(l.Files, func(a, b listed) int {
		if a.Folder != b.Folder {
			if a.Folder {
				return -1
			}
			return 1
		}
		c := 0
		switch l.sort {
		case "size":
			c = cmp.Compare(a.Size, b.Size)
		case "time":
			c = a.Time.Compare(b.Time)
		}
		if c == 0 {
			c = cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name))
		}
		if desc {
			return -c
		}
		return c
	})
}

// wantsJSON says whether Accept prefers JSON to a page.
func wantsJSON(fields message.Fields) bool {
	wanted, page := 0, 0
	for typ, q := range weighted(fields, message.Accept) {
		switch {
		case message.EqualFold(typ, "application/json"):
			wanted = max(wanted, q)
		case message.EqualFold(typ, "text/html"), message.EqualFold(typ, "application/xhtml+xml"):
			page = max(page, q)
		}
	}
	return wanted > page
}

//go:embed listing.css
var pageStyle string

//go:embed listing.html
var pageText string

var (
	page = template.Must(template.New("listing").Funcs(template.FuncMap{"style": func() template.CSS { return template.CSS(pageStyle) }}).Parse(pageText))

	// pagePolicy lets the page have its own style and nothing else.
	pagePolicy = func() string {
		sum := sha256.Sum256([]byte(pageStyle))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
	}()
)

// What the page asks of a listing and its files.

// Title is the folder's path.
func (l *listing) Title() string { return l.path }

// Up says whether there is a folder above.
func (l *listing) Up() bool { return l.path != "/" }

// Crumb is a folder on the way to the one shown.
type crumb struct{ Name, Link string }

// Crumbs are the folders from the top down to the one shown.
func (l *listing) Crumbs() []crumb {
	names := strings.FieldsFunc(l.path, func(r rune) bool { return r == '/' })
	crumbs := []crumb{{"⌂", "./" + strings.Repeat("../", len(names))}}
	for i, name := range names {
		crumbs = append(crumbs, crumb{name, "./" + strings.Repeat("../", len(names)-1-i)})
	}
	return crumbs
}

// Column is a head of the table: a link that sorts by it.
type column struct{ Label, Link, Mark, Class string }

// Columns are the heads of the table.
func (l *listing) Columns() []column {
	columns := []column{{Label: "Name", Link: "name"}, {Label: "Size", Link: "size", Class: "number"}, {Label: "Changed (UTC)", Link: "time", Class: "time"}}
	for i := range columns {
		c := &columns[i]
		by := c.Link
		c.Link = "?sort=" + by
		if by == l.sort {
			c.Mark = "▴"
			if l.desc {
				c.Mark = "▾"
			} else {
				c.Link += "&desc"
			}
		}
	}
	return columns
}

// Count says how many files and folders there are.
func (l *listing) Count() string {
	folders := 0
	for _, f := range l.Files {
		if f.Folder {
			folders++
		}
	}
	text := plural(folders, "folder") + ", " + plural(len(l.Files)-folders, "file")
	if l.More {
		text += " and more"
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Link leads from the listing to the file.
func (f listed) Link() string {
	link := "./" + url.PathEscape(f.Name)
	if f.Folder {
		link += "/"
	}
	return link
}

// Amount is the size as people read it.
func (f listed) Amount() string {
	if f.Folder {
		return "–"
	}
	size, unit := float64(f.Size), "B"
	for _, larger := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if size < 1024 {
			break
		}
		size, unit = size/1024, larger
	}
	if unit == "B" || size >= 100 {
		return fmt.Sprintf("%.0f %s", size, unit)
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}

// Changed is the time as people read it.
func (f listed) Changed() string { return f.Time.Format("2006-01-02 15:04") }

// Stamp is the time as machines read it.
func (f listed) Stamp() string { return f.Time.Format(time.RFC3339) }
