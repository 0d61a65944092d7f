package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/queued"
	"github.com/loadctl/loadctl/target/queue"
)

// The queue: eight servers of 10 ms, held to p(99)<100ms in queue.yaml.
const (
	servers = 8
	mean    = 10 * time.Millisecond
	slowest = 100 * time.Millisecond
)

// truth is what it holds.
func truth() float64 {
	capacity, _ := queue.Capacity(servers, 1/mean.Seconds(), 0.99, slowest.Seconds())
	return capacity
}

func startQueue(ctx context.Context, o options, seed int, more ...string) (*queued.Target, error) {
	return queued.Start(ctx, nil, o.binary, append([]string{"--servers", fmt.Sprint(servers), "--mean", mean.String(), "--seed", fmt.Sprint(seed)}, more...)...)
}

// ask runs loadctl, and gives its exit code and what it found. Its files lie in a folder for the time being.
func ask(ctx context.Context, o options, found any, args ...string) (exit int, last string, err error) {
	runs, err := os.MkdirTemp("", "verdicts-")
	if err != nil {
		return 0, "", err
	}
	defer os.RemoveAll(runs)
	cmd := exec.CommandContext(ctx, o.binary, append(args, "--runs", runs)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 20 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	err = cmd.Run()
	if bad, ok := errors.AsType[*exec.ExitError](err); ok {
		exit, err = bad.ExitCode(), nil
	}
	if err != nil {
		return exit, "", err
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last = lines[len(lines)-1]
	results, err := filepath.Glob(filepath.Join(runs, "*", "result.json"))
	if err != nil || len(results) != 1 {
		return exit, last, fmt.Errorf("loadctl %s left %d results: exit %d, %s", args[0], len(results), exit, last)
	}
	b, err := os.ReadFile(results[0])
	if err != nil {
		return exit, last, err
	}
	return exit, last, json.Unmarshal(b, found)
}

// tried is what benches read of a trial.
type tried struct {
	Broken   string `json:"broken"`
	Validity string `json:"validity"`
}

// void are those that were invalid, or not made.
func void(all []tried) (n int) {
	for _, t := range all {
		if t.Broken != "" || t.Validity == "invalid" {
			n++
		}
	}
	return n
}

func capfind(ctx context.Context, o options, number int) (Line, error) {
	t, err := startQueue(ctx, o, number)
	if err != nil {
		return Line{}, err
	}
	defer t.Close()
	var found struct {
		Outcome             string
		Why                 string
		Capacity, Low, High float64
		Trials              []tried
	}
	exit, _, err := ask(ctx, o, &found, "capacity", "bench/verdicts/queue.yaml", "--target", t.URL, "--seed", fmt.Sprint(1000*number), "--ui", "none")
	return Line{Verdict: found.Outcome, Exit: exit, Value: found.Capacity, Low: found.Low, High: found.High, Truth: truth(),
		Trials: len(found.Trials), Void: void(found.Trials), Why: found.Why}, err
}

// gateOf compares two queues in the short mode; slow is the factor of the candidate's service times.
func gateOf(ctx context.Context, o options, number int, slow string) (Line, error) {
	base, err := startQueue(ctx, o, 2*number)
	if err != nil {
		return Line{}, err
	}
	defer base.Close()
	candidate, err := startQueue(ctx, o, 2*number+1, "--slow", slow)
	if err != nil {
		return Line{}, err
	}
	defer candidate.Close()
	var found struct {
		Verdict string
		Why     string
		Trials  []tried
	}
	exit, _, err := ask(ctx, o, &found, "gate", "bench/verdicts/queue.yaml", "--short", "--baseline", base.URL, "--candidate", candidate.URL,
		"--capacity", fmt.Sprintf("%.2f", truth()), "--seed", fmt.Sprint(1000*number))
	return Line{Verdict: found.Verdict, Exit: exit, Trials: len(found.Trials), Void: void(found.Trials), Why: found.Why}, err
}
