package proto

import "github.com/netwright/netwright/packet/layer"

// services are the protocols of names, addresses, time and management, and of
// applications that are not in [applications].
var services = []*layer.Proto{
	dns, mdns, llmnr, dhcp, dhcpv6, ntp, tftp, snmp, syslog,
	stun, radius, mbtcp, modbus, smtp, ftp, imap, pop, ldap, pgsql, dnp3, nbns, sip, rtp, rtcp, mqtt, coap, resp, amqp, mysql,
}
