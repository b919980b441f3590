package proto

import "github.com/netwright/netwright/packet/layer"

var mysql = &layer.Proto{
	Name: "mysql", Title: "MySQL Protocol", Alias: []string{"MySQL"}, Spec: "MySQL Client/Server Protocol, section \"MySQL Packets\"",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{3306}}},
	Refuse: notMySQL,
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: "(le32(0) & 0xFFFFFF) + 4 > rest ? rest : (le32(0) & 0xFFFFFF) + 4", Sub: []layer.Field{
		{Name: "mysql.packet_length", Alias: "length", Title: "Packet Length", Bits: 24, LE: true, Auto: "total - 4"},
		{Name: "mysql.packet_number", Alias: "number", Title: "Packet Number", Bits: 8},
		{Name: "mysql.server_greeting", Title: "Server Greeting", Kind: layer.Group, Len: "rest", When: "reply && number == 0 && u8(0) == 10", Sub: mysqlGreeting},
		{Name: "mysql.login_request", Title: "Login Request", Kind: layer.Group, Len: "rest", When: "!reply && number == 1 && rest >= 32 && (le16(0) & 0x200) != 0 && u8(9) == 0 && u8(31) == 0", Sub: mysqlLogin},
		{Name: "mysql.request", Title: "Request Command", Kind: layer.Group, Len: "rest", When: "!reply && number == 0 && rest > 0", Sub: []layer.Field{
			{Name: "mysql.command", Alias: "command", Title: "Command", Bits: 8, Enum: mysqlCommands},
			{Name: "mysql.query_attrs", Title: "Query Attributes", Kind: layer.Group, Len: "rest", When: "command == 3 && u16(0) == 1", Sub: []layer.Field{
				{Name: "mysql.query_attrs_count", Title: "Count", Bits: 8},
				{Bits: 8},
				{Name: "mysql.query", Title: "Statement", Kind: layer.String},
			}},
			{Name: "mysql.query", Alias: "query", Title: "Statement", Kind: layer.String, When: "command == 3 && (u8(0) >= 32 || u8(0) == 9 || u8(0) == 10 || u8(0) == 13)"},
			{Name: "mysql.schema", Title: "Schema", Kind: layer.String, When: "command == 2 && rest > 0"},
		}},
		{Kind: layer.Group, When: "reply && number > 0 && rest > 0", Sub: mysqlReply},
	}}},
	Summary: "${command} ${query}",
}

// notMySQL tells that a payload does not begin with a packet: what is encrypted
// does not, nor the middle of a long one.
func notMySQL(b []byte) bool {
	return len(b) < 5 || int(b[0])|int(b[1])<<8|int(b[2])<<16 == 0 || int(b[0])|int(b[1])<<8|int(b[2])<<16 > len(b)-4
}

var mysqlGreeting = []layer.Field{
	{Name: "mysql.protocol", Title: "Protocol", Bits: 8},
	{Name: "mysql.version", Alias: "version", Title: "Version", Kind: layer.CString},
	{Name: "mysql.thread_id", Title: "Thread ID", Bits: 32, LE: true},
	{Alias: "salt", Title: "Salt", Kind: layer.CString},
	{Name: "mysql.caps.server", Title: "Server Capabilities", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlCapabilities},
	{Name: "mysql.server_language", Title: "Server Language", Bits: 8},
	{Name: "mysql.server_status", Title: "Server Status", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlStatus},
	{Name: "mysql.extcaps.server", Title: "Extended Server Capabilities", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlExtended},
	{Name: "mysql.auth_plugin.length", Title: "Authentication Plugin Length", Bits: 8},
	{Name: "mysql.unused", Title: "Unused", Kind: layer.Bytes, Len: "10"},
	{Alias: "salt2", Title: "Salt", Kind: layer.CString},
	{Name: "mysql.auth_plugin", Title: "Authentication Plugin", Kind: layer.CString, When: "rest > 0"},
}

var mysqlLogin = []layer.Field{
	{Name: "mysql.caps.client", Alias: "caps", Title: "Client Capabilities", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlCapabilities},
	{Name: "mysql.extcaps.client", Title: "Extended Client Capabilities", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlExtended},
	{Name: "mysql.max_packet", Title: "MAX Packet", Bits: 32, LE: true},
	{Name: "mysql.charset", Title: "Charset", Bits: 8},
	{Name: "mysql.unused", Title: "Unused", Kind: layer.Bytes, Len: "23"},
	{Name: "mysql.user", Alias: "user", Title: "Username", Kind: layer.CString, When: "rest > 0"},
	{Kind: layer.Group, When: "rest > 0", Sub: []layer.Field{
		{Alias: "passwdlen", Bits: 8},
		{Name: "mysql.passwd", Title: "Password", Kind: layer.Bytes, Len: "passwdlen", When: "passwdlen > 0"},
		{Name: "mysql.schema", Title: "Schema", Kind: layer.CString, When: "(caps & 8) != 0 && rest > 0"},
		{Name: "mysql.client_auth_plugin", Title: "Client Auth Plugin", Kind: layer.CString, When: "rest > 0"},
	}},
}

// mysqlReply is what a packet alone tells of itself: rows and the like depend on
// what was asked.
var mysqlReply = []layer.Field{
	{Name: "mysql.num_fields", Title: "Number of fields", Bits: 8, When: "number == 1 && rest == 1 && u8(0) != 0"},
	{Kind: layer.Group, When: "u8(0) == 0xFF && rest > 8 && u8(3) == 0x23", Sub: []layer.Field{
		{Name: "mysql.response_code", Title: "Response Code", Bits: 8, Base: layer.Hex},
		{Name: "mysql.error_code", Title: "Error Code", Bits: 16, LE: true},
		{Bits: 8},
		{Name: "mysql.sqlstate", Title: "SQL state", Kind: layer.String, Len: "5"},
		{Name: "mysql.error.message", Title: "Error message", Kind: layer.String},
	}},
	{Kind: layer.Group, When: "u8(0) == 0xFE && rest == 5", Sub: []layer.Field{
		{Name: "mysql.response_code", Title: "Response Code", Bits: 8, Base: layer.Hex},
		{Name: "mysql.eof", Title: "EOF marker", Calc: "0xFE"},
		{Name: "mysql.warnings", Title: "Warnings", Bits: 16, LE: true},
		{Name: "mysql.server_status", Title: "Server Status", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlStatus},
	}},
	{Kind: layer.Group, When: "u8(0) == 0 && number < 3 && rest >= 7 && u8(1) < 251 && u8(2) == 0", Sub: []layer.Field{
		{Name: "mysql.response_code", Title: "Response Code", Bits: 8, Base: layer.Hex},
		{Name: "mysql.affected_rows", Title: "Affected Rows", Bits: 8},
		{Bits: 8},
		{Name: "mysql.server_status", Title: "Server Status", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlStatus},
		{Name: "mysql.warnings", Title: "Warnings", Bits: 16, LE: true},
	}},
	{Kind: layer.Group, When: "u32(0) == 0x03646566 && rest > 18", Sub: []layer.Field{ // a column of the catalogue "def"
		mysqlName("catalog", "Catalog"), mysqlName("db", "Database"), mysqlName("table", "Table"), mysqlName("org_table", "Original table"),
		mysqlName("name", "Name"), mysqlName("org_name", "Original name"),
		{Bits: 8},
		{Name: "mysql.field.charsetnr", Title: "Charset number", Bits: 16, LE: true},
		{Name: "mysql.field.length", Title: "Length", Bits: 32, LE: true},
		{Name: "mysql.field.type", Title: "Type", Bits: 8},
		{Name: "mysql.field.flags", Title: "Flags", Bits: 16, LE: true, Base: layer.Hex, Sub: mysqlColumn},
		{Name: "mysql.field.decimals", Title: "Decimals", Bits: 8},
	}},
}

// mysqlName is a short text with its length in a byte before it.
func mysqlName(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{
		{Alias: name + "_len", Bits: 8},
		{Name: "mysql.field." + name, Title: title, Kind: layer.String, Len: name + "_len"},
	}}
}

var mysqlCommands = layer.Enum{
	0: "Sleep", 1: "Quit", 2: "Use Database", 3: "Query", 4: "Show Fields", 5: "Create Database", 6: "Drop Database", 7: "Refresh", 8: "Shutdown",
	9: "Statistics", 10: "Process List", 11: "Connect", 12: "Kill Server Thread", 13: "Dump Debuginfo", 14: "Ping", 16: "Insert Delayed",
	17: "Change User", 18: "Send Binlog", 20: "Register Slave", 22: "Prepare Statement", 23: "Execute Statement", 24: "Send BLOB", 25: "Close Statement",
	26: "Reset Statement", 27: "Set Option", 28: "Fetch Data", 31: "Reset Connection",
}
