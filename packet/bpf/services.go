package bpf

import (
	"net"
	"strconv"
	"strings"
)

// service is a port that has a name, and the one protocol the name is for, 0
// where it is for several.
type service struct{ port, only uint32 }

// serviceNamed looks a service up in the list below, then in the system's.
func serviceNamed(name string) (service, bool) {
	for line := range strings.Lines(services) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[1] == name {
			port, _ := strconv.Atoi(fields[0])
			return service{uint32(port), onlyProtocol(fields[2])}, true
		}
	}
	tcp, err1 := net.LookupPort("tcp", name)
	udp, err2 := net.LookupPort("udp", name)
	switch {
	case name == "":
		return service{}, false
	case err1 == nil && err2 == nil && tcp == udp:
		return service{uint32(tcp), 0}, true
	case err1 == nil:
		return service{uint32(tcp), protoTCP}, true
	case err2 == nil:
		return service{uint32(udp), protoUDP}, true
	}
	return service{}, false
}

func onlyProtocol(letters string) uint32 {
	switch letters {
	case "t":
		return protoTCP
	case "u":
		return protoUDP
	case "s":
		return protoSCTP
	}
	return 0
}

// services are the names that people type, with their port and protocols (t
// for TCP, u for UDP, s for SCTP), of IANA's registry: the same on every
// machine, whatever its /etc/services says.
const services = `
1 tcpmux t
7 echo tu
9 discard tu
9 null tu
9 sink tu
11 systat t
11 users t
13 daytime tu
15 netstat t
17 qotd t
17 quote t
19 chargen tu
19 source tu
19 ttytst tu
20 ftp-data t
21 fsp u
21 fspd u
21 ftp t
22 ssh t
23 telnet t
25 mail t
25 smtp t
37 time tu
37 timserver tu
43 nicname t
43 whois t
49 tacacs tu
53 domain tu
67 bootps u
68 bootpc u
69 tftp u
70 gopher t
79 finger t
80 http t
80 www t
88 kerberos tu
88 kerberos-sec tu
88 kerberos5 tu
88 krb5 tu
102 iso-tsap t
102 tsap t
104 acr-nema t
104 dicom t
106 poppassd t
110 pop-3 t
110 pop3 t
111 portmapper tu
111 sunrpc tu
113 auth t
113 authentication t
113 ident t
113 tap t
119 nntp t
119 readnews t
119 untp t
123 ntp u
135 epmap t
135 loc-srv t
137 netbios-ns u
138 netbios-dgm u
139 netbios-ssn t
143 imap t
143 imap2 t
161 snmp tu
162 snmp-trap tu
162 snmptrap tu
163 cmip-man tu
164 cmip-agent tu
174 mailq t
177 xdmcp u
179 bgp t
199 smux t
209 qmtp t
210 wais t
210 z3950 t
213 ipx u
319 ptp-event u
320 ptp-general u
345 pawserv t
346 zserv t
369 rpc2portmap tu
370 codaauth2 tu
371 Clearcase u
371 clearcase u
389 ldap tu
427 svrloc tu
443 https tu
444 snpp t
445 microsoft-ds t
464 kpasswd tu
465 smtps t
465 ssmtp t
465 submissions t
465 urd t
487 saft t
500 isakmp u
512 biff u
512 comsat u
512 exec t
513 login t
513 who u
513 whod u
514 cmd t
514 shell t
514 syslog tu
515 printer t
515 spooler t
517 talk u
518 ntalk u
520 route u
520 routed u
520 router u
538 gdomap tu
540 uucp t
540 uucpd t
543 klogin t
544 krcmd t
544 kshell t
546 dhcpv6-client u
547 dhcpv6-server u
548 afpovertcp t
554 rtsp tu
563 nntps t
563 snntp t
587 submission t
607 nqs t
623 asf-rmcp u
628 qmqp t
631 ipp t
636 ldaps tu
646 ldp tu
655 tinc tu
706 silc t
749 kerberos-adm t
750 kdc tu
750 kerberos-iv tu
750 kerberos4 tu
751 kerberos-master tu
751 kerberos_master u
752 passwd-server u
752 passwd_server u
754 hprop t
754 krb-prop t
754 krb5_prop t
754 krb_prop t
775 moira-db t
775 moira_db t
777 moira-update t
777 moira_update t
779 moira-ureg u
779 moira_ureg u
783 spamd t
853 domain-s tu
871 supfilesrv t
873 rsync t
989 ftps-data t
990 ftps t
992 telnets t
993 imaps t
995 pop3s t
1080 socks t
1093 proofd t
1094 rootd t
1099 rmiregistry t
1127 supfiledbg t
1178 skkserv t
1194 openvpn tu
1210 predict u
1236 rmtcfg t
1313 xtel t
1314 xtelw t
1352 lotusnote t
1352 lotusnotes t
1433 ms-sql-s t
1434 ms-sql-m u
1524 ingreslock t
1645 datametrics tu
1645 old-radius tu
1646 old-radacct tu
1646 sa-msg-port tu
1649 kermit t
1677 groupwise t
1701 l2f u
1701 l2tp u
1812 radius tu
1813 radacct tu
1813 radius-acct tu
2000 cisco-sccp t
2049 nfs tu
2086 gnunet tu
2101 rtcm-sc104 tu
2102 zephyr-srv u
2103 zephyr-clt u
2104 zephyr-hm u
2119 gsigatekeeper t
2121 iprop t
2135 gris t
2401 cvspserver t
2430 venus tu
2431 venus-se tu
2432 codasrv tu
2433 codasrv-se tu
2583 mon tu
2600 zebrasrv t
2601 zebra t
2602 ripd t
2603 ripngd t
2604 ospfd t
2605 bgpd t
2606 ospf6d t
2607 ospfapi t
2608 isisd t
2628 dict t
2792 f5-globalsite t
2811 gsiftp t
2947 gpsd t
3050 gds-db t
3050 gds_db t
3130 icp u
3130 icpv2 u
3205 isns tu
3260 iscsi-target t
3306 mysql t
3389 ms-wbt-server t
3493 nut tu
3632 distcc t
3689 daap t
3690 subversion t
3690 svn t
4031 suucp t
4094 sysrqd t
4190 sieve t
4353 f5-iquery t
4369 epmd t
4373 remctl t
4460 ntske t
4500 ipsec-nat-t u
4557 fax t
4559 hylafax t
4569 iax u
4691 mtn t
4899 radmin-port t
4949 lrrd t
4949 munin t
5060 sip tu
5061 sip-tls tu
5222 jabber-client t
5222 xmpp-client t
5269 jabber-server t
5269 xmpp-server t
5308 cfengine t
5353 mdns u
5432 postgres t
5432 postgresql t
5555 rplay u
5556 freeciv t
5556 rptp t
5666 nrpe t
5667 nsca t
5671 amqps t
5672 amqp ts
5680 canna t
6000 x11 t
6000 x11-0 t
6001 x11-1 t
6002 x11-2 t
6003 x11-3 t
6004 x11-4 t
6005 x11-5 t
6006 x11-6 t
6007 x11-7 t
6346 gnutella-svc tu
6347 gnutella-rtr tu
6379 redis t
6444 sge-qmaster t
6444 sge_qmaster t
6445 sge-execd t
6445 sge_execd t
6446 mysql-proxy t
6514 syslog-tls t
6566 sane t
6566 sane-port t
6566 saned t
6667 ircd t
6696 babel u
6697 ircs-u t
7000 afs3-fileserver u
7000 bbs t
7001 afs3-callback u
7002 afs3-prserver u
7003 afs3-vlserver u
7004 afs3-kaserver u
7005 afs3-volser u
7007 afs3-bos u
7008 afs3-update u
7009 afs3-rmtsys u
7100 font-service t
7100 xfs t
8021 zope-ftp t
8080 http-alt t
8080 webcache t
8081 tproxy t
8088 omniorb t
8140 puppet t
8990 clc-build-daemon t
9098 xinetd t
9101 bacula-dir t
9102 bacula-fd t
9103 bacula-sd t
9418 git t
9667 xmms2 t
9673 zope t
10000 webmin t
10050 zabbix-agent t
10051 zabbix-trapper t
10080 amanda t
10081 kamanda t
10082 amandaidx t
10083 amidxtape t
10809 nbd t
11371 hkp t
17001 sgi-cmsd u
17002 sgi-crsd u
17003 sgi-gcd u
17004 sgi-cad t
17500 db-lsp t
22125 dcap t
22128 gsidcap t
22273 wnn6 t
24554 binkp t
27374 asp tu
30865 csync2 t
57000 dircproxy t
60177 tfido t
60179 fido t
`
