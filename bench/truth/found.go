package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/bench/internal/proc"
)

// found is what one trial gives.
type found struct {
	bars  []bar
	notes []string
	taken float64 // by others, as a share of the machine
	valid bool    // as loadctl itself has it
}

// missed says whether a bar was.
func (f found) missed() bool { return slices.ContainsFunc(f.bars, func(b bar) bool { return !b.Kept }) }

// disturbed says whether something other than loadctl may be why.
func (f found) disturbed() bool { return f.taken > proc.MostTaken || !f.valid }

// tried makes a trial, and again while something is missed and something disturbed it,
// so many times in all: a shared machine has bad minutes, and short trials are over before
// one is, so each waits longer. Of trials that were all disturbed and missed something
// the quietest counts. What was missed undisturbed is missed.
func tried(ctx context.Context, tries int, once func() (found, error)) (best found, err error) {
	for try := range tries {
		pause(ctx, time.Duration(try)*10*time.Second)
		f, err := once()
		if err != nil || ctx.Err() != nil {
			return f, err
		}
		if try == 0 || !f.missed() || f.taken < best.taken {
			best = f
		}
		if !f.missed() || !f.disturbed() {
			best = f
			break
		}
	}
	return best, nil
}

// pause sleeps, unless all is to end.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
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
	return text
}

func (t trial) found(m made, bars []bar, notes ...string) found {
	return found{bars: bars, notes: append([]string{t.conditions(m)}, notes...), taken: m.taken, valid: m.summary.Validity.Verdict == "valid"}
}
