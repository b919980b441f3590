package endpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Options are the query parameters of an endpoint URL. The zero value of each
// means that the URL does not give it.
type Options struct {
	CA        string        // file of PEM certificates that must have signed the other side's
	Cert, Key string        // files of our own certificate chain and its key
	SNI       string        // server name to ask for and to verify, in place of the host
	ALPN      []string      // application protocols, the preferred one first
	Insecure  bool          // do not verify the server's certificate
	Mode      fs.FileMode   // permissions of a unix socket
	Keepalive time.Duration // between TCP keep-alive probes; negative: none
	ReusePort bool          // several processes may listen on the port
	Timeout   time.Duration // for the whole dial; negative: none
	FD        string        // descriptor to listen on in place of opening a socket
	Via       []*URL        // proxies, the first is the one that we connect to
}

// applies says which schemes an option belongs to.
type applies uint8

const (
	onTLS applies = 1 << iota // tls, wss, https
	onTCP                     // everything over TCP
	onUDP
	onUnix
)

func (a applies) String() string {
	var names []string
	for i, name := range []string{"TLS", "TCP", "UDP", "unix"} {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func (s *Scheme) takes(a applies) bool {
	tcp := s.form == formHost && s.Listen && s.Name != "udp"
	return a&onTLS != 0 && s.tls || a&onTCP != 0 && tcp || a&onUDP != 0 && s.Name == "udp" || a&onUnix != 0 && s.Name == "unix"
}

// option is one row of the table. parse gets the decoded value; print gives the
// values to write, none where the option is not set and an empty one for the
// name alone.
type option struct {
	name, value, means string
	applies            applies
	parse              func(*Options, string) error
	print              func(*Options) []string
}

// options is the table. It is a function since via parses URLs, which needs the
// table again.
func options() []option {
	return []option{
		text("ca", "FILE", "certificates (PEM) to trust; a listener then demands one of clients", onTLS, func(o *Options) *string { return &o.CA }),
		text("cert", "FILE", "our own certificate chain (PEM); a listener needs one", onTLS, func(o *Options) *string { return &o.Cert }),
		text("key", "FILE", "the private key of cert (PEM)", onTLS, func(o *Options) *string { return &o.Key }),
		text("sni", "NAME", "server name to ask for and to verify, in place of the host", onTLS, func(o *Options) *string { return &o.SNI }),
		{"alpn", "NAME,…", "application protocols to offer or to accept", onTLS, parseALPN,
			func(o *Options) []string { return some(strings.Join(o.ALPN, ",")) }},
		flag("insecure", "do not verify the server's certificate: for tests only", onTLS, func(o *Options) *bool { return &o.Insecure }),
		{"mode", "0660", "permissions of the socket file", onUnix, parseMode,
			func(o *Options) []string {
				if o.Mode == 0 {
					return nil
				}
				return []string{fmt.Sprintf("0%o", o.Mode)}
			}},
		span("keepalive", "30s", "time between TCP keep-alive probes, or off; default 15s", onTCP, func(o *Options) *time.Duration { return &o.Keepalive }),
		flag("reuseport", "let several processes listen on the port", onTCP|onUDP, func(o *Options) *bool { return &o.ReusePort }),
		span("timeout", "10s", "for the whole dial, TLS and proxies included, or off; default 10s", onTCP|onUDP|onUnix, func(o *Options) *time.Duration { return &o.Timeout }),
		text("fd", "3", "listen on this open descriptor, a number or a name", onTCP|onUDP|onUnix, func(o *Options) *string { return &o.FD }),
		{"via", "URL", "dial through socks5, http or https; again for a chain, nearest first", onTCP, parseVia, printVia},
	}
}

func optionOf(name string) (option, bool) {
	for _, o := range options() {
		if o.name == name {
			return o, true
		}
	}
	return option{}, false
}

func text(name, value, means string, a applies, field func(*Options) *string) option {
	return option{name, value, means, a,
		func(o *Options, v string) error {
			if v == "" {
				return errors.New("needs a value")
			}
			return once(field(o), v)
		},
		func(o *Options) []string { return some(*field(o)) }}
}

func flag(name, means string, a applies, field func(*Options) *bool) option {
	return option{name, "true", means, a,
		func(o *Options, v string) error {
			switch v {
			case "", "true", "yes", "1":
				*field(o) = true
			case "false", "no", "0":
				*field(o) = false
			default:
				return fmt.Errorf("%q is neither true nor false", v)
			}
			return nil
		},
		func(o *Options) []string {
			if *field(o) {
				return []string{""}
			}
			return nil
		}}
}

func span(name, value, means string, a applies, field func(*Options) *time.Duration) option {
	return option{name, value, means, a,
		func(o *Options, v string) error {
			if v == "off" {
				return once(field(o), -1)
			}
			d, err := time.ParseDuration(v)
			if err != nil || d <= 0 {
				return fmt.Errorf("%q is not a time such as 10s or 1m30s, nor off", v)
			}
			return once(field(o), d)
		},
		func(o *Options) []string {
			switch d := *field(o); {
			case d < 0:
				return []string{"off"}
			case d > 0:
				return []string{d.String()}
			}
			return nil
		}}
}

// once sets a field that must not be given twice.
func once[T comparable](field *T, v T) error {
	var zero T
	if *field != zero {
		return errors.New("is given twice")
	}
	*field = v
	return nil
}

func some(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

func parseALPN(o *Options, v string) error {
	if o.ALPN != nil {
		return errors.New("is given twice; write the names with commas between")
	}
	for name := range strings.SplitSeq(v, ",") {
		if name == "" || len(name) > 255 {
			return fmt.Errorf("%q is not a list of names such as h2,http/1.1", v)
		}
		o.ALPN = append(o.ALPN, name)
	}
	return nil
}

func parseMode(o *Options, v string) error {
	mode, err := strconv.ParseUint(v, 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		return fmt.Errorf("%q is not a file mode such as 0660", v)
	}
	return once(&o.Mode, fs.FileMode(mode))
}

func parseVia(o *Options, v string) error {
	if len(o.Via) == maxHops {
		return fmt.Errorf("makes a chain of more than %d proxies", maxHops)
	}
	hop, err := Parse(v)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			return fmt.Errorf("%s: %w", e.Endpoint, e.Err)
		}
		return err
	}
	switch scheme, _ := schemeOf(hop.Scheme); {
	case !scheme.Via:
		return fmt.Errorf("%s is no proxy; these are: socks5, http, https", hop.Scheme)
	case hop.Host == "":
		return errors.New("a proxy needs a host")
	case len(hop.Options.Via) > 0: // http and https might
		return errors.New("a proxy has no via of its own; give via twice to chain")
	case hop.Query != "":
		return fmt.Errorf("a proxy takes no parameter %q", hop.Query)
	}
	o.Via = append(o.Via, hop)
	return nil
}

func printVia(o *Options) []string {
	var out []string
	for _, hop := range o.Via {
		out = append(out, hop.String())
	}
	return out
}

// parseQuery reads the options out of raw and returns the pieces that are not
// options, which only the HTTP-like schemes may have.
func parseQuery(s *Scheme, raw string, o *Options) (rest string, err error) {
	var kept []string
	for piece := range strings.SplitSeq(raw, "&") {
		if piece == "" {
			continue
		}
		name, value, _ := strings.Cut(piece, "=")
		opt, known := optionOf(name)
		switch {
		case known && s.takes(opt.applies):
			if value, err = url.PathUnescape(value); err != nil {
				return "", fmt.Errorf("option %s: a percent sign is written %%25", name)
			}
			if err := opt.parse(o, value); err != nil {
				return "", fmt.Errorf("option %s %w", name, err)
			}
		case s.http:
			if err := wellFormed(piece); err != nil {
				return "", fmt.Errorf("query: %w", err)
			}
			kept = append(kept, piece)
		case known:
			return "", fmt.Errorf("%s takes no option %s, which is for %s", s.Name, name, opt.schemes())
		default:
			return "", fmt.Errorf("unknown option %q; %s takes %s", name, s.Name, s.optionNames())
		}
	}
	return strings.Join(kept, "&"), nil
}

// schemes lists those that take the option.
func (o *option) schemes() string {
	var names []string
	for _, s := range schemes {
		if s.takes(o.applies) {
			names = append(names, s.Name)
		}
	}
	return strings.Join(names, ", ")
}

func (s *Scheme) optionNames() string {
	var names []string
	for _, o := range options() {
		if s.takes(o.applies) {
			names = append(names, o.name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// appendQuery writes the options in the order of the table.
func appendQuery(query string, o *Options) string {
	var pieces []string
	if query != "" {
		pieces = append(pieces, query)
	}
	for _, opt := range options() {
		for _, v := range opt.print(o) {
			if v != "" {
				v = "=" + escape(v)
			}
			pieces = append(pieces, opt.name+v)
		}
	}
	if pieces == nil {
		return ""
	}
	return "?" + strings.Join(pieces, "&")
}
