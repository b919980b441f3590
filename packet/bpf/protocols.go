package bpf

import (
	"strconv"
	"strings"
)

// ipProtocolNamed is the number of an IP protocol.
func ipProtocolNamed(name string) (uint32, bool) {
	for line := range strings.Lines(ipProtocols) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[1] == name {
			number, err := strconv.Atoi(fields[0])
			return uint32(number), err == nil
		}
	}
	return 0, false
}

// ipProtocols are the names of IANA's registry of IP protocol numbers, with
// the spellings that /etc/protocols has beside them.
const ipProtocols = `
0 ip
0 IP
0 hopopt
0 HOPOPT
1 icmp
1 ICMP
2 igmp
2 IGMP
3 ggp
3 GGP
4 ipencap
4 IP-ENCAP
5 st
5 ST
6 tcp
6 TCP
8 egp
8 EGP
9 igp
9 IGP
12 pup
12 PUP
17 udp
17 UDP
20 hmp
20 HMP
22 xns-idp
22 XNS-IDP
27 rdp
27 RDP
29 iso-tp4
29 ISO-TP4
33 dccp
33 DCCP
36 xtp
36 XTP
37 ddp
37 DDP
38 idpr-cmtp
38 IDPR-CMTP
41 ipv6
41 IPv6
43 ipv6-route
43 IPv6-Route
44 ipv6-frag
44 IPv6-Frag
45 idrp
45 IDRP
46 rsvp
46 RSVP
47 gre
47 GRE
50 esp
50 IPSEC-ESP
51 ah
51 IPSEC-AH
57 skip
57 SKIP
58 ipv6-icmp
58 IPv6-ICMP
59 ipv6-nonxt
59 IPv6-NoNxt
60 ipv6-opts
60 IPv6-Opts
73 rspf
73 RSPF
73 CPHB
81 vmtp
81 VMTP
88 eigrp
88 EIGRP
89 ospf
89 OSPFIGP
93 ax.25
93 AX.25
94 ipip
94 IPIP
97 etherip
97 ETHERIP
98 encap
98 ENCAP
103 pim
103 PIM
108 ipcomp
108 IPCOMP
112 vrrp
112 VRRP
115 l2tp
115 L2TP
124 isis
124 ISIS
132 sctp
132 SCTP
133 fc
133 FC
135 mobility-header
135 Mobility-Header
136 udplite
136 UDPLite
137 mpls-in-ip
137 MPLS-in-IP
138 manet
139 hip
139 HIP
140 shim6
140 Shim6
141 wesp
141 WESP
142 rohc
142 ROHC
143 ethernet
143 Ethernet
262 mptcp
262 MPTCP
`
