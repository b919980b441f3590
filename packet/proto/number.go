package proto

import "encoding/binary"

// be16 reads a number of a header that has been found long enough.
func be16(b []byte) uint32 { return uint32(binary.BigEndian.Uint16(b)) }
