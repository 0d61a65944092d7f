package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/proc"
)

type bench struct {
	options
	dir, tiny, floor string
}

// A round is what one round of a row found.
type round struct {
	All   weight `json:"loadctl"`
	Few   weight `json:"handful"` // where memory has a goal
	Floor weight `json:"floor"`   // where CPU has one
	Fault string `json:"fault,omitempty"`
}

// A weight is what one run took.
type weight struct {
	Connections int     `json:"connections"`
	Opening     float64 `json:"opening_s"`        // by the client
	Accepting   float64 `json:"server_opening_s"` // by the server: to its last accept
	Lost        uint64  `json:"lost"`             // not opened, dropped, or not there at the end of the hold
	Memory      float64 `json:"pss_bytes"`        // of all agents, at its most while held
	CPU         float64 `json:"cpu_s"`            // of all agents, in a stretch of the hold
	Requests    uint64  `json:"requests"`         // in that stretch
	Seconds     float64 `json:"seconds"`          // of it
	Failed      uint64  `json:"failed"`           // requests of the whole run
	Steal       float64 `json:"steal"`
	Others      float64 `json:"others"` // other processes here, as a share of the machine

	last int64 // accept of the server, by the wall clock
}

// perRequest is CPU time in µs for each request.
func (w weight) perRequest() float64 { return w.CPU * 1e6 / float64(w.Requests) }

// mostFaults is how many rounds of a row may go wrong before it is given up.
const mostFaults = 2

// row makes the rounds of a row. One that goes wrong is told, and does not count;
// what it had found until then is kept beside it.
func (b *bench) row(ctx context.Context, w row) (all []round, broken error) {
	for i, faults := 0, 0; i < b.rounds && faults < mostFaults; i++ {
		free, err := readRoom()
		if err != nil {
			return all, err
		}
		if err := free.refuse(w); err != nil {
			return all, fmt.Errorf("this machine cannot hold it: %w", err)
		}
		r, err := b.round(ctx, w, i)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
		if err != nil {
			faults, r.Fault = faults+1, err.Error()
			broken = errors.Join(broken, fmt.Errorf("round %d: %w", i+1, err))
		}
		all = append(all, r)
		fmt.Printf("%s round %d: %s\n", w.name, i+1, r.line())
	}
	return all, broken
}

// sound are the rounds that count.
func sound(all []round) (good []round) {
	for _, r := range all {
		if r.Fault == "" {
			good = append(good, r)
		}
	}
	return good
}

// round runs what a row needs, every second time the other way round.
func (b *bench) round(ctx context.Context, w row, i int) (r round, err error) {
	todo := []func() error{
		func() (err error) {
			r.All, err = b.undisturbed(w, func() (weight, error) { return b.loadctl(ctx, w) })
			return
		},
	}
	if w.goals.above > 0 {
		todo = append(todo, func() (err error) { r.Few, err = b.loadctl(ctx, w.few()); return })
	}
	if w.goals.floor > 0 {
		todo = append(todo, func() (err error) {
			r.Floor, err = b.undisturbed(w, func() (weight, error) { return b.holdFloor(ctx, w) })
			return
		})
	}
	for k := range todo {
		if i%2 == 1 {
			k = len(todo) - 1 - k
		}
		if err := todo[k](); err != nil {
			return r, err
		}
	}
	return r, nil
}

// undisturbed repeats a run that weighs CPU while neighbours or other processes take it.
func (b *bench) undisturbed(w row, once func() (weight, error)) (weight, error) {
	if w.goals.floor == 0 {
		return once()
	}
	return proc.Quietest(once, func(w weight) float64 { return max(w.Steal, w.Others) })
}

// line is a round in short.
func (r round) line() string {
	text := fmt.Sprintf("opened in %.2f s (%.2f s by the server's last accept), %d lost, %.1f MB", r.All.Opening, r.All.Accepting, r.All.Lost, r.All.Memory/1e6)
	if r.Few.Connections > 0 {
		text += fmt.Sprintf(", the agents by themselves %.1f MB: %.0f B each above", r.Few.Memory/1e6, r.above())
	}
	if r.All.Requests > 0 {
		text += fmt.Sprintf(", %.1f µs a request", r.All.perRequest())
	}
	if r.Floor.Requests > 0 {
		text += fmt.Sprintf(", floor %.1f µs", r.Floor.perRequest())
	}
	if r.Fault != "" {
		text += "; does not count: " + strings.Split(r.Fault, "\n")[0]
	}
	return text
}

// above is what each connection takes beyond the agents with a handful.
func (r round) above() float64 {
	return (r.All.Memory - r.Few.Memory) / float64(r.All.Connections-r.Few.Connections)
}
