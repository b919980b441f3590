package guard

import (
	"crypto/tls"
	"net/netip"
)

// Attempt is one try to come in, and what is known of it so far. The protocol
// fills it, asks guards about it, may fill in more and ask again, and calls
// Done when what was admitted is over (or was refused). It belongs to one
// goroutine at a time; keep it in the state of the connection or request, since
// a pointer to it passes through an interface.
type Attempt struct {
	// Peer is the effective client address; the zero Addr where there is
	// none, as on a Unix socket.
	Peer netip.Addr
	// TLS is the state of the handshake, nil without TLS.
	TLS *tls.ConnectionState
	// Service is the name of the service it came to.
	Service string

	// Subject is who it has authenticated as. A guard sets it.
	Subject string

	// Username and Password are what a login gave; HasPassword tells an
	// empty password from none. HTTP may leave them: guards then read the
	// Authorization field by Header.
	Username, Password string
	HasPassword        bool
	// Token is a bearer token or key that the protocol has found.
	Token string

	// Header returns the value of a field, "" where absent. It is nil where
	// the protocol has no header.
	Header func(name string) string

	marks [4]mark // what has counted this attempt already
	used  int
	more  []mark // beyond len(marks): a rare long list of guards
}

// counter is a limit that counts attempts.
type counter interface {
	// release undoes what the count of key holds, if it holds anything.
	release(key uint64)
}

// mark says that a counter has counted the attempt under a key.
type mark struct {
	by  counter
	key uint64
}

// counted reports whether c has counted the attempt already.
func (a *Attempt) counted(c counter) bool {
	for i := range a.used {
		if a.marks[i].by == c {
			return true
		}
	}
	for i := range a.more {
		if a.more[i].by == c {
			return true
		}
	}
	return false
}

// count notes that c has counted the attempt.
func (a *Attempt) count(c counter, key uint64) {
	if a.used < len(a.marks) {
		a.marks[a.used] = mark{c, key}
		a.used++
		return
	}
	a.more = append(a.more, mark{c, key})
}

// Done gives back what concurrency limits lent to the attempt. It must be
// called once the attempt is over, whatever the verdicts were; calling it again
// does nothing. Afterwards the attempt may be filled and used anew.
func (a *Attempt) Done() {
	for i := range a.used {
		a.marks[i].by.release(a.marks[i].key)
		a.marks[i] = mark{}
	}
	for i := range a.more {
		a.more[i].by.release(a.more[i].key)
		a.more[i] = mark{}
	}
	a.used, a.more = 0, a.more[:0]
}
