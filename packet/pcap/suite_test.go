package pcap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// suites is where the captures of other projects are, from here.
const suites = "../../../shared/suites"

// skip ends a test for which something is missing, as a failure where CI runs.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// tool returns the path of a program, or skips.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		skip(t, "%s is not installed", name)
	}
	return path
}

func suiteFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(suites, dir, "*.pcap*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		skip(t, "there are no captures in %s", filepath.Join(suites, dir))
	}
	return files
}

// frame is what another reader says of one packet.
type frame struct {
	time          string // seconds.nanoseconds
	length, caps  int
	link          LinkType
	encapsulation string // as Wireshark numbers it, "" where not asked
}

// framesOf reads a file with the Reader.
func framesOf(t *testing.T, path string) (all []frame, end error) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, frame{time: epoch(p.Time), length: p.Length, caps: len(p.Data), link: p.LinkType})
	}
}

func epoch(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}

// encapsulations says which link types Wireshark's numbers stand for, for
// those that the captures have most.
var encapsulations = map[string][]LinkType{
	"1": {LinkEthernet}, "4": {LinkPPP, LinkPPPHDLC}, "7": {LinkRaw}, "15": {LinkNull, LinkLoop},
	"20": {LinkIEEE80211}, "23": {LinkRadiotap}, "25": {LinkSLL}, "129": {LinkIPv4}, "130": {LinkIPv6}, "210": {LinkSLL2},
}

// tsharkFrames reads a file with tshark, taking nothing apart.
func tsharkFrames(t *testing.T, path string) (all []frame) {
	t.Helper()
	cmd := exec.Command(tool(t, "tshark"), "-n", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.encap_type")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, stderr.Bytes())
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			t.Fatalf("tshark says %q", line)
		}
		all = append(all, frame{time: f[0], length: number(t, f[1]), caps: number(t, f[2]), encapsulation: f[3]})
	}
	return all
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sunATM is Wireshark's number of an encapsulation of which it takes the
// first four octets for its own.
const sunATM = "13"

// oddTimes are files with more than a million microseconds in a second, which
// Wireshark multiplies beyond 32 bits. A Reader carries them into the seconds.
var oddTimes = map[string]bool{
	"rx_serviceid_oobr.pcap":       true,
	"timestamp_invalid_micro.pcap": true,
	"timestamp_invalid_nano.pcap":  true,
}

func compareFrames(t *testing.T, name string, got, want []frame) {
	t.Helper()
	odd := oddTimes[filepath.Base(name)]
	if len(got) != len(want) {
		t.Errorf("%s: %d packets, want %d", name, len(got), len(want))
		return
	}
	for i, g := range got {
		w := want[i]
		if odd || w.time == "" {
			g.time = w.time
		}
		if w.encapsulation == sunATM {
			g.time, g.length, g.caps = w.time, g.length-4, g.caps-4
		}
		if g.time != w.time || g.length != w.length || g.caps != w.caps {
			t.Errorf("%s: packet %d is %+v, want %+v", name, i+1, g, w)
			return
		}
		links, known := encapsulations[w.encapsulation]
		if known && !strings.Contains(fmt.Sprint(links), g.link.String()) {
			t.Errorf("%s: packet %d has link type %v, Wireshark's number is %s", name, i+1, g.link, w.encapsulation)
			return
		}
	}
}

// readByWireshark splits files in those that Wireshark knows the link type of
// and those that it does not.
func readByWireshark(t *testing.T, files []string) (known, unknown []string) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(tool(t, "capinfos"), append([]string{"-T", "-r", "-c"}, files...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output() // its exit status says only that some were not known
	if len(out) == 0 {
		t.Fatalf("capinfos: %v: %s", err, stderr.Bytes())
	}
	listed := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(line, "\t")
		listed[name] = true
	}
	for _, f := range files {
		if listed[f] {
			known = append(known, f)
		} else {
			unknown = append(unknown, f)
		}
	}
	return known, unknown
}

// Every packet of every capture, as Wireshark reads it: mergecap puts the
// files of a folder behind each other, so that one run of tshark tells of all.
func TestSuites(t *testing.T) {
	for _, dir := range []string{"tcpdump-captures", "zeek-captures", "libpcap-filter/captures"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			files := suiteFiles(t, dir)
			known, unknown := readByWireshark(t, files)
			merged := filepath.Join(t.TempDir(), "all.pcapng")
			cmd := exec.Command(tool(t, "mergecap"), append([]string{"-a", "-w", merged}, known...)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("mergecap: %v: %s", err, out)
			}
			want := tsharkFrames(t, merged)
			ours, err := framesOf(t, merged)
			if err != nil {
				t.Errorf("the merged file: %v", err)
			}
			compareFrames(t, "the merged file", ours, want)
			for _, path := range known {
				got, err := framesOf(t, path)
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				if len(got) > len(want) {
					t.Fatalf("%s has %d packets, mergecap has %d left", path, len(got), len(want))
				}
				compareFrames(t, path, got, want[:len(got)])
				want = want[len(got):]
			}
			if len(want) > 0 {
				t.Errorf("%d packets more in the merged file than in its parts", len(want))
			}
			for _, path := range unknown {
				compareCount(t, path)
			}
			t.Logf("%d packets of %d files as Wireshark reads them, %d files as tcpdump counts them", len(ours), len(known), len(unknown))
		})
	}
}

// compareCount compares with tcpdump what Wireshark cannot read.
func compareCount(t *testing.T, path string) {
	t.Helper()
	got, err := framesOf(t, path)
	out, tcpdumpErr := exec.Command(tool(t, "tcpdump"), "-r", path, "--count").CombinedOutput()
	if (err != nil) != (tcpdumpErr != nil) {
		t.Errorf("%s: we say %v, tcpdump %v: %s", path, err, tcpdumpErr, out)
	}
	if want := fmt.Sprintf("\n%d packet", len(got)); err == nil && !strings.Contains(string(out), want) {
		t.Errorf("%s: %d packets, tcpdump: %s", path, len(got), out)
	}
}
