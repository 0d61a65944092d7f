package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/loadctl/loadctl/bench/internal/proc"
	"github.com/loadctl/loadctl/bench/internal/rows"
	"github.com/loadctl/loadctl/bench/internal/summary"
	"github.com/loadctl/loadctl/bench/internal/virtual"
	"github.com/loadctl/loadctl/reports/runfile"
)

// A trial is one run of loadctl, one agent with one loop, whose every request is kept.
type trial struct {
	virtual.Run        // its arrivals, and the queue they go to
	pacing      string // precise or ticks
	tiny        bool   // the server is bench/tinyserver, which has no queue
}

// A made trial.
type made struct {
	summary  summary.Summary
	recorded sums    // by the files of the run
	left     int     // seconds left out of loadctl's summary; its times here are of all
	taken    float64 // by others, as a share of the machine: neighbours or processes on it
	counted          // by the server
}

// make runs a trial and hands over its rows.
func (b *bench) make(ctx context.Context, t trial, take func(rows.Row)) (m made, err error) {
	dir, err := os.MkdirTemp(b.dir, "trial-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	limit, stop := context.WithTimeout(ctx, t.Length+time.Minute)
	defer stop()
	s, err := b.serve(limit, t)
	if err != nil {
		return m, err
	}
	defer s.close()
	clock, others, began := proc.Read(), proc.Others(), time.Now()
	if err := b.load(limit, t, s.url, dir); err != nil {
		return m, err
	}
	taken := proc.Others().Since(others).Seconds() / time.Since(began).Seconds() / float64(runtime.NumCPU())
	m.taken = max(taken, proc.Read().Steal(clock))
	if m.counted, err = s.count(); err != nil {
		return m, err
	}
	if err := m.read(filepath.Join(dir, "runs")); err != nil {
		return m, err
	}
	return m, rows.ReadDir(filepath.Join(dir, "tap"), take)
}

// Cores that -pin gives to server and loadctl. Without it they are not pinned: loadctl's
// users do not do that to clients that sleep between requests.
const onServer, onLoads = "0", "1"

func (b *bench) pins(core string) []string {
	if !b.pin {
		return nil
	}
	return []string{"taskset", "-c", core}
}

func (b *bench) command(ctx context.Context, core, path string, words ...string) *exec.Cmd {
	all := slices.Concat(b.pins(core), []string{path}, words)
	return exec.CommandContext(ctx, all[0], all[1:]...)
}

// load runs loadctl. A run that is invalid has figures all the same, and it is told.
func (b *bench) load(ctx context.Context, t trial, url, dir string) error {
	file := filepath.Join(dir, "truth.yaml")
	if err := os.WriteFile(file, []byte(t.scenario(url)), 0o600); err != nil {
		return err
	}
	cmd := b.command(ctx, onLoads, b.binary, "run", "--ui", "none", "--agents", "1", "--loops", "1", "--pacing", t.pacing,
		"--seed", fmt.Sprint(t.Seed), "--runs", filepath.Join(dir, "runs"), "--tap", filepath.Join(dir, "tap"), file)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == summary.ExitInvalid {
		return nil
	}
	if err != nil {
		return fmt.Errorf("loadctl: %w\n%s", err, out)
	}
	return nil
}

// scenario has no limits, so that loadctl doubts a run in which its pacer was late. There
// are more users than any trial needs, and fewer than one agent may have files.
func (t trial) scenario(url string) string {
	return fmt.Sprintf(`version: 1
name: truth
target: {base_url: "%s"}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases:
  - {name: load, user: u, executor: constant-arrival-rate, rate: %g/s, arrivals: %s, duration: %v, max_vus: 5000}
agents: {min: 1}
`, url, t.Rate, t.Law, t.Length)
}

// read takes what the one run in a folder says of itself, and what it kept.
func (m *made) read(runs string) (err error) {
	var dir string
	if dir, m.summary, err = summary.Read(runs); err != nil {
		return err
	}
	r, err := runfile.Open(dir)
	if err != nil {
		return err
	}
	m.recorded, m.left = recorded(r), leftOut(r)
	if m.left > 0 {
		ofWhole(&m.summary, r)
	}
	return nil
}
