package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestRotateBySize(t *testing.T) {
	dir := t.TempDir()
	rot, err := NewRotator(filepath.Join(dir, "my.trace.pcap"), LinkEthernet, nil, Rotation{Size: 101, Keep: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 { // two of 60 octets fill a file
		if err := rot.Write(&Packet{Time: at.Add(time.Duration(i) * time.Second), Data: bytes.Repeat([]byte{byte(i)}, 60), LinkType: LinkEthernet}); err != nil {
			t.Fatal(err)
		}
	}
	if err := rot.Close(); err != nil {
		t.Fatal(err)
	}
	last := filepath.Join(dir, "my.trace-00004-20231114T221326Z.pcap")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || !reflect.DeepEqual(files, rot.Files()) || len(files) != 2 || files[1] != last {
		t.Errorf("files %q, says %q, %v; want 2 and %q", files, rot.Files(), err, last)
	}
	var kept []byte
	for _, f := range files {
		r, err := Open(f)
		if err != nil {
			t.Fatal(err)
		}
		for {
			p, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, p.Data[0])
		}
		r.Close()
	}
	if !bytes.Equal(kept, []byte{4, 5, 6}) {
		t.Errorf("packets %d, want 4 5 6", kept)
	}
	if err := rot.Write(&Packet{Time: at.Add(time.Hour)}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Each file can be read alone: interfaces, secrets and names are in all of
// them, statistics once.
func TestRotateByAge(t *testing.T) {
	dir := t.TempDir()
	rot, err := NewRotator(filepath.Join(dir, "t.pcapng.gz"), LinkEthernet, nil, Rotation{Age: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(bytes.NewReader(ngFile(binary.BigEndian)))
	if err != nil {
		t.Fatal(err)
	}
	rot.CarryOver(r)
	var p Packet
	if err := r.Read(&p); err != nil {
		t.Fatal(err)
	}
	for i := range 4 { // 0 and 0.6 s; 1.2 and 1.8 s
		p.Time = at.Add(time.Duration(i) * 600 * time.Millisecond)
		if err := rot.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	if err := rot.Close(); err != nil {
		t.Fatal(err)
	}
	if len(rot.Files()) != 2 {
		t.Fatalf("files %q", rot.Files())
	}
	for _, name := range rot.Files() {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		packets, blocks, err := readAll(bytes.NewReader(b))
		if err != nil || len(packets) != 2 || len(blocks) != 5 {
			t.Errorf("%s: %d packets, %d blocks, %v", name, len(packets), len(blocks), err)
			continue
		}
		if i := blocks[1].(*Interface); i.Name != "eth0" {
			t.Errorf("%s: interface %+v", name, i)
		}
		if s := blocks[4].(*Secrets); string(s.Data) != "SECRET ab" {
			t.Errorf("%s: secrets %v", name, s)
		}
	}
}

func TestRotatorForgetsOldSecrets(t *testing.T) {
	rot, err := NewRotator(filepath.Join(t.TempDir(), "t.pcapng"), LinkEthernet, nil, Rotation{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	big := make([]byte, maxHead/2)
	for _, b := range []Block{&Interface{Name: "a"}, &Secrets{Kind: 1, Data: big}, &Secrets{Kind: 2, Data: big}, &Interface{Name: "b"}} {
		if err := rot.WriteBlock(b); err != nil {
			t.Fatal(err)
		}
	}
	if len(rot.head) != 3 || rot.head[1].(*Secrets).Kind != 2 || rot.headSize > maxHead {
		t.Errorf("%d blocks, %d octets", len(rot.head), rot.headSize)
	}
}

func TestRotatorOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.pcap")
	for _, tt := range []struct {
		path string
		opts WriterOptions
		rot  Rotation
	}{
		{path: path},
		{path: path, rot: Rotation{Size: 1, Age: -1}},
		{path: path, rot: Rotation{Size: 1, Keep: -1}},
		{path: "-", rot: Rotation{Size: 1}},
		{path: filepath.Join(path, "missing", "t.pcap"), rot: Rotation{Size: 1}},
		{path: path, rot: Rotation{Size: 1}, opts: WriterOptions{SnapLen: -1}},
	} {
		if r, err := NewRotator(tt.path, LinkEthernet, &tt.opts, tt.rot); err == nil || r != nil {
			t.Errorf("%+v was taken", tt)
		}
	}
	rot, err := NewRotator(path, LinkEthernet, nil, Rotation{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(rot.Flush(), rot.Close()); err != nil {
		t.Error(err)
	}
	if len(rot.Files()) != 0 {
		t.Errorf("files without packets: %q", rot.Files())
	}
}
