package decode_test

import (
	"fmt"
	"time"

	"github.com/netwright/netwright/config/decode"
)

type Pool struct {
	To      []string      `yaml:"to" required:"true"`
	Timeout time.Duration `yaml:"timeout"`
	Size    int64         `yaml:"size" unit:"bytes"`
}

func Example() {
	var pool Pool
	doc, err := decode.Decode("pool.yaml", []byte("to: 10.0.0.5:80\ntimeout: 1m30s\nsize: 16KiB\n"), &pool, nil)
	fmt.Println(pool, err)
	fmt.Println(doc.Value("timeout").Problem("longer than the service waits"))

	_, err = decode.Decode("pool.yaml", []byte("to: [*.test]\n"), &pool, nil)
	fmt.Println(err)
	_, err = decode.Decode("pool.yaml", []byte("timeot: 10s\nsize: 10\ntimeout: 10\n"), &pool, nil)
	fmt.Println(err)
	// Output:
	// {[10.0.0.5:80] 1m30s 16384} <nil>
	// pool.yaml:2:10: longer than the service waits
	// pool.yaml:1:6: a value that begins with * must be in quotes: "*.test"
	// pool.yaml:1:1: unknown key "timeot"; did you mean "timeout"?
	// pool.yaml:1:1: "to" is missing
	// pool.yaml:3:10: timeout: "10" is not a duration; give it a unit, as in 10s
}
