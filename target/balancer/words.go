package balancer

import "strconv"

func itoa(n int) string { return strconv.Itoa(n) }

// closest is the candidate a word was probably meant to be, "" when none is close.
func closest(word string, candidates []string) string {
	best, least := "", len(word)/3+2
	for _, c := range candidates {
		if d := apart(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// ask makes a hint of what was probably meant.
func ask(near string) string {
	if near == "" {
		return ""
	}
	return "did you mean " + strconv.Quote(near) + "?"
}

// apart is the Levenshtein distance of two words, and 100 of absurdly long ones.
func apart(a, b string) int {
	if max(len(a), len(b)) > 100 {
		return 100
	}
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
