package exchange

import (
	"iter"

	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/rtnl"
)

// Preview gives packets as [Exchange.Run] would send them, as far as that is known
// without asking on the link: a next hop whose hardware address the kernel does not
// know stays zeros. Nothing is sent, and it takes no privilege. begin is the
// protocol that they begin with then. Without a route, packets stay as they are.
func Preview(cfg Config, packets iter.Seq2[[]byte, error]) (dressed iter.Seq2[[]byte, error], begin string) {
	conn, err := rtnl.Dial()
	if err != nil {
		return packets, cfg.Begin
	}
	link, err := interfaceOf(conn, cfg.Interface, cfg.To)
	if err != nil {
		conn.Close()
		return packets, cfg.Begin
	}
	o := outfitter{conn: conn, link: link, kind: pcap.LinkRaw, begin: cfg.Begin, fill: cfg.Fill, forced: cfg.Interface != "", loose: true}
	begin = cfg.Begin
	const ethernet = 1 // ARPHRD_ETHER
	if link.Type == ethernet || link.Loopback && cfg.Begin == "eth" {
		o.kind, begin = pcap.LinkEthernet, "eth"
	}
	return func(yield func([]byte, error) bool) {
		defer conn.Close()
		number := uint64(0)
		for b, err := range packets {
			if err == nil {
				if out, failed := o.dress(number, b); failed == nil {
					if out.hop.IsValid() {
						if n, err := conn.Neighbour(link.Index, out.hop); err == nil && len(n.Hardware) == 6 {
							copy(out.data, n.Hardware)
						}
					}
					b = out.data
				} else {
					err = failed
				}
			}
			if !yield(b, err) {
				return
			}
			number++
		}
	}, begin
}
