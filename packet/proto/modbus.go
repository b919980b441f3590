package proto

import "github.com/netwright/netwright/packet/layer"

var mbtcp = &layer.Proto{
	Name: "mbtcp", Title: "Modbus/TCP", Alias: []string{"ModbusADU"}, Spec: "MODBUS Messaging on TCP/IP Implementation Guide V1.0b section 3.1.3",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{502}}},
	Refuse: func(b []byte) bool { return len(b) < 8 || be16(b[2:]) != 0 || be16(b[4:]) < 2 || be16(b[4:]) > 254 },
	Fields: []layer.Field{
		{Name: "mbtcp.trans_id", Alias: "transId", Title: "Transaction Identifier", Bits: 16},
		{Name: "mbtcp.prot_id", Alias: "protoId", Title: "Protocol Identifier", Bits: 16},
		{Name: "mbtcp.len", Alias: "len", Title: "Length", Bits: 16, Auto: "payload + 1"},
		{Name: "mbtcp.unit_id", Alias: "unitId", Title: "Unit Identifier", Bits: 8, Default: 0xFF},
	},
	Header:  "7",
	Total:   "len + 6",
	Next:    []layer.Next{{Proto: "modbus"}},
	Answers: &layer.Answer{Same: []string{"transId", "unitId"}},
	Summary: "transaction ${transId} unit ${unitId}",
}

var modbus = &layer.Proto{
	Name: "modbus", Title: "Modbus", Alias: []string{"Modbus"}, Spec: "MODBUS Application Protocol Specification V1.1b3 section 4",
	Fields: []layer.Field{
		{Bits: 8, Alias: "head", Sub: []layer.Field{
			{Alias: "exception", Bits: 1},
			{Name: "modbus.func_code", Alias: "funcCode", Title: "Function Code", Bits: 7, Default: 3, Enum: modbusFunctions},
		}},
		{Name: "modbus.exception_code", Title: "Exception Code", Bits: 8, When: "exception", Enum: modbusExceptions},
		{Kind: layer.Group, When: "!exception && !reply", Switch: "funcCode", Cases: modbusRequests},
		{Kind: layer.Group, When: "!exception && reply", Switch: "funcCode", Cases: modbusReplies},
	},
	Summary: "${funcCode}",
}

var (
	modbusReference = layer.Field{Name: "modbus.reference_num", Alias: "startAddr", Title: "Reference Number", Bits: 16}
	modbusBits      = layer.Field{Name: "modbus.bit_cnt", Alias: "quantity", Title: "Bit Count", Bits: 16}
	modbusWords     = layer.Field{Name: "modbus.word_cnt", Alias: "quantity", Title: "Word Count", Bits: 16}
	modbusCount     = layer.Field{Name: "modbus.byte_cnt", Alias: "byteCount", Title: "Byte Count", Bits: 8}
	modbusCoil      = []layer.Field{
		modbusReference,
		{Name: "modbus.data", Title: "Data", Kind: layer.Bytes, Len: "2"},
		{Name: "modbus.padding", Title: "Padding", Bits: 8, Base: layer.Hex, At: "3"},
	}
	modbusMask = []layer.Field{
		modbusReference,
		{Name: "modbus.and_mask", Title: "AND mask", Bits: 16, Base: layer.Hex},
		{Name: "modbus.or_mask", Title: "OR mask", Bits: 16, Base: layer.Hex},
	}
	modbusDevice = []layer.Field{
		{Name: "modbus.mei", Title: "MEI type", Bits: 8},
		{Name: "modbus.read_device_id", Title: "Read Device ID", Bits: 8},
	}
)

var modbusRequests = []layer.Case{
	{Of: []uint64{1, 2}, Fields: []layer.Field{modbusReference, modbusBits}},
	{Of: []uint64{3, 4}, Fields: []layer.Field{modbusReference, modbusWords}},
	{Of: []uint64{5}, Fields: modbusCoil},
	{Of: []uint64{6}, Fields: []layer.Field{modbusReference, {Name: "modbus.data", Title: "Data", Kind: layer.Bytes, Len: "2"}}},
	{Of: []uint64{15}, Fields: []layer.Field{modbusReference, modbusBits, modbusCount, {Name: "modbus.data", Title: "Data", Kind: layer.Bytes, Len: "byteCount"}}},
	{Of: []uint64{16}, Fields: []layer.Field{modbusReference, modbusWords, modbusCount, {Name: "modbus.regval_uint16", Title: "Register Value (UINT16)", Bits: 16, Repeat: "byteCount / 2"}}},
	{Of: []uint64{22}, Fields: modbusMask},
	{Of: []uint64{43}, Fields: append(modbusDevice[:2:2], layer.Field{Name: "modbus.object_id", Title: "Object ID", Bits: 8})},
}

var modbusReplies = []layer.Case{
	{Of: []uint64{1, 2}, Fields: []layer.Field{modbusCount}},
	{Of: []uint64{3, 4}, Fields: []layer.Field{modbusCount, {Name: "modbus.regval_uint16", Title: "Register Value (UINT16)", Bits: 16, Repeat: "byteCount / 2"}}},
	{Of: []uint64{5}, Fields: modbusCoil},
	{Of: []uint64{6}, Fields: []layer.Field{modbusReference, {Name: "modbus.data", Title: "Data", Kind: layer.Bytes, Len: "2"}}},
	{Of: []uint64{15}, Fields: []layer.Field{modbusReference, modbusBits}},
	{Of: []uint64{16}, Fields: []layer.Field{modbusReference, modbusWords}},
	{Of: []uint64{22}, Fields: modbusMask},
	{Of: []uint64{43}, Fields: append(modbusDevice[:2:2],
		layer.Field{Name: "modbus.conformity_level", Title: "Conformity Level", Bits: 8, Base: layer.Hex},
		layer.Field{Name: "modbus.more_follows", Title: "More Follows", Bits: 8, Base: layer.Hex},
		layer.Field{Name: "modbus.next_object_id", Title: "Next Object ID", Bits: 8},
		layer.Field{Name: "modbus.num_objects", Alias: "objects", Title: "Number of Objects", Bits: 8},
		layer.Field{Kind: layer.Group, Repeat: "objects", Sub: []layer.Field{
			{Name: "modbus.object_id", Title: "Object ID", Bits: 8},
			{Name: "modbus.objects_len", Alias: "objlen", Title: "Object length", Bits: 8},
			{Name: "modbus.object_str_value", Title: "Object String Value", Kind: layer.String, Len: "objlen"},
		}},
	)},
}

var modbusFunctions = layer.Enum{
	1: "Read Coils", 2: "Read Discrete Inputs", 3: "Read Holding Registers", 4: "Read Input Registers", 5: "Write Single Coil",
	6: "Write Single Register", 7: "Read Exception Status", 8: "Diagnostics", 11: "Get Comm. Event Counters", 12: "Get Comm. Event Log",
	15: "Write Multiple Coils", 16: "Write Multiple Registers", 17: "Report Server ID", 20: "Read File Record", 21: "Write File Record",
	22: "Mask Write Register", 23: "Read Write Register", 24: "Read FIFO Queue", 43: "Encapsulated Interface Transport",
}

var modbusExceptions = layer.Enum{
	1: "Illegal function", 2: "Illegal data address", 3: "Illegal data value", 4: "Server device failure", 5: "Acknowledge",
	6: "Server device busy", 8: "Memory parity error", 10: "Gateway path unavailable", 11: "Gateway target device failed to respond",
}
