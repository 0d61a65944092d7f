package price

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"
)

// Within refuses an order that may come to cost more than most, which is max_cost_usd of a file: by its worst case, as
// nobody knows beforehand that everything will go by plan. It tells all reasons at once, with the figures.
func (e Estimate) Within(most USD) error {
	var errs []error
	if missing := e.Missing(); len(missing) > 0 {
		errs = append(errs, fmt.Errorf("max_cost_usd: %s cannot be promised, as the worst case is not known (%s): take a plan and a region with a price, ask the API for its catalogue, or leave max_cost_usd out",
			most, strings.Join(missing, "; ")))
	}
	switch {
	case e.TTL == 0:
		errs = append(errs, fmt.Errorf("max_cost_usd: %s cannot be promised without a TTL, as what is forgotten is billed without end: give one", most))
	case e.Worst > most:
		errs = append(errs, fmt.Errorf("max_cost_usd: %s does not cover the worst case, %s (%s until the TTL of %s is billed as %s%s): %s",
			most, e.worstWords(), e.PerHour.PerHour(), span(e.TTL), many(Hours(e.TTL), "hour"), e.transferInWorst(), strings.Join(e.ways(most), ", ")))
	}
	return errors.Join(errs...)
}

func (e Estimate) worstWords() string {
	_, bound := e.AtLeast()
	return sum(e.Worst, bound)
}

func (e Estimate) transferInWorst() string {
	var all USD
	for _, l := range e.Lines {
		all = all.Plus(l.Transfer(e.TTL))
	}
	if all == 0 {
		return ""
	}
	return ", and " + all.String() + " of transfer"
}

// ways are what can be done about it. A shorter TTL is one where it still covers the plan.
func (e Estimate) ways(most USD) []string {
	ways := []string{"raise it to " + e.Worst.Number(), "take fewer or smaller machines"}
	if len(e.Missing()) > 0 {
		ways[0] = "raise it to more than " + e.Worst.Number()
	}
	if hours := e.longest(most); hours > 0 && time.Duration(hours)*time.Hour >= e.Planned {
		ways = append(ways, "or shorten the TTL to "+many(hours, "hour"))
	} else {
		ways = append(ways, "or plan for less time")
	}
	return ways
}

// longest is how many whole hours of TTL most pays for, 0 for none. What a longer life costs is never less, so the first
// that is too long ends the search.
func (e Estimate) longest(most USD) int {
	return sort.Search(Hours(e.TTL), func(i int) bool { return e.At(time.Duration(i+1)*time.Hour) > most })
}
