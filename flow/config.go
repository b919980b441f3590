package flow

import (
	"errors"
	"time"
)

// SinkConfig is one file that records are written to.
type SinkConfig struct {
	// File to append the records to. It is made if it is not there, and made
	// again when something else moves it away.
	File string `yaml:"file,short" required:"true" path:"true"`
	// Format of the lines: json writes each record as one JSON object, combined
	// writes each HTTP request in the log format of Apache and nginx and leaves
	// other records out. json by default.
	Format string `yaml:"format" enum:"json|combined"`
	// What happens when records come faster than the file takes them: drop
	// loses the oldest and counts them, wait makes the traffic wait. drop by
	// default.
	OnFull string `yaml:"on_full" enum:"drop|wait"`
	// How many records may wait for the file. 8192 by default, at most the
	// 10000 that the journal keeps.
	Queue int `yaml:"queue"`
	// When to begin a new file, and what becomes of the old ones.
	Rotate RotateConfig `yaml:"rotate"`
}

// RotateConfig says when a sink begins a new file.
type RotateConfig struct {
	// Size of the file beyond which it is set aside. 100MiB by default, off for
	// no limit.
	Size int64 `yaml:"size" unit:"bytes"`
	// Age of the file beyond which it is set aside when the next record comes.
	// No limit by default.
	Age time.Duration `yaml:"age"`
	// How many files set aside are kept. 7 by default, off for all.
	Keep int `yaml:"keep"`
	// Whether files set aside are compressed with gzip.
	Gzip bool `yaml:"gzip"`
}

// SetDefaults fills what is zero.
func (c *SinkConfig) SetDefaults() {
	if c.Format == "" {
		c.Format = "json"
	}
	if c.OnFull == "" {
		c.OnFull = "drop"
	}
	if c.Queue == 0 {
		c.Queue = 8192
	}
	c.Rotate.SetDefaults()
}

// SetDefaults fills what is zero.
func (c *RotateConfig) SetDefaults() {
	if c.Size == 0 {
		c.Size = 100 << 20
	}
	if c.Keep == 0 {
		c.Keep = 7
	}
}

// Validate reports what the types do not rule out.
func (c *SinkConfig) Validate() error {
	var errs []error
	if c.File == "" {
		errs = append(errs, &fieldError{[]string{"file"}, "a sink of records needs a file"})
	}
	if c.Queue < 0 || c.Queue > DefaultSize {
		errs = append(errs, &fieldError{[]string{"queue"}, "a sink's queue is between 1 and 10000, the records that the journal keeps"})
	}
	if c.Rotate.Size > 0 && c.Rotate.Size < 4096 {
		errs = append(errs, &fieldError{[]string{"rotate", "size"}, "a file of records has room for at least 4KiB"})
	}
	return errors.Join(errs...)
}

// fieldError is an error about one key of the config.
type fieldError struct {
	path []string
	text string
}

func (e *fieldError) Error() string        { return e.text }
func (e *fieldError) ConfigPath() []string { return e.path }
