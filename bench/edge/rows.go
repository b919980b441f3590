//go:build linux

package main

// kind is how a row is measured.
type kind int

const (
	perRequest kind = iota // CPU µs a request
	perIdle                // KiB of resident memory an idle connection
	perStart               // ms from exec to the first answer
)

func (k kind) unit() string {
	return [...]string{"µs/request", "KiB/connection", "ms"}[k]
}

// row is one line of the table: some work, and what it may cost.
type row struct {
	name    string
	work    string
	kind    kind
	conns   int
	path    string
	upload  bool // POST largeSize bytes; else GET
	size    int  // of the answer
	tls     bool
	fresh   bool // a full handshake for every request
	files   bool // served from disk, not proxied
	log     bool
	logBuff bool

	peers   []string // who is measured beside Netwright; nil for everybody
	against []string // the better of these is 1.0; nil where most is absolute
	most    float64  // the goal: a ratio, or a number of the unit; 0 for none
	aim     float64  // a better one that is hoped for; 0 for none
}

func rows() []row {
	servers := []string{"nginx", "caddy"} // that serve files
	best, nginx := []string{"nginx", "haproxy"}, []string{"nginx"}
	return []row{{
		name: "proxy64", work: "proxy, 64 connections, 64-byte answer",
		conns: 64, path: pathSmall, size: smallSize, against: best, most: 1.0, aim: 0.9,
	}, {
		name: "proxy512", work: "proxy, 512 connections, 64-byte answer",
		conns: 512, path: pathSmall, size: smallSize, against: best, most: 0.9, aim: 0.8,
	}, {
		name: "log64", work: "proxy, 64 connections, access log to a file",
		conns: 64, path: pathSmall, size: smallSize, log: true, against: nginx, most: 0.8,
	}, {
		name: "logbuffer64", work: "the same, nginx's log buffered (for information)",
		conns: 64, path: pathSmall, size: smallSize, log: true, logBuff: true, peers: nginx, against: nginx,
	}, {
		name: "answers1m", work: "proxy, 1 MiB answers",
		conns: 16, path: pathLarge, size: largeSize, against: nginx, most: 1.0,
	}, {
		name: "uploads1m", work: "proxy, 1 MiB uploads",
		conns: 16, path: pathUpload, upload: true, size: smallSize, against: nginx, most: 1.0,
	}, {
		name: "tls64", work: "proxy, TLS 1.3 keep-alive, 64-byte answer",
		conns: 64, path: pathSmall, size: smallSize, tls: true, against: nginx, most: 1.1,
	}, {
		name: "handshake", work: "TLS 1.3 full handshake (ECDSA P-256) and one request",
		conns: 32, path: pathSmall, size: smallSize, tls: true, fresh: true, against: nginx, most: 1.0,
	}, {
		name: "static1k", work: "static file of 1 KiB",
		conns: 64, path: "/1k.bin", size: 1 << 10, files: true, peers: servers, against: nginx, most: 1.0,
	}, {
		name: "static1m", work: "static file of 1 MiB",
		conns: 16, path: "/1m.bin", size: largeSize, files: true, peers: servers, against: nginx, most: 1.0,
	}, {
		name: "idle", work: "resident memory of an idle connection, 10,000 of them", kind: perIdle,
		conns: 10_000, path: pathSmall, size: smallSize, most: 5,
	}, {
		name: "idletls", work: "the same over TLS", kind: perIdle,
		conns: 10_000, path: pathSmall, size: smallSize, tls: true, most: 20,
	}, {
		name: "start", work: "start to first answer (Netwright: quickstart)", kind: perStart,
		conns: 1, path: pathSmall, size: smallSize, most: 150,
	}}
}
