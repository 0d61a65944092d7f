package price

import (
	"cmp"
	"slices"
	"time"
)

// Back is for how long after the TTL things may still exist: reaping begins 10 min after it, for clocks that differ, and
// giving back may take half an hour. Both are coordinator/rental's.
const Back = 40 * time.Minute

// perSlot is how often one machine may be replaced, as coordinator/rental has it.
const perSlot = 2

// Replacements is how many of so many machines may be replaced before all are ready: a fifth, one at least. Each costs an hour
// more, as what it replaces was there for less than one.
func Replacements(machines int) int {
	if machines <= 0 {
		return 0
	}
	return max(1, machines/5)
}

// WorstAt is the most that it can come to cost with a TTL: everything lives until then and until it is given back, the
// load lasts as long, and of the dearest machines as many were replaced as may be.
func (e Estimate) WorstAt(ttl time.Duration) USD { return e.At(ttl + Back).Plus(e.replaced()) }

func (e Estimate) replaced() (sum USD) {
	n, rest := e.replacements(), slices.Clone(e.Lines)
	slices.SortStableFunc(rest, func(a, b Line) int { return cmp.Compare(b.Hourly.USD, a.Hourly.USD) })
	for _, l := range rest {
		if l.machine {
			these := min(n, perSlot*l.Count)
			n -= these
			sum = sum.Plus(l.Hourly.USD.Times(these))
		}
	}
	return sum
}

// replacements are those of all machines together.
func (e Estimate) replacements() int {
	machines := 0
	for _, l := range e.Lines {
		if l.machine {
			machines += l.Count
		}
	}
	return Replacements(machines)
}
