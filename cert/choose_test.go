package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"testing"
)

func TestChooseByName(t *testing.T) {
	a := newAuthority(t)
	certs := map[string]*tls.Certificate{}
	var sources []Source
	for _, names := range [][]string{{"first.example"}, {"*.site.test"}, {"exact.site.test", "Upper.Test"}, {"second.example", "first.example"}} {
		c := issue(t, a, Request{Names: names})
		certs[names[0]] = c
		sources = append(sources, static{c})
	}
	choose := Choose(sources...)
	for asked, want := range map[string]string{
		"":                 "first.example",
		"first.example":    "first.example",
		"second.example":   "second.example",
		"exact.site.test":  "exact.site.test", // exact beats the wildcard before it
		"EXACT.Site.Test.": "exact.site.test",
		"upper.test":       "exact.site.test",
		"other.site.test":  "*.site.test",
		"a.b.site.test":    "first.example", // a star is one label
		"site.test":        "first.example",
		".site.test":       "first.example",
		"unknown":          "first.example",
		"*.site.test":      "*.site.test",
	} {
		got, err := choose(&tls.ClientHelloInfo{ServerName: asked})
		if err != nil || got != certs[want] {
			t.Errorf("%q: got the certificate for %v, %v; want %s", asked, got.Leaf.DNSNames, err, want)
		}
	}
	if _, err := Choose()(&tls.ClientHelloInfo{}); err == nil {
		t.Error("a certificate out of nothing")
	}
}

// A client that can verify elliptic curves is shown the cheaper key; one that
// cannot, RSA.
func TestChooseByKey(t *testing.T) {
	a := newAuthority(t)
	name := []string{"both.test"}
	config := ServerConfig(Choose(static{issue(t, a, Request{Names: name, RSA: true})}, static{issue(t, a, Request{Names: name})}))
	rsaOnly := []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	for _, tt := range []struct {
		client *tls.Config
		want   x509.PublicKeyAlgorithm
	}{
		{&tls.Config{}, x509.ECDSA},
		{&tls.Config{MaxVersion: tls.VersionTLS12}, x509.ECDSA},
		{&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: rsaOnly}, x509.RSA},
	} {
		for _, server := range []string{"both.test", ""} { // with and without SNI
			tt.client.RootCAs, tt.client.ServerName = rootsOf(a), server
			tt.client.InsecureSkipVerify = server == ""
			state, err := handshake(t, config, tt.client)
			if err != nil {
				t.Errorf("%v: %v", tt.want, err)
			} else if got := state.PeerCertificates[0].PublicKeyAlgorithm; got != tt.want {
				t.Errorf("shown %v, want %v", got, tt.want)
			}
		}
	}
}

// changing is a Source whose certificates a test replaces.
type changing struct {
	static
	now atomic.Pointer[[]*tls.Certificate]
}

func (c *changing) Certificates() []*tls.Certificate { return *c.now.Load() }

func TestChooseSeesWhatIsRenewed(t *testing.T) {
	a := newAuthority(t)
	one, two := issue(t, a, Request{Names: []string{"old.test"}}), issue(t, a, Request{Names: []string{"new.test"}})
	source := &changing{}
	source.now.Store(&[]*tls.Certificate{one})
	choose := Choose(static{one}, source)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if _, err := choose(&tls.ClientHelloInfo{ServerName: "new.test"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	source.now.Store(&[]*tls.Certificate{two})
	wg.Wait()
	if got, _ := choose(&tls.ClientHelloInfo{ServerName: "new.test"}); got != two {
		t.Error("the renewed certificate is not chosen")
	}
}

func TestChooseAllocatesNothing(t *testing.T) {
	a := newAuthority(t)
	choose := Choose(static{issue(t, a, Request{Names: []string{"a.test"}})}, static{issue(t, a, Request{Names: []string{"*.b.test"}})})
	for _, name := range []string{"", "a.test", "x.b.test", "unknown"} {
		hello := &tls.ClientHelloInfo{ServerName: name}
		if n := testing.AllocsPerRun(100, func() { choose(hello) }); n != 0 {
			t.Errorf("%q: %v allocations", name, n)
		}
	}
}

func TestKeyCost(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthority(t)
	p256 := issue(t, a, Request{Names: []string{"localhost"}})
	rsa := issue(t, a, Request{Names: []string{"localhost"}, RSA: true})
	p384 := &tls.Certificate{Leaf: &x509.Certificate{PublicKey: key.Public()}}
	if !(keyCost(p256) < keyCost(p384) && keyCost(p384) < keyCost(rsa)) {
		t.Errorf("P-256 %d, P-384 %d, RSA %d", keyCost(p256), keyCost(p384), keyCost(rsa))
	}
}
