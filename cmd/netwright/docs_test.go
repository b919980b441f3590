package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// What the documentation and the examples tell to type are commands and flags
// that there are.
func TestDocumentedCommands(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/packet/*.md", "../../examples/*.md", "../../examples/*.yaml", "../../config/starting.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	typed := regexp.MustCompile("(?m)(?:^|`|^# +|[|&$(] ?|sudo )netwright ([a-z]+[^`\n|;#]*)")
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range typed.FindAllStringSubmatch(string(text), -1) {
			n++
			if wrong := wrongIn(strings.Fields(m[1])); wrong != "" {
				t.Errorf("%s: netwright %s: there is no %s", file, m[1], wrong)
			}
		}
	}
	t.Logf("%d commands", n)
	if n < 100 {
		t.Errorf("found only %d commands", n)
	}
}

var flagWord = regexp.MustCompile(`^--[a-z][a-z-]*`)

// wrongIn is the first word that is no command and no flag of it, or "".
func wrongIn(words []string) string {
	cmd, rest, err := rootCommand().Find(words)
	if err != nil || !cmd.HasParent() || cmd.HasSubCommands() && len(rest) > 0 && regexp.MustCompile(`^[a-z]+$`).MatchString(rest[0]) {
		return words[0]
	}
	cmd.InitDefaultHelpFlag()
	for _, word := range untilNext(cmd, rest) {
		if name := flagWord.FindString(word); name != "" && cmd.Flags().Lookup(name[2:]) == nil {
			return name
		}
	}
	return ""
}

// untilNext are the words up to the end of the command, or to what it runs.
func untilNext(cmd *cobra.Command, words []string) []string {
	for _, end := range []string{"&&", "exec"} {
		if i := slices.Index(words, end); i >= 0 && (end == "&&" || cmd.Name() == "listen") {
			words = words[:i]
		}
	}
	return words
}

func TestWrongIn(t *testing.T) {
	for line, want := range map[string]string{
		"serve . --listing": "", "serve . --lising": "--lising", "srve .": "srve", "cert isue x": "cert", "cert issue --client x": "",
		"check && netwright reload --nothing": "", "listen tcp://:1 exec ls --color": "", "help endpoints": "",
	} {
		if got := wrongIn(strings.Fields(line)); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
