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
		errs = append(errs, fmt.Errorf("max_cost_usd: %s does not cover the worst case, %s (%s until the TTL of %s and %s for giving back is billed as %s%s%s): %s",
			most, e.worstWords(), e.PerHour.PerHour(), span(e.TTL), span(Back), many(Hours(e.TTL+Back), "hour"), e.replacedInWorst(), e.transferInWorst(), strings.Join(e.ways(most), ", ")))
	}
	return errors.Join(errs...)
}

func (e Estimate) worstWords() string {
	_, bound := e.AtLeast()
	return sum(e.Worst, bound)
}

func (e Estimate) replacedInWorst() string {
	all := e.replaced()
	if all == 0 {
		return ""
	}
	return ", and " + all.String() + " of " + many(e.replacements(), "machine") + " that may have to be replaced"
}

func (e Estimate) transferInWorst() string {
	var all USD
	for _, l := range e.Lines {
		all = all.Plus(l.Transfer(e.TTL + Back))
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
	if ttl := e.longest(most); ttl > 0 && ttl >= e.Planned {
		ways = append(ways, "or shorten the TTL to "+span(ttl))
	} else {
		ways = append(ways, "or plan for less time")
	}
	return ways
}

// longest is the longest TTL that most pays for, where all is given back at a full hour; 0 for none. What a longer life
// costs is never less, so the first that is too long ends the search.
func (e Estimate) longest(most USD) time.Duration {
	hours := sort.Search(Hours(e.TTL+Back), func(i int) bool { return e.WorstAt(time.Duration(i+1)*time.Hour-Back) > most })
	return max(0, time.Duration(hours)*time.Hour-Back)
}
