package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/local"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// runOptions are the flags of `loadctl run`.
type runOptions struct {
	ui         string
	interval   time.Duration
	hold       time.Duration
	runs       string
	vars       []string
	target     string
	agents     int
	loops      int
	seed       uint64
	pacing     string
	tick       time.Duration
	authorised []string
	token      string
}

func newRun() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a scenario: live dashboard, then a report and an exit code",
		Long: "Starts a host and its agents, drives the scenario's target, and writes a run directory.\n" +
			"Ctrl-C stops issuing, drains and writes everything; twice stops at once.\n\n" +
			"Exit codes: 0 held, 1 could not be done, 2 usage or invalid file, 97 the generator was measured\n" +
			"rather than the target, 99 a threshold broke, 130 interrupted.",
		Example: "  loadctl run scenarios/items.yaml\n  loadctl run scenarios/hold-50k.yaml --ui plain -e connections=10000",
		Args:    oneFile,
		RunE: func(c *cobra.Command, args []string) error {
			return runFile(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *runOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.ui, "ui", "auto", "how to watch: auto, tui, plain, json, none")
	f.DurationVar(&o.interval, "interval", 0, "time between lines of --ui plain and json (default 10s and 1s)")
	f.DurationVar(&o.hold, "hold", 10*time.Second, "how long the finished dashboard stays, unless a key is pressed")
	f.StringVar(&o.runs, "runs", "runs", "`directory` that holds the run directories")
	f.StringArrayVarP(&o.vars, "var", "e", nil, "replace a variable of the file: `name=value`")
	f.StringVar(&o.target, "target", "", "base `URL` to load instead of the file's, or of its bundled target")
	f.IntVar(&o.agents, "agents", 0, "agent processes; 0 means as many as the load needs, at least 2")
	f.IntVar(&o.loops, "loops", 0, "event loops of each agent; 0 means by the number of cores")
	f.Uint64Var(&o.seed, "seed", 1, "of arrivals, choices and random values: the same seed is the same load")
	f.StringVar(&o.pacing, "pacing", "auto", "auto, ticks or precise")
	f.DurationVar(&o.tick, "tick", 0, "tick of --pacing ticks (default 1ms)")
	f.StringArrayVar(&o.authorised, "i-am-authorised", nil, "vouch for a public `HOST` of the file's allow_hosts")
	f.StringVar(&o.token, "target-token", "", "what a public target must answer at /.well-known/loadctl")
}

func oneFile(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return usage(fmt.Errorf("want one scenario FILE, got %d arguments", len(args)), "for example: loadctl run scenarios/items.yaml")
}

// A job is one run being put together.
type job struct {
	runOptions
	id, file, exe string
	given         variables
	scenario      *scenarios.Scenario
	baseURL       string // replaces the file's: --target, or the bundled target's
	out, errw     io.Writer
	ui            string
	color         bool // of text on standard output
	controls      *controls
}

func runFile(ctx context.Context, out, errw io.Writer, file string, o runOptions) error {
	j, err := newJob(out, errw, file, o)
	if err != nil {
		return err
	}
	j.controls = newControls()
	defer j.controls.close()
	writer, err := runfile.Create(o.runs, j.id)
	if err != nil {
		return cannot(err, "choose another place with --runs")
	}
	r, err := j.withTarget(ctx, writer)
	if r == nil {
		if aerr := writer.Abandon(); aerr != nil {
			fmt.Fprintln(errw, "loadctl:", aerr)
		}
		return err
	}
	return j.conclude(r, writer, err)
}

func newJob(out, errw io.Writer, file string, o runOptions) (*job, error) {
	given, err := parseVars(o.vars, os.Environ())
	if err != nil {
		return nil, err
	}
	s, err := load(file, given, o.target)
	if err != nil {
		return nil, err
	}
	ui, err := chooseUI(o.ui, out, os.Getenv)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, cannot(fmt.Errorf("finding this program: %w", err), "")
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(errw, "%s: warning: %s\n", file, w)
	}
	return &job{runOptions: o, id: newRunID(time.Now()), file: file, exe: exe, given: given, scenario: s, baseURL: o.target,
		out: out, errw: errw, ui: ui, color: colorful(out, os.Getenv)}, nil
}

// newRunID is the UTC time and four random characters.
func newRunID(now time.Time) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	random := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:4]
	return now.UTC().Format("20060102-150405-") + random
}

// withTarget starts the bundled target when the file asks for it, and runs. The
// run is nil when it never began.
func (j *job) withTarget(ctx context.Context, writer *runfile.Writer) (*stats.Run, error) {
	if !j.scenario.Target.Bundled || j.target != "" {
		return j.drive(ctx, writer)
	}
	t, err := j.startTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer t.stop()
	j.baseURL = t.baseURL
	if j.scenario, err = load(j.file, j.given, t.baseURL); err != nil {
		return nil, err
	}
	return j.drive(ctx, writer)
}

func (j *job) startTarget(ctx context.Context) (*bundled, error) {
	ctx, release := j.controls.cancelling(ctx)
	defer release()
	t, err := startBundled(ctx, j.exe, j.scenario.Target.Workers)
	switch {
	case ctx.Err() != nil:
		t.stop()
		return nil, errNeverBegan()
	case err != nil:
		return nil, cannot(err, "")
	}
	return t, nil
}

// drive does the run, and shows and records it as it grows.
func (j *job) drive(ctx context.Context, writer *runfile.Writer) (*stats.Run, error) {
	screen := j.screen(ctx)
	record := recording{to: writer, watch: screen.update}
	c, err := coordinator.New(j.config(record.apply))
	var result stats.Result
	if err == nil {
		result, err = c.Run(ctx)
	}
	j.controls.onInterrupt(j.busy(screen))
	screen.leave()
	if record.run.Layout == nil {
		return nil, asFailure(result, err)
	}
	return &record.run, err
}

// busy is what an interrupt does to a run that is over: the finished dashboard is
// left, and nobody takes the writing of files for a hang.
func (j *job) busy(s screen) func() {
	say := sync.OnceFunc(func() {
		fmt.Fprintln(j.errw, "loadctl: the run is over and is being written, which cannot be interrupted")
	})
	return func() { s.quit(); say() }
}

// A recording is a run as it grows: kept, written down and shown.
type recording struct {
	run    stats.Run
	to     *runfile.Writer
	watch  func(*stats.Run, stats.Update)
	failed bool
}

func (r *recording) apply(u stats.Update) {
	r.to.Apply(u)
	r.show(u)
	if err := r.to.Err(); err != nil && !r.failed {
		r.failed = true
		r.show(stats.Update{Event: &stats.Event{At: r.run.Now(), Level: stats.Severe, Kind: "note",
			Text: err.Error() + ": the run goes on, its files will not be whole"}})
	}
}

func (r *recording) show(u stats.Update) {
	r.run.Apply(u)
	r.watch(&r.run, u)
}

func (j *job) config(sink func(stats.Update)) coordinator.Config {
	return coordinator.Config{
		RunID: j.id, Scenario: j.scenario, File: j.file, Vars: j.scenario.Vars, BaseURL: j.baseURL,
		Authorised: j.authorised, Token: j.token,
		Agents: j.agents, Loops: j.loops, Seed: j.seed, Pacing: j.pacing, Tick: j.tick,
		Hosts:   []coordinator.Host{local.New(local.Config{Name: "local", Command: j.hostCommand})},
		Version: buildID(), Args: os.Args,
		Sink: sink, Controls: j.controls.out,
	}
}

// asFailure gives an error of a run that never began its exit code.
func asFailure(r stats.Result, err error) error {
	if r.ExitCode == exitInterrupted {
		return errNeverBegan()
	}
	if err == nil {
		err = errors.New("the run never began")
	}
	if _, ok := errors.AsType[*coordinator.UsageError](err); ok {
		return usage(err, "")
	}
	return cannot(err, "")
}

func errNeverBegan() error {
	return &failure{code: exitInterrupted, err: errors.New("interrupted before the run began: nothing was recorded")}
}
