// Package pcap reads and writes capture files: pcap and pcapng, streaming.
//
// A [Reader] finds out by itself what it is given: pcap with microseconds or
// nanoseconds, or pcapng, in either byte order, plain or packed by gzip or
// zstd, from a file or from a pipe that is still being written. It lends one
// packet at a time and never holds a file in memory:
//
//	r, err := pcap.Open("trace.pcapng.zst") // "-" is standard input
//	if err != nil {
//		return err
//	}
//	defer r.Close()
//	var p pcap.Packet
//	for {
//		err := r.Read(&p)
//		if err == io.EOF {
//			break
//		}
//		if err != nil {
//			return err // says at which octet, and what is missing
//		}
//		fmt.Println(p.Time, p.LinkType, len(p.Data), "of", p.Length)
//	}
//
// A [Writer] writes either format; [Create] chooses by the file's name, and a
// [Rotator] goes on to new files by size and age. To filter a pcapng file
// without losing its interfaces, names, statistics and secrets, let the writer
// take them over: w.CarryOver(r). A [Joiner] does so of several files.
//
// A [LinkType] says what the data of a packet begin with.
//
// The formats are draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. What is
// not kept: times finer than a nanosecond, and the interface and packet type
// that the "modified" pcap of old Linux systems has with each packet.
package pcap
