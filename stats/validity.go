package stats

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The three verdicts on a measurement, best first.
const (
	Valid    = "valid"
	Degraded = "degraded"
	Invalid  = "invalid"
)

// Limits of validity. A generator that is late by more than LagLimit in more than
// lateShare of the windows degrades a run; by lagFactor times that, it spoils it.
const (
	lateShare    = 0.01
	lagFactor    = 5
	partialShare = 0.05
)

// LagLimit is how late the generator may be before it shows in what it measures:
// the greatest of 1.5 ticks of its pacer, 1 ms, and 1 % of the smallest
// response-time limit, or of the heartbeats' interval where nothing else is sent.
func (i *Info) LagLimit() time.Duration { return LagLimit(i.Tick, i.SmallestSLO, i.Beat) }

// LagLimit is that of an Info with such a tick, limit and interval.
func LagLimit(tick, slo, beat time.Duration) time.Duration {
	return max(tick+tick/2, time.Millisecond, slo/100, beat/100)
}

// Grace is how long an arrival may have waited at the end of a window and be in time:
// as long as is not grave as lag.
func Grace(lagLimit time.Duration) time.Duration { return lagFactor * lagLimit }

// JudgeValidity says whether the generator, not the target, limited what was
// seen so far, and why, in sentences with figures. Only what the generator did
// to the measurement makes it invalid, never how busy it was.
func JudgeValidity(r *Run) Validity {
	v := verdict{Validity: Validity{Verdict: Valid}}
	if r.Layout == nil {
		return v.Validity
	}
	v.generator(r)
	v.lag(r)
	v.checks(r)
	v.clocks(r)
	v.samples(r)
	v.gaps(r)
	v.agents(r)
	v.accounts(r)
	v.headroom(r)
	v.pacing(r)
	v.ports(r)
	v.conservation(r)
	return v.Validity
}

// A verdict grows by reasons. Those that make a run invalid come first, whatever else
// there is to say, as the first is what is told where there is room for one.
type verdict struct {
	Validity
	grave    int   // how many of the reasons those are
	together Grade // the lag of all agents
}

func (v *verdict) add(verdict, format string, args ...any) {
	at := len(v.Reasons)
	if verdict == Invalid {
		at = v.grave
		v.grave++
	}
	if verdict == Invalid || v.Verdict == Valid {
		v.Verdict = verdict
	}
	v.Reasons = slices.Insert(v.Reasons, at, fmt.Sprintf(format, args...))
}

func isShare(late, windows int) bool { return isShareOf(late, windows, lateShare) }

func isShareOf(late, windows int, share float64) bool {
	return late >= 2 && float64(late) > share*float64(windows)
}

func (v *verdict) samples(r *Run) {
	if n := r.lag.lost; n > 0 {
		v.add(Invalid, "%d measured requests could not be recorded", n)
	}
}

// gaps names the excluded seconds, and says how many the generator has spoilt: they may be
// many, and why is said apart. Those that lack an agent spoil a run when they
// are more than a twentieth of it, of what is planned while it goes on. A pause is
// somebody's wish and spoils nothing, but the target had a rest. It is no part of
// the run that is a twentieth of.
func (v *verdict) gaps(r *Run) {
	gaps, missing, late, all := r.Gaps(), time.Duration(0), time.Duration(0), r.length()
	for _, g := range gaps {
		switch length := g.Until - g.From; {
		case g.Paused:
			all -= length
		case g.Late:
			late += length
		default:
			missing += length
		}
	}
	if float64(missing) > partialShare*float64(all) {
		v.add(Invalid, "agents did not report for %s of %s, more than %.0f %%", short(missing), short(all), 100*partialShare)
	}
	if late > 0 {
		v.add(Degraded, "%s of seconds that the generator's lateness has spoilt are left out of times, rates and shares", short(late))
	}
	for _, g := range gaps {
		if !g.Late {
			v.add(Degraded, "%s", g)
		}
	}
}

// length is that of the run; while it goes on, at least what is planned.
func (r *Run) length() time.Duration {
	if r.over() {
		return r.Now()
	}
	return max(r.Now(), r.Info.Planned)
}

func (r *Run) over() bool { return r.Result != nil || r.State == "done" }

func (v *verdict) agents(r *Run) {
	left := 0
	for i := range r.Agents {
		a := &r.Agents[i]
		if a.Lost == "" {
			left++
			continue
		}
		verdict := Degraded
		if r.Info.OnLoss == "" || r.Info.OnLoss == "fail" {
			verdict = Invalid
		}
		v.add(verdict, "agent %s was lost at %s: %s", a.Name, short(a.LostAt), a.Lost)
	}
	if left < len(r.Agents) && left < r.Info.AgentsMin {
		v.add(Invalid, "%d agents were left, fewer than the %d the scenario asks for", left, r.Info.AgentsMin)
	}
}

// generator tells of errors of our own machine: out of files, ports or buffers. They
// repeat second by second with other figures in brackets: each is named once, the first
// few, and the rest counted.
func (v *verdict) generator(r *Run) {
	const named = 3
	seen := map[string]bool{}
	n := 0
	for i := range r.Events {
		e := &r.Events[i]
		if e.Kind != "generator" || e.Level != Severe {
			continue
		}
		n++
		what, _, _ := strings.Cut(e.Text, " (")
		if len(seen) < named && !seen[what] {
			seen[what] = true
			v.add(Invalid, "the generator hit a limit of its own: %s", what)
		}
	}
	if more := n - len(seen); more == 1 {
		v.add(Invalid, "limits of the generator were hit once more, listed with the events")
	} else if more > 1 {
		v.add(Invalid, "limits of the generator were hit %d more times, listed with the events", more)
	}
}

// accounts holds the identity against a run that is over.
func (v *verdict) accounts(r *Run) {
	if !r.over() {
		return
	}
	for _, recorded := range []bool{true, false} {
		if a := r.Accounting(recorded); a.Missing() != 0 {
			v.add(Invalid, "the accounting does not add up, which is a mistake in loadctl: %s", a)
		}
	}
}

// short prints a duration to three significant digits.
func short(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	text := d.Round(unit).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}
