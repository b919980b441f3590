//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/display"
	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/flows"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

// Every frame of the suites, whole and cut at every length, goes through
// dissection, display filters, flows and JSON: none panics, each takes bounded
// time, and all of it bounded memory.
func TestFramesCutAtEveryLength(t *testing.T) {
	folders, err := tsharktest.FindFolders()
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	captures, err := folders.Captures()
	if err != nil {
		t.Fatal(err)
	}
	set := proto.Set()
	p, lines, toJSON := dissect.NewPacket(set), dissect.NewLines(set), dissect.NewJSON(set)
	filter, err := display.Compile(set, `tcp.port == 80 || ip.addr in {10.0.0.0/8} && frame contains "x" || dns.qry.name contains "a" || count(tcp.option_kind) > 3`)
	if err != nil {
		t.Fatal(err)
	}
	table := flows.New(flows.Config{Flows: 1000}, func(*flows.Flow) {})
	var out []byte
	frames, cuts := 0, 0
	slowest, at := time.Duration(0), ""
	for _, file := range captures {
		r, err := pcap.Open(file)
		if err != nil {
			continue // some are no captures, on purpose
		}
		var captured pcap.Packet
		for {
			if err := r.Read(&captured); err != nil {
				if bad := (*pcap.Error)(nil); !errors.Is(err, io.EOF) && !errors.As(err, &bad) {
					t.Errorf("%s: %v", file, err)
				}
				break
			}
			frames++
			whole := captured.Data
			// Long frames are cut at fewer lengths: their headers are short.
			for n := len(whole); n >= 0; n -= step(n) {
				captured.Data = whole[:n]
				begin := time.Now()
				p.Read(&captured)
				out = lines.Append(out[:0], p)
				filter.Match(&p.Stack, nil)
				table.Add(&p.Stack, captured.Time)
				if n == len(whole) || n%16 == 0 {
					if out = toJSON.Append(out[:0], p); !json.Valid(out) {
						t.Errorf("%s, frame %d cut at %d: %s", file, frames, n, out)
					}
				}
				if took := time.Since(begin); took > slowest {
					slowest, at = took, file
				}
				cuts++
			}
		}
		r.Close()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d frames, %d cuts; the slowest took %v (%s); %d MiB of memory were got", frames, cuts, slowest, at, memory.Sys>>20)
	if frames < 20_000 {
		t.Errorf("the suites have but %d frames", frames)
	}
	if memory.Sys > 1<<30 {
		t.Errorf("%d MiB of memory", memory.Sys>>20)
	}
}

// step is one byte, but for what lies far behind the headers.
func step(n int) int {
	if n > 400 {
		return 1 + n/100
	}
	return 1
}
