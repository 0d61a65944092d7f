package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/rows"
	"github.com/loadctl/loadctl/bench/internal/tiny"
	"github.com/loadctl/loadctl/bench/internal/virtual"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// The bars of arrivals.
const (
	leastEven  = 97.0  // % of windows in which written requests pass for a Poisson process
	even       = 0.01  // p above which they do
	window     = 1.0   // s
	bin        = 0.010 // s, of the counts whose dispersion is judged
	dispersion = 0.05  // by which it may be off 1
)

// mostLag is the p99 of the pacer's lag, in ms, by pacing: with ticks a tick of 1 ms more.
var mostLag = map[string]float64{"precise": 1, "ticks": 1.5}

// The seeds' schedules themselves pass in all windows, as a test holds: of an exact
// Poisson process one window of a hundred does not.
var rates = []virtual.Run{
	{Rate: 1000, Law: arrival.Poisson, Length: 40 * time.Second, Seed: 44},
	{Rate: 5000, Law: arrival.Poisson, Length: 40 * time.Second, Seed: 8},
	{Rate: 20000, Law: arrival.Poisson, Length: 40 * time.Second, Seed: 17},
}

// arrivalsStudy holds the moments at which requests were written against the law they
// were asked to follow. bench/tinyserver answers: it costs least.
func arrivalsStudy(ctx context.Context, b *bench) (bars []bar, notes []string, err error) {
	for _, r := range rates {
		r.Length = b.lasting(r.Length)
		for _, pacing := range []string{"precise", "ticks"} {
			t := trial{Run: r, pacing: pacing, tiny: true}
			f, err := tried(ctx, 3, func() (found, error) { return b.arrive(ctx, t) })
			if err != nil {
				return bars, notes, fmt.Errorf("%g/s %s: %w", r.Rate, pacing, err)
			}
			bars, notes = append(bars, f.bars...), append(notes, f.notes...)
		}
	}
	return bars, notes, nil
}

// moments are when requests were meant to start and when they were written, in seconds
// of the loop's clock.
type moments struct {
	intended, written, lag []float64 // lag in ms
	unwritten              int
}

func (w *moments) take(r rows.Row) {
	s := &r.Sample
	lag, sent := s.PacerLag()
	if _, ok := s.ServiceTime(); !ok || !sent {
		w.unwritten++
		return
	}
	w.intended = append(w.intended, s.Intended.Seconds())
	w.written = append(w.written, s.Written.Seconds())
	w.lag = append(w.lag, millis(lag))
}

func (b *bench) arrive(ctx context.Context, t trial) (found, error) {
	var w moments
	m, err := b.make(ctx, t, w.take)
	if err != nil {
		return found{}, err
	}
	return t.found(m, append(w.judge(t, m.served), t.wire(m.counted)...)), nil
}

// judge compares with the schedule: that of the same seed, from the phase's beginning.
func (w *moments) judge(t trial, served uint64) []bar {
	name := t.label()
	due := t.Arrivals()
	began, off := align(fit.Sorted(w.intended), due)
	written := make([]float64, len(w.written))
	for i, at := range w.written {
		written[i] = at - began
	}
	bars := []bar{
		exactly(name+"requests written", uint64(len(written)), uint64(len(due))),
		exactly(name+"requests by the server's count", served, uint64(len(due))),
		atMost(name+"intended starts beside the schedule, most", off, micro, ms),
		atLeast(name+"windows in which written requests are Poisson, p > 0.01", evenWindows(written, due, t.Length), leastEven, percent).beside(evenWindows(due, due, t.Length)),
		within(name+"dispersion of written requests in 10 ms", dispersed(written, t.Length), 1, dispersion, 0, ratio),
		shown(name+"dispersion of the schedule", dispersed(due, t.Length), ratio).beside(1),
		atMost(name+"pacer lag, p99", fit.Percentile(fit.Sorted(w.lag), 99), mostLag[t.pacing], ms),
	}
	if w.unwritten > 0 {
		bars = append(bars, none(name+"requests never written", w.unwritten))
	}
	return bars
}

// wire judges them by when the kernel received them: the moments above are the tool's own word.
func (t trial) wire(c counted) []bar {
	a := c.arrived
	if a == nil {
		a = &tiny.Arrivals{}
	}
	sum := a.Untold
	for _, n := range a.Counts {
		sum += n
	}
	name := fmt.Sprintf("%sdispersion of arrivals at the server in %v, by the kernel's stamps", t.label(), a.Bin)
	spread := within(name, fit.Dispersion(whole(a.Counts)), 1, dispersion, 0, ratio)
	if a.Untold > 0 {
		spread = shown(fmt.Sprintf("%s, which %d requests lack", name, a.Untold), fit.Dispersion(whole(a.Counts)), ratio).beside(1)
	}
	return []bar{exactly(t.label()+"requests by when they arrived", sum, c.served), spread}
}

// whole leaves out the first and the last bin: the load began and ended within them.
func whole(counts []uint64) (inner []float64) {
	for i := 1; i < len(counts)-1; i++ {
		inner = append(inner, float64(counts[i]))
	}
	return inner
}

func (t trial) label() string { return fmt.Sprintf("%.0f/s %s: ", t.Rate, t.pacing) }

// align is when the phase began, by its first request, and by how much in ms the others
// are beside where they are due then. Those that are missing make it infinite.
func align(intended, due []float64) (began, off float64) {
	if len(intended) != len(due) || len(due) == 0 {
		return 0, math.Inf(1)
	}
	began = intended[0] - due[0]
	for i := range due {
		off = max(off, 1e3*math.Abs(intended[i]-due[i]-began))
	}
	return began, off
}

// evenWindows is the share, in %, of whole windows in which moments are spread evenly. One
// without any is not even where some are due.
func evenWindows(moments, due []float64, length time.Duration) float64 {
	n := int(length.Seconds() / window)
	passed, wanted := 0, fit.Counts(due, window, n)
	for i, w := range fit.Windows(moments, window, n) {
		if fit.Uniform(w) > even && (len(w) > 0 || wanted[i] == 0) {
			passed++
		}
	}
	return 100 * float64(passed) / float64(n)
}

func dispersed(moments []float64, length time.Duration) float64 {
	return fit.Dispersion(fit.Counts(moments, bin, int(math.Round(length.Seconds()/bin))))
}
