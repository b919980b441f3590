package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// printJSON writes v for machines.
func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// colour is one of a terminal's (ECMA-48, SGR).
type colour int

const (
	plain  colour = 0
	dim    colour = 2
	red    colour = 31
	green  colour = 32
	yellow colour = 33
)

// paint colours text where it is true.
type paint bool

// painter paints on a terminal, unless NO_COLOR or TERM=dumb forbid it.
func painter(w io.Writer) paint {
	f, ok := w.(*os.File)
	return paint(ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func (p paint) in(c colour, s string) string {
	if !p || c == plain || s == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, s)
}

// stateColour is the colour of a word that says how something is.
func stateColour(word string) colour {
	switch word {
	case "up", "ok", "running":
		return green
	case "down", "failed", "error", "ejected":
		return red
	case "draining", "starting", "refused":
		return yellow
	}
	return plain
}

// cell is a text in a table.
type cell struct {
	text   string
	colour colour
}

// table is written in columns as wide as their widest cell; its first row is
// its head. The last cell of a row that has fewer may run on over the other columns.
type table struct{ rows [][]cell }

func newTable(head ...string) *table {
	t := &table{}
	cells := make([]cell, len(head))
	for i, h := range head {
		cells[i] = cell{h, dim}
	}
	t.rows = append(t.rows, cells)
	return t
}

// add appends a row of texts, cells and what else fmt can print.
func (t *table) add(values ...any) {
	cells := make([]cell, len(values))
	for i, v := range values {
		if c, ok := v.(cell); ok {
			cells[i] = c
		} else {
			cells[i] = cell{text: fmt.Sprint(v)}
		}
		cells[i].text = printable(cells[i].text)
	}
	t.rows = append(t.rows, cells)
}

func (t *table) write(w io.Writer) error { return t.painted(w, painter(w)) }

// painted writes the table with or without colours, whatever w is.
func (t *table) painted(w io.Writer, p paint) error {
	widths := t.widths()
	var out strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(p.in(c.colour, c.text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// widths are those of the columns.
func (t *table) widths() []int {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, c := range row {
			if i < len(row)-1 || len(row) == len(widths) {
				widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
			}
		}
	}
	return widths
}

// printable replaces what would command a terminal: texts come from clients.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0 {
		return s
	}
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// took writes a duration in at most seven characters.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "-"
	case d < time.Millisecond:
		return strconv.Itoa(int(d/time.Microsecond)) + "µs"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(d.Seconds()*1e3, 'f', 2, 64) + "ms"
	case d < time.Second:
		return strconv.FormatFloat(d.Seconds()*1e3, 'f', 1, 64) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d/time.Second%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d/time.Minute%60)
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d/time.Hour%24)
}

// size writes a number of bytes in at most five characters.
func size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f, unit := float64(n), 0
	for f >= 999.5 && unit < 5 {
		f /= 1024
		unit++
	}
	if f < 9.95 {
		return strconv.FormatFloat(f, 'f', 1, 64) + "KMGTP"[unit-1:unit]
	}
	return strconv.FormatFloat(f, 'f', 0, 64) + "KMGTP"[unit-1:unit]
}
