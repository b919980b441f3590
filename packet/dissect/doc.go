// Package dissect prints packets: a line each, a tree of fields, JSON, chosen
// fields, bytes in hex, and statistics over many.
//
//	p, lines := dissect.NewPacket(proto.Set()), dissect.NewLines(proto.Set())
//	for reader.Read(&captured) == nil {
//		p.Read(&captured)
//		out = lines.Append(out[:0], p)
//		os.Stdout.Write(out)
//	}
//
// Each frame stands alone: nothing is reassembled, and nothing remembered from
// the frames before but the time of the first and, for lines, where the latest TCP
// connections began. What prints appends to a buffer
// of the caller and allocates nothing once it has grown.
package dissect
