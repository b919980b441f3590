package main

import (
	"slices"
	"unicode/utf8"
)

// fit makes a table no wider than a terminal. It leaves out columns until there is room
// for some of the last one, by their names and in that order; then it cuts what is more
// than that of the last one, and shortens what is in the widest ones.
func (t *table) fit(width int, lesser ...string) {
	const some = 16
	for _, name := range lesser {
		widths := t.widths()
		last := len(widths) - 1
		widths[last] = min(widths[last], some)
		if across(widths) <= width {
			break
		}
		t.remove(name)
	}
	const least = 4
	widths := t.widths()
	last := len(widths) - 1
	for across(widths) > width {
		widest := last
		if widths[last] <= some {
			widest = slices.Index(widths, slices.Max(widths))
		}
		if widths[widest] <= least {
			break
		}
		widths[widest]--
	}
	for _, row := range t.rows {
		for i := range row {
			row[i].text = shortened(row[i].text, widths[i], i == last)
		}
	}
}

// across is how wide a table with such columns is.
func across(widths []int) int {
	sum := 2 * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// remove removes the column of that name.
func (t *table) remove(name string) {
	at := slices.IndexFunc(t.rows[0], func(c cell) bool { return c.text == name })
	if at < 0 {
		return
	}
	for i := range t.rows {
		t.rows[i] = slices.Delete(t.rows[i], at, at+1)
	}
}

// shortened is text without what is too much of it in its middle, or at its end. Of an
// address it keeps the network and the port.
func shortened(text string, width int, atEnd bool) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	if atEnd {
		return string(runes[:width-1]) + "…"
	}
	tail := width / 2
	return string(runes[:width-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
