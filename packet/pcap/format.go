package pcap

import (
	"fmt"
	"strings"
)

// Format is how a capture file is laid out.
type Format uint8

const (
	FormatAuto   Format = iota // by the file's extension, else FormatPcap
	FormatPcap                 // pcap with microseconds, which everything reads
	FormatNano                 // pcap with nanoseconds
	FormatPcapng               // pcapng: several interfaces, comments, statistics; nanoseconds
)

// String returns the name as editcap -F takes it.
func (f Format) String() string {
	switch f {
	case FormatAuto:
		return "auto"
	case FormatPcap:
		return "pcap"
	case FormatNano:
		return "nsecpcap"
	case FormatPcapng:
		return "pcapng"
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// ParseFormat reads a format's name, as [Format.String] gives it.
func ParseFormat(name string) (Format, error) {
	for f := FormatAuto; f <= FormatPcapng; f++ {
		if f.String() == name {
			return f, nil
		}
	}
	return 0, fmt.Errorf("no format is called %q; auto, pcap, nsecpcap and pcapng are", name)
}

// Compression is what a file is packed with.
type Compression uint8

const (
	CompressAuto Compression = iota // by the file's extension: .gz, .zst; else none
	CompressNone
	CompressGzip
	CompressZstd
)

// formatByName returns what a file name's extensions ask for: x.pcapng.zst.
func formatByName(path string) (Format, Compression) {
	name, comp := strings.ToLower(path), CompressNone
	switch {
	case strings.HasSuffix(name, ".gz"):
		name, comp = strings.TrimSuffix(name, ".gz"), CompressGzip
	case strings.HasSuffix(name, ".zst"):
		name, comp = strings.TrimSuffix(name, ".zst"), CompressZstd
	}
	if strings.HasSuffix(name, ".pcapng") || strings.HasSuffix(name, ".ntar") {
		return FormatPcapng, comp
	}
	return FormatPcap, comp
}

// defaultMaxPacket is the most that one packet may hold unless a limit is set:
// what libpcap and Wireshark take too. USB and D-Bus have far longer messages
// than a network has frames.
func defaultMaxPacket(link LinkType) int {
	switch link {
	case LinkUSBLinux, LinkUSBLinuxMmapped, LinkUSBPcap, 231, 266:
		return 128 << 20
	case 279: // Elektrobit's high-speed capture
		return 8 << 20
	}
	return 256 << 10
}

// The magic numbers that files begin with, read as little endian.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's patch: longer packet headers
	magicSection  = 0x0a0d0d0a // the same in both byte orders

	magicByteOrder = 0x1a2b3c4d // second word of a pcapng section
)

// The words that the link type field of a pcap header has above it.
const (
	linkMask   = 0x03ff_ffff
	fcsPresent = 0x0400_0000
	fcsShift   = 28 // of the FCS length in 16-bit units
)
