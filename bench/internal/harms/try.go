package harms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/pause"
	"github.com/loadctl/loadctl/bench/internal/proc"
	"github.com/loadctl/loadctl/bench/internal/queued"
	"github.com/loadctl/loadctl/bench/internal/summary"
)

// A Run is what a run of loadctl said under a fault.
type Run struct {
	Verdict string   `json:"validity"`
	Exit    int      `json:"exit"`
	Reasons []string `json:"reasons"`
	Steal   float64  `json:"steal"`  // what neighbours took of the machine
	Others  float64  `json:"others"` // and processes on it that are none of ours
	Took    float64  `json:"took_s"`
}

// Skipped is why a fault cannot be done here.
type Skipped struct{ Why string }

func (s Skipped) Error() string { return s.Why }

// A try is one run while it goes on.
type try struct {
	fault  Fault
	binary string
	dir    string
	around []string // words before the commands of target and load
	limits []string // words before that of the load alone
	target *queued.Target
	cmd    *exec.Cmd
	out    bytes.Buffer
	agents []int
	after  func() error // undoes harm that lasts as long as the run
}

// Once runs loadctl under the fault. What the fault needed is gone afterwards.
func (f Fault) Once(ctx context.Context, binary string) (r Run, err error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	dir, err := os.MkdirTemp("", "loadctl-fault-")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t := &try{fault: f, binary: binary, dir: dir}
	if f.place != nil {
		undo, err := f.place(t)
		if err != nil {
			return r, err
		}
		defer undo()
	}
	args := append([]string{"--service", "const", "--mean", "1ms", "--servers", "0"}, f.queue...)
	if t.target, err = queued.Start(ctx, t.around, binary, args...); err != nil {
		return r, err
	}
	defer t.target.Close()
	r, err = t.run(ctx)
	if t.after != nil {
		err = errors.Join(err, t.after())
	}
	return r, err
}

const scenario = `version: 1
name: faults
target: {base_url: %q}
http: {timeout: 5s}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: %d/s, duration: %s}
slo: {response_time: [p(99)<200ms]}
`

func (t *try) run(ctx context.Context) (r Run, err error) {
	file := filepath.Join(t.dir, "faults.yaml")
	text := fmt.Sprintf(scenario, t.target.URL, rate, length)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return r, err
	}
	words := slices.Concat(t.around, t.limits, []string{t.binary, "run", "--ui", "none", "--agents", fmt.Sprint(agents),
		"--runs", filepath.Join(t.dir, "runs")}, t.fault.args, []string{file})
	t.cmd = exec.CommandContext(ctx, words[0], words[1:]...)
	t.cmd.Stdout, t.cmd.Stderr, t.cmd.WaitDelay = &t.out, &t.out, 5*time.Second
	before, began := proc.Now(), time.Now()
	if err := t.cmd.Start(); err != nil {
		return r, err
	}
	harmed := t.harm(ctx)
	if harmed != nil {
		_ = t.cmd.Process.Signal(syscall.SIGINT)
	}
	var left *exec.ExitError
	if err := t.cmd.Wait(); err != nil && !errors.As(err, &left) {
		return r, err
	}
	if harmed != nil {
		return r, harmed
	}
	r.Took = time.Since(began).Seconds()
	r.Steal, r.Others = before.Taken()
	r.Exit = t.cmd.ProcessState.ExitCode()
	if bytes.Contains(t.out.Bytes(), []byte("unknown flag: --fault")) {
		return r, Skipped{"this loadctl has no run --fault"}
	}
	return r, t.read(&r)
}

// harm waits for the load, and does what the fault does to it.
func (t *try) harm(ctx context.Context) error {
	if t.fault.harm == nil {
		return nil
	}
	if err := t.target.Loaded(ctx); err != nil {
		return err
	}
	if err := pause.For(ctx, begins); err != nil {
		return err
	}
	for _, p := range proc.Tree(t.cmd.Process.Pid) {
		if len(p.Args) > 1 && p.Args[1] == "agent" {
			t.agents = append(t.agents, p.PID)
		}
	}
	if len(t.agents) != agents {
		return fmt.Errorf("%d agents run, not %d", len(t.agents), agents)
	}
	return t.fault.harm(ctx, t)
}

// read finds in the run's summary what it says of itself.
func (t *try) read(r *Run) error {
	_, s, err := summary.Read(filepath.Join(t.dir, "runs"))
	if err != nil {
		return fmt.Errorf("%w, exit %d\n%s", err, r.Exit, t.out.Bytes())
	}
	r.Verdict, r.Reasons = s.Validity.Verdict, s.Validity.Reasons
	return nil
}
