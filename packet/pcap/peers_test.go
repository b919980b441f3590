package pcap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// run runs a program and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(tool(t, name), args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

// What we write, others read.
func TestPeersReadOurFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.pcap.gz", "b.pcapng", "c.pcapng.zst", "d.ns"} {
		path := filepath.Join(dir, name)
		opts := &WriterOptions{
			Section:   Section{Application: "netwright", OS: "some OS", Hardware: "some machine", Options: Options{Comment("the whole file")}},
			Interface: Interface{Name: "eth7", Description: "uplink", Filter: "not arp"},
			Statistics: func() []Statistics {
				return []Statistics{{Time: at, Received: new(uint64(12)), Dropped: new(uint64(3))}}
			},
		}
		if name == "d.ns" {
			opts.Format = FormatNano
		}
		w, err := Create(path, LinkEthernet, opts)
		if err != nil {
			t.Fatal(err)
		}
		packets := some()
		for i := range packets {
			packets[i].Time = packets[i].Time.Add(789)
			packets[i].Options = Options{Comment("number " + string(rune('0'+i))), WithFlags(Outbound)}
			if err := w.Write(&packets[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.WriteBlock(&Secrets{Kind: SecretsTLS, Data: []byte("CLIENT_RANDOM 00 11\n")}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var want []frame
		for _, p := range packets {
			if w.opts.Format == FormatPcap {
				p.Time = p.Time.Truncate(time.Microsecond)
			}
			want = append(want, frame{time: epoch(p.Time), length: p.Length, caps: len(p.Data), link: p.LinkType})
		}
		got := tsharkFrames(t, path)
		for i := range got {
			if got[i].encapsulation != "1" {
				t.Errorf("%s: packet %d has encapsulation %s", name, i+1, got[i].encapsulation)
			}
			got[i].encapsulation, got[i].link = "", LinkEthernet
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: tshark reads %+v, want %+v", name, got, want)
		}
		if w.opts.Compression == CompressNone {
			if out := run(t, "tcpdump", "-r", path, "--count"); !strings.Contains(out, "9 packets") {
				t.Errorf("%s: tcpdump counts %s", name, out)
			}
		}
		if name == "b.pcapng" {
			info := run(t, "capinfos", path)
			for _, part := range []string{"netwright", "some OS", "some machine", "the whole file", "Name = eth7", "Description = uplink", "not arp", "Number of decryption secrets in file: 1", "Number of stat entries = 1", "nanoseconds (9)"} {
				if !strings.Contains(info, part) {
					t.Errorf("%s: capinfos says nothing of %q:\n%s", name, part, info)
				}
			}
			out := run(t, "tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.comment", "-e", "frame.packet_flags_direction")
			if !strings.HasPrefix(out, "number 0\t0x00000002\n") {
				t.Errorf("%s: comments and directions %q", name, out)
			}
		}
	}
}

// What others write, we read.
func TestWeReadPeersFiles(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "source.pcap")
	if err := os.WriteFile(source, manySmall(t, 50, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := framesOf(t, source)
	if err != nil || len(want) != 50 {
		t.Fatalf("%d packets, %v", len(want), err)
	}
	check := func(path string) {
		t.Helper()
		got, err := framesOf(t, path)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", filepath.Base(path), got, err)
		}
	}
	for _, format := range []string{"pcap", "nsecpcap", "modpcap", "pcapng"} {
		path := filepath.Join(dir, format)
		run(t, "editcap", "-F", format, source, path)
		check(path)
	}
	path := filepath.Join(dir, "tcpdump.pcap")
	run(t, "tcpdump", "-r", source, "-w", path)
	check(path)
	for _, packer := range []string{"gzip", "zstd"} {
		path := filepath.Join(dir, packer)
		if err := os.WriteFile(path, []byte(run(t, packer, "-c", source)), 0o600); err != nil {
			t.Fatal(err)
		}
		check(path)
	}
}

// Comments and secrets that editcap puts into a file, and two interfaces that
// mergecap makes of two files.
func TestPeersOptions(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("a.pcap"), manySmall(t, 3, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("b.pcap"), pcapFile(binary.BigEndian, magicNano, 5), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("keys"), []byte("CLIENT_RANDOM 00 11\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "editcap", "-F", "pcapng", "-a", "2:look here", "--inject-secrets", "tls,"+at("keys"), "--capture-comment", "all of it", at("a.pcap"), at("c.pcapng"))
	run(t, "mergecap", "-F", "pcapng", "-a", "-w", at("d.pcapng"), at("c.pcapng"), at("b.pcap"))
	b, err := os.ReadFile(at("d.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	packets, _, err := readAll(bytes.NewReader(b))
	if err != nil || len(packets) != 5 {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	if c := packets[1].Options.Comments(); len(c) != 1 || c[0] != "look here" {
		t.Errorf("comments %q", c)
	}
	if p := packets[4]; p.LinkType != LinkRaw || string(p.Data) != "xyz" || p.Length != 1500 {
		t.Errorf("the last packet is %+v", p)
	}
	var interfaces strings.Builder // mergecap numbers them in an order of its own
	for _, p := range packets {
		fmt.Fprintln(&interfaces, p.Interface)
	}
	if want := run(t, "tshark", "-n", "-r", at("d.pcapng"), "-T", "fields", "-e", "frame.interface_id"); interfaces.String() != want {
		t.Errorf("interfaces %q, tshark says %q", interfaces.String(), want)
	}
	b, err = os.ReadFile(at("c.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	_, blocks, err := readAll(bytes.NewReader(b))
	var secrets, comment string
	for _, b := range blocks {
		switch b := b.(type) {
		case *Secrets:
			secrets = string(b.Data)
		case *Section:
			comment = strings.Join(b.Options.Comments(), "|")
		}
	}
	if err != nil || secrets != "CLIENT_RANDOM 00 11\n" || comment != "all of it" {
		t.Errorf("secrets %q, comment %q, %v", secrets, comment, err)
	}
}
