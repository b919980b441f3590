package message_test

import (
	"fmt"

	"github.com/netwright/netwright/http/message"
)

func ExampleNormalizePath() {
	for _, path := range []string{"/a/./b/../%63%2fd", "//admin", "/..;/admin"} {
		normal, err := message.NormalizePath(nil, []byte(path))
		fmt.Printf("%s %v\n", normal, err)
	}
	// Output:
	// /a/c%2Fd <nil>
	// /admin <nil>
	//  a "." or ".." segment of the path carries parameters
}

func ExampleFields() {
	var fields message.Fields
	fields.Add([]byte("connection"), []byte("close, X-Trace"))
	fields.Add([]byte("X-Trace"), []byte("1"))
	fields.StripNominated()
	_, traced := fields.Value("x-trace")
	fmt.Println(fields.HasToken(message.Connection, "close"), traced)
	// Output: true false
}
