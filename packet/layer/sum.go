package layer

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// AddSum adds bytes to a sum in ones' complement (RFC 1071), of which [FoldSum]
// makes a checksum. All but the last piece must have an even length.
func AddSum(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 32 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), 0)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b[8:]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b[16:]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b[24:]), carry)
		sum += carry
		b = b[32:]
	}
	for len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), 0)
		sum += carry
		b = b[8:]
	}
	if len(b) >= 4 {
		sum, carry = bits.Add64(sum, uint64(binary.BigEndian.Uint32(b)), 0)
		sum += carry
		b = b[4:]
	}
	if len(b) >= 2 {
		sum, carry = bits.Add64(sum, uint64(binary.BigEndian.Uint16(b)), 0)
		sum += carry
		b = b[2:]
	}
	if len(b) == 1 {
		sum, carry = bits.Add64(sum, uint64(b[0])<<8, 0)
		sum += carry
	}
	return sum
}

// FoldSum makes the checksum of a sum: its complement in 16 bits.
func FoldSum(sum uint64) uint16 {
	sum = sum>>32 + sum&0xFFFFFFFF
	sum = sum>>32 + sum&0xFFFFFFFF
	sum = sum>>16 + sum&0xFFFF
	sum = sum>>16 + sum&0xFFFF
	return ^uint16(sum>>16 + sum)
}

// PseudoSum is the sum of what UDP, TCP and ICMPv6 add of the IP header below
// them (RFC 768, RFC 9293 section 3.1, RFC 8200 section 8.1): the addresses,
// 2×4 or 2×16 bytes of them, the protocol and the length of what is carried.
func PseudoSum(addresses []byte, protocol uint8, length int) uint64 {
	return AddSum(uint64(protocol)+uint64(length), addresses)
}

// CRC32CSum is SCTP's checksum (RFC 9260 appendix A), as a number whose most
// significant byte is sent first.
func CRC32CSum(b []byte) uint32 {
	return bits.ReverseBytes32(crc32.Checksum(b, castagnoli()))
}

// castagnoli is the table that package crc32 keeps.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }
