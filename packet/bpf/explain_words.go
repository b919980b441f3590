package bpf

import "strings"

// explainIdentified says what a primitive with an identifier asks for.
func explainIdentified(n *identified) string {
	q := n.quals
	id := n.id.text
	switch n.mask.kind {
	case tokenNumber:
		id += "/" + n.mask.text
	case tokenIPv4:
		id += " with netmask " + n.mask.text
	}
	switch q.kind {
	case "proto":
		return carrierWords(q.protocol) + " that carries protocol " + id
	case "protochain":
		return carrierWords(q.protocol) + " with protocol " + id + " anywhere in its chain of headers"
	case "gateway":
		return "sent through the gateway " + id
	case "port", "portrange":
		what := "TCP, UDP or SCTP"
		if q.protocol != "" {
			what = protocolWords(q.protocol)
		}
		if q.kind == "portrange" {
			return what + " " + directionWords(q.direction) + " a port in " + id
		}
		return what + " " + directionWords(q.direction) + " port " + id
	}
	what := ""
	switch {
	case q.protocol == "link":
		what = "a frame "
	case q.protocol != "":
		what = protocolWords(q.protocol) + " "
	case n.id.kind == tokenIPv6:
		what = "IPv6 "
	case n.id.kind == tokenIPv4, n.id.kind == tokenNumber:
		what = "IPv4, ARP or RARP "
	}
	where := " host "
	if q.kind == "net" {
		where = " network "
	}
	return what + directionWords(q.direction) + where + id
}

func directionWords(d direction) string {
	switch d {
	case source:
		return "from"
	case destination:
		return "to"
	case sourceAndDestination:
		return "from and to"
	}
	return "from or to"
}

func carrierWords(protocol string) string {
	switch protocol {
	case "":
		return "IPv4 or IPv6"
	case "link":
		return "a frame"
	}
	return protocolWords(protocol)
}

// protocolWords is how a protocol's keyword is written in text.
func protocolWords(word string) string {
	switch word {
	case "ip":
		return "IPv4"
	case "ip6":
		return "IPv6"
	case "icmp6":
		return "ICMPv6"
	case "isis":
		return "IS-IS"
	case "esis":
		return "ES-IS"
	case "l1", "l2":
		return "IS-IS of level " + word[1:]
	case "iih", "lsp", "snp", "csnp", "psnp":
		return "IS-IS " + strings.ToUpper(word)
	case "decnet":
		return "DECnet"
	case "atalk":
		return "AppleTalk"
	case "netbeui":
		return "NetBEUI"
	}
	return strings.ToUpper(word)
}
