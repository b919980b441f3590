package pcap

import (
	"fmt"
	"strconv"
	"strings"
)

// LinkType says with which header a frame begins: a LINKTYPE_ value of
// https://www.tcpdump.org/linktypes.html, as files carry it. The kernel's and
// libpcap's DLT_ values are the same but for a few, see [FromDLT].
type LinkType uint16

// Link types that a program is likely to name. [LinkType.String] knows them
// all.
const (
	LinkNull             LinkType = 0   // BSD loopback: the address family in the byte order of the capturing host
	LinkEthernet         LinkType = 1   // Ethernet, without preamble and mostly without FCS
	LinkTokenRing        LinkType = 6   // IEEE 802.5
	LinkARCNET           LinkType = 7   // ARCNET, BSD's header
	LinkSLIP             LinkType = 8   // SLIP with its pseudo-header
	LinkPPP              LinkType = 9   // PPP; HDLC framing where it begins with 0xff 0x03
	LinkFDDI             LinkType = 10  // FDDI
	LinkPPPHDLC          LinkType = 50  // PPP in HDLC-like framing (RFC 1662), or Cisco HDLC
	LinkPPPoE            LinkType = 51  // PPPoE (RFC 2516) without the Ethernet header
	LinkSymantecFirewall LinkType = 99  // Symantec Enterprise Firewall
	LinkATMRFC1483       LinkType = 100 // LLC/SNAP on ATM (RFC 2684)
	LinkRaw              LinkType = 101 // IPv4 or IPv6 by its version nibble
	LinkSLIPBSDOS        LinkType = 102 // SLIP, BSD/OS's header
	LinkPPPBSDOS         LinkType = 103 // PPP, BSD/OS's header
	LinkCHDLC            LinkType = 104 // Cisco HDLC
	LinkIEEE80211        LinkType = 105 // 802.11
	LinkATMCLIP          LinkType = 106 // classical IP on ATM
	LinkFrameRelay       LinkType = 107 // Frame Relay
	LinkLoop             LinkType = 108 // OpenBSD loopback: the address family in network byte order
	LinkEnc              LinkType = 109 // OpenBSD IPsec
	LinkSLL              LinkType = 113 // Linux "cooked" v1
	LinkLocalTalk        LinkType = 114 // LocalTalk
	LinkPFLog            LinkType = 117 // pf's log
	LinkPrism            LinkType = 119 // 802.11 after a Prism header
	LinkIPOverFC         LinkType = 122 // IP over Fibre Channel (RFC 2625)
	LinkSunATM           LinkType = 123 // ATM as SunATM gives it
	LinkRadiotap         LinkType = 127 // 802.11 after a radiotap header
	LinkARCNETLinux      LinkType = 129 // ARCNET, Linux' header
	LinkMTP2WithPHDR     LinkType = 139 // SS7 MTP2 after a pseudo-header
	LinkMTP2             LinkType = 140 // SS7 MTP2
	LinkMTP3             LinkType = 141 // SS7 MTP3
	LinkSCCP             LinkType = 142 // SS7 SCCP
	LinkDOCSIS           LinkType = 143 // DOCSIS MAC frames
	LinkUser0            LinkType = 147 // private use: LinkUser0 to LinkUser0+15
	LinkAVS              LinkType = 163 // 802.11 after an AVS header
	LinkBACnetMSTP       LinkType = 165 // BACnet MS/TP
	LinkBluetoothH4      LinkType = 187 // Bluetooth HCI UART
	LinkUSBLinux         LinkType = 189 // Linux USB, 48-byte header
	LinkPPI              LinkType = 192 // per-packet information
	LinkIEEE802154       LinkType = 195 // IEEE 802.15.4 with FCS
	LinkBluetoothH4PHDR  LinkType = 201 // Bluetooth HCI UART with its direction
	LinkMPLS             LinkType = 219 // MPLS label stack first
	LinkUSBLinuxMmapped  LinkType = 220 // Linux USB, 64-byte header
	LinkCANSocketCAN     LinkType = 227 // SocketCAN frames
	LinkIPv4             LinkType = 228 // IPv4 alone
	LinkIPv6             LinkType = 229 // IPv6 alone
	LinkIEEE802154NoFCS  LinkType = 230 // IEEE 802.15.4 without FCS
	LinkNFLog            LinkType = 239 // netfilter's log
	LinkUSBPcap          LinkType = 249 // USB as USBPcap gives it
	LinkBluetoothLE      LinkType = 251 // Bluetooth Low Energy link layer
	LinkUpperPDU         LinkType = 252 // Wireshark's exported PDUs
	LinkNetlink          LinkType = 253 // Linux netlink
	LinkBluetoothMonitor LinkType = 254 // Linux Bluetooth monitor
	LinkPKTAP            LinkType = 258 // Apple's PKTAP
	LinkVSock            LinkType = 271 // Linux vsock
	LinkSLL2             LinkType = 276 // Linux "cooked" v2
	LinkIEEE802154TAP    LinkType = 283 // IEEE 802.15.4 after a TLV header
)

// String returns the name as tcpdump writes it (EN10MB, LINUX_SLL), or
// LINKTYPE_n where there is none.
func (t LinkType) String() string {
	if int(t) < len(linkNames) && linkNames[t] != "" {
		return linkNames[t]
	}
	return "LINKTYPE_" + strconv.Itoa(int(t))
}

// ParseLinkType reads a link type's name as tcpdump writes it (EN10MB), in
// any case and with or without DLT_ or LINKTYPE_ before it; the registry's
// own names (ETHERNET) and numbers are understood too.
func ParseLinkType(name string) (LinkType, error) {
	s := strings.ToUpper(strings.TrimSpace(name))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "DLT_"), "LINKTYPE_")
	if s != "" {
		for i, n := range linkNames {
			if n == s {
				return LinkType(i), nil
			}
		}
	}
	if t, ok := linkAliases[s]; ok {
		return t, nil
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return LinkType(n), nil
	}
	return 0, fmt.Errorf("no link type is called %q; tcpdump's names as EN10MB, RAW or LINUX_SLL, or a number, are right", name)
}

// FromDLT turns a DLT_ value, as libpcap's and the kernels' calls give it,
// into the LINKTYPE_ value that files carry. They differ for a few old ones
// that systems number differently, raw IP above all.
func FromDLT(dlt uint16) LinkType {
	switch dlt {
	case 11:
		return LinkATMRFC1483
	case 12, 14: // 14 on OpenBSD
		return LinkRaw
	case 15:
		return LinkSLIPBSDOS
	case 16:
		return LinkPPPBSDOS
	case 19:
		return LinkATMCLIP
	}
	return LinkType(dlt)
}
