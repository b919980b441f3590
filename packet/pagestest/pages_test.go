package pagestest

import (
	"slices"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	page := "text `netwright help`\n| a `x` | `netwright dissect t.pcap \\| sort`, `sudo netwright sniff -c 1` |\n| b | `netwright send FILE` |\n" +
		"```console\n$ netwright packet show x\none\n\ntwo\n$ ls\n```\n```sh\n$ netwright ping\n```\n"
	var lines []string
	for _, c := range commands(page) {
		lines = append(lines, c.Line)
		if want := strings.Contains(c.Line, "sniff"); c.OnWire() != want {
			t.Errorf("%s: on wire %v", c.Line, !want)
		}
	}
	if want := []string{"netwright dissect t.pcap | sort", "sudo netwright sniff -c 1", "netwright packet show x"}; !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
	if c := commands(page)[2]; !slices.Equal(c.Want, []string{"one", "two"}) {
		t.Errorf("%q", c.Want)
	}
}

func TestDiffers(t *testing.T) {
	for _, c := range []struct {
		want, out string
		same      bool
	}{
		{"a\nb", "a\n\nb\n", true}, {"a", "a\nb\n", false}, {"b", "a\nb\n", false}, {"a\n…", "a\nb\n", true},
		{"…\nb", "a\nb\n", true}, {"a…", "abc\n", true}, {"a…", "bc\n", false}, {"…\nc", "a\nb\n", false},
	} {
		if wrong := (Command{Want: strings.Split(c.want, "\n")}).Differs(c.out); (wrong == "") != c.same {
			t.Errorf("%q, %q: %q", c.want, c.out, wrong)
		}
	}
}
