package proto

import "github.com/netwright/netwright/packet/layer"

// What a variable-length integer of QUIC (RFC 9000 section 16) has ahead of the
// walk: its length in bytes, and its value.
const (
	quicNumberLen = "(1 << (u8(0) >> 6))"
	quicNumber    = "(u8(0) >> 6 == 0 ? u8(0) : u8(0) >> 6 == 1 ? u16(0) & 0x3FFF : u8(0) >> 6 == 2 ? u32(0) & 0x3FFFFFFF : (u32(0) & 0x3FFFFFFF) << 32 | u32(4))"
)

// quicInteger is a variable-length integer, shown as f.
func quicInteger(f layer.Field) layer.Field {
	f.Calc, f.Len, f.Bits = quicNumber, quicNumberLen, 0
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{f, {Kind: layer.Bytes, Len: quicNumberLen}}}
}

// quicParameters are the transport parameters in an extension (RFC 9000 section 18).
var quicParameters = []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
	quicInteger(layer.Field{Name: "tls.quic.parameter.type", Alias: "param", Title: "Type", Base: layer.Hex, Enum: quicParameterTypes}),
	quicInteger(layer.Field{Name: "tls.quic.parameter.length", Alias: "paramlen", Title: "Length"}),
	{Name: "tls.quic.parameter.value", Title: "Value", Kind: layer.Bytes, Len: "paramlen", Switch: "param", Cases: []layer.Case{
		quicParameterBytes(0x00, "original_destination_connection_id"),
		quicParameter(0x01, "max_idle_timeout"),
		quicParameterBytes(0x02, "stateless_reset_token"),
		quicParameter(0x03, "max_udp_payload_size"),
		quicParameter(0x04, "initial_max_data"),
		quicParameter(0x05, "initial_max_stream_data_bidi_local"),
		quicParameter(0x06, "initial_max_stream_data_bidi_remote"),
		quicParameter(0x07, "initial_max_stream_data_uni"),
		quicParameter(0x08, "initial_max_streams_bidi"),
		quicParameter(0x09, "initial_max_streams_uni"),
		quicParameter(0x0A, "ack_delay_exponent"),
		quicParameter(0x0B, "max_ack_delay"),
		quicParameter(0x0E, "active_connection_id_limit"),
		quicParameterBytes(0x0F, "initial_source_connection_id"),
		quicParameterBytes(0x10, "retry_source_connection_id"),
		quicParameter(0x20, "max_datagram_frame_size"),
	}},
}}}

func quicParameter(of uint64, name string) layer.Case {
	return layer.Case{Of: []uint64{of}, Fields: []layer.Field{quicInteger(layer.Field{Name: "tls.quic.parameter." + name, Title: name})}}
}

func quicParameterBytes(of uint64, name string) layer.Case {
	return layer.Case{Of: []uint64{of}, Fields: []layer.Field{{Name: "tls.quic.parameter." + name, Title: name, Kind: layer.Bytes}}}
}

var quicParameterTypes = layer.Enum{
	0x00: "original_destination_connection_id", 0x01: "max_idle_timeout", 0x02: "stateless_reset_token", 0x03: "max_udp_payload_size",
	0x04: "initial_max_data", 0x05: "initial_max_stream_data_bidi_local", 0x06: "initial_max_stream_data_bidi_remote",
	0x07: "initial_max_stream_data_uni", 0x08: "initial_max_streams_bidi", 0x09: "initial_max_streams_uni", 0x0A: "ack_delay_exponent",
	0x0B: "max_ack_delay", 0x0C: "disable_active_migration", 0x0D: "preferred_address", 0x0E: "active_connection_id_limit",
	0x0F: "initial_source_connection_id", 0x10: "retry_source_connection_id", 0x11: "version_information",
	0x20: "max_datagram_frame_size", 0x2AB2: "grease_quic_bit",
}
