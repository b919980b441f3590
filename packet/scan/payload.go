package scan

import (
	"encoding/binary"
	"sync"
)

// payload is a datagram that servers of a protocol answer.
type payload struct {
	ports []uint16
	data  []byte
	id    int // where four bytes are the asker's to choose; -1: nowhere
	size  int // of the identifier: 2 or 4
}

// payloads are one for each protocol. An answer that quotes the identifier
// belongs to this scan for certain; the others are known by their ports.
var payloads = sync.OnceValue(func() map[uint16]payload {
	all := map[uint16]payload{}
	for _, p := range payloadTable() {
		for _, port := range p.ports {
			all[port] = p
		}
	}
	return all
})

// appendPayload appends what a port is asked with: its protocol's datagram, or
// nothing.
func appendPayload(dst []byte, port uint16, id uint32) []byte {
	p, ok := payloads()[port]
	if !ok {
		return dst
	}
	start := len(dst)
	dst = append(dst, p.data...)
	switch p.size {
	case 2:
		binary.BigEndian.PutUint16(dst[start+p.id:], uint16(id))
	case 4:
		// SNMP's request-id and others are signed: keep it positive.
		binary.BigEndian.PutUint32(dst[start+p.id:], id&0x7fffffff)
	}
	return dst
}

// payloadTable builds the datagrams.
func payloadTable() []payload {
	return []payload{
		{ports: []uint16{7, 9}, data: []byte("netwright\r\n")},
		{ports: []uint16{53}, data: dnsQuery("version.bind", 16, 3), size: 2},
		{ports: []uint16{5353}, data: dnsQuery("_services._dns-sd._udp.local", 12, 1), size: 2},
		{ports: []uint16{5355}, data: dnsQuery("localhost", 1, 1), size: 2},
		{ports: []uint16{137}, data: netbiosStatus(), size: 2},
		{ports: []uint16{69}, data: []byte("\x00\x01netwright.scan\x00octet\x00")}, // read request, RFC 1350
		{ports: []uint16{111, 2049}, data: rpcNull(), size: 4},                     // RFC 5531
		{ports: []uint16{123}, data: ntpQuery(), id: 44, size: 4},                  // RFC 5905
		{ports: []uint16{161}, data: snmpGet(), id: 17, size: 4},                   // RFC 3416
		{ports: []uint16{389}, data: ldapSearch()},                                 // RFC 4511, connectionless
		{ports: []uint16{500, 4500}, data: ikeInit(), id: 4, size: 4},              // RFC 7296
		{ports: []uint16{520}, data: ripRequest()},                                 // RFC 2453
		{ports: []uint16{623}, data: ipmiPing()},                                   // ASF presence ping
		{ports: []uint16{1194}, data: []byte("\x38\x6e\x65\x74\x77\x72\x69\x67\x68\x00\x00\x00\x00\x00"), id: 5, size: 4},
		{ports: []uint16{1434}, data: []byte{2}},                                                                               // SQL Server's browser
		{ports: []uint16{1701}, data: l2tpStart()},                                                                             // RFC 2661
		{ports: []uint16{1645, 1812}, data: radiusStatus()},                                                                    // RFC 5997
		{ports: []uint16{1900}, data: ssdpSearch()},                                                                            // UPnP
		{ports: []uint16{3478}, data: append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...), id: 8, size: 4}, // RFC 8489
		{ports: []uint16{3702}, data: []byte(wsDiscovery)},
		{ports: []uint16{5060}, data: []byte(sipOptions)},                                                // RFC 3261
		{ports: []uint16{5351}, data: []byte{0, 0}},                                                      // RFC 6886
		{ports: []uint16{5683}, data: []byte("\x40\x01\x00\x00\xbb.well-known\x04core"), id: 2, size: 2}, // RFC 7252
		{ports: []uint16{11211}, data: []byte("\x00\x00\x00\x00\x00\x01\x00\x00version\r\n"), size: 2},
		{ports: []uint16{27015}, data: []byte("\xff\xff\xff\xffTSource Engine Query\x00")},
		{ports: []uint16{47808}, data: []byte("\x81\x0a\x00\x11\x01\x04\x00\x05\x00\x0c\x0c\x02\x3f\xff\xff\x19\x4b")}, // BACnet
	}
}

// snmpGet asks for sysDescr.0 of the community "public", version 1. Its
// request-id takes four bytes.
func snmpGet() []byte {
	return []byte("\x30\x29\x02\x01\x00\x04\x06public\xa0\x1c\x02\x04\x00\x00\x00\x01\x02\x01\x00\x02\x01\x00" +
		"\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00")
}

// netbiosStatus asks for a node's names (RFC 1002 §4.2.17).
func netbiosStatus() []byte {
	return []byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01")
}

// rpcNull calls procedure 0 of the port mapper.
func rpcNull() []byte {
	b := make([]byte, 40)
	binary.BigEndian.PutUint32(b[8:], 2)       // version of RPC
	binary.BigEndian.PutUint32(b[12:], 100000) // program
	binary.BigEndian.PutUint32(b[16:], 2)      // its version
	return b
}

// ldapSearch asks for the root entry.
func ldapSearch() []byte {
	return []byte("\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00" +
		"\x87\x0bobjectClass\x30\x00")
}

// ikeInit begins an exchange without a proposal: a responder refuses it.
func ikeInit() []byte {
	b := make([]byte, 28)
	copy(b, "netw")
	b[17], b[18], b[19] = 0x20, 34, 8 // version 2, IKE_SA_INIT, from the initiator
	binary.BigEndian.PutUint32(b[24:], 28)
	return b
}

// ripRequest asks for the whole table.
func ripRequest() []byte {
	b := make([]byte, 24)
	b[0], b[1], b[23] = 1, 2, 16
	return b
}

func ipmiPing() []byte {
	return []byte{6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0}
}

// l2tpStart asks for a tunnel: Start-Control-Connection-Request with its
// mandatory values.
func l2tpStart() []byte {
	b := []byte{0xc8, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = append(b, 0x80, 8, 0, 0, 0, 0, 0, 1)                // message type 1
	b = append(b, 0x80, 8, 0, 0, 0, 2, 1, 0)                // protocol version 1.0
	b = append(b, 0x80, 10, 0, 0, 0, 3, 0, 0, 0, 3)         // framing
	b = append(b, 0x80, 10, 0, 0, 0, 7, 's', 'c', 'a', 'n') // host name
	b = append(b, 0x80, 8, 0, 0, 0, 9, 0, 1)                // tunnel
	b[3] = byte(len(b))
	return b
}

// radiusStatus is a Status-Server without a secret: servers that know the
// client answer it.
func radiusStatus() []byte {
	b := append([]byte{12, 1, 0, 38}, "netwright scan.."...)
	return append(b, "\x50\x12\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
}

func ssdpSearch() []byte {
	return []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n")
}

const wsDiscovery = `<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" ` +
	`xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">` +
	`<e:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>` +
	`<a:MessageID>urn:uuid:6e657477-7269-4768-8000-000000000001</a:MessageID>` +
	`<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></e:Header><e:Body><d:Probe/></e:Body></e:Envelope>`

const sipOptions = "OPTIONS sip:scan@localhost SIP/2.0\r\nVia: SIP/2.0/UDP localhost;branch=z9hG4bKnetwright;rport\r\n" +
	"From: <sip:scan@localhost>;tag=1\r\nTo: <sip:scan@localhost>\r\nCall-ID: netwright@localhost\r\nCSeq: 1 OPTIONS\r\n" +
	"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"

// dnsQuery asks for a name.
func dnsQuery(name string, kind, class uint16) []byte {
	b := []byte{0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	start := 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			b = append(append(b, byte(i-start)), name[start:i]...)
			start = i + 1
		}
	}
	b = append(b, 0)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, kind), class)
}

// ntpQuery asks for the time. Its transmit timestamp comes back as the origin.
func ntpQuery() []byte {
	b := make([]byte, 48)
	b[0] = 0xe3 // no leap known, version 4, client
	return b
}
