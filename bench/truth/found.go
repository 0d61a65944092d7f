package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/bench/internal/pause"
	"github.com/loadctl/loadctl/bench/internal/proc"
)

// found is what one trial gives.
type found struct {
	bars  []bar
	notes []string
	taken float64 // by others, as a share of the machine
}

// missed are the names of bars that were.
func (f found) missed() (names []string) {
	for _, b := range f.bars {
		if !b.Kept {
			names = append(names, b.Name)
		}
	}
	return names
}

// disturbed says whether something other than loadctl may be why. That loadctl doubts its own
// measurement is no excuse: it may be what is wrong with it.
func (f found) disturbed() bool { return f.taken > proc.MostTaken }

// tried makes a trial, and again while something is missed and something disturbed it,
// so many times in all: a shared machine has bad minutes, and short trials are over before
// one is, so each waits longer. Of trials that were all disturbed and missed something
// the quietest counts. What was missed undisturbed is missed. A note says how many there were,
// and what the others missed.
func tried(ctx context.Context, tries int, once func() (found, error)) (best found, err error) {
	var all []found
	counts := 0
	for try := range tries {
		_ = pause.For(ctx, time.Duration(try)*10*time.Second)
		f, err := once()
		if err != nil || ctx.Err() != nil {
			return f, err
		}
		all = append(all, f)
		over := len(f.missed()) == 0 || !f.disturbed()
		if over || f.taken < all[counts].taken {
			counts = try
		}
		if over {
			break
		}
	}
	best = all[counts]
	best.notes = append(best.notes, others(all, counts, tries)...)
	return best.excused(), nil
}

// others are a note of the trials beside the one that counts, if there are any.
func others(all []found, counts, tries int) []string {
	if len(all) == 1 {
		return nil
	}
	var before, after []string
	for i, f := range all {
		text := fmt.Sprintf("%s (others took %.1f %%)", strings.Join(f.missed(), ", "), 100*f.taken)
		switch {
		case i < counts:
			before = append(before, text)
		case i > counts:
			after = append(after, text)
		}
	}
	note := fmt.Sprintf("try %d of %d", counts+1, tries)
	if len(before) > 0 {
		note += "; missed before: " + strings.Join(before, "; ")
	}
	if len(after) > 0 {
		note += "; missed after it: " + strings.Join(after, "; ")
	}
	return []string{note}
}

// excused marks what a disturbance may have done, which is all but what is exact.
func (f found) excused() found {
	f.bars = slices.Clone(f.bars)
	for i := range f.bars {
		b := &f.bars[i]
		b.excused = f.disturbed() && !b.Kept && !b.exact
	}
	return f
}

// conditions are a note of how a trial was made.
func (t trial) conditions(m made) string {
	text := fmt.Sprintf("%g/s %s for %v, pacing %s, seed %d", t.Rate, t.Law, t.Length, t.pacing, t.Seed)
	if q := t.Settings; !t.tiny {
		text += fmt.Sprintf("; queue: %s, mean %v, servers %d, seed %d", q.Law.Kind, q.Law.Mean, q.Servers, q.Seed)
	}
	text += fmt.Sprintf("; others took %.1f %% of the machine; loadctl says %s", 100*m.taken, m.summary.Validity.Verdict)
	for _, why := range m.summary.Validity.Reasons {
		text += ", " + why
	}
	if m.left > 0 {
		text += fmt.Sprintf("; its summary leaves out %d seconds, the times here do not", m.left)
	}
	return text
}

func (t trial) found(m made, bars []bar, notes ...string) found {
	return found{bars: bars, notes: append([]string{t.conditions(m)}, notes...), taken: m.taken}
}
