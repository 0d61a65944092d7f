package junit

import (
	"fmt"
	"io"

	"github.com/loadctl/loadctl/coordinator/tune"
)

// Tune writes a tuning as one case. That no setting holds the load is a failure, what could not be made an error, and
// what was ended early is skipped.
func Tune(w io.Writer, f Frame, r *tune.Result) error {
	words := tuneWords(r)
	c := testcase{Name: "tuning: " + r.Fitness, Out: words}
	switch r.Outcome {
	case tune.Nothing:
		c.Failure = because(string(r.Outcome), words)
	case tune.Broken:
		c.Error = because(string(r.Outcome), words)
	case tune.Unfinished:
		c.Skipped = skipped(words)
	}
	return write(w, f.suiteOf("tuning", r.Took, []testcase{c}))
}

func tuneWords(r *tune.Result) string {
	words, g := string(r.Outcome), &r.Recommended
	switch setting := g.Setting.Words(r.Names()); {
	case r.Outcome != tune.Better:
	case r.Goal == tune.Cheapest: // by which nothing is gained but its cost
		words += fmt.Sprintf(": %s costs %s", setting, tune.Price(g.Cost, r.CostUnit))
	default:
		words += fmt.Sprintf(": %s is %s %% (%s to %s)", setting, hundredths(g.Gain), hundredths(g.Low), hundredths(g.High))
	}
	if r.Why != "" {
		words += ": " + r.Why
	}
	return words
}
