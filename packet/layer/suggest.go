package layer

import (
	"fmt"
	"strings"
)

// Suggest is [Nearest] for the name of a field.
func (s *Set) Suggest(name string) string {
	names := make([]string, 0, len(s.names)+len(s.also))
	for known := range s.names {
		names = append(names, known)
	}
	for known := range s.also {
		names = append(names, known)
	}
	return Nearest(name, names)
}

// suggestProto is a hint at a protocol's name, as it stands in an error.
func (s *Set) suggestProto(name string) string {
	names := make([]string, 0, len(s.byName))
	for known := range s.byName {
		names = append(names, known)
	}
	return Nearest(name, names)
}

// Nearest is a hint at the name that is the most like an unknown one, as it
// stands in an error behind that: `; did you mean "dport"?`. It is empty where
// none is like it.
func Nearest(name string, names []string) string {
	best, least := "", len(name)/3+2
	for _, known := range names {
		d := distance(strings.ToLower(name), strings.ToLower(known), least+1)
		if d < least || d == least && best != "" && closer(name, known, best) {
			best, least = known, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// closer tells which of two names that are equally far is the better guess: one
// that begins alike and is as long.
func closer(name, a, b string) bool {
	begins := func(s string) bool { return s != "" && name != "" && s[0] == name[0] }
	if begins(a) != begins(b) {
		return begins(a)
	}
	if (len(a) == len(name)) != (len(b) == len(name)) {
		return len(a) == len(name)
	}
	return a < b
}

// distance is Levenshtein's, or most if it is more.
func distance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			cost := 1
			if a[i] == b[k] {
				cost = 0
			}
			diagonal, row[k+1] = row[k+1], min(row[k]+1, row[k+1]+1, diagonal+cost)
		}
	}
	return min(row[len(b)], most)
}
