package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// secondsFlag is a flag for a time, as 200ms or, in the manner of ping, as a
// number of seconds.
type secondsFlag struct{ d *time.Duration }

func (f secondsFlag) String() string {
	if f.d == nil || *f.d == 0 {
		return ""
	}
	return f.d.String()
}

func (f secondsFlag) Set(text string) error {
	seconds, err := strconv.ParseFloat(text, 64)
	d := time.Duration(seconds * float64(time.Second))
	if err != nil {
		d, err = time.ParseDuration(text)
	}
	if err != nil || d <= 0 || d > 365*24*time.Hour {
		return fmt.Errorf("%q is no time: 0.2 (seconds) or 200ms", text)
	}
	*f.d = d
	return nil
}

func (f secondsFlag) Type() string { return "time" }

// pauseFlag is a secondsFlag that may be 0, for no pause.
type pauseFlag struct{ secondsFlag }

func (f pauseFlag) Set(text string) error {
	if seconds, err := strconv.ParseFloat(strings.TrimSuffix(text, "s"), 64); err == nil && seconds == 0 {
		*f.d = 0
		return nil
	}
	return f.secondsFlag.Set(text)
}
