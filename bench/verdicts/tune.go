package main

import (
	"context"
	"fmt"

	"github.com/loadctl/loadctl/bench/internal/queued"
)

// tuneOnce tunes workers and upstream connections of the bundled service, of which 16 in all are best:
// tune-service.yaml says why. Truth is 1 where one of those is recommended, else 0.
func tuneOnce(ctx context.Context, o options, number int) (Line, error) {
	up, err := queued.Part(ctx, nil, o.binary, "upstream", "--listen", "127.0.0.1:18601", "--delay", "queue:servers=16,capacity=16,service=fixed:50ms")
	if err != nil {
		return Line{}, err
	}
	defer up.Close()
	service, err := queued.Part(ctx, nil, o.binary, "serve", "--listen", "127.0.0.1:18600", "--workers", "1", "--upstream", up.URL, "--upstream-max-connections", "4")
	if err != nil {
		return Line{}, err
	}
	defer service.Close()
	var found struct {
		Outcome     string
		Why         string
		Recommended struct {
			Setting         map[string]string
			Gain, Low, High float64
		}
		Trials []tried
	}
	exit, _, err := ask(ctx, o, &found, "tune", "bench/verdicts/tune-service.yaml", "--seed", fmt.Sprint(number), "--ui", "none")
	r := found.Recommended
	l := Line{Verdict: found.Outcome, Exit: exit, Value: r.Gain, Low: r.Low, High: r.High, Trials: len(found.Trials), Void: void(found.Trials), Why: found.Why}
	l.What = fmt.Sprintf("workers %s, upstream_pool %s", r.Setting["workers"], r.Setting["upstream_pool"])
	if best[l.What] {
		l.Truth = 1
	}
	return l, err
}

// best are the settings of 16 connections.
var best = map[string]bool{
	"workers 1, upstream_pool 16": true, "workers 2, upstream_pool 8": true, "workers 4, upstream_pool 4": true,
}
