package bpf_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// suites is where the tests of others lie, seen from this folder.
const suites = "../../../shared/suites"

// needSuite returns the path of a part of the suites, and skips where they
// are missing; in CI they must be there.
func needSuite(t testing.TB, part string) string {
	t.Helper()
	path := filepath.Join(suites, part)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the suite %s is missing", part)
		}
		t.Skipf("the suite %s is missing", part)
	}
	return path
}

// acceptBlock is expressions that compile alike, and the programs they become.
type acceptBlock struct {
	Name     string
	DLT      string
	Aliases  []string
	SnapLen  uint32 `json:"snaplen"`
	Netmask  string
	LinuxExt int    `json:"linuxext"`
	Offline  string `json:"generate_offline_filter"`
	Opt      []string
	Unopt    []string
	OptUnopt []string
}

type applyTest struct {
	Name, Expr, SaveFile, Netmask string
	Results                       []uint32
}

type rejectTest struct {
	Name, DLT, Expr, ErrStr, SaveFile, Netmask string
}

func readSuite[T any](t testing.TB, name string) (all []T) {
	t.Helper()
	text, err := os.ReadFile(needSuite(t, "libpcap-filter/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// supported are the link types that capture filters must be made for.
var supported = map[string]pcap.LinkType{
	"EN10MB": pcap.LinkEthernet, "RAW": pcap.LinkRaw, "IPV4": pcap.LinkIPv4, "IPV6": pcap.LinkIPv6,
	"LINUX_SLL": pcap.LinkSLL, "LINUX_SLL2": pcap.LinkSLL2, "NULL": pcap.LinkNull, "LOOP": pcap.LinkLoop,
	"PPP": pcap.LinkPPP,
}

// acceptBlocks are those of supported link types.
func acceptBlocks(t testing.TB) (blocks []*acceptBlock) {
	for _, b := range readSuite[*acceptBlock](t, "accept.json") {
		if _, ok := supported[b.DLT]; ok {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// program is the expected one, nil for an expression that must be refused.
func (b *acceptBlock) program(optimized bool) []string {
	switch {
	case b.OptUnopt != nil:
		return b.OptUnopt
	case optimized:
		return b.Opt
	}
	return b.Unopt
}

// options are those that the block was made with.
func (b *acceptBlock) options() *bpf.Options {
	o := &bpf.Options{SnapLen: b.SnapLen, LinuxExtensions: b.LinuxExt != 0, Resolver: suiteNames{}}
	if b.Netmask != "" {
		o.Netmask = maskOf(b.Netmask)
	}
	if (b.DLT == "NULL" || b.DLT == "LOOP") && b.Offline == "" {
		o.Families = familiesOf(b)
	}
	return o
}

func maskOf(s string) net.IPMask { return net.IPMask(net.ParseIP(s).To4()) }

var familyName = regexp.MustCompile(`_(ip6?)_(\d+)(LE|BE)?_`)

// familiesOf reads from a block's name on which system it was made.
func familiesOf(b *acceptBlock) *bpf.Families {
	m := familyName.FindStringSubmatch(b.Name)
	if m == nil {
		return nil
	}
	n, _ := strconv.ParseUint(m[2], 10, 8)
	family := uint32(n)
	if m[3] == "LE" {
		family <<= 24
	}
	if m[1] == "ip" {
		return &bpf.Families{IPv4: []uint32{family}}
	}
	return &bpf.Families{IPv6: []uint32{family}}
}

// suiteNames are the hosts, stations and networks that the suite knows.
type suiteNames struct{}

func (suiteNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	name := strings.ToLower(host)
	label, zone, _ := strings.Cut(name, ".")
	var four, six []string
	switch zone {
	case "host123.libpcap.test":
		four, six = []string{"10.20.30.40"}, []string{"fd00:a1b2:c3d4:0:1020:3040:5060:7080"}
	case "host357.libpcap.test":
		four = []string{"192.168.241.3", "192.168.242.4", "192.168.243.1", "192.168.244.2"}
		six = []string{"fd00:a1b2:c3d4:0:a0b0:c0d0:e0f0:1278", "fd00:a1b2:c3d4:0:a0b0:c0d0:e0f0:3456"}
	}
	var addrs []netip.Addr
	for _, family := range []struct {
		has  bool
		list []string
	}{{!strings.Contains(label, "noipv4"), four}, {!strings.Contains(label, "noipv6"), six}} {
		for _, a := range family.list {
			if family.has {
				addrs = append(addrs, netip.MustParseAddr(a))
			}
		}
	}
	if len(addrs) == 0 {
		return nil, errors.New("no such host")
	}
	return addrs, nil
}

func (suiteNames) LookupEther(_ context.Context, host string) (net.HardwareAddr, error) {
	name := strings.ToLower(host)
	switch {
	case !strings.HasPrefix(name, "eth-"):
	case strings.HasSuffix(name, ".host123.libpcap.test"):
		return net.HardwareAddr{0xaa, 0x00, 0x04, 0x00, 0x14, 0x0e}, nil
	case strings.HasSuffix(name, ".host357.libpcap.test"):
		return net.HardwareAddr{0xaa, 0x00, 0x04, 0x00, 0x01, 0x08}, nil
	}
	return nil, errors.New("no such station")
}

func (suiteNames) LookupNetwork(_ context.Context, name string) (netip.Addr, error) {
	label, ok := strings.CutSuffix(strings.ToLower(name), ".libpcap.test")
	if label, ok2 := strings.CutPrefix(label, "net-"); ok && ok2 {
		return netip.ParseAddr(strings.ReplaceAll(label, "-", "."))
	}
	return netip.Addr{}, errors.New("no such network")
}

// capture is one file's frames.
type capture struct {
	name   string
	link   pcap.LinkType
	frames []pcap.Packet
}

// captures reads the files of a folder that are of supported link types; a
// damaged file gives the frames before the damage.
func captures(t testing.TB, folder string) (all []capture) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(needSuite(t, folder), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		byLink := map[pcap.LinkType][]pcap.Packet{}
		var order []pcap.LinkType
		for _, p := range readCapture(t, path) {
			if _, ok := byLink[p.LinkType]; !ok {
				order = append(order, p.LinkType)
			}
			byLink[p.LinkType] = append(byLink[p.LinkType], p)
		}
		for _, link := range order {
			all = append(all, capture{filepath.Base(path), link, byLink[link]})
		}
	}
	return all
}

func readCapture(t testing.TB, path string) (frames []pcap.Packet) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcap.NewReader(f)
	if err != nil {
		return nil
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("%s after %d frames: %v", filepath.Base(path), len(frames), err)
			}
			return frames
		}
		p.Data = append([]byte(nil), p.Data...)
		frames = append(frames, p)
	}
}

// listing is a program read from the text that tcpdump -d prints. Unlike
// bpf.Program it may jump back, as libpcap's protochain does.
type listing struct {
	code []netbpf.RawInstruction
	yes  []int
	no   []int
}

var listingLine = regexp.MustCompile(`^\((\d+)\) (\S+)\s*(.*?)(?:\s+jt (\d+)\s+jf (\d+))?\s*$`)

func parseListing(lines []string) (*listing, error) {
	l := &listing{}
	for i, line := range lines {
		m := listingLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("line %q", line)
		}
		op, k, err := parseInstruction(m[2], m[3])
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		yes, no := i+1, i+1
		if m[4] != "" {
			yes, _ = strconv.Atoi(m[4])
			no, _ = strconv.Atoi(m[5])
		}
		if m[2] == "ja" {
			yes = int(k)
			no, k = yes, uint32(yes-i-1)
		}
		l.code = append(l.code, netbpf.RawInstruction{Op: op, Jt: uint8(yes - i - 1), Jf: uint8(no - i - 1), K: k})
		if m[2] == "ja" || m[4] == "" {
			l.code[i].Jt, l.code[i].Jf = 0, 0
		}
		l.yes, l.no = append(l.yes, yes), append(l.no, no)
	}
	return l, nil
}

func parseInstruction(name, operand string) (op uint16, k uint32, err error) {
	number := func(s string) uint32 {
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil {
			err = e
		}
		return uint32(n)
	}
	alu := map[string]uint16{"add": 0x04, "sub": 0x14, "mul": 0x24, "div": 0x34, "or": 0x44, "and": 0x54, "lsh": 0x64, "rsh": 0x74, "neg": 0x84, "mod": 0x94, "xor": 0xa4}
	jump := map[string]uint16{"jeq": 0x15, "jgt": 0x25, "jge": 0x35, "jset": 0x45}
	load := map[string]uint16{"ld": 0, "ldh": 8, "ldb": 16, "ldx": 1, "ldxb": 17}
	meta := map[string]uint32{"[type]": 0xfffff004, "[ifidx]": 0xfffff008, "[vlan_tci]": 0xfffff02c, "[vlanp]": 0xfffff030}
	switch {
	case name == "ret":
		return 0x06, number(operand[1:]), err
	case name == "tax":
		return 0x07, 0, nil
	case name == "txa":
		return 0x87, 0, nil
	case name == "ja":
		return 0x05, number(operand), err
	case name == "st":
		return 0x02, number(strings.Trim(operand, "M[]")), err
	case name == "stx":
		return 0x03, number(strings.Trim(operand, "M[]")), err
	case jump[name] != 0 || alu[name] != 0:
		op = jump[name] | alu[name]
		if operand == "x" {
			return op | 8, 0, nil
		}
		if operand == "" {
			return op, 0, nil
		}
		return op, number(operand[1:]), err
	}
	op, ok := load[name]
	switch {
	case !ok:
		return 0, 0, fmt.Errorf("no instruction %q", name)
	case operand == "#pktlen":
		return op | 0x80, 0, nil
	case operand[0] == '#':
		return op, number(operand[1:]), err
	case operand[0] == 'M':
		return op | 0x60, number(strings.Trim(operand, "M[]")), err
	case operand[0] == '4':
		return op | 0xa0, number(strings.TrimSuffix(strings.TrimPrefix(operand, "4*(["), "]&0xf)")), err
	case meta[operand] != 0:
		return op | 0x20, meta[operand], nil
	case strings.HasPrefix(operand, "[x + "):
		return op | 0x40, number(strings.Trim(operand, "[]x +")), err
	}
	return op | 0x20, number(strings.Trim(operand, "[]")), err
}

// run is a plain machine for listings, written apart from bpf.Program.
func (l *listing) run(p *bpf.Packet) uint32 {
	keep, _ := l.judge(p)
	return keep
}

// ways are the successors of an instruction.
func (l *listing) ways(pc int) (yes, no int) {
	r := l.code[pc]
	switch {
	case l.yes != nil:
		return l.yes[pc], l.no[pc]
	case r.Op == 0x05:
		return pc + 1 + int(r.K), pc + 1 + int(r.K)
	case r.Op&7 == 5:
		return pc + 1 + int(r.Jt), pc + 1 + int(r.Jf)
	}
	return pc + 1, pc + 1
}

// judge runs the listing, and reports whether it came to a return rather than
// to a load beyond the end or a division by zero.
func (l *listing) judge(p *bpf.Packet) (keep uint32, whole bool) {
	var a, x uint32
	var m [16]uint32
	at := func(k uint32, size int) (uint32, bool) {
		if uint64(k)+uint64(size) > uint64(len(p.Data)) {
			return 0, false
		}
		v := uint32(0)
		for _, b := range p.Data[k : int(k)+size] {
			v = v<<8 | uint32(b)
		}
		return v, true
	}
	for pc, steps := 0, 0; steps < 10000; steps++ {
		r := l.code[pc]
		next, otherwise := l.ways(pc)
		size := 4 >> (r.Op >> 3 & 3)
		ok := true
		switch r.Op & 7 {
		case 6:
			if r.Op&0x18 == 0x10 {
				return a, true
			}
			return r.K, true
		case 2:
			m[r.K] = a
		case 3:
			m[r.K] = x
		case 7:
			if r.Op == 0x07 {
				x = a
			} else {
				a = x
			}
		case 0:
			switch r.Op & 0xe0 {
			case 0x00:
				a = r.K
			case 0x20:
				switch r.K {
				case 0xfffff004:
					a = uint32(p.Type)
				case 0xfffff008:
					a = p.Interface
				case 0xfffff02c:
					a = uint32(p.VLAN)
				case 0xfffff030:
					if a = 0; p.Tagged {
						a = 1
					}
				default:
					a, ok = at(r.K, size)
				}
			case 0x40:
				a, ok = at(x+r.K, size)
			case 0x60:
				a = m[r.K]
			case 0x80:
				a = uint32(p.Length)
			}
		case 1:
			switch r.Op & 0xe0 {
			case 0x00:
				x = r.K
			case 0x60:
				x = m[r.K]
			case 0x80:
				x = uint32(p.Length)
			case 0xa0:
				x, ok = at(r.K, 1)
				x = x & 15 * 4
			}
		case 4, 5:
			k := r.K
			if r.Op&8 != 0 {
				k = x
			}
			if r.Op&7 == 5 {
				taken := true
				switch r.Op & 0xf0 {
				case 0x10:
					taken = a == k
				case 0x20:
					taken = a > k
				case 0x30:
					taken = a >= k
				case 0x40:
					taken = a&k != 0
				}
				if !taken {
					next = otherwise
				}
				break
			}
			if k == 0 && (r.Op&0xf0 == 0x30 || r.Op&0xf0 == 0x90) {
				return 0, false
			}
			switch r.Op & 0xf0 {
			case 0x00:
				a += k
			case 0x10:
				a -= k
			case 0x20:
				a *= k
			case 0x30:
				a /= k
			case 0x40:
				a |= k
			case 0x50:
				a &= k
			case 0x60:
				a <<= k
			case 0x70:
				a >>= k
			case 0x80:
				a = -a
			case 0x90:
				a %= k
			case 0xa0:
				a ^= k
			}
		}
		if !ok {
			return 0, false
		}
		pc = next
	}
	return 0, false
}
