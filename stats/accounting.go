package stats

import (
	"fmt"
	"strings"
)

// An Accounting is where every intended request went.
type Accounting struct {
	Intended uint64
	Classes  [Classes]uint64
}

// Accounting adds up all rows that are recorded, or all that are not (warm-up and
// heartbeats), with what lost agents never reported.
func (r *Run) Accounting(recorded bool) Accounting {
	var a Accounting
	if r.Layout == nil {
		return a
	}
	for i := range min(len(r.total.Cells), len(r.Layout.Cells)) {
		if r.Layout.Cells[i].Recorded == recorded {
			a.Add(&r.total.Cells[i])
		}
	}
	return a
}

// Add counts a row.
func (a *Accounting) Add(c *CellStats) {
	a.Intended += c.Intended
	for i, n := range c.Classes {
		a.Classes[i] += n
	}
}

// Ended is the sum of the classes.
func (a Accounting) Ended() (n uint64) {
	for _, k := range a.Classes {
		n += k
	}
	return n
}

// Missing is intended less the sum of the classes: what is in flight while a run
// goes on. At its end it is 0, or there is a mistake in loadctl.
func (a Accounting) Missing() int64 { return int64(a.Intended - a.Ended()) }

// String prints the identity, such as "3 = 2 ok + 1 http_error + 0 check_failed + …".
func (a Accounting) String() string {
	terms := make([]string, Classes)
	for i, n := range a.Classes {
		terms[i] = fmt.Sprintf("%d %s", n, Class(i))
	}
	return fmt.Sprintf("%d = %s", a.Intended, strings.Join(terms, " + "))
}
