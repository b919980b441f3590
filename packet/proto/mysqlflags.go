package proto

import "github.com/netwright/netwright/packet/layer"

// What client and server can do, the lower 16 bits and the higher.
var mysqlCapabilities = []layer.Field{
	{Name: "mysql.caps.sc", Title: "Can do 4.1 authentication", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.rs", Title: "Speaks 4.1 protocol (old flag)", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ta", Title: "Knows about transactions", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ii", Title: "Ignore sigpipes", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.sl", Title: "Switch to SSL after handshake", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ia", Title: "Interactive Client", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.cu", Title: "Speaks 4.1 protocol (new flag)", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.is", Title: "Ignore Spaces before '('", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.li", Title: "Can Use LOAD DATA LOCAL", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ob", Title: "ODBC Client", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.cp", Title: "Can use compression protocol", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ns", Title: "Don't Allow database.table.column", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.cd", Title: "Connect With Database", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.lf", Title: "Long Column Flags", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.fr", Title: "Found Rows", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.lp", Title: "Long Password", Kind: layer.Bool, Bits: 1},
}

var mysqlExtended = []layer.Field{
	{Name: "mysql.caps.unused", Title: "Unused", Bits: 2, Base: layer.Hex},
	{Name: "mysql.caps.cap_ext", Title: "Capability Extension", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.mf_auth", Title: "Multifactor Authentication", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.query_attrs", Title: "Query Attributes", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.compress_zsd", Title: "ZSTD Compression Algorithm", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.optional_metadata", Title: "Client can handle optional resultset metadata", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.deprecate_eof", Title: "Deprecate EOF", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.session_track", Title: "Session variable tracking", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.pm", Title: "Client can handle expired passwords", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ep", Title: "Plugin Auth LENENC Client Data", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ca", Title: "Connect attrs", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.pa", Title: "Plugin Auth", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.pm", Title: "PS Multiple results", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.mr", Title: "Multiple results", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.caps.ms", Title: "Multiple statements", Kind: layer.Bool, Bits: 1},
}

// mysqlStatus is the state of the server.
var mysqlStatus = []layer.Field{
	{Bits: 1},
	{Name: "mysql.stat.session_state_changed", Title: "Session state changed", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.trans_readonly", Title: "In Trans Readonly", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.ps_out_params", Title: "PS Out Params", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.query_was_slow", Title: "Query was slow", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.mc", Title: "Metadata changed", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.bs", Title: "No backslash escapes", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.dr", Title: "Database dropped", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.lr", Title: "Last row sent", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.cr", Title: "Cursor exists", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.ni", Title: "No index used", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.bi", Title: "Bad index used", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.mr", Title: "More results", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.mu", Title: "Multi query / Unused", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.ac", Title: "AUTO_COMMIT", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.stat.it", Title: "In transaction", Kind: layer.Bool, Bits: 1},
}

// mysqlColumn is what a column is.
var mysqlColumn = []layer.Field{
	{Bits: 4},
	{Name: "mysql.field.flags.set", Title: "Set", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.timestamp", Title: "Timestamp", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.auto_increment", Title: "Auto increment", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.enum", Title: "Enum", Kind: layer.Bool, Bits: 1},
	{Bits: 1},
	{Name: "mysql.field.flags.zero_fill", Title: "Zero fill", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.unsigned", Title: "Unsigned", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.blob", Title: "Blob", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.multiple_key", Title: "Multiple key", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.unique_key", Title: "Unique key", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.primary_key", Title: "Primary key", Kind: layer.Bool, Bits: 1},
	{Name: "mysql.field.flags.not_null", Title: "Not null", Kind: layer.Bool, Bits: 1},
}
