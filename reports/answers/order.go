package answers

import (
	"cmp"
	"slices"
	"strconv"
)

// byLoad sorts trials by what they asked.
func byLoad[T any](all []T, load func(T) float64) []T {
	return slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(load(a), load(b)) })
}

// minutes is a moment of a search.
func minutes(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
