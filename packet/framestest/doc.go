// Package framestest hands tests the frames of the captures that other projects
// have collected, which lie beside the repository, and of what these lack.
//
//	framestest.Each(t, 100, func(f framestest.Frame) {
//		frame.Reset(proto.Set(), "link", uint32(f.LinkType), f.Data, f.Length)
//	})
package framestest
