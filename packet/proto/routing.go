package proto

import "github.com/netwright/netwright/packet/layer"

// routing are the protocols that routers, switches and tunnels speak among
// themselves, and those by which they report on traffic.
var routing = []*layer.Proto{
	bgp, ospf, rip, ripng, pim, hsrp, bfd, slow, lacp, cdp,
	esp, ah, udpencap,
	cflow, sflow,
}
