package cert

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// examine tells whether a chain leads to a trusted root, and everything that a
// client would hold against it.
func examine(chain []*x509.Certificate, in Inspection) (trusted bool, problems []Problem) {
	problems = []Problem{}
	leaf := chain[0]
	for i, c := range chain {
		for _, p := range slices.Concat(dateProblems(c, in.Now), strengthProblems(c)) {
			if i > 0 {
				p.Text = fmt.Sprintf("Certificate %d of the chain (%s): %s", i+1, subject(c), p.Text)
			}
			problems = append(problems, p)
		}
	}
	problems = append(problems, nameProblems(leaf, in.Name)...)
	if !leaf.IsCA && !forServers(leaf) {
		problems = append(problems, Problem{"wrong-use", "It is not meant for servers: its extended key usage does not list server authentication."})
	}
	path, order := pathOf(chain)
	problems = append(problems, order...)
	trusted, trust := trustProblems(path, in)
	return trusted, append(problems, trust...)
}

// dateProblems tells whether now lies within the dates of a certificate.
func dateProblems(c *x509.Certificate, now time.Time) []Problem {
	const day = 24 * time.Hour
	left := c.NotAfter.Sub(now)
	switch {
	case now.Before(c.NotBefore):
		return []Problem{{"not-yet-valid", fmt.Sprintf("It is not valid yet: it begins on %s, in %s. Is the clock right?", date(c.NotBefore), span(c.NotBefore.Sub(now)))}}
	case left < 0:
		return []Problem{{"expired", fmt.Sprintf("It expired on %s, %s ago.", date(c.NotAfter), span(-left))}}
	case left < min(14*day, c.NotAfter.Sub(c.NotBefore)/6):
		return []Problem{{"expires-soon", fmt.Sprintf("It expires on %s, in %s.", date(c.NotAfter), span(left))}}
	}
	return nil
}

// strengthProblems tells whether the key or the signature can be forged.
func strengthProblems(c *x509.Certificate) []Problem {
	var list []Problem
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 {
			list = append(list, Problem{"weak-key", fmt.Sprintf("Its RSA key of %d bits is too short: at least 2048.", bits)})
		}
	case *ecdsa.PublicKey:
		if bits := key.Curve.Params().BitSize; bits < 256 {
			list = append(list, Problem{"weak-key", fmt.Sprintf("Its key on a curve of %d bits is too short: at least P-256.", bits)})
		}
	default:
		if c.PublicKeyAlgorithm == x509.DSA || c.PublicKeyAlgorithm == x509.UnknownPublicKeyAlgorithm {
			list = append(list, Problem{"weak-key", "Its kind of key is not accepted by TLS clients; use ECDSA or RSA."})
		}
	}
	if weaklySigned(c) {
		list = append(list, Problem{"weak-signature", "It is signed with " + c.SignatureAlgorithm.String() + ", which can be forged and is refused everywhere. Have it issued again."})
	}
	return list
}

// weaklySigned tells whether the signature uses a broken hash. Nobody relies on
// the signature of a root.
func weaklySigned(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1, x509.MD2WithRSA, x509.MD5WithRSA:
		return !selfSigned(c)
	}
	return false
}

// nameProblems tells whether a client that asks for name accepts the leaf. An
// empty name stands for any.
func nameProblems(leaf *x509.Certificate, name string) []Problem {
	have := names(leaf)
	if len(have) == 0 {
		if leaf.IsCA && name == "" {
			return nil
		}
		text := "It names no host: its subject alternative names are missing."
		if leaf.Subject.CommonName != "" {
			text += fmt.Sprintf(" Clients no longer look at the common name (%s).", leaf.Subject.CommonName)
		}
		return []Problem{{"no-names", text}}
	}
	if name == "" || leaf.VerifyHostname(hostForVerify(name)) == nil {
		return nil
	}
	shown := have
	if len(shown) > 8 {
		shown = append(slices.Clone(shown[:8]), fmt.Sprintf("%d more", len(have)-8))
	}
	return []Problem{{"wrong-name", fmt.Sprintf("It is not for %s, but for %s.", name, strings.Join(shown, ", "))}}
}

// hostForVerify writes an address as crypto/x509 wants it.
func hostForVerify(name string) string {
	if addr, err := netip.ParseAddr(name); err == nil && addr.Is6() {
		return "[" + addr.WithZone("").String() + "]"
	}
	return name
}

func forServers(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// pathOf follows the issuers from the leaf up through what was sent. It tells
// when the order is another one, or when there is more than belongs there.
func pathOf(chain []*x509.Certificate) (path []*x509.Certificate, problems []Problem) {
	path = chain[:1:1]
	used := map[int]bool{0: true}
	inOrder := true
	for !selfSigned(path[len(path)-1]) {
		next := -1
		for i, c := range chain {
			if !used[i] && issuedBy(path[len(path)-1], c) {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		inOrder = inOrder && next == len(path)
		used[next] = true
		path = append(path, chain[next])
	}
	if !inOrder {
		problems = append(problems, Problem{"wrong-order", "The chain is out of order: each certificate should be followed by that of its issuer. Some clients give up on this."})
	}
	if n := len(chain) - len(path); n > 0 && !chain[0].IsCA {
		problems = append(problems, Problem{"stray", fmt.Sprintf("%d of the %d certificates sent do not belong to the chain.", n, len(chain))})
	}
	return path, problems
}

// issuedBy tells whether c was signed with the key of ca.
func issuedBy(c, ca *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, ca.RawSubject) &&
		(len(c.AuthorityKeyId) == 0 || len(ca.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, ca.SubjectKeyId))
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) &&
		(len(c.AuthorityKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, c.SubjectKeyId))
}

// trustProblems tells why the path leads to no trusted root. The date is left
// aside: an expired certificate may be trusted all the same.
func trustProblems(path []*x509.Certificate, in Inspection) (trusted bool, problems []Problem) {
	leaf, top := path[0], path[len(path)-1]
	opts := x509.VerifyOptions{
		Roots:         in.Roots,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   in.Now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // its use is told apart
	}
	for _, c := range path[1:] {
		opts.Intermediates.AddCert(undated(c))
	}
	_, err := undated(leaf).Verify(opts)
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &unknown):
		return false, []Problem{{"invalid", "The chain does not hold: " + err.Error() + "."}}
	case slices.ContainsFunc(path, weaklySigned):
		return false, nil // which is why it failed, and is told already
	case selfSigned(leaf):
		return false, []Problem{{"self-signed", "It is signed by itself and not among the trusted roots, so a client cannot know who made it."}}
	case selfSigned(top):
		return false, []Problem{{"untrusted", fmt.Sprintf("It leads to %s, which is not among the trusted roots.", subject(top))}}
	case brokenSignature(path):
		return false, []Problem{{"invalid", "The chain does not hold: a signature in it is wrong."}}
	}
	return false, []Problem{{"incomplete-chain", fmt.Sprintf("The certificate of its issuer, %s, is neither sent nor among the trusted roots. "+
		"Either the server leaves out an intermediate that it should send, or that is a private CA that is not trusted here.",
		nameOf(top.Issuer.CommonName, top.Issuer.String()))}}
}

// brokenSignature tells whether an issuer in the path has not made the
// signature it seems to have made.
func brokenSignature(path []*x509.Certificate) bool {
	for i := range path[1:] {
		if err := path[i].CheckSignatureFrom(path[i+1]); err != nil && !errors.As(err, new(x509.InsecureAlgorithmError)) {
			return true
		}
	}
	return false
}

// undated is a copy of c that is valid at any time.
func undated(c *x509.Certificate) *x509.Certificate {
	u := *c
	u.NotBefore, u.NotAfter = time.Time{}, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	return &u
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// span words a length of time roughly.
func span(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.size); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "less than a minute"
}
