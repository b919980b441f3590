package flow

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Sink writes the records of a journal to a file. A file that cannot be written
// to, such as one on a full disk, loses records and never stops the traffic;
// the loss is counted, told once to the log, and told again when it is over. A
// file that was moved away is opened anew within a second.
type Sink struct {
	file   *file
	append func(*Record, []byte) []byte
	http   bool // leave out what is not HTTP
	sub    *Subscription
	log    *slog.Logger

	failing bool
	lost    int // since it fails
}

// NewSink opens the file and subscribes to the journal. Records written from
// now on are in the file once [Sink.Serve] runs.
func NewSink(cfg SinkConfig, j *Journal, log *slog.Logger) (*Sink, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	s := &Sink{log: log.With("file", cfg.File)}
	switch cfg.Format {
	case "json":
		s.append = (*Record).AppendJSON
	case "combined":
		s.append, s.http = (*Record).AppendCombined, true
	default:
		return nil, fmt.Errorf("flow: no format %q for records; the formats are json and combined", cfg.Format)
	}
	if cfg.OnFull != "drop" && cfg.OnFull != "wait" {
		return nil, fmt.Errorf("flow: on_full is drop or wait, not %q", cfg.OnFull)
	}
	var err error
	if s.file, err = openFile(cfg.File, cfg.Rotate, s.log); err != nil {
		return nil, fmt.Errorf("flow: records: %w", err)
	}
	s.sub = j.Subscribe(cfg.File, Queue{Size: cfg.Queue, Wait: cfg.OnFull == "wait"})
	return s, nil
}

// batch is how many records one write to the file holds at most.
const batch = 128

// Serve writes records until ctx is done, then what is still waiting, and
// closes the file. It runs once.
func (s *Sink) Serve(ctx context.Context) error {
	defer s.Close()
	stop := s.file.keepTidy()
	defer stop()
	records := make([]Record, batch)
	lines := make([]byte, 0, 64<<10)
	left := -1 // how many records to write after the end, so that it comes to an end
	for left != 0 {
		n, err := s.sub.Next(ctx, records)
		if err != nil {
			break
		}
		if ctx.Err() != nil {
			if left < 0 {
				left = s.sub.queue.Size
			}
			left = max(0, left-n)
		}
		lines = s.write(records[:n], lines[:0])
	}
	if s.failing {
		s.log.Warn("records were lost", "lost", s.lost)
	}
	return nil
}

// write appends the records to the file and returns lines for the next time.
func (s *Sink) write(records []Record, lines []byte) []byte {
	count := 0
	for i := range records {
		if r := &records[i]; !s.http || r.Status != 0 && r.Has(Method) {
			lines = append(s.append(r, lines), '\n')
			count++
		}
	}
	if count == 0 {
		return lines
	}
	lost, err := s.file.write(lines, time.Now())
	if lost > 0 {
		s.lost += lost
		s.sub.Lose(lost)
	}
	switch {
	case err != nil && !s.failing:
		s.failing = true
		s.log.Error("records are lost: they cannot be written; traffic goes on", "error", err)
	case err == nil && s.failing:
		s.log.Info("records are written again", "lost", s.lost)
		s.failing, s.lost = false, 0
	}
	return lines
}

// Lost returns how many records are not in the file: because the queue was
// full, or because they could not be written.
func (s *Sink) Lost() uint64 { return s.sub.Lost() }

// Close ends a sink whose Serve is never run.
func (s *Sink) Close() error {
	s.sub.Close()
	return s.file.close()
}
