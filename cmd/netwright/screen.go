package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// screen is a terminal on which a table is drawn again and again. A nil screen
// draws nothing.
type screen struct {
	file  *os.File
	drawn bool
}

// newScreen is the screen that w is; nil where it is none.
func newScreen(w io.Writer) *screen {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return &screen{file: f}
}

// size is how many columns and lines there are.
func (s *screen) size() (width, height int) {
	width, height, err := term.GetSize(int(s.file.Fd()))
	if err != nil || width == 0 {
		return 80, 24
	}
	return width, height
}

// width is how many columns there are.
func (s *screen) width() int {
	width, _ := s.size()
	return width
}

// draw draws a title and a table of as many lines as there is room for.
func (s *screen) draw(table func(lines int) *table, title string) {
	if s == nil {
		return
	}
	width, height := s.size()
	var text strings.Builder
	_ = table(max(height-3, 2)).painted(&text, painter(s.file))
	page := cut(title, width) + "\n\n" + text.String()
	if !s.drawn {
		fmt.Fprint(s.file, "\x1b[H\x1b[2J")
	}
	s.drawn = true
	// Line over line, since a cleared screen flickers, and terminals keep a copy of
	// it; without wrapping of lines that are too long, which would scroll.
	fmt.Fprintf(s.file, "\x1b[?7l\x1b[H%s\x1b[J\x1b[?7h", strings.ReplaceAll(page, "\n", "\x1b[K\n"))
}

// close clears the screen for what comes last.
func (s *screen) close() {
	if s != nil && s.drawn {
		fmt.Fprint(s.file, "\x1b[H\x1b[2J")
	}
}

func cut(s string, width int) string {
	if r := []rune(s); len(r) > width && width > 0 {
		return string(r[:width])
	}
	return s
}

// quoted is text as JSON.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a string cannot fail
	return string(b)
}
