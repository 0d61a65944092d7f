package knobs

import "fmt"

// Meant is a hint at the word that was probably meant, ` (did you mean WORD?)`, or nothing.
func Meant(got string, words []string) string {
	best := Nearest(got, words)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// Nearest is the word that was probably meant, "" when none is near.
func Nearest(got string, words []string) (best string) {
	least := 1 + len(got)/3
	for _, w := range words {
		if d := distance(got, w); d <= least {
			best, least = w, d-1
		}
	}
	return best
}

// distance is how many letters must be added, left out or replaced to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
