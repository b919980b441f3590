package examples

import (
	"bytes"
	"context"
	"net"
	"os"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/display"
	"github.com/netwright/netwright/packet/exchange"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/proto"
)

// What stands in packet/answers.yaml is answered, in a network made for it.
func TestAnswers(t *testing.T) {
	text, err := os.ReadFile("packet/answers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules []struct{ Match, Filter, Reply string }
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "192.0.2.1/24", b, "eth0", "192.0.2.2/24")
	cfg := exchange.AnswerConfig{Interface: "eth0"}
	for _, r := range rules {
		var match func(*layer.Stack) bool
		if r.Filter != "" {
			filter, err := display.Compile(proto.Set(), r.Filter)
			if err != nil {
				t.Fatal(err)
			}
			match = func(st *layer.Stack) bool { return filter.Match(st, nil) }
		} else if match, err = exchange.Pattern(proto.Set(), r.Match); err != nil {
			t.Fatal(err)
		}
		cfg.Rules = append(cfg.Rules, exchange.Rule{Match: match, Reply: r.Reply})
	}
	var answerer *exchange.Answerer
	b.Do(t, func() { answerer, err = exchange.OpenAnswerer(cfg) })
	if err != nil {
		t.Fatal(err)
	}
	defer answerer.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		answerer.Run(ctx)
	}()
	defer func() {
		cancel()
		<-done
	}()
	// The kernel asks for the address before it sends the question.
	var conn net.Conn
	a.Do(t, func() { conn, err = net.Dial("udp", "192.0.2.77:53") })
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(wait))
	question, err := packet.Build(nil, &packet.Table{Proto: "dns", Fields: []layer.Given{{Name: "qname", B: []byte("www.example.com")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(question); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 512)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	var p packet.Packet
	p.DecodeAs("dns", answer[:n])
	if v, ok := p.Field("dns.a"); !ok || !bytes.Equal(v.B, []byte{192, 0, 2, 77}) {
		t.Errorf("the name is %v, and should be 192.0.2.77", v.B)
	}
	for _, line := range []string{`arp pdst=192.0.2.77`, `ip dst=192.0.2.77 / icmp id=7 seq=1 / "hello"`, `ip dst=192.0.2.77 / tcp sport=4000 dport=443 flags=S`} {
		if !answered(t, a, line) {
			t.Errorf("nothing answers %s", line)
		}
	}
}

// answered tells whether a packet gets an answer.
func answered(t *testing.T, n *netnstest.Namespace, line string) bool {
	t.Helper()
	spec, err := craft.Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	cfg := exchange.Config{
		Begin: spec.Layers()[0], Interface: "eth0", Timeout: wait, First: true,
		Fill: exchange.Fill{Source: true, ID: true, ARPLink: true, ARPSource: true},
	}
	var sum exchange.Summary
	n.Do(t, func() { sum, err = exchange.Do(t.Context(), cfg, spec.All()) })
	if err != nil {
		t.Fatal(err)
	}
	return sum.Answered == 1
}
