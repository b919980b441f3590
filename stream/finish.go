package stream

import (
	"net"
	"time"
)

const (
	piece  = 32 << 10    // bytes that are moved at once
	linger = time.Second // for a peer to take what was said last
)

// finish half-closes a connection and drops what the peer still sends, for a
// second: to close it with bytes unread would reset it, and the peer could lose
// what we said last.
func finish(conn net.Conn) {
	c, ok := conn.(interface{ CloseWrite() error })
	if !ok || c.CloseWrite() != nil || conn.SetReadDeadline(time.Now().Add(linger)) != nil {
		return
	}
	buf := make([]byte, 4<<10)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
