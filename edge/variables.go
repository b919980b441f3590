package edge

import (
	"fmt"
	"strings"
)

// variables are the names that may stand in ${…} where a text is made for each
// request, with what they stand for. Those that end in a colon take a name:
// ${header:User-Agent}.
var variables = [...][2]string{
	{"remote", "address of the client"},
	{"remote.port", "port of the client"},
	{"peer", "address of who is connected: the client, or the trusted proxy before it"},
	{"scheme", "http or https, as the client used it"},
	{"host", "host that was asked for, without port"},
	{"method", "method of the request"},
	{"path", "path of the request as it came"},
	{"query", "query of the request, without the ?"},
	{"uri", "path and query of the request as they came"},
	{"rest", "what the * of the route's path stood for"},
	{"header:", "a field of the request"},
	{"query:", "a parameter of the query"},
	{"cookie:", "a cookie of the request"},
	{"subject", "who the guards have found the client to be"},
	{"service", "name of the service"},
	{"route", "name of the route"},
	{"status", "status of the answer"},
	{"request.id", "id of the request: that of a trusted proxy, else the record's"},
	{"record.id", "id of the request's record"},
}

// Variables lists the variables with what they stand for.
func Variables() [][2]string { return append([][2]string(nil), variables[:]...) }

// CheckVariable tells whether there is a variable of that name. Digits stand for
// the groups of the regular expression that the path matched.
func CheckVariable(name string) error {
	if name != "" && len(name) <= 2 && strings.Trim(name, "0123456789") == "" {
		return nil
	}
	kind, argument, found := strings.Cut(name, ":")
	if found {
		kind += ":"
	}
	for _, v := range variables {
		switch {
		case v[0] != kind:
		case found && argument == "":
			return fmt.Errorf("${%s} needs a name, as in ${%sX}", name, kind)
		default:
			return nil
		}
	}
	return fmt.Errorf("there is no variable ${%s}", name)
}
