package h1

import "time"

// Config limits what a server takes from a client and how long it waits. The
// zero value of a field means its default; less than zero means no limit.
type Config struct {
	Line        int           // request line, bytes; default 8 KiB
	Head        int           // whole head, bytes; default 16 KiB
	Fields      int           // fields in a head; default 100
	Body        int64         // body, bytes; default no limit
	HeadTimeout time.Duration // from the first byte of a head to its last; default 10 s
	IdleTimeout time.Duration // between requests; default 60 s
	BodyTimeout time.Duration // for the next part of a body; default 30 s
	LeastRate   int64         // of a body, bytes per second over each BodyTimeout; default 0
	SendTimeout time.Duration // for the next part of an answer to be taken; default 30 s
	Linger      time.Duration // for a refused client to read the answer; default 2 s
}

// SetDefaults fills what is zero.
func (c *Config) SetDefaults() {
	setCount(&c.Line, 8<<10)
	setCount(&c.Head, 16<<10)
	setCount(&c.Fields, 100)
	if c.Body == 0 {
		c.Body = -1
	}
	setTime(&c.HeadTimeout, 10*time.Second)
	setTime(&c.IdleTimeout, time.Minute)
	setTime(&c.BodyTimeout, 30*time.Second)
	setTime(&c.SendTimeout, 30*time.Second)
	setTime(&c.Linger, 2*time.Second)
}

func (c *Config) limits() limits { return limits{line: c.Line, head: c.Head, fields: c.Fields} }

// setCount makes the default of a limit that is not set, and the most there can be
// of one that is off.
func setCount(v *int, usual int) {
	switch {
	case *v == 0:
		*v = usual
	case *v < 0:
		*v = 1 << 30
	}
}

func setTime(v *time.Duration, usual time.Duration) {
	if *v == 0 {
		*v = usual
	}
}
