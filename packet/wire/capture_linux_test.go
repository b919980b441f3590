package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/pcap"
)

// Every frame that was sent is seen, in order, or counted as dropped.
func TestSniffWhileSending(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"blocks":    {},
		"immediate": {Immediate: true, Snap: 128},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 20000
			w := newCable(t)
			cfg.Interface, cfg.Filter = "eth0", only(t, ours)
			finish := collect(t, openIn(t, w.b, cfg), n)
			number := uint64(0)
			report, err := senderIn(t, w.a, SendConfig{Interface: "eth0"}).Run(t.Context(), func(dst []byte) ([]byte, error) {
				if number == n {
					return nil, io.EOF
				}
				number++
				return append(dst, frame(w.macB, w.macA, ours, number)...), nil
			})
			if err != nil || report.Packets != n || report.Bytes != 60*n {
				t.Fatalf("sent %v, %v", report, err)
			}
			all, stats := finish()
			if stats.Received != n || stats.Delivered+stats.Dropped != n || uint64(len(all)) != stats.Delivered {
				t.Errorf("%d frames, counted %+v, sent %d", len(all), stats, n)
			}
			last := uint64(0)
			for _, f := range all {
				number := binary.BigEndian.Uint64(f.Data[14:])
				if number <= last || f.Length != 60 || !bytes.Equal(f.Data, frame(w.macB, w.macA, ours, number)) {
					t.Fatalf("frame %d after %d: % x", number, last, f.Data)
				}
				last = number
			}
		})
	}
}

// A filter is in force before the first frame: a capture that is opened into a
// flood sees nothing of what it refuses.
func TestFilterBeforeTheFirstFrame(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	flood := senderIn(t, w.a, SendConfig{Interface: "eth0"})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		number := uint64(0)
		_, _ = flood.Run(ctx, func(dst []byte) ([]byte, error) {
			number++
			kind := uint16(theirs)
			if number%64 == 0 {
				kind = ours
			}
			return append(dst, frame(w.macB, w.macA, kind, number)...), nil
		})
	})
	for i := range 6 {
		c := openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, ours), Workers: 1 + i%3, Ring: 1 << 20, Immediate: i%4 == 3})
		all, stats := collect(t, c, 50)()
		if stats.Received == 0 {
			t.Error("nothing came")
		}
		for _, f := range all {
			if kind := binary.BigEndian.Uint16(f.Data[12:]); kind != ours {
				t.Fatalf("opening %d: saw a frame of type %#x", i, kind)
			}
		}
		c.Close()
	}
	stop()
	wg.Wait()
}

// Both directions of a flow are one worker's, and all workers have some.
func TestFanoutSplitsByFlow(t *testing.T) {
	t.Parallel()
	const flows, each, workers = 200, 4, 3
	w := newCable(t)
	c := openIn(t, w.b, Config{Interface: "eth0", Workers: workers, Filter: only(t, 0x0800), Ring: 1 << 20})
	finish := collect(t, c, flows*each)
	var frames [][]byte
	one, two := [4]byte{10, 9, 1, 1}, [4]byte{10, 9, 1, 2} // not addresses of the hosts: nobody answers
	for range each / 2 {
		for flow := range uint16(flows) {
			frames = append(frames, udp(w.macB, w.macA, two, one, 1000+flow, 53), udp(w.macB, w.macA, one, two, 53, 1000+flow))
		}
	}
	send(t, w.a, frames...)
	all, stats := finish()
	if len(all) != flows*each || stats.Dropped != 0 {
		t.Fatalf("%d frames, %+v", len(all), stats)
	}
	workerOf, used := make(map[uint16]int), make(map[int]int)
	for _, f := range all {
		port := max(binary.BigEndian.Uint16(f.Data[34:]), binary.BigEndian.Uint16(f.Data[36:]))
		if was, ok := workerOf[port]; ok && was != f.worker {
			t.Fatalf("the flow of port %d went to workers %d and %d", port, was, f.worker)
		}
		workerOf[port] = f.worker
		used[f.worker]++
	}
	if len(used) != workers {
		t.Errorf("frames per worker: %v", used)
	}
}

// Frames for which a stalled reader left no room are counted, each one.
func TestDropsAreCounted(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"blocks":    {},
		"immediate": {Immediate: true, Snap: 1500},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 3000
			w := newCable(t)
			cfg.Interface, cfg.Filter, cfg.Ring, cfg.Block = "eth0", only(t, ours), 64<<10, 16<<10
			c := openIn(t, w.b, cfg)
			ctx, cancel := context.WithCancel(t.Context())
			stalled, resume := make(chan struct{}), make(chan struct{})
			var once sync.Once
			done := make(chan Stats, 1)
			go func() {
				stats, err := c.Run(ctx, func(int, []Frame) error {
					once.Do(func() { close(stalled); <-resume })
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				done <- stats
			}()
			send(t, w.a, frame(w.macB, w.macA, ours, 0))
			<-stalled
			frames := make([][]byte, n-1)
			for i := range frames {
				frames[i] = frame(w.macB, w.macA, ours, uint64(i))
			}
			send(t, w.a, frames...)
			if s := c.Stats(); s.Dropped == 0 || s.Received != n {
				t.Errorf("while stalled: %+v", s)
			}
			close(resume)
			cancel()
			stats := <-done
			if stats.Received != n || stats.Dropped == 0 || stats.Delivered+stats.Dropped != n || stats.Delivered < 10 {
				t.Errorf("got %+v, sent %d", stats, n)
			}
			if !strings.Contains(stats.String(), "dropped (") {
				t.Errorf("the summary is %q", stats)
			}
			c.Close()
			if after := c.Stats(); after != stats {
				t.Errorf("after closing %+v, before %+v", after, stats)
			}
		})
	}
}

func TestVLANTags(t *testing.T) {
	t.Parallel()
	tagged := func(w *cable, tag ...byte) []byte {
		f := frame(w.macB, w.macA, ours, 7)
		return append(append(append([]byte{}, f[:12]...), tag...), f[12:]...)
	}
	for name, cfg := range map[string]Config{"blocks": {}, "immediate": {Immediate: true}} {
		t.Run(name, func(t *testing.T) {
			w := newCable(t)
			cfg.Interface = "eth0"
			aside := cfg
			aside.TagsAside = true
			restored, left := collect(t, openIn(t, w.b, cfg), 2), collect(t, openIn(t, w.b, aside), 2)
			customer, service := tagged(w, 0x81, 0x00, 0x60, 0x2a), tagged(w, 0x88, 0xa8, 0x00, 0x07)
			send(t, w.a, customer, service)
			all, _ := restored()
			if len(all) != 2 || !bytes.Equal(all[0].Data, customer) || !bytes.Equal(all[1].Data, service) || all[0].Length != 64 {
				t.Fatalf("restored: %+v", all)
			}
			bare := frame(w.macB, w.macA, ours, 7)
			all, _ = left()
			if len(all) != 2 || !bytes.Equal(all[0].Data, bare) || all[0].TagType != 0x8100 || all[0].Tag != 0x602a || all[0].Length != 60 ||
				all[1].TagType != 0x88a8 || all[1].Tag != 7 {
				t.Fatalf("aside: %+v", all)
			}
		})
	}
}

// A filter that asks for a tag sees none in the kernel, where it was taken off.
func TestFilterTagged(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	c := openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, 0x8100), FilterTagged: true})
	finish := collect(t, c, 1)
	bare := frame(w.macB, w.macA, ours, 7)
	tagged := append(append(append([]byte{}, bare[:12]...), 0x81, 0, 0, 42), bare[12:]...)
	send(t, w.a, bare, tagged)
	all, stats := finish()
	if len(all) != 1 || !bytes.Equal(all[0].Data, tagged) || stats.Received != 1 {
		t.Errorf("got %+v, %+v", all, stats)
	}
}

func TestTimestampsSnapAndTypes(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	c := openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, ours), Snap: 20})
	if c.LinkType() != pcap.LinkEthernet {
		t.Errorf("link type %v", c.LinkType())
	}
	finish := collect(t, c, 4)
	everyone, group, other := net.HardwareAddr{255, 255, 255, 255, 255, 255}, net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, net.HardwareAddr{2, 9, 9, 9, 9, 9}
	before := time.Now()
	send(t, w.a, frame(w.macB, w.macA, ours, 1), frame(everyone, w.macA, ours, 2), frame(group, w.macA, ours, 3), frame(other, w.macA, ours, 4))
	after := time.Now()
	all, _ := finish()
	last := before.Add(-time.Millisecond) // clocks are read at a coarser grain here and there
	for i, want := range []PacketType{Host, Broadcast, Multicast, OtherHost} {
		f := all[i]
		if f.Type != want || len(f.Data) != 20 || f.Length != 60 {
			t.Errorf("frame %d: %v, %d of %d bytes", i, f.Type, len(f.Data), f.Length)
		}
		if f.Time.Before(last) || f.Time.After(after.Add(time.Millisecond)) {
			t.Errorf("frame %d at %v, not in %v to %v", i, f.Time, last, after)
		}
		last = f.Time
	}
}

func TestDirections(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	finish := make(map[Direction]func() ([]taken, Stats))
	for d, n := range map[Direction]int{Both: 2, In: 1, Out: 1} {
		finish[d] = collect(t, openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, ours), Direction: d}), n)
	}
	send(t, w.a, frame(w.macB, w.macA, ours, 1))
	send(t, w.b, frame(w.macA, w.macB, ours, 2))
	for d, want := range map[Direction]string{Both: "12", In: "1", Out: "2"} {
		got := ""
		all, _ := finish[d]()
		for _, f := range all {
			got += string('0' + f.Data[21])
			if (f.Type == Outgoing) != (f.Data[21] == 2) {
				t.Errorf("%v: frame %d is %v", d, f.Data[21], f.Type)
			}
		}
		if got != want {
			t.Errorf("%v: saw %s, want %s", d, got, want)
		}
	}
}

func TestPromiscuous(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	state := func() string { return w.b.Run(t, "ip", "-d", "link", "show", "dev", "eth0") }
	c := openIn(t, w.b, Config{Interface: "eth0", Promiscuous: true, Workers: 2})
	if !strings.Contains(state(), "promiscuity 1") {
		t.Errorf("open: %s", state())
	}
	c.Close()
	if !strings.Contains(state(), "promiscuity 0") {
		t.Errorf("closed: %s", state())
	}
}

func TestInterfaceGoesDown(t *testing.T) {
	t.Parallel()
	for _, immediate := range []bool{false, true} {
		w := newCable(t)
		c := openIn(t, w.b, Config{Interface: "eth0", Immediate: immediate})
		failed := make(chan error, 1)
		go func() {
			_, err := c.Run(t.Context(), func(int, []Frame) error { return nil })
			failed <- err
		}()
		w.b.Run(t, "ip", "link", "set", "eth0", "down")
		select {
		case err := <-failed:
			if !errors.Is(err, unix.ENETDOWN) || !strings.Contains(err.Error(), "eth0 went down") {
				t.Errorf("got %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the capture did not notice")
		}
		w.b.Do(t, func() {
			if _, err := Open(Config{Interface: "eth0"}); err == nil || !strings.Contains(err.Error(), "ip link set eth0 up") {
				t.Errorf("opening it while down: %v", err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	for want, cfg := range map[string]Config{
		"no interface is named":     {},
		`no interface "eth7"`:       {Interface: "eth7"},
		"for one interface":         {Interface: "any", Promiscuous: true},
		"exclude each other":        {Interface: "eth0", FilterTagged: true, TagsAside: true},
		"a power of two":            {Interface: "eth0", Block: 100000},
		"ring of 1024 bytes":        {Interface: "eth0", Ring: 1024, Block: 16 << 10},
		"refuses the filter":        {Interface: "eth0", Filter: only(t, 1)[:1]},
		"workers: 1 to 256":         {Interface: "eth0", Workers: -1},
		"wait of 1ns: 1ms to 1m":    {Interface: "eth0", Wait: 1},
		"smaller than one frame":    {Interface: "eth0", Immediate: true, Snap: 200000, Ring: 64 << 10},
		"snap of -1 bytes: 1 to 26": {Interface: "eth0", Snap: -1},
	} {
		w.b.Do(t, func() {
			if c, err := Open(cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: got %v, want %q", cfg, err, want)
				if err == nil {
					c.Close()
				}
			}
		})
	}
}

// A capture ends in each way there is, once, and leaves nothing behind.
func TestLifetime(t *testing.T) {
	w := newCable(t)
	before := rings(t)
	c := openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, ours), Workers: 2})
	if rings(t) != before+2 {
		t.Errorf("%d rings are mapped, %d before", rings(t), before)
	}
	inside, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		_, err := c.Run(t.Context(), func(int, []Frame) error {
			once.Do(func() { close(inside) })
			return nil
		})
		ended <- err
	}()
	send(t, w.a, frame(w.macB, w.macA, ours, 1))
	<-inside
	if _, err := c.Run(t.Context(), nil); err == nil {
		t.Error("two runs at once")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
	if _, err := c.Run(t.Context(), nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("run after closing: %v", err)
	}
	if err := c.SetFilter(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("filter after closing: %v", err)
	}
	if rings(t) != before {
		t.Errorf("%d rings are still mapped, %d before", rings(t), before)
	}
}

// rings counts the mapped rings of this process.
func rings(t *testing.T) int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), "socket:[")
}

func TestHandlerEndsTheRun(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	broken := errors.New("broken")
	for give, want := range map[error]error{ErrStop: nil, broken: broken} {
		c := openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, ours), Workers: 2})
		send(t, w.a, frame(w.macB, w.macA, ours, 1), frame(w.macB, w.macA, ours, 2))
		stats, err := c.Run(t.Context(), func(int, []Frame) error { return give })
		if err != want || stats.Delivered == 0 {
			t.Errorf("%v: %v, %v", give, stats, err)
		}
	}
}

func TestSetFilter(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	c := openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, theirs)})
	send(t, w.a, frame(w.macB, w.macA, ours, 1))
	if err := c.SetFilter(only(t, ours)); err != nil {
		t.Fatal(err)
	}
	send(t, w.a, frame(w.macB, w.macA, ours, 2))
	all, _ := collect(t, c, 1)()
	if len(all) != 1 || all[0].Data[21] != 2 {
		t.Errorf("got %+v", all)
	}
}
