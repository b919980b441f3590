package console

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// protect keeps foreign pages away from the console. A page of another site can
// make a browser send requests to loopback, and by pointing its own name there
// (DNS rebinding) even read the answers; but it cannot choose the Host and
// Origin that the browser then sends.
func protect(listen string, hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !ours(listen, hosts, r.Host):
			refuse(w, http.StatusMisdirectedRequest, "this console is not reached under the name "+
				cut(r.Host)+"; list it under hosts in the console's config if it should be")
		case !sameOrigin(r):
			refuse(w, http.StatusForbidden, "a page of another site may not use the console")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// loopback reports whether host is a name or an address of this machine alone.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// cut keeps a text from outside short.
func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), 100)], "\ufffd") }

// ours reports whether host, as in the field of that name, is one of the
// console's names. An address is no name that anybody could point elsewhere,
// but where the console listens on loopback only a loopback one makes sense.
func ours(listen string, hosts []string, host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(name, "]"), "["), ".")
	if loopback(name) || slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return true
	}
	u, err := url.Parse(listen)
	if err != nil {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return !loopback(u.Hostname())
	}
	return name != "" && strings.EqualFold(name, u.Hostname())
}

// sameOrigin reports whether the request comes from the console's own page, or
// from no page at all. A browser's address bar and links from elsewhere may
// open the page, and nothing else.
func sameOrigin(r *http.Request) bool {
	if origin := r.Header.Values("Origin"); len(origin) > 0 {
		u, err := url.Parse(origin[0])
		if len(origin) > 1 || err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		r.Header.Get("Sec-Fetch-Dest") == "document" && r.URL.Path == "/"
}

// policy lets the page load its own files and speak to its own API; no script
// stands in it, and no other page may show it in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secureHeaders adds what every answer of the console says.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}
