package junit

import (
	"io"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/trial"
)

// Capacity writes a capacity as one case. No load that holds the SLO is a failure, trials that
// could not be made are an error, and a search that was ended early is skipped.
func Capacity(w io.Writer, f Frame, r *capacity.Result) error {
	c := searched(capacityName(r.Axis, r.Beside), r.Outcome, capacityWords(r))
	return write(w, f.suiteOf("capacity", r.Took, []testcase{c}))
}

// Frontier writes a case for each number of connections. One that holds no rate, where another holds some, is
// skipped: so much is what a frontier is made to find. What became of the whole has a case of its own where none of
// these shows it.
func Frontier(w io.Writer, f Frame, r *frontier.Result) error {
	var cases []testcase
	for i := range r.Levels {
		cases = append(cases, levelCase(&r.Levels[i], r.Outcome))
	}
	whole := searched("capacity: frontier", r.Outcome, strings.TrimSuffix(string(r.Outcome)+": "+r.Why, ": "))
	if n := whole.fate(); n != "" && !slices.ContainsFunc(cases, func(c testcase) bool { return c.fate() == n }) {
		cases = append(cases, whole)
	}
	return write(w, f.suiteOf("capacity", r.Took, cases))
}

func levelCase(l *frontier.Level, whole capacity.Outcome) testcase {
	name := capacityName(capacity.Rate, trial.Load{Connections: l.Connections})
	if l.Rate == nil || l.Skipped != "" || l.Rate.Outcome == capacity.Nothing && whole != capacity.Nothing {
		return testcase{Name: name, Out: l.String(), Skipped: skipped(l.String())}
	}
	return searched(name, l.Rate.Outcome, capacityWords(l.Rate))
}

// capacityName is the same from one search to the next, whatever they find: servers know a case by it.
func capacityName(axis string, beside trial.Load) string {
	return strings.TrimSpace("capacity: " + axis + " " + capacity.Meanwhile(beside))
}

func searched(name string, o capacity.Outcome, words string) testcase {
	c := testcase{Name: name, Out: words}
	switch o {
	case capacity.Nothing:
		c.Failure = because(string(o), words)
	case capacity.Broken:
		c.Error = because(string(o), words)
	case capacity.Unfinished, capacity.Unstable:
		c.Skipped = skipped(words)
	}
	return c
}

// fate is what became of a case, "" of one that is well.
func (c *testcase) fate() string {
	switch {
	case c.Failure != nil:
		return "failure"
	case c.Error != nil:
		return "error"
	case c.Skipped != nil:
		return "skipped"
	}
	return ""
}

func capacityWords(r *capacity.Result) string {
	words := string(r.Outcome)
	if figure := r.Words(); figure != "" {
		words += ": " + figure
	} else if meanwhile := capacity.Meanwhile(r.Beside); meanwhile != "" {
		words += " " + meanwhile
	}
	if r.Why != "" {
		words += ": " + r.Why
	}
	return words
}
