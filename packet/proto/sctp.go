package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// sctp shows all chunks; what the first carries, if it is data, is the next
// layer.
var sctp = &layer.Proto{
	Name: "sctp", Title: "Stream Control Transmission Protocol", Alias: []string{"SCTP"}, Spec: "RFC 9260",
	On: []layer.On{
		{Table: "ip.proto", Keys: []uint64{132}},
		{Table: "udp.port", Keys: []uint64{9899}}, // RFC 6951
	},
	Fields: []layer.Field{
		{Name: "sctp.srcport", Alias: "sport", Also: []string{"sctp.port"}, Title: "Source port", Bits: 16, Default: 0},
		{Name: "sctp.dstport", Alias: "dport", Also: []string{"sctp.port"}, Title: "Destination port", Bits: 16, Default: 0},
		{Name: "sctp.verification_tag", Alias: "tag", Title: "Verification tag", Bits: 32, Base: layer.Hex},
		{Name: "sctp.checksum", Alias: "chksum", Title: "Checksum", Bits: 32, Base: layer.Hex, Auto: "checksum"},
		{Kind: layer.Group, Alias: "chunks", Repeat: "*", Len: "u16(2) < 4 || (u16(2) + 3 & ~3) > rest ? rest : u16(2) + 3 & ~3", Sub: chunk},
	},
	Header:  "rest >= 16 && u8(12) == 0 && rest >= 28 ? 28 : rest >= 32 && u8(12) == 64 ? 32 : rest < 12 ? 12 : rest",
	Payload: "rest >= 28 && u8(12) == 0 && u16(14) > 16 ? u16(14) - 16 : rest >= 32 && u8(12) == 64 && u16(14) > 20 ? u16(14) - 20 : 0",
	Next: []layer.Next{
		{When: "rest >= 28 && u8(12) == 0 && u32(24) != 0", By: "u32(24)", Table: "sctp.ppi"},
		{When: "rest >= 28 && u8(12) == 0", By: "sport, dport", Table: "sctp.port"},
		{When: "rest >= 32 && u8(12) == 64", By: "sport, dport", Table: "sctp.port"},
	},
	Locate:   locateSCTP,
	Align:    4,
	Checksum: &layer.Checksum{Field: "chksum", Sum: layer.CRC32C},
	Answers:  &layer.Answer{Swap: [][2]string{{"sport", "dport"}}, By: []string{"icmp", "icmpv6"}},
	Summary:  "${sport} → ${dport}",
}

func locateSCTP(b []byte) (loc layer.Location) {
	if len(b) < 12 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	head := 0
	switch {
	case len(b) >= 28 && b[12] == 0:
		head = 16
	case len(b) >= 32 && b[12] == 64:
		head = 20
	default:
		return layer.Location{Header: len(b), Next: -1}
	}
	loc.Header, loc.Next = 12+head, 1
	loc.Payload = max(int(be16(b[14:]))-head, 0)
	loc.Key, loc.Key2 = ports(b)
	if head == 20 {
		loc.Next = 2
	} else if ppi := binary.BigEndian.Uint32(b[24:]); ppi != 0 {
		loc.Next, loc.Key, loc.Key2 = 0, ppi, 0
	}
	return loc
}

// chunk is one of a packet, told by its type.
var chunk = []layer.Field{
	{Name: "sctp.chunk_type", Alias: "ctype", Title: "Chunk type", Bits: 8, Enum: chunkTypes, Sub: []layer.Field{
		{Name: "sctp.chunk_bit_1", Title: "Bit", Bits: 1, Kind: layer.Bool},
		{Name: "sctp.chunk_bit_2", Title: "Bit", Bits: 1, Kind: layer.Bool},
		{Bits: 6},
	}},
	chunkFlags("ctype == 0 || ctype == 64", 4,
		layer.Field{Name: "sctp.data_i_bit", Title: "I-Bit", Bits: 1, Kind: layer.Bool},
		layer.Field{Name: "sctp.data_u_bit", Title: "U-Bit", Bits: 1, Kind: layer.Bool},
		layer.Field{Name: "sctp.data_b_bit", Alias: "begins", Title: "B-Bit", Bits: 1, Kind: layer.Bool, Default: 1},
		layer.Field{Name: "sctp.data_e_bit", Title: "E-Bit", Bits: 1, Kind: layer.Bool, Default: 1},
	),
	chunkFlags("ctype == 3", 7, layer.Field{Name: "sctp.sack_nounce_sum", Title: "Nounce sum", Bits: 1}),
	chunkFlags("ctype == 6", 7, layer.Field{Name: "sctp.abort_t_bit", Title: "T-Bit", Bits: 1, Kind: layer.Bool}),
	chunkFlags("ctype == 14", 7, layer.Field{Name: "sctp.shutdown_complete_t_bit", Title: "T-Bit", Bits: 1, Kind: layer.Bool}),
	{Name: "sctp.chunk_flags", Alias: "cflags", Title: "Chunk flags", Bits: 8, Base: layer.Hex, When: "pos == 1"},
	{Name: "sctp.chunk_length", Alias: "clen", Title: "Chunk length", Bits: 16, Auto: "total"},
	{Kind: layer.Group, Switch: "ctype", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{
			{Name: "sctp.data_tsn_raw", Alias: "tsn", Also: []string{"sctp.data_tsn"}, Title: "Transmission sequence number (absolute)", Bits: 32},
			{Name: "sctp.data_sid", Title: "Stream identifier", Bits: 16, Base: layer.Hex},
			{Name: "sctp.data_ssn", Title: "Stream sequence number", Bits: 16},
			{Name: "sctp.data_payload_proto_id", Alias: "ppid", Title: "Payload protocol identifier", Bits: 32},
		}},
		{Of: []uint64{64}, Fields: []layer.Field{ // RFC 8260
			{Name: "sctp.data_tsn_raw", Also: []string{"sctp.data_tsn"}, Title: "Transmission sequence number (absolute)", Bits: 32},
			{Name: "sctp.data_sid", Title: "Stream identifier", Bits: 16, Base: layer.Hex},
			{Name: "sctp.data_reserved", Title: "Reserved", Bits: 16},
			{Name: "sctp.data_mid", Title: "Message identifier", Bits: 32},
			{Name: "sctp.data_payload_proto_id", Title: "Payload protocol identifier", Bits: 32, When: "begins"},
			{Name: "sctp.data_fsn", Title: "Fragment sequence number", Bits: 32, When: "!begins"},
		}},
		{Of: []uint64{1}, Fields: initChunk("sctp.init")},
		{Of: []uint64{2}, Fields: initChunk("sctp.initack")},
		{Of: []uint64{3}, Fields: []layer.Field{
			{Name: "sctp.sack_cumulative_tsn_ack_raw", Also: []string{"sctp.sack_cumulative_tsn_ack"}, Title: "Cumulative TSN ACK (absolute)", Bits: 32},
			{Name: "sctp.sack_a_rwnd", Title: "Advertised receiver window credit (a_rwnd)", Bits: 32},
			{Name: "sctp.sack_number_of_gap_blocks", Alias: "gaps", Title: "Number of gap acknowledgement blocks", Bits: 16},
			{Name: "sctp.sack_number_of_duplicated_tsns", Alias: "duplicates", Title: "Number of duplicated TSNs", Bits: 16},
			{Kind: layer.Group, Repeat: "gaps", Sub: []layer.Field{
				{Name: "sctp.sack_gap_block_start", Title: "Start", Bits: 16},
				{Name: "sctp.sack_gap_block_end", Title: "End", Bits: 16},
			}},
			{Name: "sctp.sack_duplicate_tsn", Title: "Duplicate TSN", Bits: 32, Repeat: "duplicates"},
		}},
		{Of: []uint64{4, 5}, Fields: []layer.Field{sctpParameter}},
		{Of: []uint64{6, 9}, Fields: []layer.Field{errorCause}},
		{Of: []uint64{7}, Fields: []layer.Field{{Name: "sctp.shutdown_cumulative_tsn_ack", Title: "Cumulative TSN Ack", Bits: 32}}},
		{Of: []uint64{8, 11, 14}},
		{Of: []uint64{10}, Fields: []layer.Field{{Name: "sctp.cookie", Title: "Cookie", Kind: layer.Bytes, Len: "clen - 4"}}},
		{Of: []uint64{12}, Fields: []layer.Field{{Name: "sctp.ecne_lowest_tsn", Title: "Lowest TSN", Bits: 32}}},
		{Of: []uint64{13}, Fields: []layer.Field{{Name: "sctp.cwr_lowest_tsn", Title: "Lowest TSN", Bits: 32}}},
		{Of: []uint64{15}, Fields: []layer.Field{ // RFC 4895
			{Name: "sctp.shared_key_id", Title: "Shared key identifier", Bits: 16},
			{Name: "sctp.hmac_id", Title: "HMAC identifier", Bits: 16},
			{Name: "sctp.hmac", Title: "HMAC", Kind: layer.Bytes, Len: "clen - 8"},
		}},
		{Of: []uint64{192}, Fields: []layer.Field{ // RFC 3758
			{Name: "sctp.forward_tsn_tsn", Title: "New cumulative TSN", Bits: 32},
			{Kind: layer.Group, Repeat: "rest / 4", Sub: []layer.Field{
				{Name: "sctp.forward_tsn_sid", Title: "Stream identifier", Bits: 16},
				{Name: "sctp.forward_tsn_ssn", Title: "Stream sequence number", Bits: 16},
			}},
		}},
		{Of: []uint64{193}, Fields: []layer.Field{{Name: "sctp.asconf_seq_nr_number", Title: "Sequence number", Bits: 32}, sctpParameter}}, // RFC 5061
		{Of: []uint64{128}, Fields: []layer.Field{{Name: "sctp.asconf_ack_seq_nr_number", Title: "Sequence number", Bits: 32}, sctpParameter}},
		{Of: []uint64{130}, Fields: []layer.Field{sctpParameter}}, // RFC 6525
		{Of: []uint64{132}, Fields: []layer.Field{{Name: "sctp.padding_data", Title: "Padding data", Kind: layer.Bytes, Len: "clen - 4"}}},
		{Fields: []layer.Field{{Name: "sctp.chunk_value", Title: "Chunk value", Kind: layer.Bytes, Len: "clen < 4 || clen - 4 > rest ? rest : clen - 4"}}},
	}},
	{Name: "sctp.chunk_padding", Title: "Chunk padding", Kind: layer.Bytes, At: "clen", When: "clen < size && clen >= 4 && (ctype == 0 || ctype == 64 || ctype == 10 || ctype == 15 || ctype == 132)"},
}

// chunkFlags are the flags of chunks of some types: unused bits, and those that
// mean something.
func chunkFlags(when string, unused int, bits ...layer.Field) layer.Field {
	return layer.Field{
		Name: "sctp.chunk_flags", Title: "Chunk flags", Bits: 8, Base: layer.Hex, When: when,
		Sub: append([]layer.Field{{Bits: unused}}, bits...),
	}
}

// initChunk begins an association, or answers that.
func initChunk(prefix string) []layer.Field {
	return []layer.Field{
		{Name: prefix + "_initiate_tag", Alias: "inittag", Also: []string{"sctp.initiate_tag"}, Title: "Initiate tag", Bits: 32, Base: layer.Hex},
		{Name: prefix + "_credit", Alias: "a_rwnd", Title: "Advertised receiver window credit (a_rwnd)", Bits: 32, Default: 65536},
		{Name: prefix + "_nr_out_streams", Alias: "n_out_streams", Title: "Number of outbound streams", Bits: 16, Default: 10},
		{Name: prefix + "_nr_in_streams", Alias: "n_in_streams", Title: "Number of inbound streams", Bits: 16, Default: 10},
		{Name: prefix + "_initial_tsn", Alias: "init_tsn", Title: "Initial TSN", Bits: 32},
		sctpParameter,
	}
}

// chunkTypes are from IANA's registry of SCTP parameters.
var chunkTypes = layer.Enum{
	0: "DATA", 1: "INIT", 2: "INIT_ACK", 3: "SACK", 4: "HEARTBEAT", 5: "HEARTBEAT_ACK", 6: "ABORT", 7: "SHUTDOWN", 8: "SHUTDOWN_ACK",
	9: "ERROR", 10: "COOKIE_ECHO", 11: "COOKIE_ACK", 12: "ECNE", 13: "CWR", 14: "SHUTDOWN_COMPLETE", 15: "AUTH", 64: "I_DATA",
	128: "ASCONF_ACK", 129: "PKTDROP", 130: "RE_CONFIG", 132: "PAD", 192: "FORWARD_TSN", 193: "ASCONF", 194: "I_FORWARD_TSN",
}
