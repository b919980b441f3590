package proto

import (
	"bytes"

	"github.com/netwright/netwright/packet/layer"
)

// bgp shows all messages of a segment. What lies before the first marker belongs
// to a message that began earlier.
var bgp = &layer.Proto{
	Name: "bgp", Title: "Border Gateway Protocol", Alias: []string{"BGP", "BGPHeader"}, Spec: "RFC 4271 section 4",
	On: []layer.On{{Table: "tcp.port", Keys: []uint64{179}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Code: showBGPContinuation, Sub: []layer.Field{{Name: "bgp.continuation", Title: "Continuation", Kind: layer.Group}}},
		{Kind: layer.Group, Alias: "messages", Repeat: "*", Len: "u16(16) < 19 ? 18 : u16(16) > rest ? rest : u16(16)", Until: "u32(0) != 0xFFFFFFFF || msglen < 19 || rest < 19", Sub: []layer.Field{
			{Name: "bgp.marker", Alias: "marker", Title: "Marker", Kind: layer.Bytes, Len: "16"},
			{Name: "bgp.length", Alias: "msglen", Title: "Length", Bits: 16, Auto: "total"},
			{Kind: layer.Group, When: "msglen >= 19", Sub: []layer.Field{
				{Name: "bgp.type", Alias: "type", Title: "Type", Bits: 8, Enum: bgpTypes},
			}, Switch: "type", Cases: []layer.Case{
				{Of: []uint64{1}, Fields: bgpOpen},
				{Of: []uint64{2}, Fields: bgpUpdate},
				{Of: []uint64{3}, Fields: bgpNotification},
				{Of: []uint64{5, 128}, Fields: bgpRefresh},
			}},
		}},
	},
	Guess:   guessBGP,
	Summary: "${type}",
}

// bgpMarker begins each message (RFC 4271 section 4.1).
const bgpMarker = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

func guessBGP(b []byte) bool {
	if len(b) < 19 || string(b[:16]) != bgpMarker {
		return false
	}
	size, kind := be16(b[16:]), b[18]
	return size >= 19 && size <= 4096 && kind >= 1 && kind <= 5
}

// showBGPContinuation shows what lies before the first marker.
func showBGPContinuation(w *layer.Walker) {
	b := w.Rest()
	n := bytes.Index(b, []byte(bgpMarker))
	if n < 0 {
		n = len(b)
	}
	if n > 0 && w.Emit(0, w.Offset(), n, 0, nil) {
		w.Move(n)
	}
}

// bgpUpdate is section 4.3.
var bgpUpdate = []layer.Field{
	{Name: "bgp.update.withdrawn_routes.length", Alias: "withdrawn_routes_len", Title: "Withdrawn Routes Length", Bits: 16},
	{Name: "bgp.update.withdrawn_routes", Title: "Withdrawn Routes", Kind: layer.Group, Len: "withdrawn_routes_len", When: "withdrawn_routes_len > 0", Sub: bgpPrefixes(32, bgpPrefix4("bgp.withdrawn_prefix", "Withdrawn prefix"))},
	{Name: "bgp.update.path_attributes.length", Alias: "path_attr_len", Title: "Total Path Attribute Length", Bits: 16},
	{Name: "bgp.update.path_attributes", Title: "Path attributes", Kind: layer.Group, Len: "path_attr_len", When: "path_attr_len > 0", Sub: []layer.Field{bgpAttribute(true)}},
	{Name: "bgp.update.nlri", Title: "Network Layer Reachability Information (NLRI)", Kind: layer.Group, Len: "rest", When: "rest > 0", Sub: bgpPrefixes(32, bgpPrefix4("bgp.nlri_prefix", "NLRI prefix"))},
}

// bgpNotification is section 4.5, with the communication of RFC 9003.
var bgpNotification = []layer.Field{
	{Name: "bgp.notify.major_error", Alias: "error_code", Title: "Major error Code", Bits: 8, Default: 6, Enum: layer.Enum{
		1: "Message Header Error", 2: "OPEN Message Error", 3: "UPDATE Message Error", 4: "Hold Timer Expired", 5: "Finite State Machine Error",
		6: "Cease", 7: "ROUTE-REFRESH Message Error",
	}},
	{Alias: "shutdown", Calc: "error_code == 6 && (u8(0) == 2 || u8(0) == 4) && u8(1) + 2 == rest"},
	{Kind: layer.Group, Switch: "error_code", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: bgpError("", "Message Header", layer.Enum{1: "Connection Not Synchronized", 2: "Bad Message Length", 3: "Bad Message Type"})},
		{Of: []uint64{2}, Fields: bgpError("_open", "Open Message", layer.Enum{
			1: "Unsupported Version Number", 2: "Bad Peer AS", 3: "Bad BGP Identifier", 4: "Unsupported Optional Parameter",
			6: "Unacceptable Hold Time", 7: "Unsupported Capability", 11: "Role Mismatch",
		})},
		{Of: []uint64{3}, Fields: bgpError("_update", "Update Message", layer.Enum{
			1: "Malformed Attribute List", 2: "Unrecognized Well-known Attribute", 3: "Missing Well-known Attribute", 4: "Attribute Flags Error",
			5: "Attribute Length Error", 6: "Invalid ORIGIN Attribute", 8: "Invalid NEXT_HOP Attribute", 9: "Optional Attribute Error",
			10: "Invalid Network Field", 11: "Malformed AS_PATH",
		})},
		{Of: []uint64{4}, Fields: bgpError("_expired", "Hold Timer Expired", nil)},
		{Of: []uint64{5}, Fields: bgpError("_state", "State Machine", layer.Enum{
			1: "Unexpected Message in OpenSent State", 2: "Unexpected Message in OpenConfirm State", 3: "Unexpected Message in Established State",
		})},
		{Of: []uint64{6}, Fields: bgpError("_cease", "Cease", layer.Enum{
			1: "Maximum Number of Prefixes Reached", 2: "Administrative Shutdown", 3: "Peer De-configured", 4: "Administrative Reset",
			5: "Connection Rejected", 6: "Other Configuration Change", 7: "Connection Collision Resolution", 8: "Out of Resources", 9: "Hard Reset", 10: "BFD Down",
		})},
		{Of: []uint64{7}, Fields: bgpError("_capability", "Capability Message", layer.Enum{1: "Invalid Message Length"})},
		{Fields: bgpError("_unknown", "Unknown", nil)},
	}},
	{Kind: layer.Group, When: "rest > 0", Switch: "shutdown", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "bgp.notify.communication_length", Alias: "textlen", Title: "BGP Shutdown Communication Length", Bits: 8},
			{Name: "bgp.notify.communication", Title: "Shutdown Communication", Kind: layer.String, Len: "textlen"},
		}},
		{Fields: []layer.Field{{Name: "bgp.notify.minor_data", Title: "Data", Kind: layer.Bytes}}},
	}},
}

func bgpError(of, title string, names layer.Enum) []layer.Field {
	return []layer.Field{{Name: "bgp.notify.minor_error" + of, Alias: "error_subcode", Title: "Minor error Code (" + title + ")", Bits: 8, Enum: names}}
}

// bgpRefresh is RFC 2918, with the subtypes of RFC 7313 and the filters of RFC 5291.
var bgpRefresh = []layer.Field{
	{Name: "bgp.route_refresh.afi", Title: "Address family identifier (AFI)", Bits: 16, Default: 1, Enum: bgpFamilies},
	{Name: "bgp.route_refresh.subtype", Title: "Subtype", Bits: 8, Enum: layer.Enum{0: "Normal route refresh request [RFC2918] with/without ORF [RFC5291]", 1: "Demarcation of the beginning of a route refresh", 2: "Demarcation of the ending of a route refresh"}},
	{Name: "bgp.route_refresh.safi", Title: "Subsequent address family identifier (SAFI)", Bits: 8, Default: 1, Enum: bgpSubFamilies},
	{Name: "bgp.route_refresh.orf", Title: "ORF information", Kind: layer.Group, Len: "rest", When: "rest > 0", Sub: []layer.Field{
		{Name: "bgp.route_refresh.orf.flag", Title: "ORF flag", Bits: 8, Enum: layer.Enum{1: "Immediate", 2: "Defer"}},
		{Name: "bgp.route_refresh.orf.type", Title: "ORF type", Bits: 8},
		{Name: "bgp.route_refresh.orf.length", Title: "ORF length", Bits: 16},
	}},
}

var bgpTypes = layer.Enum{1: "OPEN Message", 2: "UPDATE Message", 3: "NOTIFICATION Message", 4: "KEEPALIVE Message", 5: "ROUTE-REFRESH Message", 6: "CAPABILITY Message", 128: "Cisco ROUTE-REFRESH Message"}

// bgpFamilies and bgpSubFamilies are from IANA's registries of address families.
var bgpFamilies = layer.Enum{1: "IPv4", 2: "IPv6", 25: "Layer-2 VPN", 16388: "Link State"}

var bgpSubFamilies = layer.Enum{
	1: "Unicast", 2: "Multicast", 4: "Labeled Unicast", 5: "MCAST-VPN", 65: "VPLS", 70: "EVPN", 71: "BGP-LS", 73: "SR Policy",
	128: "Labeled VPN Unicast", 129: "Labeled VPN Multicast", 132: "Route Target Filter", 133: "Flow Spec Filter", 134: "Flow Spec Filter VPN",
}
