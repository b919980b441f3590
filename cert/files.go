package cert

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

const (
	// pollEvery is how often the files are looked at. Watching folders with
	// inotify misses what changes behind a symlink or on a network file system.
	pollEvery = 2 * time.Second
	// rereadEvery is how many looks may pass before the contents are compared
	// although nothing seems to have changed: a file can be written twice
	// within the resolution of its time stamp.
	rereadEvery = 15
)

// files is a Source that reads a certificate and its key from files.
type files struct {
	name, certPath, keyPath string
	log                     *slog.Logger
	choose                  func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	current atomic.Pointer[loaded]
	failure atomic.Pointer[string] // why the files as they are now could not be loaded

	// Of the goroutine that runs Serve alone:
	seen  stamps
	looks int
}

// loaded is what was read last and could be used.
type loaded struct {
	certs []*tls.Certificate
	sum   [sha256.Size]byte
}

// stamps tell two states of the files apart without reading them.
type stamps struct{ cert, key stamp }

type stamp struct {
	path  string // behind all symlinks
	size  int64
	mtime time.Time
	inode uint64
}

func newFiles(name, certPath, keyPath string, log *slog.Logger) (*files, error) {
	f := &files{name: name, certPath: certPath, keyPath: keyPath, log: log}
	f.seen = f.stamps()
	l, err := f.load()
	if err != nil {
		return nil, fmt.Errorf("certs.%s: %w", name, err)
	}
	f.current.Store(l)
	f.warn(l.certs[0].Leaf)
	f.choose = Choose(f)
	return f, nil
}

func (f *files) Certificates() []*tls.Certificate { return f.current.Load().certs }

func (f *files) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.choose(hello)
}

func (f *files) Info() []Info {
	info := Describe(f.current.Load().certs[0], time.Now())
	info.Source, info.From = f.name, f.certPath
	if reason := f.failure.Load(); reason != nil {
		info.Problems = append(info.Problems, Problem{Code: "reload", Text: "The files have changed and cannot be used: " + *reason})
	}
	return []Info{info}
}

// Serve looks at the files every two seconds and loads them when they have
// changed. While they cannot be used the certificate from before stays, and the
// reason is logged once.
func (f *files) Serve(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			f.look()
		}
	}
}

// look loads the files if they have changed since the last look.
func (f *files) look() {
	now := f.stamps() // before reading: what changes meanwhile is seen next time
	f.looks++
	if now == f.seen && f.looks < rereadEvery {
		return
	}
	f.seen, f.looks = now, 0
	l, err := f.load()
	if err != nil {
		if reason := err.Error(); f.failure.Load() == nil || *f.failure.Load() != reason {
			f.failure.Store(&reason)
			f.log.Warn("certificate files have changed and cannot be used, so the certificate from before stays", "error", err)
		}
		return
	}
	failed := f.failure.Swap(nil) != nil
	if l.sum == f.current.Load().sum && !failed {
		return
	}
	f.current.Store(l)
	leaf := l.certs[0].Leaf
	f.log.Info("certificate loaded", "file", f.certPath, "subject", subject(leaf), "until", leaf.NotAfter)
	f.warn(leaf)
}

// warn tells when clients will not take the certificate for its date.
func (f *files) warn(leaf *x509.Certificate) {
	for _, p := range dateProblems(leaf, time.Now()) {
		f.log.Warn("certificate: "+p.Text, "file", f.certPath, "subject", subject(leaf))
	}
}

// load reads both files. Its errors name the file.
func (f *files) load() (*loaded, error) {
	certPEM, err := readLimited(f.certPath)
	if err != nil {
		return nil, err
	}
	keyPEM := certPEM
	if f.keyPath != f.certPath {
		if keyPEM, err = readLimited(f.keyPath); err != nil {
			return nil, err
		}
	}
	where := f.certPath
	if f.keyPath != f.certPath {
		where += " and " + f.keyPath
	}
	pair, err := parsePair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	l := &loaded{certs: []*tls.Certificate{pair}}
	h := sha256.New()
	h.Write(certPEM)
	h.Write(keyPEM)
	h.Sum(l.sum[:0])
	return l, nil
}

func (f *files) stamps() stamps {
	return stamps{cert: stampOf(f.certPath), key: stampOf(f.keyPath)}
}

// stampOf is the zero stamp for a file that is not there.
func stampOf(path string) stamp {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return stamp{}
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return stamp{}
	}
	return stamp{path: resolved, size: info.Size(), mtime: info.ModTime(), inode: inodeOf(info)}
}
