package pagestest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Page is a page of docs/packet.
type Page struct {
	Name     string
	Text     string
	Commands []Command
}

// Command is a command line of a page, and what the page says that it prints.
type Command struct {
	Line string
	Want []string // nothing, where the page does not say
}

// Pages are the pages in the documentation of a repository.
func Pages(t testing.TB, root string) []Page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs/packet/*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no pages in docs/packet: ", err)
	}
	var pages []Page
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, Page{filepath.Base(file), string(text), commands(string(text))})
	}
	return pages
}

// Stage puts the files that the pages speak of into a folder.
func Stage(t testing.TB, root, folder string) {
	t.Helper()
	examples := os.DirFS(filepath.Join(root, "examples/packet"))
	for name, from := range map[string]string{
		"trace.pcap": "web.pcap", "trace.pcapng": "web.pcap", "protocols/sensor.yaml": "protocols/sensor.yaml", "payload.bin": "protocols/sensor.yaml",
	} {
		b, err := fs.ReadFile(examples, from)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(folder, name), b)
	}
	put(t, filepath.Join(folder, "hosts.txt"), []byte("192.0.2.7\n192.0.2.1 # the router\n"))
}

func put(t testing.TB, file string, b []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, b, 0o644)); err != nil {
		t.Fatal(err)
	}
}

var (
	inTable = regexp.MustCompile("`((?:sudo )?netwright [^`]+)`")
	// placeholder is what stands for words of the reader's.
	placeholder = regexp.MustCompile(`…|\b(LINE|FILE|HOST|TARGET|ROUNDS|PORT)\b`)
)

func commands(page string) (list []Command) {
	console := false
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			console = line == "```console"
		case console && strings.HasPrefix(line, "$ "):
			list = append(list, Command{Line: line[2:]})
		case console && len(list) > 0 && line != "":
			last := &list[len(list)-1]
			last.Want = append(last.Want, line)
		case strings.HasPrefix(line, "| "):
			for _, m := range inTable.FindAllStringSubmatch(line, -1) {
				list = append(list, Command{Line: strings.ReplaceAll(m[1], `\|`, "|")})
			}
		}
	}
	return slices.DeleteFunc(list, func(c Command) bool {
		return !strings.Contains(c.Line, "netwright ") || placeholder.MatchString(c.Line)
	})
}

// OnWire tells whether a line needs a network.
func (c Command) OnWire() bool {
	for _, part := range strings.Split(c.Line, "netwright ")[1:] {
		words := strings.Fields(part)
		does := func(flags ...string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(flags, w) })
		}
		switch words[0] {
		case "dissect", "packet", "help":
		case "flows":
			if !does("-r") {
				return true
			}
		case "send":
			if !does("-n", "--dry-run", "-w") {
				return true
			}
		default:
			return true
		}
	}
	return strings.HasPrefix(c.Line, "sudo ")
}

// Differs says where output is not what the page says, or returns "". A line of …
// stands for any lines, and a … at the end of a line for the rest of it.
func (c Command) Differs(out string) string {
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	got := slices.DeleteFunc(strings.Split(out, "\n"), blank)
	skip := false
	for _, line := range c.Want {
		if line = strings.TrimRight(line, " "); line == "…" {
			skip = true
			continue
		}
		begin, open := strings.CutSuffix(line, "…")
		at := slices.IndexFunc(got, func(s string) bool {
			s = strings.TrimRight(s, " ")
			return s == line || open && strings.HasPrefix(s, begin)
		})
		if at < 0 || at > 0 && !skip {
			return fmt.Sprintf("%q is not what follows, in:\n%s", line, strings.Join(got[:min(len(got), 12)], "\n"))
		}
		got, skip = got[at+1:], false
	}
	if len(c.Want) > 0 && len(got) > 0 && !skip {
		return fmt.Sprintf("and more: %q", got[0])
	}
	return ""
}
