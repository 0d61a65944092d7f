package junit

import (
	"fmt"
	"io"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/tune"
)

// Capacity writes a capacity as one case. No load that holds the SLO is a failure, trials that
// could not be made are an error, and a search that was ended early is skipped.
func Capacity(w io.Writer, f Frame, r *capacity.Result) error {
	words := capacityWords(r)
	c := testcase{Name: "capacity: " + r.Axis, Out: words}
	switch r.Outcome {
	case capacity.Nothing:
		c.Failure = because(string(r.Outcome), words)
	case capacity.Broken:
		c.Error = because(string(r.Outcome), words)
	case capacity.Unfinished, capacity.Unstable:
		c.Skipped = skipped(words)
	}
	return write(w, f.suiteOf("capacity", r.Took, []testcase{c}))
}

func capacityWords(r *capacity.Result) string {
	unit := "iterations a second"
	if r.Axis == "connections" {
		unit = r.Axis
	}
	words := string(r.Outcome)
	switch {
	case r.Capacity > 0 && r.High > 0:
		words += fmt.Sprintf(": %.4g %s (%.4g to %.4g)", r.Capacity, unit, r.Low, r.High)
	case r.Capacity > 0:
		words += fmt.Sprintf(": %.4g %s or more", r.Capacity, unit)
	}
	if r.Verified > 0 {
		words += fmt.Sprintf(", held at %.4g", r.Verified)
	}
	if r.Why != "" {
		words += ": " + r.Why
	}
	return words
}

// Tune writes a tuning as one case: it recommends and fails nothing. Only what could not be
// made is an error, and what was ended early is skipped.
func Tune(w io.Writer, f Frame, r *tune.Result) error {
	words := string(r.Outcome)
	if r.Outcome == tune.Better {
		g := r.Recommended
		words += fmt.Sprintf(": %v is %+.2f %% (%+.2f to %+.2f)", map[string]string(g.Setting), 100*g.Gain, 100*g.Low, 100*g.High)
	}
	if r.Why != "" {
		words += ": " + r.Why
	}
	c := testcase{Name: "tuning: " + r.Fitness, Out: words}
	switch r.Outcome {
	case tune.Broken:
		c.Error = because(string(r.Outcome), words)
	case tune.Unfinished:
		c.Skipped = skipped(words)
	}
	return write(w, f.suiteOf("tuning", r.Took, []testcase{c}))
}
