package proto

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// suites are the folders of captures beside the project.
var suites = []string{"tcpdump-captures", "zeek-captures", "libpcap-filter/captures"}

// eachFrame calls do with every frame of every capture there is.
func eachFrame(t *testing.T, do func(where string, link uint32, p pcap.Packet)) {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "suites")
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("the captures in ../shared/suites are not there")
	}
	for _, suite := range suites {
		files, err := os.ReadDir(filepath.Join(root, suite))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			readFrames(t, filepath.Join(root, suite, f.Name()), do)
		}
	}
}

// readFrames calls do with the frames of a capture; a file of another kind, or
// one that is broken on purpose, ends it.
func readFrames(t *testing.T, path string, do func(where string, link uint32, p pcap.Packet)) {
	t.Helper()
	r, err := pcap.Open(path)
	if err != nil {
		return
	}
	defer r.Close()
	for i := 1; ; i++ {
		p, err := r.Next()
		if err != nil {
			if bad := (*pcap.Error)(nil); !errors.Is(err, io.EOF) && !errors.As(err, &bad) {
				t.Errorf("%s: %v", path, err)
			}
			return
		}
		do(fmt.Sprintf("%s#%d", filepath.Base(path), i), uint32(p.LinkType), p)
	}
}

// described tells whether expressions say where a protocol's bounds are, and not
// its code alone.
func described(p *layer.Proto) bool {
	return p.Header != "" || p.Total != "" || slices.ContainsFunc(p.Next, func(n layer.Next) bool { return n.When != "" || n.By != "" })
}

// Each coded locator comes to what its table says, wherever its protocol is met
// in a capture. Code may find more wrong than an expression can tell.
func TestLocate(t *testing.T) {
	met := map[string]int{}
	var st layer.Stack
	eachFrame(t, func(where string, link uint32, p pcap.Packet) {
		st.Reset(Set(), "link", link, p.Data, p.Length)
		for i := range st.Len() {
			sp := st.Layer(i)
			proto := sp.Proto()
			if proto.Locate == nil {
				continue
			}
			met[proto.Name]++
			if !described(proto) {
				continue
			}
			end := sp.End
			if i > 0 {
				end = st.Layer(i - 1).End
			}
			b := p.Data[sp.Start:max(end, sp.Start)]
			code, table := proto.Locate(b), Set().Locate(proto.Name, b)
			if code.Reason != "" {
				continue
			}
			for _, loc := range []*layer.Location{&code, &table} { // what lies past the end is all the same
				loc.Header, loc.Total, loc.Payload = min(loc.Header, len(b)+1), min(loc.Total, len(b)+1), min(loc.Payload, len(b)+1)
			}
			if code != table {
				t.Errorf("%s, layer %s at %d: code comes to %+v, and the table to %+v", where, proto.Name, sp.Start, code, table)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	})
	for _, p := range All() {
		if p.Locate != nil && met[p.Name] == 0 {
			t.Errorf("no capture has %s", p.Name)
		}
	}
}
