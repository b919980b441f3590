// Package upstream gives requests a connection to one of several targets: it
// is the pool behind a proxy.
//
// A [Pool] is made of a [Config] and knows, for each of its targets, whether
// it is well (active checks, failures seen in traffic), how busy it is, and
// which connections to it lie idle. [Pool.Acquire] chooses a target, waits in
// a bounded queue where all are at their limit, and gives an idle connection
// or dials a new one; [Conn.Release] gives it back; [Target.Report] says how
// the request went.
//
//	pool, err := upstream.New("shop", upstream.Config{To: []upstream.TargetConfig{
//		{URL: "http://10.0.0.5:8080"},
//		{URL: "http://10.0.0.6:8080", Weight: 2},
//	}}, slog.Default())
//	go pool.Serve(ctx) // checks, names, ejections that end, idle connections
//
//	choice := upstream.Choice{Hash: upstream.Hash(clientAddress)}
//	conn, err := pool.Acquire(ctx, &choice)
//	if err != nil { … }        // ErrNoTarget, ErrQueueFull, *DialError …
//	status, err := roundTrip(conn)
//	conn.Target.Report(status, err, time.Since(start))
//	conn.Release(err == nil)
//
// The package speaks no HTTP to the target apart from its own health checks:
// what travels over a connection, when a request may be tried again and what
// the client is told is the caller's to decide. It writes no log lines about
// requests; changes of state are [Event]s.
//
// How it is laid out: config.go (settings), pool.go (the life of a pool),
// view.go (the immutable picture that requests read), balance.go (who is
// next), acquire.go, queue.go, dial.go, idle.go (a connection's way), and one
// file for each thing that changes a target's state: health.go, eject.go,
// circuit.go, resolve.go, drain.go.
package upstream
