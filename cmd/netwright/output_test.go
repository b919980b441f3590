package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "-", 0: "0µs", 999 * time.Microsecond: "999µs", 1500 * time.Microsecond: "1.50ms", 42 * time.Millisecond: "42.0ms",
		1234 * time.Millisecond: "1.23s", 61 * time.Second: "1m01s", 90 * time.Minute: "1h30m", 50 * time.Hour: "2d2h",
	} {
		if got := took(d); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0B", 999: "999B", 1000: "1.0K", 1024: "1.0K", 10 << 10: "10K", 1023 << 10: "1.0M", 5 << 20: "5.0M", 1 << 40: "1.0T", 1<<63 - 1: "8192P",
	} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// What a client sent cannot command the terminal.
func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain ü → ok": "plain ü → ok", "\x1b[2J": `\x1b[2J`, "a\nb": `a\x0ab`, "\xff": `\xff`, "\u202e": `\u202e`, "\u009b": `\u009b`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Columns stand below each other, and nothing that is no terminal gets colour.
func TestTable(t *testing.T) {
	table := newTable("NAME", "STATE", "WHY")
	table.add("ü", cell{"up", green}, "")
	table.add("longer", cell{"down", red}, "\x1b")
	var out bytes.Buffer
	if err := table.write(&out); err != nil {
		t.Fatal(err)
	}
	want := "NAME    STATE  WHY\nü       up\nlonger  down   \\x1b\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	if got := paint(true).in(red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("painted: %q", got)
	}
}

// A table is as narrow as the terminal: less matters less, and long texts are cut.
func TestTableFits(t *testing.T) {
	long := "[2001:db8:9:1::2]:42582"
	for _, test := range []struct {
		width int
		want  string
	}{
		{100, "LASTS  PACKETS  FROM                     WHAT\n1.00s  7/5      192.0.2.1:42582          http 192.0.2.2\n12.3s  1/0      [2001:db8:9:1::2]:42582  tls www.example.com\n"},
		{50, "LASTS  FROM                     WHAT\n1.00s  192.0.2.1:42582          http 192.0.2.2\n12.3s  [2001:db8:9:1::2]:42582  tls www.example.c…\n"},
		{30, "FROM            WHAT\n192.0.…1:42582  http 192.0.2.2\n[2001:…]:42582  tls www.examp…\n"},
	} {
		table := newTable("LASTS", "PACKETS", "FROM", "WHAT")
		table.add("1.00s", "7/5", "192.0.2.1:42582", "http 192.0.2.2")
		table.add("12.3s", "1/0", long, "tls www.example.com")
		table.fit(test.width, "PACKETS", "LASTS")
		var out bytes.Buffer
		if err := table.write(&out); err != nil {
			t.Fatal(err)
		}
		if out.String() != test.want {
			t.Errorf("%d wide:\n%s\nwant\n%s", test.width, &out, test.want)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > test.width {
				t.Errorf("%q has %d columns, more than %d", line, n, test.width)
			}
		}
	}
}

func TestDrainText(t *testing.T) {
	for _, test := range []struct {
		open  int64
		limit time.Duration
		want  string
	}{
		{0, time.Second, ""},
		{1, 30 * time.Second, "Stopping: waiting up to 30s for one connection to end; ^C again ends it at once.\n"},
		{3, -1, "Stopping: waiting for 3 connections to end; ^C again ends it at once.\n"},
	} {
		if got := drainText(test.open, test.limit); got != test.want {
			t.Errorf("%d, %v: %q", test.open, test.limit, got)
		}
	}
}
