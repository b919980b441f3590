package wire

import (
	"github.com/netwright/netwright/packet/pcap"
)

// LinkTypeOf says with which header the frames of an interface begin when they
// are captured: what a filter must be compiled for. Interfaces that have no
// header that programs know are captured "cooked", as pcap.LinkSLL2.
func LinkTypeOf(name string) (pcap.LinkType, error) {
	l, err := findLink(name)
	return l.kind, err
}

// link is what there is to know of an interface before it is opened.
type link struct {
	index    int // 0: any
	kind     pcap.LinkType
	mtu      int
	loopback int // index of the loopback interface, where it is this one or among these
}

// cooked says that the kernel gives packets without a header, and we make one.
func (l link) cooked() bool { return l.kind == pcap.LinkSLL2 }

// linkTypeOf maps an ARPHRD_ value of linux/if_arp.h.
func linkTypeOf(hardware uint16) pcap.LinkType {
	switch hardware {
	case 1, 772: // Ethernet; loopback, whose frames look the same
		return pcap.LinkEthernet
	case 519, 65534: // RAWIP, NONE: tun, WireGuard
		return pcap.LinkRaw
	case 280: // CAN
		return pcap.LinkCANSocketCAN
	case 801:
		return pcap.LinkIEEE80211
	case 802:
		return pcap.LinkPrism
	case 803:
		return pcap.LinkRadiotap
	case 824:
		return pcap.LinkNetlink
	default:
		return pcap.LinkSLL2
	}
}
