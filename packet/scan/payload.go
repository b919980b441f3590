package scan

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/netwright/netwright/packet/craft"
)

// payload is a datagram that servers of a protocol answer.
type payload struct {
	ports []uint16
	line  string // what it is, as a craft line
	id    int    // where the bytes are that the asker may choose
	size  int    // how many: 2, 4, or none
	data  []byte // what the line makes
}

// payloads are those of each port.
var payloads = sync.OnceValue(func() map[uint16]payload {
	all := map[uint16]payload{}
	for _, p := range payloadTable() {
		var err error
		if p.data, err = crafted(p.line); err != nil {
			panic(fmt.Sprintf("scan: the table of payloads: %v", err)) // a test reads it
		}
		for _, port := range p.ports {
			all[port] = p
		}
	}
	return all
})

// crafted makes the one packet that a line stands for.
func crafted(line string) ([]byte, error) {
	spec, err := craft.Parse(line)
	if err != nil {
		return nil, err
	}
	for data, err := range spec.All() {
		return append([]byte(nil), data...), err
	}
	return nil, fmt.Errorf("%s: it is no packet", line)
}

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
		// SNMP's is a signed number, and its first nine bits must not be the same.
		binary.BigEndian.PutUint32(dst[start+p.id:], id&0x3fffffff|0x40000000)
	}
	return dst
}

// payloadTable has one line for each protocol. Where there is a table of the
// protocol, it makes the bytes.
func payloadTable() []payload {
	return []payload{
		{ports: []uint16{7, 9}, line: `"netwright\r\n"`},
		{ports: []uint16{53}, line: `dns qname=version.bind qtype=TXT qclass=3`, size: 2},
		{ports: []uint16{69}, line: `tftp op=1 filename=netwright.scan mode=octet`},
		// NULL of the port mapper (RFC 5531)
		{ports: []uint16{111, 2049}, line: `hex:000000000000000000000002000186a0000000020000000000000000000000000000000000000000`, size: 4},
		{ports: []uint16{123}, line: `ntp flags=0xe3`, id: 44, size: 4},
		// the names of a node (RFC 1002 §4.2.17)
		{ports: []uint16{137}, line: `hex:000000000001000000000000 / hex:20 / "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" / hex:0000210001`, size: 2},
		// get-request for sysDescr.0 of the community "public" (RFC 3416), whose
		// request-id has four bytes
		{ports: []uint16{161}, line: `hex:30290201010406 / "public" / hex:a01c02040000000002010002010030 / hex:0e300c06082b060102010101000500`, id: 17, size: 4},
		// a search for the root entry (RFC 4511)
		{ports: []uint16{389}, line: `hex:30250201016320 / hex:04000a01000a0100020100020100010100870b / "objectClass" / hex:3000`},
		// IKE_SA_INIT without a proposal, which is refused (RFC 7296)
		{ports: []uint16{500}, line: `"netwrigh" / hex:0000000000000000 / hex:0020220800000000 / hex:0000001c`, id: 4, size: 4},
		{ports: []uint16{4500}, line: `hex:00000000 / "netwrigh" / hex:0000000000000000 / hex:0020220800000000 / hex:0000001c`, id: 8, size: 4},
		// the whole table (RFC 2453)
		{ports: []uint16{520}, line: `hex:01020000 / hex:0000000000000000000000000000000000000010`},
		{ports: []uint16{623}, line: `hex:0600ff06000011be80000000`}, // presence ping of ASF
		{ports: []uint16{1194}, line: `hex:386e657477726967680000000000`, id: 5, size: 4},
		{ports: []uint16{1434}, line: `hex:02`}, // the browser of SQL Server
		// Start-Control-Connection-Request with its mandatory values (RFC 2661)
		{ports: []uint16{1701}, line: `hex:c8020038000000000000000080080000000000018008000000020100800a0000000300000003800a000000077363616e8008000000090001`},
		// Status-Server (RFC 5997), which servers answer that know the client
		{ports: []uint16{1645, 1812, 1813}, line: `hex:0c010026 / "netwright scan  " / hex:501200000000000000000000000000000000`},
		{ports: []uint16{1900}, line: `"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n"`},
		{ports: []uint16{3478}, line: `hex:000100002112a442000000000000000000000000`, id: 8, size: 4}, // RFC 8489
		{ports: []uint16{3702}, line: `"` + wsDiscovery + `"`},
		{ports: []uint16{5060}, line: `"` + sipOptions + `"`},
		{ports: []uint16{5351}, line: `hex:0000`}, // RFC 6886
		{ports: []uint16{5353}, line: `mdns qname=_services._dns-sd._udp.local qtype=PTR`, size: 2},
		{ports: []uint16{5355}, line: `llmnr qname=localhost`, size: 2},
		{ports: []uint16{5683}, line: `hex:40010000bb / ".well-known" / hex:04 / "core"`, id: 2, size: 2}, // RFC 7252
		{ports: []uint16{11211}, line: `hex:0000000000010000 / "version\r\n"`, size: 2},
		{ports: []uint16{27015}, line: `hex:ffffffff / "TSource Engine Query" / hex:00`},
		{ports: []uint16{47808}, line: `hex:810a001101040005000c0c023fffff194b`}, // BACnet
	}
}

const wsDiscovery = `<?xml version='1.0'?><e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope' ` +
	`xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing' xmlns:d='http://schemas.xmlsoap.org/ws/2005/04/discovery'>` +
	`<e:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>` +
	`<a:MessageID>urn:uuid:6e657477-7269-4768-8000-000000000001</a:MessageID>` +
	`<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></e:Header><e:Body><d:Probe/></e:Body></e:Envelope>`

const sipOptions = `OPTIONS sip:scan@localhost SIP/2.0\r\nVia: SIP/2.0/UDP localhost;branch=z9hG4bKnetwright;rport\r\n` +
	`From: <sip:scan@localhost>;tag=1\r\nTo: <sip:scan@localhost>\r\nCall-ID: netwright@localhost\r\nCSeq: 1 OPTIONS\r\n` +
	`Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n`
