package htpasswd_test

import (
	"fmt"
	"strings"

	"github.com/netwright/netwright/guard/htpasswd"
)

func ExampleRead() {
	file := "# old users\nada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
	entries, err := htpasswd.Read(strings.NewReader(file), "users.htpasswd")
	if err != nil {
		fmt.Println(err)
		return
	}
	h := entries[0].Hash
	fmt.Println(entries[0].User, h.Scheme(), "weak:", h.Weak())
	fmt.Println(h.Verify("secret"), h.Verify("Secret"))
	// Output:
	// ada sha1 weak: true
	// true false
}
