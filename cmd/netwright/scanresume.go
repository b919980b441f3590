package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/netwright/netwright/packet/scan"
)

// scanState is what the file of --resume has: where to go on, and with what.
type scanState struct {
	Next  uint64 `json:"next"`
	Pairs uint64 `json:"pairs"`
	Scan  string `json:"scan"` // fingerprint of targets, ports and mode
}

// readResume reads where to go on.
func (s *scanner) readResume() error {
	if s.resume == "" {
		return nil
	}
	text, err := os.ReadFile(s.resume)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	var state scanState
	if err := json.Unmarshal(text, &state); err != nil {
		return fmt.Errorf("%s: it is no file of an interrupted scan: %w", s.resume, err)
	}
	if state.Next >= state.Pairs {
		return fmt.Errorf("%s: that scan is complete; remove the file to begin again", s.resume)
	}
	s.state, s.config.From = state, state.Next
	return nil
}

// check says whether the file is of this scan.
func (state scanState) check(path string, engine *scan.Scanner) error {
	if state.Scan != "" && state.Scan != fmt.Sprintf("%016x", engine.Fingerprint()) {
		return fmt.Errorf("%s: it is of a scan of other targets, ports or another mode", path)
	}
	return nil
}

// writeResume writes where to go on.
func (o *scanOutput) writeResume(sum scan.Summary) error {
	text, err := json.Marshal(scanState{sum.Next, sum.Pairs, fmt.Sprintf("%016x", o.engine.Fingerprint())})
	if err != nil {
		return err
	}
	_, err = o.stateFile.WriteAt(append(text, '\n'), 0)
	err = errors.Join(err, o.stateFile.Truncate(int64(len(text))+1), o.stateFile.Close())
	if err == nil && !sum.Complete {
		fmt.Fprintln(o.stderr, "To go on, repeat the command")
	}
	return err
}
