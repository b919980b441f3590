package wire

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// appendControl appends a control message as the kernel lays it out.
func appendControl(dst []byte, level, kind int32, data []byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(data)))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(len(data)))
	copy(b[unix.CmsgLen(0):], data)
	return append(dst, b...)
}

func native(values ...any) (b []byte) {
	for _, v := range values {
		b, _ = binary.Append(b, binary.NativeEndian, v)
	}
	return b
}

func sockaddr6(a string, scope uint32) []byte {
	addr := netip.MustParseAddr(a).As16()
	return native(uint16(unix.AF_INET6), uint16(0), uint32(0), addr[:], scope)
}

func sockaddr4(a string) []byte {
	addr := netip.MustParseAddr(a).As4()
	return native(uint16(unix.AF_INET), uint16(0), addr[:], uint64(0))
}

func TestReadControl(t *testing.T) {
	at := time.Unix(1_700_000_000, 123_456_789)
	stamp := native(at.Unix(), int64(at.Nanosecond()))
	sent := append(append([]byte{}, stamp...), make([]byte, 32)...)
	failed := func(errno uint32, origin, kind, code uint8, info, data uint32, from []byte) []byte {
		return append(native(errno, origin, kind, code, uint8(0), info, data), from...)
	}
	tests := []struct {
		name string
		b    []byte
		want Control
	}{
		{"nothing", nil, Control{}},
		{"an answer", appendControl(appendControl(nil, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, stamp), unix.SOL_IP, unix.IP_TTL, native(int32(63))),
			Control{Time: at, TTL: 63}},
		{"a hop limit", appendControl(nil, unix.SOL_IPV6, unix.IPV6_HOPLIMIT, native(int32(255))), Control{TTL: 255}},
		{"a router that wants smaller packets", appendControl(nil, unix.SOL_IP, unix.IP_RECVERR,
			failed(uint32(unix.EMSGSIZE), unix.SO_EE_ORIGIN_ICMP, 3, 4, 1400, 0, sockaddr4("192.0.2.1"))),
			Control{IsError: true, Err: unix.EMSGSIZE, Origin: unix.SO_EE_ORIGIN_ICMP, Type: 3, Code: 4, MTU: 1400, From: netip.MustParseAddr("192.0.2.1")}},
		{"an extension", appendControl(nil, unix.SOL_IP, unix.IP_RECVERR,
			append(native(uint32(unix.EHOSTUNREACH), uint8(unix.SO_EE_ORIGIN_ICMP), uint8(11), uint8(0), uint8(0), uint32(0), uint16(100), uint8(0), uint8(0)), sockaddr4("192.0.2.1")...)),
			Control{IsError: true, Err: unix.EHOSTUNREACH, Origin: unix.SO_EE_ORIGIN_ICMP, Type: 11, Extension: 100, From: netip.MustParseAddr("192.0.2.1")}},
		{"an extension that is broken", appendControl(nil, unix.SOL_IP, unix.IP_RECVERR,
			append(native(uint32(unix.EHOSTUNREACH), uint8(unix.SO_EE_ORIGIN_ICMP), uint8(11), uint8(0), uint8(0), uint32(0), uint16(100), uint8(unix.SO_EE_RFC4884_FLAG_INVALID), uint8(0)), sockaddr4("192.0.2.1")...)),
			Control{IsError: true, Err: unix.EHOSTUNREACH, Origin: unix.SO_EE_ORIGIN_ICMP, Type: 11, From: netip.MustParseAddr("192.0.2.1")}},
		{"a neighbour of IPv6", appendControl(nil, unix.SOL_IPV6, unix.IPV6_RECVERR,
			failed(uint32(unix.ECONNREFUSED), unix.SO_EE_ORIGIN_ICMP6, 1, 4, 0, 0, sockaddr6("fe80::1", 3))),
			Control{IsError: true, Err: unix.ECONNREFUSED, Origin: unix.SO_EE_ORIGIN_ICMP6, Type: 1, Code: 4, From: netip.MustParseAddr("fe80::1"), Scope: 3}},
		{"this host", appendControl(nil, unix.SOL_IP, unix.IP_RECVERR,
			failed(uint32(unix.EMSGSIZE), unix.SO_EE_ORIGIN_LOCAL, 0, 0, 1280, 0, native(uint16(unix.AF_UNSPEC), uint16(0), uint64(0), uint32(0)))),
			Control{IsError: true, Err: unix.EMSGSIZE, Origin: unix.SO_EE_ORIGIN_LOCAL, MTU: 1280}},
		{"the time of sending", appendControl(appendControl(nil, unix.SOL_SOCKET, unix.SO_TIMESTAMPING_NEW, sent), unix.SOL_IP, unix.IP_RECVERR,
			failed(uint32(unix.ENOMSG), unix.SO_EE_ORIGIN_TIMESTAMPING, 0, 0, 0, 70_000, nil)),
			Control{Time: at, IsError: true, Err: unix.ENOMSG, Origin: unix.SO_EE_ORIGIN_TIMESTAMPING, ID: 70_000}},
		{"what is not known, and then an answer", appendControl(appendControl(nil, 99, 1, []byte("??????")), unix.SOL_IP, unix.IP_TTL, native(int32(1))), Control{TTL: 1}},
		{"too short", appendControl(nil, unix.SOL_IP, unix.IP_RECVERR, make([]byte, 15)), Control{}},
	}
	for _, tt := range tests {
		got := ReadControl(tt.b)
		if got != tt.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.name, got, tt.want)
		}
		if n := testing.AllocsPerRun(10, func() { ReadControl(tt.b) }); n > 0 {
			t.Errorf("%s: %g allocations", tt.name, n)
		}
	}
}

func TestZoned(t *testing.T) {
	tests := []struct {
		addr  string
		scope uint32
		want  string
	}{
		{"fe80::1", 1, "fe80::1%lo"},
		{"fe80::1", 0, "fe80::1"},
		{"fe80::1", 1 << 30, "fe80::1%1073741824"},
		{"2001:db8::1", 1, "2001:db8::1"},
		{"192.0.2.1", 1, "192.0.2.1"},
	}
	for _, tt := range tests {
		if got := Zoned(netip.MustParseAddr(tt.addr), tt.scope); got.String() != tt.want {
			t.Errorf("Zoned(%s, %d) = %v, want %s", tt.addr, tt.scope, got, tt.want)
		}
	}
	if got := Zoned(netip.Addr{}, 1); got.IsValid() {
		t.Errorf("no address has become %v", got)
	}
}

// FuzzReadControl: what is read is in bounds and of one kind, and what comes before
// that is not known changes nothing.
func FuzzReadControl(f *testing.F) {
	whole := appendControl(nil, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, native(int64(1), int64(2)))
	whole = appendControl(whole, unix.SOL_IPV6, unix.IPV6_RECVERR,
		append(native(uint32(unix.EMSGSIZE), uint8(3), uint8(2), uint8(0), uint8(0), uint32(1280), uint32(64)), sockaddr6("fe80::1", 2)...))
	f.Add(whole)
	f.Add(whole[:len(whole)-9])
	f.Add(appendControl(nil, unix.SOL_IP, unix.IP_TTL, native(int32(-1))))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := ReadControl(b)
		if c.Extension < 0 || c.Extension > 1<<16 || c.MTU < 0 || c.MTU > 0 && c.Err != unix.EMSGSIZE {
			t.Errorf("%+v", c)
		}
		if !c.IsError && (c.Err != 0 || c.From.IsValid() || c.Extension != 0) {
			t.Errorf("an error that is none: %+v", c)
		}
		if c.Local() && c.Sent() {
			t.Error("both of this host and a time of sending")
		}
		after := append(appendControl(nil, 99, 1, []byte("what nobody knows")), b...)
		if ReadControl(after) != c {
			t.Errorf("%+v became %+v", c, ReadControl(after))
		}
	})
}
