// Package reassembly puts together what networks take apart: TCP streams out of
// segments, and IP packets out of fragments.
//
//	var streams reassembly.Budget
//	var s reassembly.Stream // one direction of a connection
//	s.Segment(&streams, seq, syn, fin, payload, func(b []byte, missing int) {
//		// the next bytes of the stream; missing of them were never seen before b
//	})
//
// Memory is bounded by default, for each stream and for all together: where a
// bound is reached, what is missing is given up and said so, and the stream goes
// on behind it. What overlaps is taken as it came first, or last, as the
// [Policy] says, since receivers differ and attackers know. Sequence numbers wrap
// around. Nothing here is safe for several goroutines.
package reassembly
