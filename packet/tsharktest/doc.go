// Package tsharktest compares our dissection with tshark's: every field that we
// show must be one that tshark shows, with the same place and value.
//
// A [Tshark] reads a capture into [Frame]s by running tshark (and remembers the
// result), [Ours] reads it into the same shape by our tables, and [Compare] adds
// what it finds to a [Report]:
//
//	t, err := tsharktest.Find(ctx)
//	theirs, err := t.Frames(ctx, "dns.pcap")
//	ours, err := tsharktest.Ours(proto.Set(), "dns.pcap")
//	report := tsharktest.NewReport(proto.Set())
//	report.Add("dns.pcap", ours, theirs)
//	report.Write(os.Stdout, tsharktest.Style{Verbose: true})
//
// A [Golden] is some of those frames with what tshark shows in them, for tests
// where there is no tshark.
//
// # What is compared
//
// Each frame stands alone: tshark runs without reassembly, without analysis over
// several frames and without names for addresses ([Tshark] lists the
// preferences). A layer of ours is compared with the layers of that protocol
// that tshark found in that frame, each field of ours with one of the same name
// there, which nothing else of ours was found equal to:
//
//   - The place in the frame and the size must be the same. Not compared is the
//     place of what takes no bytes with us (calculated fields), and the size of
//     groups that are open to their end. A field of some bits may lie anywhere
//     in the bytes that tshark names for it, or these within ours: tshark's
//     authors choose between the byte with the bits and the whole number.
//   - The value must be the same, as equal in equal.go says for each kind.
//     Groups have none.
//
// A layer that tshark does not show in a frame at all counts as "extra", one that
// tshark shows and we do not as "missing"; both count once per frame. In a frame
// that tshark gave up on ("_ws.malformed", "_ws.short") what it shows nothing at
// the place of is "beyond", and no difference: it reads ahead, and so it shows
// less than there is. Bytes that no protocol took are compared where they begin
// with both at the same place; else there is a protocol that we do not know.
//
// Coverage is the share of the names that tshark shows in the layers of the
// protocol and that we show too, equal at least once. Not counted are what
// tshark hides in its own tree (hide="yes": second names such as ip.addr), its
// annotations (names beginning with "_ws.", and what is inside them), lines
// without a name, and names that belong to another protocol (an X.509 name inside
// TLS), unless we show names of that one there.
package tsharktest
