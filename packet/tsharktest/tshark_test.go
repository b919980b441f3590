package tsharktest

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/pcap"
)

// tshark is the real one, with an empty cache.
func tshark(t *testing.T) *Tshark {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	found, err := Find(t.Context())
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		t.Skip("tshark is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// udpFrame is a UDP datagram from port 9 to 10, alone in its IPv4 packet.
func udpFrame() []byte {
	return []byte{
		0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
		0, 9, 0, 10, 0, 10, 0, 0, 0xAA, 0xBB,
	}
}

func TestTshark(t *testing.T) {
	ts := tshark(t)
	t.Run("reads", func(t *testing.T) { reads(t, ts) })
	t.Run("fails", func(t *testing.T) { fails(t, ts) })
}

func reads(t *testing.T, ts *Tshark) {
	capture := filepath.Join(t.TempDir(), "udp.pcap")
	w, err := pcap.Create(capture, pcap.LinkIPv4, nil)
	if err != nil {
		t.Fatal(err)
	}
	frame := udpFrame()
	for i := range 2 {
		if err := w.Write(&pcap.Packet{Time: time.Unix(int64(i), 0), Data: frame, Length: len(frame), LinkType: pcap.LinkIPv4}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// A capture that ends in the middle of its second packet has one.
	if err := os.Truncate(capture, 24+2*16+int64(len(frame))+5); err != nil {
		t.Fatal(err)
	}
	frames, err := ts.Frames(t.Context(), capture)
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != 1 || frames[0].Number != 1 {
		t.Fatalf("%d frames, want the first alone: %+v", len(frames), frames)
	}
	if got := names(&frames[0]); got != "ip/udp/data" {
		t.Errorf("layers %s, want ip/udp/data", got)
	}
	port := slices.IndexFunc(frames[0].Layers[1].Fields, func(f Field) bool { return f.Name == "udp.dstport" })
	if want := (Field{Name: "udp.dstport", Pos: 22, Size: 2, Show: "10"}); port < 0 || !reflect.DeepEqual(frames[0].Layers[1].Fields[port], want) {
		t.Errorf("udp.dstport is not %+v in %+v", want, frames[0].Layers[1].Fields)
	}
	cached(t, ts, capture, frames)
}

// cached tests that a capture read once is not read by tshark again.
func cached(t *testing.T, ts *Tshark, capture string, want []Frame) {
	without := *ts
	without.path = filepath.Join(t.TempDir(), "no tshark")
	got, err := without.Frames(t.Context(), capture)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("from the cache: %v, %+v, want %+v", err, got, want)
	}
	if list, err := With(t.Context(), &without, []string{capture}, []string{"udp"}); err != nil || len(list) != 1 {
		t.Errorf("captures with udp: %v (%v)", list, err)
	}
	if list, err := With(t.Context(), &without, []string{capture}, []string{"tcp"}); err != nil || len(list) != 0 {
		t.Errorf("captures with tcp: %v (%v)", list, err)
	}
}

func fails(t *testing.T, ts *Tshark) {
	wrong := *ts
	wrong.options = append(slices.Clone(ts.options), "-o", "no.such:TRUE")
	capture := filepath.Join(t.TempDir(), "x.pcap")
	if err := os.WriteFile(capture, []byte("no capture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Run(t.Context(), capture); err == nil {
		t.Error("an option that tshark does not know is no error")
	}
	if frames, err := ts.Run(t.Context(), capture); err != nil || len(frames) != 0 {
		t.Errorf("a file that is no capture: %v, %d frames; want none, as of one cut short", err, len(frames))
	}
}
