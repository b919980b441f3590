// Package exchange sends packets and tells which packets answer them.
//
//	x, err := exchange.Open(cfg) // needs CAP_NET_RAW
//	…
//	defer x.Close()
//	wire.DropPrivileges()
//	summary, err := x.Run(ctx, spec.All()) // a craft line, see package packet/craft
//
// [Exchange.Run] listens before it sends, and hands each result to
// [Config].Result: the request, its answer or that none came, and both times. What
// answers what is told by the tables of the protocols ([Matcher]), through VLANs,
// tunnels and the packets that errors quote, at a cost that does not grow with the
// number of requests that wait. What a packet lacks to leave this host, its link
// header and its source, is found by the routes.
//
// An [Answerer] is the other side: it waits for packets that match a pattern, and
// sends a template filled in from each.
package exchange
