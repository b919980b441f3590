// Package guard decides who may come in: address lists, rates, concurrency,
// passwords, keys and client certificates, the same for every protocol.
//
// A [Guard] is asked about an [Attempt] and answers with a [Verdict]: admit,
// refuse (with the reason), or need credentials, upon which the protocol sends
// its challenge. An Attempt is one try to come in, whole: a TCP connection, an
// HTTP request, an MQTT session. It may be asked about in stages, at accept, before
// a route and at the protocol's login, as more becomes known about it; each
// rate and each concurrency limit counts it once however often it is asked.
//
//	g, err := guard.New("office", guard.Config{
//		Allow: []guard.AddressConfig{{Prefix: guard.MustPrefix("10.0.0.0/8")}},
//		Rate:  100, Burst: 200,
//	}, nil)
//	…
//	a := guard.Attempt{Peer: addr}
//	defer a.Done() // gives back what concurrency limits lent
//	if v := g.Ask(&a); v.Decision != guard.Admit {
//		return v.Err()
//	}
//
// Address lists, rates and concurrency allocate nothing and cost well under
// 150 ns, and their memory has a bound that no attacker can pass. [Explain]
// tells step by step what a guard thinks of an attempt without counting it.
//
// The package does not read requests or send challenges; the protocols do.
// Password files are read by the package htpasswd below this one.
package guard
