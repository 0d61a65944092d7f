package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/stats"
)

func spoiltTrial(generator bool) trial.Told {
	return trial.Told{Validity: stats.Invalid, Generator: generator, Reasons: []string{"pacer lag"}, Took: 10 * time.Second}
}

// TestInvalidTrialsThatEndedASearchAreMadeAgain: what disturbed the machine is gone.
func TestInvalidTrialsThatEndedASearchAreMadeAgain(t *testing.T) {
	c, _ := made(t, 5)
	c = reopened(t, c)
	err := c.study.Drive(t.Context(), c.finder, func(context.Context, trial.Ask) (trial.Told, error) { return spoiltTrial(false), nil }, nil)
	err = errors.Join(err, c.study.Close())
	if r := c.finder.one.Result(); err != nil || r.Outcome != capacity.Unfinished || len(r.Trials) != 12 {
		t.Fatalf("%v, %s after %d trials: %s", err, r.Outcome, len(r.Trials), r.Why)
	}
	again := reopened(t, c)
	if n := len(again.study.Lines()); n != 5 {
		t.Errorf("%d trials are kept", n)
	}
	if err := again.drive(t.Context(), 0); err != nil || again.finder.one.Result().Outcome != capacity.Found {
		t.Errorf("%v, %s", err, again.finder.one.Result().Outcome)
	}
}

// TestInvalidTrialsInTheMiddleOfASearchStay: it goes on from them by itself, and has learnt the generator's limit.
func TestInvalidTrialsInTheMiddleOfASearchStay(t *testing.T) {
	c, _ := made(t, 2)
	c = reopened(t, c)
	err := c.study.Drive(t.Context(), c.finder, func(_ context.Context, a trial.Ask) (trial.Told, error) {
		if a.Number > 5 {
			return trial.Told{}, errEnough
		}
		return spoiltTrial(true), nil
	}, nil)
	if c.study.Close() != nil || !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if n := len(reopened(t, c).study.Lines()); n != 5 {
		t.Errorf("%d trials are kept", n)
	}
}

// TestATuningThatInvalidTrialsEndedGoesOn from the last one that counts.
func TestATuningThatInvalidTrialsEndedGoesOn(t *testing.T) {
	begun := func() *tune.Search {
		s, err := tune.New(tune.Config{Params: []tune.Param{{Name: "pool", Values: []string{"4", "8"}}}, Incumbent: tune.Setting{"pool": "4"}, Load: trial.Load{Users: 64}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	quiet := func(a trial.Ask) trial.Told {
		y := 100.0
		if a.Setting["pool"] == "8" {
			y = 140
		}
		return trial.Told{Validity: stats.Valid, Throughput: y + float64(a.Number%3)/10, Took: 24 * time.Second}
	}
	s, err := study.Create(t.TempDir(), study.Head{ID: "x", Kind: "tune"})
	if err != nil {
		t.Fatal(err)
	}
	disturbed := begun()
	err = s.Drive(t.Context(), disturbed, func(_ context.Context, a trial.Ask) (trial.Told, error) {
		if a.Number > 9 {
			return spoiltTrial(false), nil
		}
		return quiet(a), nil
	}, nil)
	if r := disturbed.Result(); errors.Join(err, s.Close()) != nil || r.Outcome == tune.Better || r.Outcome == tune.Broken {
		t.Fatalf("%v, %s: %s", err, r.Outcome, r.Why)
	}
	again, err := study.Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if err := goOnFrom(again, func() trial.Search { return begun() }, nil, false, &said); err != nil || len(again.Lines()) != 9 || !strings.Contains(said.String(), "7 trials are set aside") {
		t.Fatalf("%v, %d trials are kept: %s", err, len(again.Lines()), said.String())
	}
	whole := begun()
	err = again.Drive(t.Context(), whole, func(_ context.Context, a trial.Ask) (trial.Told, error) { return quiet(a), nil }, nil)
	if r := whole.Result(); errors.Join(err, again.Close()) != nil || r.Outcome != tune.Better {
		t.Errorf("%v, %s: %s", err, r.Outcome, r.Why)
	}
}
