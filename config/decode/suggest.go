package decode

import "strings"

// Suggest returns the one of names that is closest to name, or "" when none is
// close enough to be what was meant.
func Suggest(name string, names []string) string {
	folded := fold(name)
	if folded == "" || len(folded) > 64 {
		return ""
	}
	best, least := "", 1+max(1, len(folded)/3)
	for _, candidate := range names {
		if d := distance(folded, fold(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// fold makes the spellings of one name alike: serverName, Server-Name and
// server_name.
func fold(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// distance is the Damerau-Levenshtein distance of two short words: how many
// letters must be added, dropped, changed or swapped with their neighbour.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
