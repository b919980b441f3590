package scan

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// service is a port with the name that people know it by.
type service struct {
	port     uint16
	name     string
	tcp, udp bool // whether it is met there
}

// services are those that are met on most networks, by port: what is scanned
// when no ports are named, and what ports are called. t and u say over which of
// TCP and UDP.
var services = sync.OnceValue(func() []service {
	const table = `7 echo tu, 9 discard tu, 13 daytime tu, 17 qotd u, 19 chargen tu, 21 ftp t, 22 ssh t, 23 telnet t,
25 smtp t, 37 time tu, 43 whois t, 49 tacacs tu, 53 domain tu, 67 dhcps u, 68 dhcpc u, 69 tftp u, 79 finger t,
80 http t, 81 http-alt t, 88 kerberos tu, 102 iso-tsap t, 106 pop3pw t, 110 pop3 t, 111 rpcbind tu, 113 ident t,
119 nntp t, 123 ntp u, 135 msrpc t, 137 netbios-ns u, 138 netbios-dgm u, 139 netbios-ssn t, 143 imap t, 161 snmp u,
162 snmptrap u, 177 xdmcp u, 179 bgp t, 199 smux t, 264 bgmp t, 389 ldap tu, 427 svrloc tu, 443 https tu, 444 snpp t,
445 microsoft-ds t, 464 kpasswd tu, 465 smtps t, 500 isakmp u, 502 modbus t, 512 exec t, 513 login t, 514 syslog tu,
515 printer t, 517 talk u, 520 route u, 523 db2 tu, 543 klogin t, 544 kshell t, 546 dhcpv6-client u,
547 dhcpv6-server u, 548 afp t, 554 rtsp t, 587 submission t, 593 http-rpc t, 623 ipmi u, 626 serialnumberd u,
631 ipp tu, 636 ldaps t, 646 ldp t, 830 netconf t, 853 dns-tls tu, 873 rsync t, 902 vmware-auth t, 990 ftps t,
993 imaps t, 995 pop3s t, 1025 nfs-or-iis t, 1026 lsa t, 1080 socks t, 1099 rmi t, 1110 nfsd-status t, 1194 openvpn tu,
1352 lotusnotes t, 1433 mssql t, 1434 mssql-m u, 1521 oracle t, 1645 radius-old u, 1701 l2tp u, 1720 h323 t,
1723 pptp t, 1755 wms t, 1812 radius u, 1813 radacct u, 1883 mqtt t, 1900 upnp u, 2000 sccp t, 2049 nfs tu,
2083 radsec t, 2121 ftp-proxy t, 2181 zookeeper t, 2222 ssh-alt t, 2375 docker t, 2376 docker-tls t, 2379 etcd t,
2717 pn-requester t, 3000 ppp t, 3128 squid t, 3260 iscsi t, 3268 globalcat t, 3306 mysql t, 3389 rdp tu,
3478 stun tu, 3690 svn t, 3702 ws-discovery u, 3986 mapper t, 4222 nats t, 4369 epmd t, 4433 tls-alt t,
4500 ipsec-nat u, 4789 vxlan u, 4899 radmin t, 5000 upnp-http t, 5009 airport t, 5050 mmcc t, 5051 ida-agent t,
5060 sip tu, 5061 sips t, 5101 admdog t, 5190 aol t, 5201 iperf3 tu, 5222 xmpp t, 5269 xmpp-server t, 5351 nat-pmp u,
5353 mdns u, 5355 llmnr u, 5357 wsdapi t, 5432 postgresql t, 5601 kibana t, 5631 pcanywhere t, 5666 nrpe t,
5671 amqps t, 5672 amqp t, 5683 coap u, 5684 coaps u, 5800 vnc-http t, 5900 vnc t, 5901 vnc-1 t, 5984 couchdb t,
5985 winrm t, 5986 winrm-tls t, 6000 x11 t, 6001 x11-1 t, 6081 geneve u, 6343 sflow u, 6379 redis t, 6443 kubernetes t,
6646 mcafee t, 6667 irc t, 6697 ircs t, 7000 afs3 t, 7070 realserver t, 7474 neo4j t, 8000 http-8000 t, 8008 http-8008 t,
8009 ajp t, 8080 http-proxy t, 8081 http-8081 t, 8086 influxdb t, 8088 http-8088 t, 8123 http-8123 t, 8443 https-alt t,
8500 consul t, 8834 nessus t, 8883 mqtts t, 8888 http-8888 t, 9000 http-9000 t, 9042 cassandra t, 9090 prometheus t,
9092 kafka t, 9100 jetdirect t, 9200 elasticsearch t, 9418 git t, 9999 http-9999 t, 10000 webmin t, 10050 zabbix-agent t,
10051 zabbix t, 10250 kubelet t, 11211 memcached tu, 15672 rabbitmq-http t, 17185 vxworks u, 20000 dnp3 tu,
25565 minecraft t, 27015 source-engine u, 27017 mongodb t, 31337 elite u, 32768 filenet t, 33434 traceroute u,
47808 bacnet u, 49152 dynamic-1 tu, 49153 dynamic-2 tu, 49154 dynamic-3 tu, 49155 dynamic-4 t, 49156 dynamic-5 t,
49157 dynamic-6 t, 50000 sap t, 51413 bittorrent tu, 51820 wireguard u, 61616 activemq t`
	var all []service
	for entry := range strings.SplitSeq(table, ",") {
		var s service
		var over string
		if _, err := fmt.Sscan(entry, &s.port, &s.name, &over); err != nil {
			panic(err) // a mistake in the table above
		}
		s.tcp, s.udp = strings.Contains(over, "t"), strings.Contains(over, "u")
		all = append(all, s)
	}
	return all
})

// ServiceName is what a port is usually for; "" where that is not known.
func ServiceName(port uint16) string {
	all := services()
	i, ok := slices.BinarySearchFunc(all, port, func(s service, port uint16) int { return int(s.port) - int(port) })
	if !ok {
		return ""
	}
	return all[i].name
}

// servicePort finds the port of a service.
func servicePort(name string) (uint16, bool) {
	for _, s := range services() {
		if s.name == name {
			return s.port, true
		}
	}
	return 0, false
}
