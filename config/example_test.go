package config_test

import (
	"fmt"

	"github.com/netwright/netwright/config"
)

func ExampleParse() {
	_, err := config.Parse("netwright.yaml", []byte(`
serve:
  web:
    listen: http://127.0.0.1:8080
    guards: [office]
    routes:
      - match: {pathh: /api/*}
        proxy: {to: http://127.0.0.1:9001, balance: random}
`))
	fmt.Println(err)
	// Output:
	// netwright.yaml:5:14: no guard has the name "office"; guards defines none
	// netwright.yaml:7:17: unknown key "pathh" in match; did you mean "path"?
}
