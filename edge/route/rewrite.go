package route

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/netwright/netwright/http/message"
)

// Rewrite says how the path changes on its way to where the route leads. What
// is given is done in this order: strip, then pattern and replace, then add.
type Rewrite struct {
	// Takes this prefix off the path, where it has it: with /api, /api/x becomes /x.
	Strip string `yaml:"strip"`
	// A regular expression that the path is held against; where it matches, replace takes the place of the whole path.
	Pattern string `yaml:"pattern"`
	// The new path, with ${1} for the first group of pattern and the other variables. Behind a "?" it may have a query, which goes before the one that came; with nothing behind the "?", the one that came is dropped. Without pattern it always applies, and ${1} is of the route's path.
	Replace string `yaml:"replace"`
	// Puts this prefix before the path: with /v2, /x becomes /v2/x.
	Add string `yaml:"add"`
}

// Validate tells everything that is wrong with the rewrite, but not whether the
// groups in it exist.
func (r *Rewrite) Validate() error {
	_, err := r.Compile(maxGroups)
	return err
}

// ErrRewrite refuses a path out of which a rewrite makes one that climbs, or
// that is no path.
var ErrRewrite = &message.Error{Status: 400, Rule: "rewrite",
	Text: `the path becomes one with "." or ".." segments, or one that is not a path, when it is rewritten`}

// A Rewriter is a compiled [Rewrite]. It is immutable, and safe for concurrent use.
type Rewriter struct {
	strip, add string
	pattern    *regexp.Regexp
	replace    *Template
}

// Compile checks and prepares the rewrite. groups is how many captures the path
// of the route gives, see [Table.Groups].
func (r *Rewrite) Compile(groups int) (*Rewriter, error) {
	w := &Rewriter{}
	var errs []error
	var err error
	if w.strip, err = prefixOf(r.Strip); err != nil {
		errs = append(errs, at(err, "strip"))
	}
	if w.add, err = prefixOf(r.Add); err != nil {
		errs = append(errs, at(err, "add"))
	}
	if r.Pattern != "" {
		if w.pattern, err = parseExpression(strings.TrimPrefix(r.Pattern, "~")); err != nil {
			errs = append(errs, at(err, "pattern"))
		} else {
			groups = w.pattern.NumSubexp()
		}
		if r.Replace == "" {
			errs = append(errs, at(errors.New("a pattern needs the key replace: what stands in its place"), "pattern"))
		}
	}
	if r.Replace != "" {
		if w.replace, err = Compile(r.Replace, Path, groups); err == nil && r.Replace[0] != '/' && !strings.HasPrefix(r.Replace, "${path}") {
			err = fmt.Errorf("%q: the new path begins with \"/\"", r.Replace)
		}
		if err != nil {
			errs = append(errs, at(err, "replace"))
		}
	}
	return w, errors.Join(errs...)
}

// prefixOf brings a prefix into the normal form, without a slash at its end.
func prefixOf(text string) (string, error) {
	switch {
	case text == "":
		return "", nil
	case text[0] != '/':
		return "", fmt.Errorf("%q: a prefix begins with \"/\"", text)
	case strings.ContainsAny(text, "?#*"):
		return "", fmt.Errorf("%q: a prefix is a plain path, without ?, # and *", text)
	}
	normal, err := normalPattern(text)
	if err != nil {
		return "", fmt.Errorf("%q is no path: %w", text, err)
	}
	return strings.TrimSuffix(normal, "/"), nil
}

// NeedsCaptures tells whether the rewrite uses the captures of the route's path.
func (w *Rewriter) NeedsCaptures() bool {
	return w.pattern == nil && w.replace != nil && w.replace.NeedsCaptures()
}

// Apply changes Path, Query and HasQuery of v.Request. What it makes stands in
// buf, behind what is there already; the result is buf with that appended. The
// new path is normal: it has no "//" and no dot segments. A request that would
// get ".." segments, hidden ones too, gets [ErrRewrite]. Targets that are no
// paths stay.
func (w *Rewriter) Apply(buf []byte, v *Values) ([]byte, error) {
	req := v.Request
	if len(req.Path) == 0 || req.Path[0] != '/' {
		return buf, nil
	}
	path := req.Path
	if w.strip != "" {
		if rest, ok := cutPrefix(path, w.strip); ok {
			path = rest
			if len(path) == 0 {
				path = slash
			}
		}
	}
	start := len(buf)
	buf = append(buf, w.add...)
	buf = w.append(buf, path, v)
	end := start // where the path that was made ends
	for end < len(buf) && buf[end] != '?' {
		end++
	}
	if climbs(buf[start:end]) {
		return buf, ErrRewrite
	}
	normal, err := message.NormalizePath(nil, buf[start:end])
	if err != nil {
		return buf, ErrRewrite
	}
	req.Path = normal
	if end == len(buf) {
		return buf, nil
	}
	if len(req.Query) > 0 && end+1 < len(buf) {
		buf = append(append(buf, '&'), req.Query...)
	}
	req.Query = buf[end+1:]
	req.HasQuery = len(req.Query) > 0
	return buf, nil
}

var slash = []byte("/")

// append appends the path that takes the place of path: itself, if there is no
// replacement for it.
func (w *Rewriter) append(buf, path []byte, v *Values) []byte {
	if w.replace == nil {
		return append(buf, path...)
	}
	if w.pattern == nil {
		return w.replace.Append(buf, v)
	}
	m := w.pattern.FindSubmatchIndex(path)
	if m == nil {
		return append(buf, path...)
	}
	own := *v
	own.Captures = appendGroups(make([][]byte, 0, len(m)/2), path, m)
	return w.replace.Append(buf, &own)
}

// climbs tells whether a path has a ".." segment, by the laxest reading. A
// prefix in front of it would not hold.
func climbs(path []byte) bool {
	if !bytes.Contains(path, []byte("..")) && bytes.IndexByte(path, '%') < 0 {
		return false
	}
	var buf [1024]byte
	for segment := range bytes.FieldsFuncSeq(decodeAll(append(buf[:0], path...)), isSeparator) {
		if string(trimSegment(segment)) == ".." {
			return true
		}
	}
	return false
}

func isSeparator(r rune) bool { return r == '/' || r == '\\' }
