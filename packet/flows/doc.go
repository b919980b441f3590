// Package flows tells which conversations packets are of: a table of flows by
// protocol, addresses and ports, VLAN and virtual network, each with what went
// either way, how it began and ended, which application it was by its content,
// and the Community ID by which other tools know it.
//
//	table := flows.New(flows.Config{}, func(f *flows.Flow) {
//		os.Stdout.Write(append(f.AppendJSON(nil), '\n'))
//	})
//	for … {
//		table.Add(&stack, at)
//	}
//	table.Close() // ends the flows that are still open
//
// Fragments are put together first, and what TCP carries is followed, so that
// bytes are counted once however often they were sent, and gaps are known. All
// of it is bounded: when the table is full, the flow that was silent the longest
// ends. A table is not safe for several goroutines.
package flows
