package cert

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// mint makes certificates of every kind, good and bad.
type mint struct {
	t *testing.T
}

type minted struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// make signs a certificate with the key of parent, or with its own.
func (m mint) make(tmpl *x509.Certificate, parent *minted, key crypto.Signer) *minted {
	m.t.Helper()
	var err error
	if key == nil {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			m.t.Fatal(err)
		}
	}
	if tmpl.SerialNumber, err = newSerial(); err != nil {
		m.t.Fatal(err)
	}
	if tmpl.NotBefore.IsZero() {
		tmpl.NotBefore = time.Now().Add(-24 * time.Hour)
	}
	if tmpl.NotAfter.IsZero() {
		tmpl.NotAfter = time.Now().Add(365 * 24 * time.Hour)
	}
	tmpl.BasicConstraintsValid = true
	if tmpl.IsCA {
		tmpl.KeyUsage = x509.KeyUsageCertSign
	}
	issuer, signer := tmpl, key
	if parent != nil {
		issuer, signer = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, issuer, key.Public(), signer)
	if err != nil {
		m.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		m.t.Fatal(err)
	}
	return &minted{c, key}
}

func ca(name string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true}
}

func site(names ...string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
}

func codes(problems []Problem) []string {
	list := []string{}
	for _, p := range problems {
		list = append(list, p.Code)
	}
	return list
}

func TestInspectTellsWhatIsWrong(t *testing.T) {
	m := mint{t}
	root := m.make(ca("Root"), nil, nil)
	other := m.make(ca("Other Root"), nil, nil)
	middle := m.make(ca("Middle"), root, nil)
	good := m.make(site("a.test", "*.b.test"), middle, nil)
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	with := func(c *x509.Certificate, change func(*x509.Certificate)) *x509.Certificate { change(c); return c }
	expired := m.make(with(site("a.test"), func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-100*day), time.Now().Add(-10*day)
	}), middle, nil)
	future := m.make(with(site("a.test"), func(c *x509.Certificate) { c.NotBefore = time.Now().Add(50 * time.Hour) }), middle, nil)
	soon := m.make(with(site("a.test"), func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-60*day), time.Now().Add(3*day+time.Hour)
	}), middle, nil)
	client := m.make(with(site("a.test"), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), middle, nil)
	nameless := m.make(&x509.Certificate{Subject: pkix.Name{CommonName: "a.test"}}, middle, nil)
	self := m.make(site("a.test"), nil, nil)
	oldMiddle := m.make(with(ca("Middle"), func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-100*day), time.Now().Add(-50*time.Hour)
	}), root, middle.key)
	forged := m.make(ca("Middle"), root, nil) // same name, another key
	forged.cert.SubjectKeyId = middle.cert.SubjectKeyId
	caConstrained := m.make(with(ca("Narrow"), func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"other.test"} }), root, nil)
	outside := m.make(site("a.test"), caConstrained, nil)

	for name, tt := range map[string]struct {
		chain   []*minted
		asked   string
		want    []string // codes
		says    string
		trusted bool
	}{
		"good":               {[]*minted{good, middle}, "a.test", nil, "", true},
		"good, with root":    {[]*minted{good, middle, root}, "x.b.test", nil, "", true},
		"expired":            {[]*minted{expired, middle}, "a.test", []string{"expired"}, "10 days ago", true},
		"not yet valid":      {[]*minted{future, middle}, "a.test", []string{"not-yet-valid"}, "in 2 days", true},
		"expires soon":       {[]*minted{soon, middle}, "a.test", []string{"expires-soon"}, "in 3 days", true},
		"wrong name":         {[]*minted{good, middle}, "c.test", []string{"wrong-name"}, "not for c.test, but for a.test, *.b.test", true},
		"wrong address":      {[]*minted{good, middle}, "::1", []string{"wrong-name"}, "not for ::1", true},
		"incomplete":         {[]*minted{good}, "a.test", []string{"incomplete-chain"}, "its issuer, Middle,", false},
		"incomplete, stray":  {[]*minted{good, other}, "a.test", []string{"stray", "incomplete-chain"}, "1 of the 2", false},
		"self-signed":        {[]*minted{self}, "a.test", []string{"self-signed"}, "signed by itself", false},
		"untrusted":          {[]*minted{m.make(site("a.test"), other, nil), other}, "a.test", []string{"untrusted"}, "leads to Other Root", false},
		"weak RSA":           {[]*minted{m.make(site("a.test"), middle, weakKey), middle}, "a.test", []string{"weak-key"}, "1024 bits", true},
		"weak curve":         {[]*minted{m.make(site("a.test"), middle, p224), middle}, "a.test", []string{"weak-key"}, "224 bits", true},
		"for clients":        {[]*minted{client, middle}, "a.test", []string{"wrong-use"}, "not meant for servers", true},
		"no names":           {[]*minted{nameless, middle}, "a.test", []string{"no-names"}, "common name (a.test)", true},
		"wrong order":        {[]*minted{m.make(site("a.test"), m.make(ca("Lower"), middle, nil), nil), middle}, "a.test", []string{"stray", "incomplete-chain"}, "Lower", false},
		"middle expired":     {[]*minted{good, oldMiddle}, "a.test", []string{"expired"}, "Certificate 2 of the chain (Middle)", true},
		"wrong signature":    {[]*minted{good, forged}, "a.test", []string{"invalid"}, "a signature in it is wrong", false},
		"outside of its CA":  {[]*minted{outside, caConstrained}, "a.test", []string{"invalid"}, "not permitted", false},
		"a CA by itself":     {[]*minted{root}, "", nil, "", true},
		"several things":     {[]*minted{expired}, "z.test", []string{"expired", "wrong-name", "incomplete-chain"}, "", false},
		"reordered":          {[]*minted{good, root, middle}, "a.test", []string{"wrong-order"}, "out of order", true},
		"no name to compare": {[]*minted{good, middle}, "", nil, "", true},
	} {
		roots := x509.NewCertPool()
		roots.AddCert(root.cert)
		var chain []*x509.Certificate
		for _, c := range tt.chain {
			chain = append(chain, c.cert)
		}
		r := Inspect(chain, Inspection{Name: tt.asked, Roots: roots})
		if got := codes(r.Problems); !slices.Equal(got, append([]string{}, tt.want...)) {
			t.Errorf("%s: %v, want %v", name, r.Problems, tt.want)
		}
		texts := ""
		for _, p := range r.Problems {
			texts += p.Text + "\n"
		}
		if !strings.Contains(texts, tt.says) {
			t.Errorf("%s: %q does not say %q", name, texts, tt.says)
		}
		if r.Trusted != tt.trusted {
			t.Errorf("%s: trusted %v, want %v", name, r.Trusted, tt.trusted)
		}
	}
}

// crypto/x509 no longer signs with SHA-1, so OpenSSL has to.
func TestInspectSHA1(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj", "/CN=Old Root", "-sha1", "-days", "100"},
		{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("leaf.key"), "-out", path("leaf.pem"), "-subj", "/CN=a.test",
			"-addext", "subjectAltName=DNS:a.test", "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-sha1", "-days", "100"},
	} {
		if out, err := openssl(t, args...); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	rootPEM, err := readLimited(path("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(rootPEM)
	r, err := InspectFile(path("leaf.pem"), Inspection{Roots: roots, Name: "a.test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(r.Problems); !slices.Equal(got, []string{"weak-signature"}) || !strings.Contains(r.Problems[0].Text, "SHA1") || r.Trusted {
		t.Errorf("%v, trusted %v", r.Problems, r.Trusted)
	}
	// A root's own signature is nobody's concern.
	if r, err = InspectFile(path("ca.pem"), Inspection{Roots: roots}); err != nil || len(r.Problems) != 0 {
		t.Errorf("root: %v %v", r.Problems, err)
	}
}

// listen starts a TLS server that handshakes and closes.
func listen(t *testing.T, config *tls.Config) string {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}

func TestInspectServer(t *testing.T) {
	a := newAuthority(t)
	leaf := issue(t, a, Request{Names: []string{"127.0.0.1", "localhost"}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	inspect := func(target string, in Inspection) *Report {
		t.Helper()
		in.Roots = rootsOf(a)
		r, err := InspectServer(ctx, target, in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	server := NewServer(Policy{Certificate: fixed(leaf)})
	addr := listen(t, server.Config())
	r := inspect("tls://"+addr, Inspection{})
	if len(r.Problems) != 0 || !r.Trusted || r.Connection.Version != "TLS 1.3" || r.Connection.Protocol != "http/1.1" || r.Connection.Group == "" || r.Connection.AsksClient {
		t.Errorf("a good server: %+v %+v", r, r.Connection)
	}
	if data, err := json.Marshal(r); err != nil || !bytes.Contains(data, []byte(`"problems":[]`)) {
		t.Errorf("as JSON: %s, %v", data, err)
	}
	if r = inspect(addr, Inspection{Name: "other.test"}); !slices.Equal(codes(r.Problems), []string{"wrong-name"}) {
		t.Errorf("asked for another name: %v", r.Problems)
	}
	server.Set(Policy{Certificate: fixed(leaf), Client: ClientPolicy{Auth: tls.RequireAndVerifyClientCert, CAs: rootsOf(a)}})
	if r = inspect("https://"+addr+"/path", Inspection{}); !r.Connection.AsksClient {
		t.Errorf("the server's wish for a certificate is not seen: %+v", r.Connection)
	}
	old := &tls.Config{GetCertificate: fixed(leaf), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, ClientAuth: tls.RequireAnyClientCert}
	r = inspect(listen(t, old), Inspection{})
	if !slices.Contains(codes(r.Problems), "old-protocol") && !slices.Contains(codes(r.Problems), "handshake") {
		t.Errorf("an old server: %v", r.Problems)
	}
	weak := &tls.Config{GetCertificate: fixed(issue(t, a, Request{Names: []string{"127.0.0.1"}, RSA: true})), MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}
	if r = inspect(listen(t, weak), Inspection{}); !slices.Equal(codes(r.Problems), []string{"weak-suite"}) {
		t.Errorf("a weak suite: %v", r.Problems)
	}
}

func TestInspectServerThatHasNoTLS(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		if conn, err := ln.Accept(); err == nil {
			conn.Write([]byte("220 mail ready\r\n"))
			conn.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = InspectServer(ctx, ln.Addr().String(), Inspection{})
	if err == nil || !strings.Contains(err.Error(), "plain connections") {
		t.Errorf("got %v", err)
	}
}

func TestSplitTarget(t *testing.T) {
	for target, want := range map[string][2]string{
		"tls://a.test:8443":     {"a.test", "8443"},
		"tls://a.test":          {"a.test", "443"},
		"https://a.test/x?y":    {"a.test", "443"},
		"a.test":                {"a.test", "443"},
		"a.test:1":              {"a.test", "1"},
		"[::1]:1":               {"::1", "1"},
		"tls://[::1]":           {"::1", "443"},
		"::1":                   {"::1", "443"},
		"http://a.test":         {},
		"tls://":                {},
		"tls://a.test:http:443": {},
		"":                      {},
	} {
		host, port, err := splitTarget(target)
		if (err != nil) != (want[0] == "") || err == nil && (host != want[0] || port != want[1]) {
			t.Errorf("%q: %q %q %v, want %v", target, host, port, err, want)
		}
	}
}

func FuzzParseBundle(f *testing.F) {
	a, err := OpenAuthority(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	c, err := a.Issue(Request{Names: []string{"localhost", "*.test", "127.0.0.1"}})
	if err != nil {
		f.Fatal(err)
	}
	chain, key, err := Encode(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(chain)
	f.Add(slices.Concat(chain, key, a.PEM()))
	f.Add(key)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, err := ParseBundle(data)
		if (err == nil) != (len(certs) > 0) {
			t.Fatalf("%d certificates with error %v", len(certs), err)
		}
		if pair, err := parsePair(data, data); err == nil && (len(certs) == 0 || !pair.Leaf.Equal(certs[0])) {
			t.Fatal("a pair out of a bundle that has none")
		}
		if err != nil {
			return
		}
		// What was read is written and read back the same, and can be inspected.
		var ders [][]byte
		for _, c := range certs {
			ders = append(ders, c.Raw)
		}
		again, err := ParseBundle(encodeCertificates(ders...))
		if err != nil || !slices.EqualFunc(certs, again, (*x509.Certificate).Equal) {
			t.Fatalf("read again: %v", err)
		}
		r := Inspect(certs, Inspection{Name: "localhost", Roots: x509.NewCertPool()})
		if r.Trusted || len(r.Problems) == 0 || len(r.Chain) != len(certs) {
			t.Fatalf("trusted without any root, or no problem told: %+v", r)
		}
	})
}
