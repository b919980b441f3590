package cert_test

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/netwright/netwright/cert"
)

func ExampleAuthority() {
	dir, err := os.MkdirTemp("", "ca")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	authority, err := cert.OpenAuthority(dir) // made on first use
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := authority.Issue(cert.Request{Names: []string{"shop.test", "127.0.0.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate())
	_, err = c.Leaf.Verify(x509.VerifyOptions{DNSName: "shop.test", Roots: roots})
	fmt.Println(c.Leaf.DNSNames, c.Leaf.IPAddresses, err)
	// Output: [shop.test] [127.0.0.1] <nil>
}

func ExampleInspect() {
	dir, err := os.MkdirTemp("", "ca")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	authority, err := cert.OpenAuthority(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := authority.Issue(cert.Request{Names: []string{"shop.test"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate())
	report := cert.Inspect([]*x509.Certificate{c.Leaf}, cert.Inspection{Name: "api.test", Roots: roots})
	for _, p := range report.Problems {
		fmt.Println(p.Code+":", p.Text)
	}
	// Output: wrong-name: It is not for api.test, but for shop.test.
}
