package flow

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// serve runs a sink within the bubble of synctest; stop ends it and waits.
func serve(t *testing.T, cfg SinkConfig, j *Journal, log io.Writer) (s *Sink, stop func()) {
	t.Helper()
	s, err := NewSink(cfg, j, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.Serve(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, func() {
		cancel()
		done.Wait()
	}
}

// paths returns the paths of the records in a file of JSON lines.
func paths(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	for lines := json.NewDecoder(in); ; {
		var r Record
		if err := lines.Decode(&r); err == io.EOF {
			return strings.Join(found, " ")
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found = append(found, r.Get(Path))
	}
}

func TestSinkWritesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, name := NewJournal(0), filepath.Join(t.TempDir(), "all.jsonl")
		_, stop := serve(t, SinkConfig{File: name}, j, t.Output())
		for n := range 1000 {
			j.Write(numbered(n))
		}
		stop() // and what is waiting is written first
		if got := strings.Fields(paths(t, name)); len(got) != 1000 || got[0] != "/0" || got[999] != "/999" {
			t.Errorf("%d records in the file", len(got))
		}
		_, stop = serve(t, SinkConfig{File: name}, j, t.Output())
		j.Write(numbered(1000))
		stop()
		if got := strings.Fields(paths(t, name)); len(got) != 1001 {
			t.Errorf("%d records after it was opened again", len(got))
		}
	})
}

func TestSinkCombinedHasOnlyHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, name := NewJournal(0), filepath.Join(t.TempDir(), "access.log")
		_, stop := serve(t, SinkConfig{File: name, Format: "combined"}, j, t.Output())
		j.Write(numbered(1)) // no status, no method
		j.Write(full())
		stop()
		got, _ := os.ReadFile(name)
		if want := string(full().AppendCombined(nil)) + "\n"; string(got) != want {
			t.Errorf("got  %swant %s", got, want)
		}
	})
}

func TestSinkRotatesBySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		j, name := NewJournal(0), filepath.Join(dir, "all.jsonl")
		_, stop := serve(t, SinkConfig{File: name, Rotate: RotateConfig{Size: 4096, Keep: 2, Gzip: true}}, j, t.Output())
		const count = 100
		for n := range count {
			j.Write(numbered(n))
			if n%10 == 0 {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		aside, _ := setAsideFrom(name)
		if len(aside) != 2 || !strings.HasSuffix(aside[0], ".gz") || !strings.HasSuffix(aside[1], ".gz") {
			t.Fatalf("set aside: %v; want the newest two, compressed", aside)
		}
		var all []string
		for _, file := range append(aside, name) {
			all = append(all, strings.Fields(paths(t, file))...)
			if info, _ := os.Stat(file); info.Size() > 4096 {
				t.Errorf("%s has %d bytes", file, info.Size())
			}
		}
		for i, path := range all {
			if want := fmt.Sprint("/", count-len(all)+i); path != want {
				t.Fatalf("record %d is %s, want %s", i, path, want)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
			t.Errorf("%v is left over", left)
		}
	})
}

func TestSinkRotatesByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, name := NewJournal(0), filepath.Join(t.TempDir(), "all.jsonl")
		_, stop := serve(t, SinkConfig{File: name, Rotate: RotateConfig{Age: 24 * time.Hour}}, j, t.Output())
		for n := range 5 {
			j.Write(numbered(n))
			time.Sleep(13 * time.Hour)
		}
		stop()
		aside, _ := setAsideFrom(name)
		if len(aside) != 2 {
			t.Fatalf("set aside: %v", aside)
		}
		if got := paths(t, aside[0]) + "|" + paths(t, aside[1]) + "|" + paths(t, name); got != "/0 /1|/2 /3|/4" {
			t.Errorf("the files hold %s", got)
		}
	})
}

func TestSinkFollowsItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		j, name := NewJournal(0), filepath.Join(dir, "all.jsonl")
		_, stop := serve(t, SinkConfig{File: name}, j, t.Output())
		write := func(n int, pause time.Duration) {
			j.Write(numbered(n))
			time.Sleep(pause)
		}
		write(0, time.Second)
		os.Rename(name, filepath.Join(dir, "moved")) // as logrotate does
		write(1, time.Minute)
		os.Truncate(name, 0) // as logrotate's copytruncate does
		write(2, time.Second)
		stop()
		got := paths(t, filepath.Join(dir, "moved")) + "|" + paths(t, name)
		if got != "/0|/2" {
			t.Errorf("the files hold %s", got)
		}
	})
}

// TestSinkOnAFullDisk fills a file system of 64 KiB: traffic goes on, what is
// lost is counted and told once, no line is torn, and writing goes on when
// there is room again.
func TestSinkOnAFullDisk(t *testing.T) {
	dir := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		j, name := NewJournal(0), filepath.Join(dir, "all.jsonl")
		var log bytes.Buffer
		s, stop := serve(t, SinkConfig{File: name, OnFull: "wait", Queue: 10}, j, &log)
		const count = 1000
		for n := range count {
			j.Write(numbered(n))
		}
		time.Sleep(time.Second)
		got := strings.Fields(paths(t, name)) // fails on a torn line
		if s.Lost() == 0 || len(got)+int(s.Lost()) != count {
			t.Errorf("%d written and %d lost of %d", len(got), s.Lost(), count)
		}
		if told := strings.Count(log.String(), "records are lost"); told != 1 {
			t.Errorf("told %d times:\n%s", told, &log)
		}
		if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
			t.Fatal(err)
		}
		j.Write(numbered(count))
		time.Sleep(time.Second)
		stop()
		if got := paths(t, name); !strings.HasSuffix(got, fmt.Sprint("/", count)) {
			t.Errorf("writing did not go on; the last record is %s", got[strings.LastIndex(got, "/"):])
		}
		if want := fmt.Sprint("records are written again\" file=", name, " lost=", s.Lost()); !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in the log:\n%s", want, &log)
		}
	})
}

// TestSinkOnADeviceThatIsFull is what every machine can try.
func TestSinkOnADeviceThatIsFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal(0)
		var log bytes.Buffer
		s, stop := serve(t, SinkConfig{File: "/dev/full"}, j, &log)
		for n := range 10 {
			j.Write(numbered(n))
			time.Sleep(time.Second)
		}
		stop()
		if s.Lost() != 10 || strings.Count(log.String(), "no space left") != 1 {
			t.Errorf("%d lost:\n%s", s.Lost(), &log)
		}
	})
}

func TestSinkThatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for want, cfg := range map[string]SinkConfig{
		"needs a file":             {},
		`no format "xml"`:          {File: filepath.Join(dir, "a"), Format: "xml"},
		`drop or wait, not "burn"`: {File: filepath.Join(dir, "a"), OnFull: "burn"},
		"no such file":             {File: filepath.Join(dir, "there/is/none")},
		"is a directory":           {File: dir},
		"queue is between":         {File: filepath.Join(dir, "a"), Queue: 20000},
		"at least 4KiB":            {File: filepath.Join(dir, "a"), Rotate: RotateConfig{Size: 10}},
	} {
		j := NewJournal(0)
		s, err := NewSink(cfg, j, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", cfg, err, want)
		}
		if s != nil || len(j.Subscriptions()) != 0 {
			t.Errorf("%+v: something is left", cfg)
		}
	}
}

func BenchmarkSink(b *testing.B) {
	for _, format := range []string{"json", "combined"} {
		b.Run(format, func(b *testing.B) {
			j := NewJournal(0)
			s, err := NewSink(SinkConfig{File: filepath.Join(b.TempDir(), "log"), Format: format}, j, slog.Default())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			records, lines := make([]Record, batch), []byte(nil)
			for i := range records {
				records[i] = *full()
			}
			for b.Loop() {
				lines = s.write(records, lines[:0])
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/batch, "ns/record")
		})
	}
}
