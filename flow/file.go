package flow

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"
)

// file appends whole lines to a file that is set aside when it is large or old.
// It is for one goroutine.
type file struct {
	path   string
	rotate RotateConfig
	log    *slog.Logger
	aside  chan struct{} // told after each file that was set aside

	f       *os.File // nil while it is closed
	regular bool
	torn    bool // a part of a line could not be taken back
	size    int64
	born    time.Time
	looked  time.Time // when the name was last compared with the open file
	stuck   time.Time // when it last could not be set aside
}

func openFile(path string, rotate RotateConfig, log *slog.Logger) (*file, error) {
	f := &file{path: path, rotate: rotate, log: log, aside: make(chan struct{}, 1)}
	return f, f.open(time.Now())
}

func (f *file) open(now time.Time) error {
	// Not blocking, for the sake of a pipe that nobody reads.
	o, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o640)
	if err != nil {
		return err
	}
	info, err := o.Stat()
	if err != nil {
		o.Close()
		return err
	}
	f.f, f.size, f.born, f.looked, f.torn = o, info.Size(), now, now, false
	f.regular = info.Mode().IsRegular()
	if f.size > 0 {
		f.born = born(f.path, info)
	}
	return nil
}

func (f *file) close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// write appends the lines and returns how many of them are lost.
func (f *file) write(lines []byte, now time.Time) (lost int, err error) {
	if now.Sub(f.looked) >= time.Second {
		f.look(now)
	}
	for len(lines) > 0 {
		if f.f == nil {
			if err := f.open(now); err != nil {
				return bytes.Count(lines, newline), err
			}
		}
		if f.due(lines, now) && f.setAside(now) {
			continue
		}
		part := f.fitting(lines)
		n, err := f.append(part, now)
		if err != nil {
			kept := f.untear(part[:n])
			return bytes.Count(lines[kept:], newline), err
		}
		lines = lines[len(part):]
	}
	return 0, nil
}

var newline = []byte{'\n'}

// append writes whole lines and returns how many bytes of them are written.
func (f *file) append(part []byte, now time.Time) (int, error) {
	if !f.regular {
		f.f.SetWriteDeadline(now.Add(time.Second)) // of use where it is a pipe; else an error, and no harm
	}
	if f.torn {
		if _, err := f.f.Write(newline); err != nil {
			return 0, err
		}
		f.torn = false
		f.size++
	}
	n, err := f.f.Write(part)
	f.size += int64(n)
	return n, err
}

// look closes the file if something else has its name now, or nothing has.
func (f *file) look(now time.Time) {
	f.looked = now
	if f.f == nil || !f.regular {
		return
	}
	mine, err := f.f.Stat()
	if err != nil {
		return
	}
	if named, err := os.Stat(f.path); err != nil || !os.SameFile(mine, named) {
		f.close()
		return
	}
	f.size = mine.Size() // smaller if something truncated it
}

// due reports whether the file is to be set aside before lines are written.
func (f *file) due(lines []byte, now time.Time) bool {
	if !f.regular || f.size == 0 || now.Sub(f.stuck) < time.Minute {
		return false
	}
	if f.rotate.Age > 0 && now.Sub(f.born) >= f.rotate.Age {
		return true
	}
	first := int64(bytes.IndexByte(lines, '\n') + 1)
	return f.rotate.Size > 0 && f.size+first > f.rotate.Size
}

// fitting returns the first of the lines that fit into the file, at least one.
func (f *file) fitting(lines []byte) []byte {
	room := f.rotate.Size - f.size
	if !f.regular || f.rotate.Size <= 0 || int64(len(lines)) <= room {
		return lines
	}
	end := 0
	if room > 0 {
		end = bytes.LastIndexByte(lines[:room], '\n') + 1
	}
	if end == 0 {
		end = bytes.IndexByte(lines, '\n') + 1
	}
	return lines[:end]
}

// untear takes a line that was written in part out of the file again and
// returns how many bytes of whole lines stay.
func (f *file) untear(written []byte) int {
	whole := bytes.LastIndexByte(written, '\n') + 1
	rest := int64(len(written) - whole)
	if rest == 0 {
		return whole
	}
	info, err := f.f.Stat()
	if err == nil && f.regular && info.Size() == f.size && f.f.Truncate(f.size-rest) == nil {
		f.size -= rest
	} else {
		f.torn = true
	}
	return whole
}

// stamp is the form of the time in the name of a file that was set aside.
const stamp = "20060102T150405.000"

// setAside renames the file to one with the time in its name and closes it. If
// it cannot be renamed, that is told, and the file goes on growing.
func (f *file) setAside(now time.Time) bool {
	name := f.path + "." + now.UTC().Format(stamp)
	for at := now; exists(name) || exists(name+".gz"); name = f.path + "." + at.UTC().Format(stamp) {
		at = at.Add(time.Millisecond)
	}
	if err := os.Rename(f.path, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.stuck = now
		f.log.Error("records: the file cannot be rotated and goes on growing", "error", err)
		return false
	}
	f.close()
	select {
	case f.aside <- struct{}{}:
	default:
	}
	return true
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
