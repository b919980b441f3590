//go:build !unix

package upstream

import "net"

// readable cannot be known here without reading; the caller finds out at the
// next use.
func readable(net.Conn) bool { return false }
