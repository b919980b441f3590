package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

const (
	protocolsPage       = "../../docs/packet/protocols.md"
	updateProtocolsPage = "go test ./cmd/netwright -run TestProtocolsPage -update"
)

// docs/packet/protocols.md is what the tables say.
func TestProtocolsPage(t *testing.T) {
	want := protocols()
	if *update {
		if err := os.WriteFile(protocolsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(protocolsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/packet/protocols.md is not what the tables say; write it with: %s", updateProtocolsPage)
	}
}

func protocols() string {
	all := proto.All()
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the tables. Do not edit; run: %s -->\n", updateProtocolsPage)
	b.WriteString(`# Protocols

` + "```console" + `
$ netwright packet fields udp
FIELD, SHORT NAME                KIND           WHAT IT IS
udp.srcport, sport               16-bit number  Source Port
    default 53; also udp.port
udp.dstport, dport               16-bit number  Destination Port
    default 53; also udp.port
udp.length, len                  16-bit number  Length
    filled in
udp.checksum, chksum             16-bit number  Checksum
    filled in
udp.payload                      bytes          Payload
    when rest > 0
$ netwright dissect --fields ip.src,dns.qry.name -Y dns -c 1 trace.pcap
192.0.2.1	www.example.com
$ netwright packet show --as-line 'ip dst=192.0.2.1 / udp / vxlan vni=7 / eth / ip dst=10.0.0.1 / icmp'
ip dst=192.0.2.1 / udp / vxlan vni=7 / eth / ip dst=10.0.0.1 / icmp
` + "```" + `

Names are Wireshark's, for filters, ` + "`--fields`" + ` and JSON, and Scapy's as short ones in [lines](crafting.md).
`)
	fmt.Fprintf(&b, "The %d protocols, each a table in [`packet/proto`](../../packet/proto); `netwright packet fields NAME` lists the fields of one with\ntheir kinds and widths.\n\n", len(all))
	b.WriteString(`- **Fields** is how many there are. **Given** is how many of them a packet line can set by themselves: the rest are computed, or lie
  in fields whose bytes are given as a whole.
- **Answers**: the table says what answers a packet, so ` + "`netwright send --receive`" + ` knows it. Of others ICMP errors are known.
- **tshark**: where frames of it lie in the captures that Netwright is held to, each field that is shown equals tshark's in all of them, and the
  fields frozen from tshark are part of the tests.

| name | also | protocol | defined in | fields | given | answers | tshark |
|---|---|---|---|---|---|---|---|
`)
	for _, p := range all {
		n, given := countFields(p.Fields, true)
		answers, held := "", ""
		if p.Answers != nil {
			answers = "yes"
		}
		if _, err := os.Stat(filepath.Join("../../packet/testdata/golden", p.Name+".txt")); err == nil {
			held = "equal"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %d | %d | %s | %s |\n", p.Name, strings.Join(p.Alias, ", "), p.Title, p.Spec, n, given, answers, held)
	}
	b.WriteString("\nA protocol that is missing can be [added](adding-a-protocol.md), for oneself as a YAML file.\n")
	return b.String()
}

// countFields counts names, each once, and those that can be given.
func countFields(fields []layer.Field, give bool) (all, given int) {
	names, can := map[string]bool{}, map[string]bool{}
	var count func([]layer.Field, bool)
	count = func(fields []layer.Field, give bool) {
		for i := range fields {
			f := &fields[i]
			if f.Name != "" {
				names[f.Name] = true
				if give && f.Calc == "" {
					can[f.Name] = true
				}
			}
			inside := give && (f.Code == nil || f.Write != nil || f.Make != nil)
			count(f.Sub, inside)
			for _, c := range f.Cases {
				count(c.Fields, inside)
			}
		}
	}
	count(fields, give)
	return len(names), len(can)
}
