package document

import (
	"strconv"
	"strings"
	"unicode"
)

// Closest is the candidate a name was probably meant to be, "" when none is close.
func Closest(name string, candidates []string) string {
	best, least := "", len(name)/3+2
	for _, c := range candidates {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	if best != "" || len(name) < 3 {
		return best
	}
	for _, c := range candidates {
		if strings.HasPrefix(c, name) || strings.HasSuffix(c, name) {
			return c
		}
	}
	return ""
}

// Hint says what a name was probably meant to be, or else all that it can be.
func Hint(name string, there []string) string {
	if near := Closest(name, there); near != "" {
		return Ask(near)
	}
	return OneOf(there)
}

// mostListed bounds a list that nobody would read to its end.
const mostListed = 30

// OneOf lists all that there is, as a hint.
func OneOf(there []string) string {
	switch len(there) {
	case 0:
		return "there are none"
	case 1:
		return "there is " + printable(there[0])
	}
	var words []string
	for _, word := range there[:min(len(there), mostListed)] {
		words = append(words, printable(word))
	}
	if len(there) > mostListed {
		words = append(words, "…")
	}
	return "one of " + strings.Join(words, ", ")
}

// printable is text of the file that may be no single line.
func printable(text string) string {
	if strings.ContainsFunc(text, unicode.IsControl) {
		text = strconv.Quote(text)
	}
	return Shorten(text)
}

// Ask makes a hint of what was probably meant.
func Ask(near string) string {
	if near == "" {
		return ""
	}
	return "did you mean " + strconv.Quote(near) + "?"
}

// distance is how many letters must be added, removed, replaced or swapped with
// their neighbour to turn one word into the other.
func distance(a, b string) int {
	if max(len(a), len(b)) > 100 {
		return 100
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
