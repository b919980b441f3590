package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"netwright": main})
}

// TestScripts runs testdata/script/*.txt: what a user types and what comes back.
// $PORT1 to $PORT4 are ports that nobody else listens on.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/s") // short: sockets lie there
			captures, err := filepath.Abs("../../examples/packet")
			if err != nil {
				return err
			}
			env.Setenv("CAPTURES", captures)
			for n := 1; n <= 4; {
				// Below the ports that the kernel gives to connections which
				// go out, lest one of them takes it meanwhile.
				port := strconv.Itoa(10000 + rand.IntN(22000))
				if ln, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
					defer ln.Close() // when all are known, so that they differ
					env.Setenv(fmt.Sprintf("PORT%d", n), port)
					n++
				}
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			program, ok := strings.CutPrefix(name, "peer:")
			if !ok {
				return false, fmt.Errorf("no condition %q", name)
			}
			if program == "python3-websockets" { // Debian's, which the Python of a virtual environment does not see
				return peer(program, exec.Command("/usr/bin/python3", "-c", "import websockets").Run())
			}
			_, err := exec.LookPath(program)
			return peer(program, err)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await},
	})
}

// peer says whether a program to test against is there, which in CI it must be.
func peer(name string, err error) (bool, error) {
	if err != nil && os.Getenv("CI") != "" {
		return false, fmt.Errorf("%s is not installed: %w", name, err)
	}
	return err == nil, nil
}

// await waits until each argument is there: a file such as a unix socket, which
// may be a pattern, or an
// address such as 127.0.0.1:80 that takes connections.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: await FILE|ADDRESS…")
	}
	for _, what := range args {
		there := func() bool {
			if !strings.Contains(what, ":") {
				found, _ := filepath.Glob(ts.MkAbs(what)) // of a pattern that is given here
				return len(found) > 0
			}
			conn, err := net.Dial("tcp", what)
			if err == nil {
				conn.Close()
			}
			return err == nil
		}
		for end := time.Now().Add(10 * time.Second); !there(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				ts.Fatalf("%s did not come", what)
			}
		}
	}
}
