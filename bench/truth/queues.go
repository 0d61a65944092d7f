package main

import (
	"context"
	"fmt"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/summary"
	"github.com/loadctl/loadctl/bench/internal/virtual"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/target/queue"
)

// A queueCase is a run whose percentiles a formula knows.
type queueCase struct {
	run      virtual.Run
	quantile func(p float64) float64 // of an endless run, in seconds
	bars     map[float64]float64     // share by which a percentile may be off; one that is not there is shown
	more     float64                 // ms that any may be off besides
}

// Every percentile is held against the run's own true times as well. There luck is the
// same on both sides.
const (
	ownShare = 0.005
	ownMore  = 0.2 // ms
)

// The seeds are given, and such that the run in virtual time is well within the bars, as
// a test holds: they are about the tool and not about luck, which the notes tell of.

// mm8 is M/M/8 at ρ = 0.7, μ = 100/s.
var mm8 = queueCase{
	run: virtual.Run{Rate: 560, Law: arrival.Poisson, Length: 5 * time.Minute, Seed: 15,
		Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 8, Seed: 15}},
	quantile: queue.MMc{Servers: 8, Arrivals: 560, Rate: 100}.Quantile,
	bars:     map[float64]float64{50: .02, 99: .02, 99.9: .05}, more: .2,
}

// dm1 is D/M/1 at ρ = 0.8, μ = 100/s: constant pacing.
var dm1 = queueCase{
	run: virtual.Run{Rate: 80, Law: arrival.Uniform, Length: 10 * time.Minute, Seed: 72,
		Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 1, Seed: 72}},
	quantile: queue.NewDM1(80, 100).Quantile,
	bars:     map[float64]float64{99: .05},
}

var asked = []float64{50, 99, 99.9}

func mm8Study(ctx context.Context, b *bench) ([]bar, []string, error) { return b.long(ctx, mm8) }
func dm1Study(ctx context.Context, b *bench) ([]bar, []string, error) { return b.long(ctx, dm1) }

// long makes the run, a second time at most, since it takes minutes, and says what luck
// would have done.
func (b *bench) long(ctx context.Context, c queueCase) ([]bar, []string, error) {
	c.run.Length = b.lasting(c.run.Length)
	f, err := b.queue(ctx, c, 2)
	if err != nil {
		return nil, nil, err
	}
	return f.bars, append(f.notes, c.luck(200)...), nil
}

// queue makes the run, so many times at most.
func (b *bench) queue(ctx context.Context, c queueCase, tries int) (found, error) {
	return tried(ctx, tries, func() (found, error) {
		var l ledger
		t := trial{Run: c.run, pacing: "precise"}
		m, err := b.make(ctx, t, l.take)
		if err != nil {
			return found{}, err
		}
		l.sort()
		return t.found(m, append(c.judge(m.summary.Response, l.truth), l.accounts("", m)...)), nil
	})
}

// judge holds percentiles of response time against the formula, against the true times of
// the run's own answers, and shows the same run in virtual time.
func (c queueCase) judge(measured summary.Times, truth []float64) (bars []bar) {
	truth = fit.Sorted(truth)
	virtually := c.run.Responses()
	for _, p := range asked {
		formula := 1e3 * c.quantile(p/100)
		b := shown(pName(p)+", formula", measured.At(p), ms).beside(formula)
		if share, ok := c.bars[p]; ok {
			b = within(pName(p)+", formula", measured.At(p), formula, share, c.more, ms)
		}
		bars = append(bars, b,
			shown(pName(p)+" of the same seeds in virtual time, formula", fit.Percentile(virtually, p), ms).beside(formula),
			within(pName(p)+", the run's own true times", measured.At(p), fit.Percentile(truth, p), ownShare, ownMore, ms))
	}
	return bars
}

// luck says what runs of this length and other seeds would have given, with no tool at all.
func (c queueCase) luck(runs int) (notes []string) {
	low, high := c.run.Luck(runs, asked...)
	for i, p := range asked {
		notes = append(notes, fmt.Sprintf("luck: nine of ten virtual runs of %v with other seeds have %s between %.2f and %.2f ms (%+.1f … %+.1f %% of the formula)",
			c.run.Length, pName(p), low[i], high[i], 100*(low[i]/(1e3*c.quantile(p/100))-1), 100*(high[i]/(1e3*c.quantile(p/100))-1)))
	}
	return notes
}
