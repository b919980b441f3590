package htpasswd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// Entry is one line of a password file.
type Entry struct {
	User string
	Hash Hash
}

const (
	maxLine   = 4096
	maxErrors = 10
)

// CheckUser returns an error for a name that a password file cannot hold.
func CheckUser(name string) error {
	switch {
	case name == "":
		return errors.New("the user name is empty")
	case len(name) > 255:
		return errors.New("the user name is longer than 255 bytes")
	case name[0] == '#' || strings.TrimSpace(name) != name:
		return fmt.Errorf("the user name %.60q may not begin with # or a space, nor end with one", name)
	case strings.ContainsFunc(name, func(r rune) bool { return r == ':' || unicode.IsControl(r) }):
		return fmt.Errorf("the user name %.60q may not hold a colon or control characters", name)
	}
	return nil
}

// Read reads a password file. Empty lines and those that begin with # are
// skipped; what stands behind a second colon is ignored. It returns the
// mistakes of up to ten lines, joined, each named by the file's name and the
// line; an error holds neither password nor hash.
func Read(r io.Reader, file string) ([]Entry, error) {
	var entries []Entry
	var errs []error
	lines := make(map[string]int)
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, maxLine), maxLine)
	line := 0
	for sc.Scan() && len(errs) < maxErrors {
		line++
		e, ok, err := parseLine(sc.Text())
		if err == nil && ok && lines[e.User] != 0 {
			err = fmt.Errorf("the user %.60q stands already in line %d", e.User, lines[e.User])
		}
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, line, err))
		case ok:
			lines[e.User] = line
			entries = append(entries, e)
		}
	}
	if err := sc.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("the line is longer than %d bytes", maxLine)
		}
		errs = append(errs, fmt.Errorf("%s:%d: %w", file, line+1, err))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return entries, nil
}

// parseLine returns false for a line without an entry.
func parseLine(text string) (Entry, bool, error) {
	text = strings.TrimSpace(text)
	if text == "" || text[0] == '#' {
		return Entry{}, false, nil
	}
	user, rest, found := strings.Cut(text, ":")
	if !found {
		return Entry{}, false, errors.New("the line must be USER:HASH, as netwright passwd writes it")
	}
	if err := CheckUser(user); err != nil {
		return Entry{}, false, err
	}
	hashed, _, _ := strings.Cut(rest, ":")
	h, err := Parse(hashed)
	if err != nil {
		return Entry{}, false, fmt.Errorf("user %q: %w", user, err)
	}
	return Entry{User: user, Hash: h}, true, nil
}

// Set puts the user's hash into a password file and keeps all other lines as
// they are. It makes the file, with mode 0600, where there is none, and
// replaces it at once, so that no reader meets half of it. It returns whether
// the user had a line already.
func Set(file, user string, h Hash) (replaced bool, err error) {
	if err := CheckUser(user); err != nil {
		return false, err
	}
	return replaced, Rewrite(file, func(old []byte) ([]byte, error) {
		var out []byte
		for line := range bytes.Lines(old) {
			name, _, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
			if name != user {
				out = appendLine(out, line)
			} else if !replaced {
				out = appendLine(out, []byte(user+":"+h.String()))
				replaced = true
			}
		}
		if !replaced {
			out = appendLine(out, []byte(user+":"+h.String()))
		}
		return out, nil
	})
}

func appendLine(dst, line []byte) []byte {
	dst = append(dst, line...)
	if len(dst) > 0 && dst[len(dst)-1] != '\n' {
		dst = append(dst, '\n')
	}
	return dst
}

// Rewrite replaces what is in a file by what edit makes of it, at once: readers
// see the old or the new. A file that is not there counts as empty and is made
// with mode 0600; one that is keeps its mode, its owner where that is allowed,
// and its place where the name is a symbolic link.
func Rewrite(file string, edit func(old []byte) ([]byte, error)) (err error) {
	mode := fs.FileMode(0o600)
	if to, err := filepath.EvalSymlinks(file); err == nil {
		file = to
	}
	info, err := os.Stat(file)
	var old []byte
	switch {
	case err == nil:
		if mode = info.Mode().Perm(); !info.Mode().IsRegular() {
			return fmt.Errorf("%s: not a regular file", file)
		}
		if old, err = os.ReadFile(file); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	data, err := edit(old)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if info != nil {
		keepOwner(tmp, info)
	}
	if err := tmp.Chmod(mode); err != nil {
		return err
	}
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
