package proto

import "github.com/netwright/netwright/packet/layer"

// pppoeHeader are the six bytes of PPP over Ethernet (RFC 2516 section 4).
func pppoeHeader(code uint64, codes layer.Enum) []layer.Field {
	return []layer.Field{
		{Bits: 8, Default: 0x11, Sub: []layer.Field{
			{Name: "pppoe.version", Alias: "version", Title: "Version", Bits: 4},
			{Name: "pppoe.type", Alias: "type", Title: "Type", Bits: 4},
		}},
		{Name: "pppoe.code", Alias: "code", Title: "Code", Bits: 8, Base: layer.Hex, Default: code, Enum: codes},
		{Name: "pppoe.session_id", Alias: "sessionid", Title: "Session ID", Bits: 16, Base: layer.Hex},
		{Name: "pppoe.payload_length", Alias: "len", Title: "Payload Length", Bits: 16, Auto: "total - 6"},
	}
}

var pppoeCodes = layer.Enum{
	0x00: "Session Data", 0x07: "Active Discovery Offer (PADO)", 0x09: "Active Discovery Initiation (PADI)", 0x19: "Active Discovery Request (PADR)",
	0x65: "Active Discovery Session-confirmation (PADS)", 0xA7: "Active Discovery Terminate (PADT)",
}

var pppoed = &layer.Proto{
	Name: "pppoed", Title: "PPP-over-Ethernet Discovery", Alias: []string{"PPPoED"}, Spec: "RFC 2516",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x8863}}},
	Fields: append(pppoeHeader(0x09, pppoeCodes),
		layer.Field{Name: "pppoed.tags", Alias: "tags", Title: "PPPoE Tags", Kind: layer.Group, Len: "len", When: "len > 0", Sub: []layer.Field{
			{Kind: layer.Group, Repeat: "*", Until: "kind == 0", Sub: []layer.Field{
				{Alias: "kind", Title: "Tag", Bits: 16},
				{Alias: "taglen", Title: "Tag Length", Bits: 16, Auto: "payload"},
				{Kind: layer.Group, Len: "taglen", When: "taglen > 0", Switch: "kind", Cases: []layer.Case{
					tag(0x0101, "service_name", "Service-Name", layer.String), tag(0x0102, "ac_name", "AC-Name", layer.String),
					tag(0x0103, "host_uniq", "Host-Uniq", layer.Bytes), tag(0x0104, "ac_cookie", "AC-Cookie", layer.Bytes),
					tag(0x0110, "relay_session_id", "Relay-Session-Id", layer.Bytes), tag(0x0111, "hurl", "HURL", layer.Bytes),
					tag(0x0112, "motm", "MOTM", layer.Bytes), tag(0x0120, "max_payload", "PPP Max Payload", layer.Bytes),
					tag(0x0121, "ip_route_add", "IP Route Add", layer.Bytes), tag(0x0201, "service_name_error", "Service-Name-Error", layer.String),
					tag(0x0202, "ac_system_error", "AC-System-Error", layer.String), tag(0x0203, "generic_error", "Generic-Error", layer.String),
					{Of: []uint64{0x0105}, Fields: []layer.Field{
						{Name: "pppoed.tags.vendor_id", Title: "Vendor id", Bits: 32},
						{Name: "pppoed.tags.vendor_unspecified", Title: "Vendor unspecified", Kind: layer.Bytes, When: "rest > 0"},
					}},
					{Fields: []layer.Field{{Name: "pppoed.tag.unknown_data", Title: "Unknown Data", Kind: layer.Bytes}}},
				}},
			}},
		}}),
	Total: "len + 6",
	Answers: &layer.Answer{Pair: map[string][]layer.Answers{"code": {
		{Ask: 0x09, Answer: 0x07}, {Ask: 0x19, Answer: 0x65},
	}}},
	Summary: "${code}",
}

func tag(kind uint64, name, title string, as layer.Kind) layer.Case {
	return layer.Case{Of: []uint64{kind}, Fields: []layer.Field{{Name: "pppoed.tags." + name, Title: title, Kind: as}}}
}

var pppoes = &layer.Proto{
	Name: "pppoes", Title: "PPP-over-Ethernet Session", Alias: []string{"PPPoE"}, Spec: "RFC 2516",
	On:      []layer.On{{Table: "eth.type", Keys: []uint64{0x8864}}},
	Fields:  pppoeHeader(0, pppoeCodes),
	Header:  "6",
	Total:   "len + 6",
	Next:    []layer.Next{{Proto: "ppp"}},
	Locate:  locatePPPoE,
	Summary: "session ${sessionid}",
}

func locatePPPoE(b []byte) layer.Location {
	if len(b) < 6 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	return layer.Location{Header: 6, Total: 6 + int(be16(b[4:]))}
}
