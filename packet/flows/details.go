package flows

import (
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// carriers are the layers that are no application.
const carriers = " eth ethertype vlan ieee8021ad sll llc snap null loop ppp pppoes ip ipv6 ipv6.hopopts ipv6.dstopts ipv6.routing ipv6.fraghdr ah gre vxlan geneve mpls tcp udp sctp icmp icmpv6 igmp data "

// telling are the fields whose value says the most of an application.
var telling = []string{
	"tls.handshake.extensions_server_name", "http.host", "dns.qry.name", "mqtt.clientid", "sip.To", "ssh.protocol", "smtp.req.parameter",
	"ftp.request.command", "pgsql.parameter_value",
}

// details finds what an application says of itself.
type details struct {
	set   *layer.Set
	refs  map[string][]layer.FieldRef // by the protocol of the layer
	walk  layer.Walker
	value layer.Value
}

// maxDetail bounds what is kept of a value.
const maxDetail = 120

// read looks for the application of a packet: the innermost protocol.
func (d *details) read(f *Flow, st *layer.Stack) {
	if f.Proto == protoICMP || f.Proto == protoICMPv6 {
		return // what is behind is quoted
	}
	if d.set != st.Set() {
		d.prepare(st.Set())
	}
	for i := st.Len() - 1; i >= 0; i-- {
		name := st.Layer(i).Proto().Name
		if strings.Contains(carriers, " "+name+" ") {
			continue
		}
		if f.App == "" {
			f.App = name
		}
		for k := range d.refs[name] {
			if st.Value(i, &d.refs[name][k], &d.walk, &d.value) && f.Detail == "" {
				f.Detail = string(d.value.B[:min(len(d.value.B), maxDetail)])
			}
		}
		return
	}
}

func (d *details) prepare(set *layer.Set) {
	d.set, d.refs = set, map[string][]layer.FieldRef{}
	for _, name := range telling {
		proto, _, _ := strings.Cut(name, ".")
		d.refs[proto] = append(d.refs[proto], set.Fields(name)...)
	}
}
