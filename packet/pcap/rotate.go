package pcap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Rotation says when a [Rotator] begins a new file and how many it keeps. At
// least one of Size and Age must be set.
type Rotation struct {
	Size int64         // the file has that many octets, before packing; 0 is no limit
	Age  time.Duration // this long after the file's first packet, by the packets' times; 0 is no limit
	Keep int           // files that are kept; the oldest goes first; 0 keeps all
}

// Rotator writes packets to one file after another. It is for one goroutine.
type Rotator struct {
	path     string
	link     LinkType
	opts     WriterOptions
	rotation Rotation

	w      *Writer // nil before the first packet
	start  time.Time
	number int
	closed bool
	files  []string

	head     []Block // what every file begins with
	headSize int
}

// maxHead is how many octets a Rotator remembers to repeat in every file;
// where it is more, the oldest secrets and names are left out.
const maxHead = 16 << 20

// NewRotator makes a Rotator. Files are named after path, with their number
// and the time of their first packet before the extensions: of trace.pcapng.gz
// comes trace-00001-20261121T093000Z.pcapng.gz. They are made as [Create] makes
// them, each with its first packet: without packets there is no file.
func NewRotator(path string, link LinkType, opts *WriterOptions, rotation Rotation) (*Rotator, error) {
	if rotation.Size <= 0 && rotation.Age <= 0 {
		return nil, errors.New("a rotation needs a size or an age after which a new file begins")
	}
	if rotation.Size < 0 || rotation.Age < 0 || rotation.Keep < 0 {
		return nil, fmt.Errorf("a rotation has no negative numbers: size %d, age %v, keep %d", rotation.Size, rotation.Age, rotation.Keep)
	}
	if path == "-" {
		return nil, errors.New("standard output cannot be rotated; name a file")
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", filepath.Dir(path))
	}
	r := &Rotator{path: path, link: link, rotation: rotation}
	if opts != nil {
		r.opts = *opts
	}
	if err := r.opts.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// Write writes one packet, to a new file where it is time for one.
func (r *Rotator) Write(p *Packet) error {
	if r.closed {
		return os.ErrClosed
	}
	full := r.w != nil && (r.rotation.Size > 0 && r.w.Written() >= r.rotation.Size ||
		r.rotation.Age > 0 && p.Time.Sub(r.start) >= r.rotation.Age)
	if full {
		if err := r.w.Close(); err != nil {
			return err
		}
	}
	if r.w == nil || full {
		if err := r.open(p.Time); err != nil {
			return err
		}
	}
	return r.w.Write(p)
}

// WriteBlock writes what a pcapng file has beside packets. What tells about
// packets, that is sections, interfaces, names and secrets, is repeated in
// every file that follows; the rest is written to the file that is open, if
// there is one.
func (r *Rotator) WriteBlock(b Block) error {
	switch b.(type) {
	case *Section, *Interface, *Names, *Secrets:
		if err := r.remember(b); err != nil {
			return err
		}
	}
	if r.w == nil {
		return nil
	}
	return r.w.WriteBlock(b)
}

// CarryOver does what [Writer.CarryOver] does, for every file.
func (r *Rotator) CarryOver(from *Reader) { carryOver(from, r.WriteBlock) }

func (r *Rotator) remember(b Block) error {
	r.head = append(r.head, b)
	n, err := blockSize(b)
	r.headSize += n
	for i := 0; i < len(r.head) && r.headSize > maxHead; {
		switch old := r.head[i].(type) {
		case *Names, *Secrets:
			n, _ := blockSize(old)
			r.headSize -= n
			r.head = append(r.head[:i], r.head[i+1:]...)
		default:
			i++
		}
	}
	return err
}

func blockSize(b Block) (int, error) {
	body, _, err := b.appendTo(nil)
	return len(body), err
}

func (r *Rotator) open(first time.Time) error {
	r.number++
	name, extension := splitName(r.path)
	path := fmt.Sprintf("%s-%05d-%s%s", name, r.number, first.UTC().Format("20060102T150405Z"), extension)
	w, err := Create(path, r.link, &r.opts)
	if err != nil {
		return err
	}
	r.w, r.start = w, first
	r.files = append(r.files, path)
	for _, b := range r.head {
		if err := w.WriteBlock(b); err != nil {
			return err
		}
	}
	for r.rotation.Keep > 0 && len(r.files) > r.rotation.Keep {
		if err := os.Remove(r.files[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		r.files = r.files[1:]
	}
	return nil
}

// splitName parts a path from its extensions, of which it may have two where
// the file is packed.
func splitName(path string) (name, extensions string) {
	if _, comp := formatByName(path); comp != CompressNone {
		extensions = filepath.Ext(path)
		path = strings.TrimSuffix(path, extensions)
	}
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext), ext + extensions
}

// Files returns the files that are kept, the oldest first.
func (r *Rotator) Files() []string { return append([]string(nil), r.files...) }

// Flush writes what was gathered.
func (r *Rotator) Flush() error {
	if r.w == nil {
		return nil
	}
	return r.w.Flush()
}

// Close ends the last file.
func (r *Rotator) Close() error {
	r.closed = true
	if r.w == nil {
		return nil
	}
	return r.w.Close()
}
