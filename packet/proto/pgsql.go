package proto

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

var pgsql = &layer.Proto{
	Name: "pgsql", Title: "PostgreSQL", Alias: []string{"PostgreSQL"}, Spec: "PostgreSQL 16 documentation, section 55.7",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{5432}}},
	Refuse: notPgSQL,
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: pgsqlLength, Sub: []layer.Field{
		{Alias: "kind", Calc: "u8(0)"},
		{Kind: layer.Group, Code: showPgSQLType, Sub: []layer.Field{{Name: "pgsql.type", Alias: "type", Title: "Type", Kind: layer.String}}},
		{Bits: 8, When: "kind != 0"},
		{Name: "pgsql.length", Alias: "length", Title: "Length", Bits: 32, Auto: "total"},
		{Name: "pgsql.frontend", Title: "Frontend", Calc: "!reply"},
		{Kind: layer.Group, When: "kind == 0", Switch: "u32(0)", Cases: []layer.Case{
			{Of: []uint64{80877103, 80877104}},
			{Of: []uint64{80877102}, Fields: []layer.Field{
				{Bits: 32},
				{Name: "pgsql.pid", Title: "PID", Bits: 32},
				{Name: "pgsql.key", Title: "Key", Bits: 32},
			}},
			{Fields: []layer.Field{
				{Name: "pgsql.version_major", Title: "Protocol major version", Bits: 16, Default: 3},
				{Name: "pgsql.version_minor", Title: "Protocol minor version", Bits: 16},
				{Kind: layer.Group, Repeat: "rest > 1 ? 256 : 0", Until: "rest < 2", Sub: []layer.Field{pgsqlName, pgsqlValue}},
			}},
		}},
		{Kind: layer.Group, When: "kind != 0 && reply", Switch: "kind", Cases: pgsqlBackend},
		{Kind: layer.Group, When: "kind != 0 && !reply", Switch: "kind", Cases: pgsqlFrontend},
	}}},
	Summary: "${type} ${query}${tag}",
}

// pgsqlLength is how much of a message is there: its type's byte, which those at
// the start have not, and its length.
const pgsqlLength = "u8(0) == 0 ? (u32(0) < 8 || u32(0) > rest ? rest : u32(0)) : (u32(1) < 4 || u32(1) >= rest ? rest : u32(1) + 1)"

// notPgSQL tells that a payload does not begin with a message, as one does not
// that is the middle of another.
func notPgSQL(b []byte) bool {
	if len(b) < 5 {
		return true
	}
	length := be16(b[1:])<<16 | be16(b[3:])
	if b[0] == 0 {
		length = be16(b)<<16 | be16(b[2:])
		return length < 8 || length > 10000 || int(length) > len(b)
	}
	return length < 4 || length > 1<<24 || (pgsqlTypes[0][b[0]] == "" && pgsqlTypes[1][b[0]] == "")
}

var (
	pgsqlName      = layer.Field{Name: "pgsql.parameter_name", Title: "Parameter name", Kind: layer.CString}
	pgsqlValue     = layer.Field{Name: "pgsql.parameter_value", Title: "Parameter value", Kind: layer.CString}
	pgsqlQuery     = layer.Field{Name: "pgsql.query", Alias: "query", Title: "Query", Kind: layer.CString}
	pgsqlPortal    = layer.Field{Name: "pgsql.portal", Title: "Portal", Kind: layer.CString}
	pgsqlStatement = layer.Field{Name: "pgsql.statement", Title: "Statement", Kind: layer.CString}
	pgsqlCount     = layer.Field{Name: "pgsql.field.count", Alias: "fields", Title: "Field count", Bits: 16}
	pgsqlValues    = layer.Field{Kind: layer.Group, Repeat: "fields", Sub: []layer.Field{
		{Name: "pgsql.val.length", Alias: "vlen", Title: "Column length", Kind: layer.Int, Bits: 32},
		{Name: "pgsql.val.data", Title: "Data", Kind: layer.Bytes, Len: "vlen", When: "vlen > 0 && vlen < 0x80000000"},
	}}
)

var pgsqlFrontend = []layer.Case{
	{Of: []uint64{'Q'}, Fields: []layer.Field{pgsqlQuery}},
	{Of: []uint64{'p'}, Fields: []layer.Field{{Kind: layer.Group, Code: showPgSQLPassword, Sub: []layer.Field{
		{Name: "pgsql.password", Title: "Password", Kind: layer.String},
		{Name: "pgsql.auth.sasl.mech", Title: "SASL authentication mechanism", Kind: layer.String},
		{Name: "pgsql.auth.sasl.data.length", Title: "SASL authentication data length", Kind: layer.Int, Bits: 32},
		{Name: "pgsql.auth.sasl.data", Title: "SASL authentication data", Kind: layer.Bytes},
	}}}},
	{Of: []uint64{'P'}, Fields: []layer.Field{pgsqlStatement, pgsqlQuery}},
	{Of: []uint64{'B'}, Fields: []layer.Field{pgsqlPortal, pgsqlStatement}},
	{Of: []uint64{'E'}, Fields: []layer.Field{pgsqlPortal}},
	{Of: []uint64{'D', 'C'}, Fields: []layer.Field{{Alias: "what", Bits: 8},
		{Name: "pgsql.portal", Title: "Portal", Kind: layer.CString, When: "what == 0x50"},
		{Name: "pgsql.statement", Title: "Statement", Kind: layer.CString, When: "what == 0x53"},
	}},
}

var pgsqlBackend = []layer.Case{
	{Of: []uint64{'R'}, Fields: []layer.Field{
		{Name: "pgsql.authtype", Alias: "auth", Title: "Authentication type", Bits: 32, Enum: layer.Enum{
			0: "Success", 1: "Kerberos V4", 2: "Kerberos V5", 3: "Plaintext password", 4: "crypt()'ed password", 5: "MD5 password", 7: "GSSAPI",
			8: "GSSAPI continue", 9: "SSPI", 10: "SASL", 11: "SASL continue", 12: "SASL complete",
		}},
		{Name: "pgsql.salt", Title: "Salt value", Kind: layer.Bytes, Len: "4", When: "auth == 5"},
	}},
	{Of: []uint64{'S'}, Fields: []layer.Field{pgsqlName, pgsqlValue}},
	{Of: []uint64{'K'}, Fields: []layer.Field{
		{Name: "pgsql.pid", Title: "PID", Bits: 32},
		{Name: "pgsql.key", Title: "Key", Bits: 32},
	}},
	{Of: []uint64{'Z'}, Fields: []layer.Field{{Name: "pgsql.status", Title: "Status", Bits: 8, Base: layer.Char}}},
	{Of: []uint64{'C'}, Fields: []layer.Field{{Name: "pgsql.tag", Alias: "tag", Title: "Tag", Kind: layer.CString}}},
	{Of: []uint64{'T'}, Fields: []layer.Field{pgsqlCount, {Kind: layer.Group, Repeat: "fields", Sub: []layer.Field{
		{Name: "pgsql.col.name", Title: "Column name", Kind: layer.CString},
		{Name: "pgsql.oid.table", Title: "Table OID", Bits: 32},
		{Name: "pgsql.col.index", Title: "Column index", Bits: 16},
		{Name: "pgsql.oid.type", Title: "Type OID", Bits: 32},
		{Name: "pgsql.val.length", Title: "Column length", Kind: layer.Int, Bits: 16},
		{Name: "pgsql.col.typemod", Title: "Type modifier", Kind: layer.Int, Bits: 32},
		{Name: "pgsql.format", Title: "Format", Bits: 16, Enum: layer.Enum{0: "Text", 1: "Binary"}},
	}}}},
	{Of: []uint64{'D'}, Fields: []layer.Field{pgsqlCount, pgsqlValues}},
	{Of: []uint64{'E', 'N'}, Fields: []layer.Field{{Kind: layer.Group, Code: showPgSQLError, Sub: []layer.Field{
		{Name: "pgsql.severity", Title: "Severity", Kind: layer.String},
		{Name: "pgsql.text", Title: "Text", Kind: layer.String},
		{Name: "pgsql.code", Title: "Code", Kind: layer.String},
		{Name: "pgsql.message", Title: "Message", Kind: layer.String},
		{Name: "pgsql.detail", Title: "Detail", Kind: layer.String},
		{Name: "pgsql.hint", Title: "Hint", Kind: layer.String},
		{Name: "pgsql.position", Title: "Position", Kind: layer.String},
		{Name: "pgsql.where", Title: "Context", Kind: layer.String},
		{Name: "pgsql.file", Title: "File", Kind: layer.String},
		{Name: "pgsql.line", Title: "Line", Kind: layer.String},
		{Name: "pgsql.routine", Title: "Routine", Kind: layer.String},
	}}}},
}

// pgsqlParts are the letters of an error's parts, in the order of their fields.
const pgsqlParts = "SVCMDHPWFLR"

// showPgSQLError shows the parts of an error or a notice, each a letter and a
// text.
func showPgSQLError(w *layer.Walker) {
	for {
		b := w.Rest()
		n := bytes.IndexByte(b, 0)
		if n <= 0 {
			w.Move(len(b))
			return
		}
		if i := strings.IndexByte(pgsqlParts, b[0]); i >= 0 && !w.Emit(i, w.Offset(), n+1, uint64(n-1), b[1:n]) {
			return
		}
		if !w.Move(n + 1) {
			return
		}
	}
}

// pgsqlTypes are the names of messages of clients, and of servers.
var pgsqlTypes = [2]map[byte]string{
	{
		'p': "Password message", 'Q': "Simple query", 'P': "Parse", 'B': "Bind", 'E': "Execute", 'D': "Describe", 'C': "Close",
		'H': "Flush", 'S': "Sync", 'F': "Function call", 'd': "Copy data", 'c': "Copy completion", 'f': "Copy failure", 'X': "Termination",
	},
	{
		'R': "Authentication request", 'K': "Backend key data", 'S': "Parameter status", '1': "Parse completion", '2': "Bind completion",
		'3': "Close completion", 'C': "Command completion", 't': "Parameter description", 'T': "Row description", 'D': "Data row",
		'I': "Empty query", 'n': "No data", 'E': "Error", 'N': "Notice", 's': "Portal suspended", 'Z': "Ready for query", 'A': "Notification",
		'V': "Function call response", 'G': "CopyIn response", 'H': "CopyOut response", 'd': "Copy data", 'c': "Copy completion",
	},
}

// showPgSQLType shows what the message is called.
func showPgSQLType(w *layer.Walker) {
	b := w.Rest()
	if len(b) == 0 {
		return
	}
	side, size, name := 0, 1, ""
	if w.Reply() {
		side = 1
	}
	if name = pgsqlTypes[side][b[0]]; b[0] == 0 && len(b) >= 8 {
		size, name = 0, "Startup message"
		switch be16(b[4:])<<16 | be16(b[6:]) {
		case 80877102:
			name = "Cancel request"
		case 80877103:
			name = "SSL request"
		}
	}
	if side == 0 && b[0] == 'p' {
		switch n, _ := pgsqlPassword(b[min(5, len(b)):]); n {
		case 1:
			name = "SASLInitialResponse message"
		case 2:
			name = "SASLResponse message"
		}
	}
	if name == "" {
		w.Fail("no message has such a type")
		return
	}
	w.Emit(0, w.Offset(), size, uint64(len(name)), append(w.Scratch(), name...))
}

// pgsqlPassword tells a password (0) from the first (1) and a later (2) response
// of SASL, which all have the same type, and where the first NUL is.
func pgsqlPassword(b []byte) (form, end int) {
	end = bytes.IndexByte(b, 0)
	switch {
	case end < 0:
		return 2, end
	case end == len(b)-1:
		return 0, end
	}
	return 1, end
}

func showPgSQLPassword(w *layer.Walker) {
	b, off := w.Rest(), w.Offset()
	switch form, end := pgsqlPassword(b); {
	case form == 0:
		w.Emit(0, off, len(b), uint64(end), b[:end])
	case form == 2:
		w.Emit(3, off, len(b), uint64(len(b)), b)
	case len(b) >= end+5 && w.Emit(1, off, end+1, uint64(end), b[:end]):
		length := binary.BigEndian.Uint32(b[end+1:])
		if data := b[end+5:]; w.Emit(2, off+end+1, 4, uint64(length), nil) && uint64(length) <= uint64(len(data)) {
			w.Emit(3, off+end+5, int(length), uint64(length), data[:length])
		}
	}
	w.Move(len(b))
}
