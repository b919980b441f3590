package pcap

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// oneFile makes a pcapng file with interfaces of those names, a packet of each and
// statistics of the last.
func oneFile(t *testing.T, path string, names ...string) {
	t.Helper()
	w, err := Create(path, LinkEthernet, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := w.AddInterface(Interface{Name: name, LinkType: LinkEthernet}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range names {
		if err := w.Write(&Packet{Time: time.Unix(1_700_000_000, 0), Data: make([]byte, 60), Length: 60, Interface: i, LinkType: LinkEthernet}); err != nil {
			t.Fatal(err)
		}
	}
	seen := uint64(len(names))
	if err := w.WriteBlock(&Statistics{Interface: len(names) - 1, Time: time.Unix(1_700_000_001, 0), Received: &seen}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// join reads files into one, and what comes of it again.
func join(t *testing.T, to string, from ...string) {
	t.Helper()
	var j Joiner
	for _, path := range from {
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		j.From(r)
		for {
			p, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Create(to, p.LinkType, nil); err != nil {
				t.Fatal(err)
			}
			if err := j.Write(&p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJoiner(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	oneFile(t, at("a.pcapng"), "eth0", "eth1")
	oneFile(t, at("b.pcapng.gz"), "wlan0")
	join(t, at("plain.pcap"), at("a.pcapng"))
	join(t, at("all.pcapng"), at("a.pcapng"), at("plain.pcap"), at("b.pcapng.gz"))

	r, err := Open(at("all.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var told []int
	r.OnBlock = func(b Block) error {
		if s, ok := b.(*Statistics); ok {
			told = append(told, s.Interface)
		}
		return nil
	}
	var of []string
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		of = append(of, r.Interfaces()[p.Interface].Name)
	}
	if want := []string{"eth0", "eth1", "", "", "wlan0"}; !slices.Equal(of, want) {
		t.Errorf("packets are of %q, want %q", of, want)
	}
	if want := []int{1, 3}; !slices.Equal(told, want) {
		t.Errorf("statistics are of %v, want %v", told, want)
	}
	if info, err := os.Stat(at("plain.pcap")); err != nil || info.Size() != 24+2*(16+60) {
		t.Errorf("%v, %v", info, err)
	}
}
