package guard

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"
)

// watch names files and how to read them.
type watch struct {
	key   string // the setting that names them, "" where load's errors say it
	paths []string
	// load reads the files and publishes what they say, in words too. On an
	// error it leaves the old state as it was.
	load func() (loaded string, err error)
}

// watchEvery is how often the files are looked at. A changed file is read once
// it has stayed the same from one look to the next, so that one that is still
// being written is left alone.
const watchEvery = time.Second

// stamp is what os.Stat tells of a file that would differ had it changed.
type stamp struct {
	info  os.FileInfo // nil where there is no such file
	mtime time.Time
	size  int64
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info, info.ModTime(), info.Size()}
}

func (s stamp) same(t stamp) bool {
	if s.info == nil || t.info == nil {
		return s.info == nil && t.info == nil
	}
	return os.SameFile(s.info, t.info) && s.mtime.Equal(t.mtime) && s.size == t.size
}

// watcher follows the files of one watch.
type watcher struct {
	watch
	mu           sync.Mutex // old and new Set may look at the same time
	loaded, seen []stamp    // by path: as last loaded, as last seen
}

// newWatcher reads the files for the first time.
func newWatcher(w watch) (*watcher, error) {
	f := &watcher{watch: w}
	// The stamps are taken before: a file that changes in between is read
	// once more.
	for _, p := range w.paths {
		f.loaded = append(f.loaded, stampOf(p))
	}
	f.seen = append([]stamp(nil), f.loaded...)
	_, err := w.load()
	return f, err
}

// look reloads the files if one has changed and none is still changing.
func (f *watcher) look(log *slog.Logger) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed, settled := false, true
	for i, p := range f.paths {
		s := stampOf(p)
		settled = settled && s.same(f.seen[i])
		changed = changed || !s.same(f.loaded[i])
		f.seen[i] = s
	}
	if !changed || !settled {
		return
	}
	copy(f.loaded, f.seen)
	loaded, err := f.load()
	if err != nil {
		log.Error("guard keeps what it had: its file cannot be used", "error", err)
		return
	}
	log.Info("guard has read its files again", "files", f.paths, "loaded", loaded)
}

// serveWatches looks after files until the context is done.
func serveWatches(ctx context.Context, watchers []*watcher, log *slog.Logger) error {
	if len(watchers) == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, f := range watchers {
				f.look(log)
			}
		}
	}
}
