package guard

import (
	"errors"
	"strings"
	"time"
)

// Decision is what a guard says of an attempt.
type Decision uint8

const (
	// Admit lets the attempt pass.
	Admit Decision = iota
	// Refuse turns it away; Verdict.Reason says why.
	Refuse
	// NeedCredentials means that nothing is wrong yet but something is
	// missing: the protocol sends its challenge, or asks again at login.
	NeedCredentials
)

// String returns "admit", "refuse" or "need credentials".
func (d Decision) String() string {
	switch d {
	case Admit:
		return "admit"
	case Refuse:
		return "refuse"
	case NeedCredentials:
		return "need credentials"
	}
	return "unknown decision"
}

// Verdict is a guard's answer. The zero value admits.
type Verdict struct {
	Decision Decision
	// Status is the HTTP status that says the same as the verdict: 401, 403,
	// 429 or 503; 0 where the attempt is admitted.
	Status uint16
	// Guard is the name of the guard that did not admit.
	Guard string
	// Reason says in a few words why, for records; it holds no secret.
	Reason string
	// Challenge is the value of a WWW-Authenticate field (RFC 9110 §11.6.1),
	// as in `Basic realm="staff"`; empty where none fits.
	Challenge string
	// RetryAfter is how long to wait before the same attempt can succeed;
	// 0 where that is not known.
	RetryAfter time.Duration
	// Subject is who the attempt has authenticated as, if a guard found out.
	Subject string
}

// ErrRefused is what every error of [Verdict.Err] wraps.
var ErrRefused = errors.New("refused")

// Error is a verdict that did not admit, as an error.
type Error struct{ Verdict Verdict }

// Error names the guard and its reason.
func (e *Error) Error() string {
	return "guard " + e.Verdict.Guard + ": " + e.Verdict.Reason
}

// Unwrap makes errors.Is(err, ErrRefused) true.
func (e *Error) Unwrap() error { return ErrRefused }

// Err returns nil where the verdict admits, else an *Error.
func (v Verdict) Err() error {
	if v.Decision == Admit {
		return nil
	}
	return &Error{Verdict: v}
}

// Needs is the set of things that a guard must be told to decide. A protocol
// that can never supply one of them cannot stand behind that guard.
type Needs uint8

const (
	NeedPeer        Needs = 1 << iota // the peer's IP address
	NeedCertificate                   // a TLS handshake that asks for a client certificate
	NeedHeader                        // header fields
	NeedPassword                      // a user name and password
	NeedToken                         // a bearer token or key
	NeedSubject                       // a name that an earlier guard has authenticated
)

// authenticates is the set of needs whose guards set Attempt.Subject.
const authenticates = NeedCertificate | NeedPassword | NeedToken

// What some protocols supply, to compare a guard's Needs with.
const (
	SuppliedByTCP  = NeedPeer
	SuppliedByHTTP = NeedPeer | NeedHeader | NeedPassword | NeedToken
	// SuppliedByLogin is for protocols with a login but without header
	// fields: MQTT, SOCKS, SSH, FTP. A key is given as the password.
	SuppliedByLogin = NeedPeer | NeedPassword | NeedToken
)

// String lists the needs in words, as in "a client certificate, a password".
func (n Needs) String() string {
	if n == 0 {
		return "nothing"
	}
	words := [...]string{"a peer address", "a client certificate", "header fields",
		"a password", "a token", "an authenticated subject"}
	var out []string
	for i, w := range words {
		if n&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return strings.Join(out, ", ")
}

// Missing returns what of n is not in supplied.
func (n Needs) Missing(supplied Needs) Needs { return n &^ supplied }

// Guard decides on attempts. Ask may be called from several goroutines, each
// with an Attempt of its own; where it neither checks a password nor a
// certificate it does not block.
type Guard interface {
	// Ask decides on the attempt, counts it where a limit has to, and sets
	// a.Subject when it has authenticated somebody.
	Ask(a *Attempt) Verdict
	// Needs says what the guard must be told.
	Needs() Needs
}

// All returns a guard that asks the given ones in order and stops at the first
// that does not admit. Without any, it admits.
func All(guards ...Guard) Guard {
	if len(guards) == 1 {
		return guards[0]
	}
	return all(guards)
}

type all []Guard

func (l all) Ask(a *Attempt) Verdict {
	for _, g := range l {
		if v := g.Ask(a); v.Decision != Admit {
			return v
		}
	}
	return Verdict{Subject: a.Subject}
}

func (l all) Needs() Needs { return needsOf(l) }

func (l all) explain(a *Attempt) (lines []Line, d Decision) {
	for _, g := range l {
		more, d := explain(g, a)
		lines = append(lines, more...)
		if d != Admit {
			return lines, d
		}
	}
	return lines, Admit
}

func (l all) atAccept() Guard {
	var kept all
	for _, g := range l {
		if k := AtAccept(g); k != nil {
			kept = append(kept, k)
		}
	}
	if kept == nil {
		return nil
	}
	return All(kept...)
}

// needsOf joins the needs of guards asked in order: a subject that an earlier
// one has found is none that the protocol must supply.
func needsOf[G Guard](guards []G) Needs {
	var needs Needs
	for _, g := range guards {
		n := g.Needs()
		if needs&authenticates != 0 {
			n &^= NeedSubject
		}
		needs |= n
	}
	return needs
}

// AtAccept returns the parts of g that can be asked as soon as a connection is
// accepted and again for every request on it: they look at the peer's address
// alone and count nothing. It returns nil where g has no such part.
func AtAccept(g Guard) Guard {
	if p, ok := g.(interface{ atAccept() Guard }); ok {
		return p.atAccept()
	}
	return nil
}
