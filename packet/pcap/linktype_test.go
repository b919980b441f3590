package pcap

import (
	"strings"
	"testing"
)

func TestLinkTypeNames(t *testing.T) {
	for want, name := range map[LinkType]string{
		LinkNull: "NULL", LinkEthernet: "EN10MB", LinkRaw: "RAW", LinkSLL: "LINUX_SLL", LinkSLL2: "LINUX_SLL2",
		LinkLoop: "LOOP", LinkPPP: "PPP", LinkIPv4: "IPV4", LinkIPv6: "IPV6", LinkIEEE80211: "IEEE802_11",
		LinkRadiotap: "IEEE802_11_RADIO", LinkUser0 + 3: "USER3", 60000: "LINKTYPE_60000",
	} {
		if got := want.String(); got != name {
			t.Errorf("%d is called %q, want %q", uint16(want), got, name)
		}
	}
	for i := range len(linkNames) {
		lt := LinkType(i)
		for _, name := range []string{lt.String(), strings.ToLower(lt.String()), "DLT_" + strings.TrimPrefix(lt.String(), "LINKTYPE_")} {
			if got, err := ParseLinkType(name); err != nil || got != lt {
				t.Errorf("ParseLinkType(%q) = %d, %v; want %d", name, got, err, i)
			}
		}
	}
	for alias, want := range linkAliases {
		if got, err := ParseLinkType("LINKTYPE_" + alias); err != nil || got != want {
			t.Errorf("ParseLinkType(%q) = %d, %v; want %d", alias, got, err, want)
		}
	}
	for _, bad := range []string{"", "DLT_", "EN11MB", "-1", "65536"} {
		if got, err := ParseLinkType(bad); err == nil {
			t.Errorf("ParseLinkType(%q) = %d, want an error", bad, got)
		}
	}
}

func TestFromDLT(t *testing.T) {
	for dlt, want := range map[uint16]LinkType{1: LinkEthernet, 12: LinkRaw, 14: LinkRaw, 113: LinkSLL, 19: LinkATMCLIP} {
		if got := FromDLT(dlt); got != want {
			t.Errorf("FromDLT(%d) = %d, want %d", dlt, got, want)
		}
	}
}
