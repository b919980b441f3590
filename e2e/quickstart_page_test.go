//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestQuickstartPage types what docs/quickstart.md says: its configs are saved
// as netwright.yaml, its commands run in one shell, and what they print must be
// what the page shows, but for times and other things that are never twice the
// same. Ports are replaced by free ones.
func TestQuickstartPage(t *testing.T) {
	page, err := os.ReadFile("../docs/quickstart.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "netwright"), "../cmd/netwright").CombinedOutput(); err != nil {
		t.Fatalf("building netwright: %v\n%s", err, out)
	}
	var to, back []string
	for _, port := range []string{"8080", "8443", "8800", "9001", "9002"} {
		_, free, err := net.SplitHostPort(free(t))
		if err != nil {
			t.Fatal(err)
		}
		to = append(to, ":"+port, ":"+free)
		back = append(back, ":"+free, ":"+port)
	}
	script, want := typed(strings.NewReplacer(to...).Replace(string(page)))

	shell := exec.Command("bash", "-c", script)
	shell.Dir = dir
	shell.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	var said bytes.Buffer
	shell.Stdout, shell.Stderr = &said, &said
	shell.WaitDelay = time.Second
	if err := shell.Run(); err != nil {
		t.Errorf("the shell: %v", err)
	}
	got := strings.NewReplacer(back...).Replace(said.String())
	want = strings.NewReplacer(back...).Replace(want)
	if got, want := always(got), always(want); got != want {
		t.Errorf("what is printed is not what the page shows.\nprinted:\n%s\nshown:\n%s", got, want)
	}
}

// typed makes a script of the page's configs and commands, and gives what the
// script must print. Each command is printed before it runs.
func typed(page string) (script, want string) {
	_, page, _ = strings.Cut(page, "\n## A site of your own\n")
	var run, shown strings.Builder
	// Jobs can be killed by number, and nothing is left over whatever happens.
	run.WriteString("set -m\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\ncurl() { command curl -sS --max-time 10 \"$@\"; }\n")
	for _, block := range regexp.MustCompile("(?ms)^```(yaml|console)\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		if block[1] == "yaml" {
			fmt.Fprintf(&run, "cat > netwright.yaml <<'YAML'\n%sYAML\n", block[2])
			continue
		}
		for _, line := range strings.SplitAfter(block[2], "\n") {
			command, ok := strings.CutPrefix(line, "$ ")
			if shown.WriteString(line); !ok {
				continue
			}
			fmt.Fprintf(&run, "cat <<'TYPED'\n%sTYPED\n", line)
			if here, ok := strings.CutSuffix(command, "&\n"); ok {
				command = here + "> job$((++job)).log 2>&1 &\nsleep 1\n"
			}
			run.WriteString(command)
		}
	}
	return run.String(), shown.String()
}

// always leaves out what is never twice the same.
func always(s string) string {
	for _, r := range []struct{ is, becomes string }{
		{`(?m)^\[\d+\][^\n]*\n`, ""}, // the shell tells of jobs that ended
		{`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`, "ID"},
		{`Date: [^\r\n]*`, "Date: DATE"},
		{`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`, "TIME"},
		{`\d+(\.\d+)?(µs|ms|B)\b`, "COUNT"},
		{`/\S*/netwright\.yaml:`, "netwright.yaml:"},
		{`[ \t\r]+`, " "},
		{` +\n`, "\n"},
	} {
		s = regexp.MustCompile(r.is).ReplaceAllString(s, r.becomes)
	}
	return s
}
