package stats

import (
	"fmt"
	"strings"
)

// unknown says that a word is none of those allowed, and which was likely meant.
func unknown(what, word string, allowed []string) error {
	if near := nearest(word, allowed); near != "" {
		return fmt.Errorf("unknown %s %s: did you mean %s? (allowed: %s)", what, quoted(word), near, listed(allowed))
	}
	return fmt.Errorf("unknown %s %s (allowed: %s)", what, quoted(word), listed(allowed))
}

func listed(words []string) string { return strings.Join(words, ", ") }

// nearest is the word with the fewest changed letters, if they are few enough for
// a slip of the pen; else "".
func nearest(word string, words []string) (near string) {
	const longest = 64
	if len(word) > longest {
		return ""
	}
	least := max(2, len(word)/3) + 1
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < least {
			near, least = w, d
		}
	}
	return near
}

// distance is Levenshtein's: how many letters to change, add or leave out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
