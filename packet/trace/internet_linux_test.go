package trace

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/ping"
)

// internet is what is behind the interface tun0 of a namespace: routers and
// hosts, played by the test. Router 10.8.h.n is number n at hop h. All of
// 10.9.0.0/16 and 2001:db8:9::/64 are hosts behind it.
type internet struct {
	hops     int                     // routers before the host
	width    func(ttl int) int       // how many routers share the load there
	labels   func(ttl int) []uint32  // MPLS label stack entries to tell
	oldStyle bool                    // without telling the place of the extension
	quote    int                     // bytes quoted behind the IP header; 0: all
	mtu      func(ttl int) int       // of the link behind that router; 0: any
	lost     func(ttl, nth int) bool // whether the answer to the nth probe there is lost
	mu       sync.Mutex
	ways     map[[2]uint32]uint32 // which router a flow passes, by TTL and flow
	turn     map[int]uint32       // whose turn it is, by TTL
	nth      map[int]int
	flows    map[uint32]bool // that were seen: the four bytes behind the IP header, and for ICMP the checksum
}

// start opens the interface, in a namespace of its own.
func (i *internet) start(t *testing.T) *netnstest.Namespace {
	t.Helper()
	n := netnstest.New(t)
	var file *os.File
	n.Do(t, func() {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip("there is no /dev/net/tun here: ", err)
		}
		request, _ := unix.NewIfreq("tun0")
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(request))); errno != 0 {
			t.Fatal(errno)
		}
		file = os.NewFile(uintptr(fd), "tun0")
	})
	n.Run(t, "ip", "addr", "add", "10.7.0.1/32", "dev", "tun0")
	n.Run(t, "ip", "addr", "add", "2001:db8:7::1/128", "dev", "tun0", "nodad")
	n.Run(t, "ip", "link", "set", "tun0", "up")
	n.Run(t, "ip", "route", "add", "default", "dev", "tun0", "src", "10.7.0.1")
	n.Run(t, "ip", "route", "add", "default", "dev", "tun0", "src", "2001:db8:7::1")
	i.nth, i.flows = make(map[int]int), make(map[uint32]bool)
	i.ways, i.turn = make(map[[2]uint32]uint32), make(map[int]uint32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65536)
		for {
			n, err := file.Read(buf)
			if err != nil {
				return
			}
			if answer := i.answer(buf[:n]); answer != nil {
				if _, err := file.Write(answer); err != nil {
					return
				}
			}
		}
	}()
	t.Cleanup(func() {
		file.Close()
		<-done
	})
	answers(t, n, "2001:db8:9::1")
	return n
}

// answers waits until a host answers: IPv6 takes a moment when an interface is
// new.
func answers(t *testing.T, n *netnstest.Namespace, host string) {
	t.Helper()
	n.Do(t, func() {
		p, err := ping.Open(ping.Config{Count: 500, Interval: 10 * time.Millisecond, Once: true})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if stats, err := p.Run(t.Context(), []netip.Addr{netip.MustParseAddr(host)}, nil); err != nil || stats[0].Received == 0 {
			t.Fatalf("%s does not answer: %v, %v", host, stats, err)
		}
	})
}

// seen are the flows that were.
func (i *internet) seen() []uint32 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Collect(maps.Keys(i.flows))
}

// answer is what comes back for a packet; nil for nothing.
func (i *internet) answer(p []byte) []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	v6 := p[0]>>4 == 6
	header, ttl, protocol := 20, int(p[8]), p[9]
	src, dst := p[12:16], p[16:20]
	if v6 {
		header, ttl, protocol = 40, int(p[7]), p[6]
		src, dst = p[8:24], p[24:40]
	}
	if protocol != 1 && protocol != 6 && protocol != 17 && protocol != 58 || len(p) < header+8 || dst[0] == 0xff {
		return nil
	}
	if protocol == 58 && p[header] != 128 { // neighbour discovery
		return nil
	}
	flow := binary.BigEndian.Uint32(p[header:])
	isTrace := ttl < 40 // rather than a ping
	last := i.hops + 1
	ttl = min(ttl, last)
	if isTrace {
		i.flows[flow] = true
		i.nth[ttl]++
	}
	if i.lost != nil && i.lost(ttl, i.nth[ttl]) {
		return nil
	}
	for at := 1; at < ttl; at++ {
		if i.mtu != nil && i.mtu(at) > 0 && len(p) > i.mtu(at) {
			return i.icmp(p, header, i.router(v6, at, flow), src, 3, 4, i.mtu(at), at)
		}
	}
	if ttl < last {
		return i.icmp(p, header, i.router(v6, ttl, flow), src, 11, 0, 0, ttl)
	}
	switch protocol {
	case 17:
		return i.icmp(p, header, dst, src, 3, 3, 0, ttl)
	case 6:
		reply := make([]byte, 20)
		copy(reply, p[header+2:header+4])
		copy(reply[2:], p[header:header+2])
		binary.BigEndian.PutUint32(reply[8:], binary.BigEndian.Uint32(p[header+4:])+1)
		reply[12], reply[13] = 0x50, 0x12
		if p[header+13] != 2 {
			return nil
		}
		binary.BigEndian.PutUint16(reply[16:], layer.FoldSum(layer.AddSum(layer.PseudoSum(append(append([]byte{}, dst...), src...), 6, 20), reply)))
		return ipPacket(dst, src, 6, reply)
	}
	reply := append([]byte{}, p[header:]...)
	reply[0] = map[byte]byte{8: 0, 128: 129}[reply[0]]
	return ipPacket(dst, src, protocol, checked(reply, dst, src, protocol))
}

// router is the one that a flow passes at a hop.
func (i *internet) router(v6 bool, ttl int, flow uint32) []byte {
	n := uint32(0)
	if i.width != nil {
		// Flows in turn, so that a few are sure to take all ways.
		k := [2]uint32{uint32(ttl), flow}
		if _, known := i.ways[k]; !known {
			i.ways[k] = i.turn[ttl] % uint32(i.width(ttl))
			i.turn[ttl]++
		}
		n = i.ways[k]
	}
	if v6 {
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 8, 13: byte(ttl), 15: byte(n + 1)}).AsSlice()
	}
	return []byte{10, 8, byte(ttl), byte(n + 1)}
}

// icmp is an error of IPv4, or the same of IPv6.
func (i *internet) icmp(p []byte, header int, from, to []byte, kind, code byte, mtu, ttl int) []byte {
	v6 := header == 40
	quote := p
	if i.quote > 0 {
		quote = p[:header+min(i.quote, len(p)-header)]
	}
	m := make([]byte, 8, 600)
	m[0], m[1] = kind, code
	binary.BigEndian.PutUint16(m[6:], uint16(mtu))
	protocol := byte(1)
	if v6 {
		protocol = 58
		m[0], m[1] = map[byte]byte{11: 3, 3: 1}[kind], map[byte]byte{3: 4}[code]
		if mtu > 0 {
			m[0], m[1] = 2, 0
		}
	}
	quote = quote[:min(len(quote), 500)]
	m = append(m, quote...)
	if i.labels != nil && mtu == 0 && i.labels(ttl) != nil {
		m = append(m, make([]byte, max(8+128-len(m), 0))...)[:8+128]
		if !i.oldStyle {
			if v6 {
				m[4] = 128 / 8
			} else {
				m[5] = 128 / 4
			}
		}
		stack := i.labels(ttl)
		extension := []byte{0x20, 0, 0, 0, 0, byte(4 + 4*len(stack)), 1, 1}
		for _, entry := range stack {
			extension = binary.BigEndian.AppendUint32(extension, entry)
		}
		binary.BigEndian.PutUint16(extension[2:], layer.FoldSum(layer.AddSum(0, extension)))
		m = append(m, extension...)
	}
	return ipPacket(from, to, protocol, checked(m, from, to, protocol))
}

// checked sets the checksum of ICMP.
func checked(m, from, to []byte, protocol byte) []byte {
	binary.BigEndian.PutUint16(m[2:], 0)
	before := uint64(0)
	if protocol == 58 {
		before = layer.PseudoSum(append(append([]byte{}, from...), to...), 58, len(m))
	}
	binary.BigEndian.PutUint16(m[2:], layer.FoldSum(layer.AddSum(before, m)))
	return m
}

func ipPacket(from, to []byte, protocol byte, payload []byte) []byte {
	if len(from) == 16 {
		p := []byte{0x60, 0, 0, 0, 0, 0, protocol, 60}
		binary.BigEndian.PutUint16(p[4:], uint16(len(payload)))
		return append(append(append(p, from...), to...), payload...)
	}
	p := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 60, protocol, 0, 0}
	binary.BigEndian.PutUint16(p[2:], uint16(20+len(payload)))
	p = append(append(p, from...), to...)
	binary.BigEndian.PutUint16(p[10:], layer.FoldSum(layer.AddSum(0, p)))
	return append(p, payload...)
}
