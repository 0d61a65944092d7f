package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/loadctl/loadctl/bench/internal/proc"
	"github.com/loadctl/loadctl/bench/internal/tiny"
)

const (
	settle     = time.Second // after the last connect, before a stretch is weighed
	looks      = 5           // at the memory, in that stretch
	afterwards = time.Minute // for closing and the report
)

// loadctl makes one run, and looks at its agents while they hold.
func (b *bench) loadctl(ctx context.Context, w row) (weight, error) {
	ctx, stop := context.WithTimeout(ctx, w.allowed()+w.hold+afterwards)
	defer stop()
	s, err := tiny.Start(ctx, nil, b.tiny, "-processes", fmt.Sprint(w.servers()))
	if err != nil {
		return weight{}, err
	}
	defer s.Close()
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return weight{}, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "idle.yaml")
	if err := os.WriteFile(file, []byte(w.scenario("http://"+s.Addr)), 0o644); err != nil {
		return weight{}, err
	}
	c := exec.CommandContext(ctx, b.binary, "run", file, "--ui", "none", "--agents", fmt.Sprint(w.agents), "--loops", "1",
		"--runs", filepath.Join(dir, "runs"))
	var out bytes.Buffer
	c.Stdout, c.Stderr, c.WaitDelay = &out, &out, 5*time.Second
	if err := c.Start(); err != nil {
		return weight{}, err
	}
	got, held := b.watch(c.Process.Pid, w, s)
	ended, told := c.Wait(), read(dir, &got)
	if err := firstOf(held, ended); err != nil {
		return got, fmt.Errorf("%w\n%s", err, tail(out.String(), 15))
	}
	return got, told
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// watch waits until all is open, and weighs the agents that descend from a process.
func (b *bench) watch(root int, w row, s *tiny.Server) (weight, error) {
	opened, err := await(w, s, func() bool { return len(agents(root)) > 0 })
	if err != nil {
		return weight{Connections: w.connections}, err
	}
	return stretch(agents(root), w, s, opened)
}

// agents are the processes of a run that hold connections.
func agents(root int) (pids []int) {
	for _, p := range proc.Tree(root) {
		if len(p.Args) > 1 && p.Args[1] == "agent" {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// await polls the server until all are open there. loadctl tries the target before it
// begins, so accepts alone would be one too many.
func await(w row, s *tiny.Server, alive func() bool) (t tiny.Tally, err error) {
	const begins = 20 * time.Second // until the client has started
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if t, err = s.Tally(); err != nil {
			return t, err
		}
		switch passed := time.Since(began); {
		case t.Open >= uint64(w.connections):
			return t, nil
		case passed > w.allowed():
			return t, fmt.Errorf("only %s of %s connections were open after %v", thousands(int(t.Open)), thousands(w.connections), passed.Round(time.Second))
		case passed > begins && !alive():
			return t, fmt.Errorf("the client has ended with %s of %s connections open", thousands(int(t.Open)), thousands(w.connections))
		}
	}
}

// stretch weighs processes over all of the hold but its ends.
func stretch(pids []int, w row, s *tiny.Server, opened tiny.Tally) (got weight, err error) {
	time.Sleep(settle)
	got = weight{Connections: w.connections, last: opened.Last}
	clock, others, cpu, began := proc.Read(), proc.Others(), proc.CPU(pids...), time.Now()
	before, err := s.Tally()
	if err != nil {
		return got, err
	}
	for range looks {
		time.Sleep((w.hold - 2*settle) / looks)
		pss, err := proc.PSS(pids...)
		if err != nil {
			return got, fmt.Errorf("a client ended while it held: %w", err)
		}
		got.Memory = max(got.Memory, pss)
	}
	after, err := s.Tally()
	got.CPU, got.Seconds, got.Steal = (proc.CPU(pids...) - cpu).Seconds(), time.Since(began).Seconds(), proc.Read().Steal(clock)
	got.Others = proc.Others().Since(others).Seconds() / got.Seconds / float64(runtime.NumCPU())
	got.Requests = after.Requests - before.Requests
	got.Lost = uint64(w.connections) - min(after.Open, uint64(w.connections))
	return got, err
}

// read takes from the one run in dir what only loadctl knows.
func read(dir string, into *weight) error {
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("%d summaries in %s", len(files), dir)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	return readSummary(b, into)
}

func readSummary(b []byte, into *weight) error {
	var s struct {
		Started time.Time
		Phases  []struct {
			Begin     float64 `json:"begin_s"`
			Connected float64 `json:"connected_s"`
		} `json:"phases"`
		Connections struct{ Dropped, Failed uint64 } `json:"connections"`
		Beats       struct{ Intended, OK uint64 }    `json:"accounting_unrecorded"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if len(s.Phases) != 1 {
		return fmt.Errorf("%d phases in the summary", len(s.Phases))
	}
	into.Opening = s.Phases[0].Connected - s.Phases[0].Begin
	if into.last != 0 {
		into.Accepting = time.Unix(0, into.last).Sub(s.Started).Seconds() - s.Phases[0].Begin
	}
	into.Lost = max(into.Lost, s.Connections.Dropped+s.Connections.Failed)
	into.Failed = s.Beats.Intended - s.Beats.OK
	return nil
}

// tail is the end of what a program said.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
