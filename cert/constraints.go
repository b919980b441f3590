package cert

import (
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// constraints are the names an authority may sign: each host stands for itself
// and all names below it.
type constraints struct {
	hosts []string
	nets  []netip.Prefix
}

// privateConstraints are the names and networks that belong to nobody on the
// public Internet: RFC 6761, RFC 6762, RFC 8375, ICANN's reservation of
// "internal", and for addresses RFC 1122, 1918, 3927, 4193, 4291 and 6598.
func privateConstraints() constraints {
	c := constraints{hosts: []string{"localhost", "test", "local", "internal", "lan", "home.arpa"}}
	for _, s := range []string{
		"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
		"::1/128", "fc00::/7", "fe80::/10",
	} {
		c.nets = append(c.nets, netip.MustParsePrefix(s))
	}
	return c
}

// constraintsOf reads the constraints out of an authority's certificate.
func constraintsOf(cert *x509.Certificate) constraints {
	c := constraints{hosts: slices.Clone(cert.PermittedDNSDomains)}
	for _, n := range cert.PermittedIPRanges {
		addr, ok := netip.AddrFromSlice(n.IP)
		if ones, bits := n.Mask.Size(); ok && bits == addr.BitLen() {
			c.nets = append(c.nets, netip.PrefixFrom(addr, ones))
		}
	}
	return c
}

// permit returns the constraints with the hosts and addresses added that they
// do not cover, or nil when they cover all of them.
func (c constraints) permit(hosts []string, addrs []netip.Addr) *constraints {
	more := constraints{hosts: slices.Clone(c.hosts), nets: slices.Clone(c.nets)}
	changed := false
	for _, host := range hosts {
		host = strings.TrimPrefix(host, "*.")
		if !more.coversHost(host) {
			more.hosts = append(more.hosts, host)
			changed = true
		}
	}
	for _, addr := range addrs {
		if !slices.ContainsFunc(more.nets, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			more.nets = append(more.nets, netip.PrefixFrom(addr, addr.BitLen()))
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return &more
}

func (c constraints) coversHost(host string) bool {
	return slices.ContainsFunc(c.hosts, func(h string) bool {
		return host == h || strings.HasSuffix(host, "."+h)
	})
}

// apply writes the constraints into the template of an authority. Mail
// addresses and URIs are permitted below a domain that cannot exist (RFC 6761
// section 6.4), which forbids them.
func (c constraints) apply(tmpl *x509.Certificate) {
	tmpl.PermittedDNSDomainsCritical = true
	tmpl.PermittedDNSDomains = c.hosts
	tmpl.PermittedEmailAddresses = []string{"invalid"}
	tmpl.PermittedURIDomains = []string{"invalid"}
	for _, p := range c.nets {
		tmpl.PermittedIPRanges = append(tmpl.PermittedIPRanges, &net.IPNet{
			IP:   p.Masked().Addr().AsSlice(),
			Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		})
	}
}
