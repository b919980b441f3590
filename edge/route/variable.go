package route

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/message"
)

// Values are what the variables of a template stand for in one exchange.
type Values struct {
	Request    *message.Request
	Path       []byte     // that was matched; nil: that of Request
	Remote     netip.Addr // of the client
	Scheme     string     // "http" or "https"
	TLSVersion uint16     // 0: not over TLS
	Subject    string     // who the client has proved to be
	RecordID   flow.ID
	Captures   [][]byte // see [Table.Captures]
}

// variable is one name as a template holds it.
type variable struct {
	kind  kind
	n     int          // group
	name  string       // of a field, parameter or cookie
	known message.Name // of a field
}

type kind uint8

const (
	varNone kind = iota
	varRemote
	varHost      // without port
	varAuthority // with it
	varPath
	varQuery
	varMethod
	varScheme
	varRecordID
	varTLSVersion
	varSubject
	varHeader
	varParameter
	varCookie
	varGroup
)

var variables = map[string]kind{
	"remote": varRemote, "host": varHost, "path": varPath, "query": varQuery, "method": varMethod, "scheme": varScheme,
	"record.id": varRecordID, "tls.version": varTLSVersion, "subject": varSubject,
}

// maxGroups is how many groups an expression may be expected to have.
const maxGroups = 1000

func parseVariable(name string, groups int) (variable, error) {
	if k, ok := variables[name]; ok {
		return variable{kind: k}, nil
	}
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		return parseGroup(name, groups)
	}
	prefix, argument, ok := strings.Cut(name, ":")
	if !ok || argument == "" {
		return variable{}, unknownVariable(name)
	}
	switch prefix {
	case "header":
		if !message.IsToken([]byte(argument)) {
			return variable{}, fmt.Errorf("${%s}: %q is no name of a header field", name, argument)
		}
		known := message.Lookup([]byte(argument))
		if known == message.Host {
			return variable{kind: varAuthority}, nil
		}
		return variable{kind: varHeader, name: strings.ToLower(argument), known: known}, nil
	case "query":
		return variable{kind: varParameter, name: argument}, nil
	case "cookie":
		return variable{kind: varCookie, name: argument}, nil
	}
	return variable{}, unknownVariable(name)
}

func unknownVariable(name string) error {
	const known = "remote, host, path, query, method, scheme, subject, record.id, tls.version, header:NAME, query:NAME, cookie:NAME and the groups of the path, 1 and up"
	if len(name) > 40 {
		name = name[:40] + "..."
	}
	return fmt.Errorf("there is no variable ${%s}; there are %s", name, known)
}

// append appends the value of a variable as it came. One that has none adds
// nothing.
func (v *Values) append(dst []byte, w *variable) []byte {
	switch w.kind {
	case varRemote:
		if v.Remote.IsValid() {
			return v.Remote.Unmap().AppendTo(dst)
		}
	case varHost:
		name, _ := message.SplitHostPort(v.Request.Host)
		return append(dst, name...)
	case varAuthority:
		return append(dst, v.Request.Host...)
	case varPath:
		if v.Path != nil {
			return append(dst, v.Path...)
		}
		return append(dst, v.Request.Path...)
	case varQuery:
		return append(dst, v.Request.Query...)
	case varMethod:
		return append(dst, v.Request.Method...)
	case varScheme:
		return append(dst, v.Scheme...)
	case varRecordID:
		dst, _ = v.RecordID.AppendText(dst)
	case varTLSVersion:
		if v.TLSVersion != 0 {
			return append(dst, tls.VersionName(v.TLSVersion)...)
		}
	case varSubject:
		return append(dst, v.Subject...)
	case varHeader:
		return v.appendHeader(dst, w)
	case varParameter:
		return v.appendParameter(dst, w.name)
	case varCookie:
		return v.appendCookie(dst, w.name)
	case varGroup:
		if w.n < len(v.Captures) {
			return append(dst, v.Captures[w.n]...)
		}
	}
	return dst
}

// appendHeader appends the value of the first field of that name.
func (v *Values) appendHeader(dst []byte, w *variable) []byte {
	for i := range v.Request.Fields {
		f := &v.Request.Fields[i]
		if f.Known == w.known && (w.known != message.Other || message.EqualFold(f.Name, w.name)) {
			return append(dst, f.Value...)
		}
	}
	return dst
}

// appendParameter appends the first value of that name in the query, decoded.
func (v *Values) appendParameter(dst []byte, name string) []byte {
	for rest := v.Request.Query; len(rest) > 0; {
		var n, value []byte
		if n, value, rest = nextParameter(rest); unquotesTo(n, name) {
			return appendUnquoted(dst, value)
		}
	}
	return dst
}

// appendCookie appends the value of the first cookie of that name (RFC 6265
// section 5.4).
func (v *Values) appendCookie(dst []byte, name string) []byte {
	for i := range v.Request.Fields {
		f := &v.Request.Fields[i]
		if f.Known != message.Cookie {
			continue
		}
		for rest := f.Value; len(rest) > 0; {
			end := 0
			for end < len(rest) && rest[end] != ';' {
				end++
			}
			pair := message.TrimSpace(rest[:end])
			if len(pair) > len(name) && pair[len(name)] == '=' && string(pair[:len(name)]) == name {
				return append(dst, pair[len(name)+1:]...)
			}
			rest = rest[min(end+1, len(rest)):]
		}
	}
	return dst
}
