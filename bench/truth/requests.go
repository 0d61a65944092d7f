package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/virtual"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/target/queue"
)

// The bars of single requests: how far service time may be from what the answer says.
const (
	mostMedian = 0.2 // ms
	mostP99    = 1.0
	// A trend is judged by what it makes of the span between a median request and one
	// of a thousand: a tool that stretches or shrinks times shows there.
	mostTrend = 0.1
)

func requestsStudy(ctx context.Context, b *bench) ([]bar, []string, error) {
	return b.requests(ctx, b.lasting(25*time.Second), 4)
}

// requests holds each request's service time against the answer's own word, by either
// pacing, so many times at most. Services are mostly short and rarely long, with a server for each request: no
// queue hides what the tool adds.
func (b *bench) requests(ctx context.Context, length time.Duration, tries int) (bars []bar, notes []string, err error) {
	for _, pacing := range []string{"precise", "ticks"} {
		t := trial{pacing: pacing, Run: virtual.Run{Rate: 2000, Law: arrival.Poisson, Length: length, Seed: 1,
			Settings: queue.Settings{Law: queue.Law{Kind: queue.H2, Mean: 10 * time.Millisecond, CV: 2}, Seed: 1}}}
		f, err := tried(ctx, tries, func() (found, error) { return b.eachRequest(ctx, t) })
		if err != nil {
			return bars, notes, fmt.Errorf("%s: %w", pacing, err)
		}
		bars, notes = append(bars, f.bars...), append(notes, f.notes...)
	}
	return bars, notes, nil
}

func (b *bench) eachRequest(ctx context.Context, t trial) (found, error) {
	var l ledger
	m, err := b.make(ctx, t, l.take)
	if err != nil {
		return found{}, err
	}
	bars, note := l.errors(t.pacing + ": ")
	return t.found(m, append(bars, l.accounts(t.pacing+": ", m)...), note), nil
}

// errors are the bars of the difference between service times and what answers say, and
// a note of its trend.
func (l *ledger) errors(name string) ([]bar, string) {
	l.sort()
	var sizes []float64
	for _, off := range l.off {
		sizes = append(sizes, math.Abs(off))
	}
	sizes, signed, truth := fit.Sorted(sizes), fit.Sorted(l.off), fit.Sorted(l.truth)
	slope, deviation := fit.Slope(l.truth, l.off)
	span := fit.Percentile(truth, 99.9) - fit.Percentile(truth, 50)
	bars := []bar{
		none(name+"answers that say nothing of themselves", l.untold),
		atMost(name+"error of a request, median", fit.Percentile(sizes, 50), mostMedian, ms),
		atMost(name+"error of a request, p99", fit.Percentile(sizes, 99), mostP99, ms),
		atMost(name+"trend of the error between a median request and one of a thousand", math.Abs(slope)*span, mostTrend, ms),
		shown(name+"error of a request, p99.9", fit.Percentile(sizes, 99.9), ms),
		shown(name+"error of a request, least", fit.Percentile(signed, 0), ms),
	}
	note := fmt.Sprintf("%serror over true time: slope %+.4f ± %.4f µs for each ms, over %.1f ms from the median of true times to p99.9",
		name, 1e3*slope, 1e3*deviation, span)
	return bars, note
}

// pName is "p99".
func pName(p float64) string { return fmt.Sprintf("p%g", p) }
