package flows

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/packet/reassembly"
)

// Flow is one conversation. What has an index is 0 for what the initiator sent,
// and 1 for the responder.
type Flow struct {
	Proto     uint8
	Initiator netip.AddrPort // who sent the SYN, or was seen first
	Responder netip.AddrPort // of ICMP the ports are type and code of the first message, see ICMP
	VLAN      uint16
	VNI       uint32

	First, Last time.Time
	Packets     [2]int64
	Bytes       [2]int64 // of IP packets, headers included
	Flags       [2]uint8 // of TCP that were seen: FIN 1, SYN 2, RST 4, PSH 8, ACK 16 …

	Streams [2]reassembly.Stream // of TCP
	RTT     time.Duration        // from SYN to the ACK of its answer; 0 if not seen

	App    string // by its content: "tls", "http", "dns" …; empty if not known
	Detail string // what matters of that: a server's name, a host, a queried name
	End    End

	key     Key
	forward bool // the initiator is the key's lower end
	closed  bool // both sides have ended, or one has reset
	syn     time.Time
	class   uint8 // in which order it stands
	older   int32 // its neighbours there, -1 at the ends
	newer   int32
}

// End is why a flow ended.
type End uint8

// The ends of flows.
const (
	Open    End = iota // it has not, or the capture ended
	Closed             // both sides have said so
	Reset              // one side has broken it off
	Idle               // it was silent too long
	Evicted            // room was needed
	Renewed            // the same ports began anew
)

var endNames = [...]string{"open", "closed", "reset", "idle", "evicted", "renewed"}

func (e End) String() string { return endNames[e] }

// CommunityID identifies the flow to other tools.
func (f *Flow) CommunityID() string { return CommunityID(f.Initiator, f.Responder, f.Proto) }

// Protocol is what carries the flow: "tcp", "udp", "icmp" … or the number.
func (f *Flow) Protocol() string {
	switch f.Proto {
	case protoICMP:
		return "icmp"
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoICMPv6:
		return "icmpv6"
	case protoSCTP:
		return "sctp"
	}
	return strconv.Itoa(int(f.Proto))
}

// ICMP is the type and the code of the first message; ok is false for other protocols.
func (f *Flow) ICMP() (kind, code uint8, ok bool) {
	if f.Proto != protoICMP && f.Proto != protoICMPv6 {
		return 0, 0, false
	}
	return uint8(f.Initiator.Port()), uint8(f.Responder.Port()), true
}

// ports says that the flow is between ports.
func (f *Flow) ports() bool {
	return f.Proto == protoTCP || f.Proto == protoUDP || f.Proto == protoSCTP
}

// Ends are the initiator and the responder as text: "192.0.2.1:42582", and of
// protocols without ports their addresses.
func (f *Flow) Ends() (initiator, responder string) {
	if !f.ports() {
		return f.Initiator.Addr().String(), f.Responder.Addr().String()
	}
	return f.Initiator.String(), f.Responder.String()
}

// Record writes the flow as a record of the house: peer is the initiator, target
// the responder, protocol as in tcp/tls, host the detail, in and out the bytes of
// the initiator and the responder, and request_id the Community ID.
func (f *Flow) Record(r *flow.Record) {
	r.Begin(flow.Capture, f.First)
	r.Duration = f.Last.Sub(f.First)
	r.First = f.RTT
	r.BytesIn, r.BytesOut = f.Bytes[0], f.Bytes[1]
	if peer := f.Initiator; f.ports() {
		r.SetPeer(peer)
	} else {
		r.SetPeer(netip.AddrPortFrom(peer.Addr(), 0))
	}
	_, to := f.Ends()
	r.SetString(flow.Target, to)
	protocol := f.Protocol()
	if f.App != "" {
		protocol += "/" + f.App
	}
	r.SetString(flow.Protocol, protocol)
	r.SetString(flow.Host, f.Detail)
	r.SetString(flow.RequestID, f.CommunityID())
	if missing := f.Streams[0].Missing + f.Streams[1].Missing; missing > 0 {
		r.SetString(flow.Error, fmt.Sprintf("%d bytes were not seen", missing))
	}
}

// AppendJSON appends the flow as one object, without a line end.
func (f *Flow) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"community_id":"`...)
	dst = append(dst, f.CommunityID()...)
	dst = fmt.Appendf(dst, `","proto":%q,"src":%q`, f.Protocol(), f.Initiator.Addr())
	if f.ports() {
		dst = fmt.Appendf(dst, `,"sport":%d`, f.Initiator.Port())
	}
	dst = fmt.Appendf(dst, `,"dst":%q`, f.Responder.Addr())
	if kind, code, ok := f.ICMP(); ok {
		dst = fmt.Appendf(dst, `,"type":%d,"code":%d`, kind, code)
	} else if f.ports() {
		dst = fmt.Appendf(dst, `,"dport":%d`, f.Responder.Port())
	}
	if f.VLAN != 0 {
		dst = fmt.Appendf(dst, `,"vlan":%d`, f.VLAN)
	}
	if f.VNI != 0 {
		dst = fmt.Appendf(dst, `,"vni":%d`, f.VNI)
	}
	dst = f.First.UTC().AppendFormat(append(dst, `,"first":"`...), time.RFC3339Nano)
	dst = f.Last.UTC().AppendFormat(append(dst, `","last":"`...), time.RFC3339Nano)
	dst = fmt.Appendf(dst, `","duration":%.6f,"packets":[%d,%d],"bytes":[%d,%d]`, f.Last.Sub(f.First).Seconds(),
		f.Packets[0], f.Packets[1], f.Bytes[0], f.Bytes[1])
	if f.App != "" {
		dst = fmt.Appendf(dst, `,"app":%q`, f.App)
	}
	if f.Detail != "" {
		dst = appendQuoted(append(dst, `,"detail":`...), f.Detail)
	}
	if f.Proto == protoTCP {
		dst = f.appendTCP(dst)
	}
	return fmt.Appendf(dst, `,"end":%q}`, f.End)
}

func (f *Flow) appendTCP(dst []byte) []byte {
	a, b := &f.Streams[0], &f.Streams[1]
	dst = fmt.Appendf(dst, `,"flags":[%q,%q],"stream":[%d,%d],"repeated":[%d,%d],"missing":[%d,%d]`,
		flagNames(f.Flags[0]), flagNames(f.Flags[1]), a.Bytes, b.Bytes, a.Repeated, b.Repeated, a.Missing, b.Missing)
	if a.Differing+b.Differing > 0 {
		dst = fmt.Appendf(dst, `,"differing":[%d,%d]`, a.Differing, b.Differing)
	}
	if f.RTT > 0 {
		dst = fmt.Appendf(dst, `,"rtt":%.6f`, f.RTT.Seconds())
	}
	return dst
}

func flagNames(flags uint8) string {
	var b []byte
	for i, c := range "FSRPAUEC" {
		if flags&(1<<i) != 0 {
			b = append(b, byte(c))
		}
	}
	return string(b)
}

// appendQuoted appends text as JSON; what is not printable is escaped.
func appendQuoted(dst []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a string cannot fail
	return append(dst, quoted...)
}
