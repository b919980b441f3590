package websocket

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const extensionName = "permessage-deflate"

// extension is one element of Sec-WebSocket-Extensions.
type extension struct {
	name   string
	params []param
}

type param struct {
	name, value string
	hasValue    bool
}

// parseExtensions reads the header's values (RFC 6455 §9.1).
func parseExtensions(h http.Header) ([]extension, error) {
	var list []extension
	for _, line := range h.Values("Sec-WebSocket-Extensions") {
		for s := line; ; {
			e, rest, err := parseExtension(s)
			if err != nil {
				return nil, fmt.Errorf("Sec-WebSocket-Extensions %.100q: %w", line, err)
			}
			list = append(list, e)
			if rest == "" {
				break
			}
			s = rest[1:] // behind the comma
		}
	}
	return list, nil
}

// parseExtension reads one element; rest is empty or begins with a comma.
func parseExtension(s string) (e extension, rest string, err error) {
	if e.name, s = cutToken(s); e.name == "" {
		return e, "", fmt.Errorf("no extension name at %.20q", s)
	}
	for strings.HasPrefix(s, ";") {
		var p param
		if p.name, s = cutToken(s[1:]); p.name == "" {
			return e, "", fmt.Errorf("no parameter name at %.20q", s)
		}
		if strings.HasPrefix(s, "=") {
			p.hasValue = true
			if p.value, s = cutValue(s[1:]); p.value == "" {
				return e, "", fmt.Errorf("parameter %s without its value", p.name)
			}
		}
		e.params = append(e.params, p)
	}
	if s != "" && s[0] != ',' {
		return e, "", fmt.Errorf("unexpected %.20q", s)
	}
	return e, s, nil
}

// cutToken takes a token and the space around it off the beginning of s.
func cutToken(s string) (token, rest string) {
	s = strings.TrimLeft(s, " \t")
	n := 0
	for n < len(s) && isTokenByte(s[n]) {
		n++
	}
	return s[:n], strings.TrimLeft(s[n:], " \t")
}

// cutValue is cutToken for a token that may be quoted.
func cutValue(s string) (value, rest string) {
	s = strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(s, `"`) {
		return cutToken(s)
	}
	value, rest, ok := strings.Cut(s[1:], `"`)
	if !ok || !isToken(value) {
		return "", s
	}
	return value, strings.TrimLeft(rest, " \t")
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(b byte) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

// deflateOffer is an element about permessage-deflate (RFC 7692 §7.1).
type deflateOffer struct {
	serverNoContext, clientNoContext bool
	serverBits, clientBits           int // 0 where absent, -1 where without a value
}

func parseDeflate(e extension) (o deflateOffer, ok bool) {
	for i, p := range e.params {
		for _, earlier := range e.params[:i] {
			if earlier.name == p.name {
				return o, false
			}
		}
		switch p.name {
		case "server_no_context_takeover":
			o.serverNoContext, ok = true, !p.hasValue
		case "client_no_context_takeover":
			o.clientNoContext, ok = true, !p.hasValue
		case "server_max_window_bits":
			o.serverBits, ok = windowBits(p)
			ok = ok && p.hasValue
		case "client_max_window_bits":
			o.clientBits, ok = windowBits(p)
		default:
			ok = false
		}
		if !ok {
			return o, false
		}
	}
	return o, true
}

func windowBits(p param) (int, bool) {
	if !p.hasValue {
		return -1, true
	}
	n, err := strconv.Atoi(p.value)
	ok := err == nil && n >= minWindowBits && n <= maxWindowBits && p.value == strconv.Itoa(n)
	return n, ok
}

// acceptDeflate chooses from a client's offers, and returns what a server
// answers.
func acceptDeflate(list []extension, mode string) (d deflateParams, answer string) {
	if mode == CompressionOff {
		return d, ""
	}
	for _, e := range list {
		o, ok := parseDeflate(e)
		if e.name != extensionName || !ok {
			continue
		}
		d = deflateParams{on: true, writeBits: maxWindowBits}
		d.writeContext = mode == CompressionContext && !o.serverNoContext
		d.readContext = mode == CompressionContext && !o.clientNoContext
		answer = extensionName
		if !d.writeContext {
			answer += "; server_no_context_takeover"
		}
		if !d.readContext {
			answer += "; client_no_context_takeover"
		}
		if o.serverBits > 0 {
			d.writeBits = o.serverBits
			answer += "; server_max_window_bits=" + strconv.Itoa(o.serverBits)
		}
		return d, answer
	}
	return deflateParams{}, ""
}

// offerDeflate is what a client offers, "" for nothing.
func offerDeflate(mode string) string {
	switch mode {
	case CompressionMessage:
		return extensionName + "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"
	case CompressionContext:
		return extensionName + "; client_max_window_bits"
	}
	return ""
}

// agreeDeflate takes a server's answer to that offer.
func agreeDeflate(list []extension, mode string) (d deflateParams, err error) {
	if len(list) == 0 {
		return d, nil
	}
	o, ok := parseDeflate(list[0])
	switch {
	case mode == CompressionOff || len(list) > 1 || list[0].name != extensionName:
		return d, fmt.Errorf("the server answers with an extension that was not offered: %s", list[len(list)-1].name)
	case !ok || o.clientBits < 0:
		return d, fmt.Errorf("the server's parameters of %s are wrong", extensionName)
	case mode == CompressionMessage && !o.serverNoContext:
		return d, fmt.Errorf("the server's %s lacks server_no_context_takeover, which was asked for", extensionName)
	}
	d = deflateParams{on: true, writeBits: maxWindowBits}
	if o.clientBits > 0 {
		d.writeBits = o.clientBits
	}
	d.writeContext = mode == CompressionContext && !o.clientNoContext
	d.readContext = !o.serverNoContext
	return d, nil
}
