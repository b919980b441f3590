package main

import (
	"fmt"
	"io"

	"github.com/netwright/netwright/packet/dissect"
)

// mostConversations is how many of them are printed.
const mostConversations = 50

func printStats(w io.Writer, s *dissect.Stats) error {
	seconds := s.Last.Sub(s.First).Seconds()
	fmt.Fprintf(w, "%d packets, %d bytes in %.3f s", s.Frames, s.Bytes, seconds)
	if s.Malformed > 0 {
		fmt.Fprintf(w, ", %d malformed", s.Malformed)
	}
	fmt.Fprint(w, "\n\n")
	if s.Frames == 0 {
		return nil
	}
	if err := s.WriteHierarchy(w); err != nil {
		return err
	}
	conversations := s.Conversations()
	if len(conversations) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	t := newTable("PROTO", "A", "B", "PACKETS →", "BYTES →", "PACKETS ←", "BYTES ←", "BEGIN", "SECONDS")
	for i, c := range conversations {
		if i == mostConversations {
			break
		}
		t.add(c.Proto, c.A, c.B, c.FramesAB, c.BytesAB, c.FramesBA, c.BytesBA,
			fmt.Sprintf("%.3f", c.First.Sub(s.First).Seconds()), fmt.Sprintf("%.3f", c.Last.Sub(c.First).Seconds()))
	}
	if err := t.write(w); err != nil {
		return err
	}
	if more := len(conversations) - mostConversations; more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
	return nil
}
