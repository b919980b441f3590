package exchange

import (
	"slices"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/pcap"
)

// Whatever the bytes are, what is an answer is found by its keys.
func FuzzAnswers(f *testing.F) {
	for _, tt := range pairs {
		var both [2][]byte
		for i, line := range []string{tt.ask, tt.answer} {
			spec, err := craft.Parse(line)
			if err != nil {
				f.Fatal(err)
			}
			if both[i], err = spec.Build(nil); err != nil {
				f.Fatal(err)
			}
			if spec.Layers()[0] != "eth" {
				both[i] = append(make([]byte, etherHeader), both[i]...)
				both[i][12] = 0x08
				if spec.Layers()[0] == "ipv6" {
					both[i][12], both[i][13] = 0x86, 0xDD
				}
			}
		}
		f.Add(both[0], both[1])
	}
	m := newMatcher(f)
	wait, err := newPending(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, asked, answered []byte) {
		var ask, answer packet.Packet
		ask.Decode(asked, pcap.LinkEthernet)
		answer.Decode(answered, pcap.LinkEthernet)
		is := m.Answers(&ask.Stack, &answer.Stack)
		r := &request{data: slices.Clone(asked), begin: "eth"}
		wait.add(r)
		found := wait.find(&answer.Stack)
		wait.remove(r)
		if is != (found == r) {
			t.Errorf("%x\n%x\nis an answer: %v, is found: %v", asked, answered, is, found == r)
		}
		if wait.live != 0 || len(wait.buckets) != 0 {
			t.Errorf("%d requests are left, in %d buckets", wait.live, len(wait.buckets))
		}
	})
}
