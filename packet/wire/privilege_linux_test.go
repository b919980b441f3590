package wire

import (
	"os/exec"
	"strings"
	"testing"
)

func TestDropPrivileges(t *testing.T) {
	t.Parallel()
	w := newCable(t) // needs the privileges that the child drops
	self := buildChild(t, "unprivileged")
	cmd := exec.CommandContext(t.Context(), self)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	w.a.Start(t, cmd)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text := out.String()
	threads := strings.Count(text, "\nPid:\t")
	if threads < 3 {
		t.Errorf("%d threads were looked at", threads)
	}
	for _, line := range []string{"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1"} {
		if n := strings.Count(text, line); n != threads {
			t.Errorf("%q for %d of %d threads", line, n, threads)
		}
	}
	for _, want := range []string{
		"capture: capture on lo: socket: operation not permitted\n",
		"\n  sudo setcap cap_net_raw+ep " + self + "\n",
		"send: send IP packets: socket: operation not permitted\n",
		"\nno sender: true\n",
		"typed: true true\n",
		"still seen: 1\n",
		"connect scans",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
