package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/agent/faults"
	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// runOptions are the flags of `loadctl run`.
type runOptions struct {
	loadOptions
	diagnostics
	ui         string
	interval   time.Duration
	hold       time.Duration
	runs       string
	seed       uint64
	pacing     string
	poller     string
	tick       time.Duration
	authorised []string
	token      string
	timing     bool
	faults     []string
	monitors   []string
	hosts      []string
	direct     string // where they dial
	fleet      string // linode, or the id of one that is up
	yes        bool   // rent without asking
	noNullRun  bool
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
		Args:    fileFor("run"),
		RunE: func(c *cobra.Command, args []string) error {
			return runFile(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *runOptions) flags(f *pflag.FlagSet) {
	o.loadOptions.flags(f)
	f.StringVar(&o.ui, "ui", "auto", "how to watch: auto, tui, plain, json, none")
	f.DurationVar(&o.interval, "interval", 0, "time between lines of --ui plain and json (default 10s and 1s)")
	f.DurationVar(&o.hold, "hold", 10*time.Second, "how long the finished dashboard stays, unless a key is pressed")
	f.StringVar(&o.runs, "runs", "runs", "`directory` that holds the run directories")
	f.Uint64Var(&o.seed, "seed", 1, "of arrivals, choices and random values: the same seed is the same load")
	f.StringVar(&o.pacing, "pacing", "auto", "auto, ticks or precise")
	f.DurationVar(&o.tick, "tick", 0, "tick of --pacing ticks (default 1ms)")
	f.StringVar(&o.poller, "poller", "auto", "how agents use sockets: io_uring, epoll, or auto: the first where the kernel lets us")
	f.BoolVar(&o.timing, "server-timing", false, "record what answers tell of their time, where the file does not say (see docs/measurement.md)")
	hostsFlag(f, o)
	noNullRunFlag(f, o)
	o.diagnostics.flags(f)
	f.Lookup("tap").Usage = "`directory` for a row of every request, a file a loop (see docs/measurement.md)"
	f.Lookup("pprof").Usage = "`directory` for profiles of agents, host and coordinator (see docs/engine.md)"
	f.StringArrayVar(&o.authorised, "i-am-authorised", nil, "vouch for a public `HOST` of the file's allow_hosts")
	f.StringVar(&o.token, "target-token", "", "what a public target must answer at /.well-known/loadctl")
	f.StringArrayVar(&o.monitors, "monitor", nil, "sample a Prometheus endpoint at `URL` too, or none to sample nothing (see docs/monitoring.md)")
	f.StringArrayVar(&o.faults, "fault", nil, "what agents get wrong on purpose, such as clock=+500ms@3s,agent=local-1")
	_ = f.MarkHidden("fault") // it is there
}

// A job is one run being put together.
type job struct {
	runOptions
	id, file, exe string
	options       scenarios.Options // with the base URL that replaces the file's: --target, or the bundled target's
	scenario      *scenarios.Scenario
	tls           secure.Files
	own           []netip.Addr   // source addresses asked for
	machines      []ssh.Address  // of --hosts, that run agents; none = this one, or those of a fleet
	dialled       netip.AddrPort // of --direct
	hired         *hire          // the fleet of --fleet; nil = none
	fleetCeiling  *plan.FleetCeiling
	untried       string // why no null run of the machines could be made
	vouched       string // host of a target that was rented for this and is ours therefore; "" = none
	faulty        []faults.Fault
	sampled       []scenarios.Monitor // by --monitor
	unsampled     bool                // by --monitor none
	out, errw     io.Writer
	controls      *controls
	ui            string
	color         bool // of text on standard output
}

func runFile(ctx context.Context, out, errw io.Writer, file string, o runOptions) error {
	controls := newControls(ctx)
	defer controls.close()
	j, err := controls.unlessStopped(func() (*job, error) { return newJob(out, errw, file, o) })
	if err != nil {
		return err
	}
	j.controls = controls
	stop, err := j.diagnosed()
	if err != nil {
		return err
	}
	defer stop()
	return j.onFleet(j.scenario.PlannedDuration(), func() error { return j.make(ctx) })
}

// make does the run, and tells of it.
func (j *job) make(ctx context.Context) error {
	writer, err := runfile.Create(j.runs, j.id)
	if err != nil {
		return cannot(err, "choose another place with --runs")
	}
	r, err := j.withTarget(ctx, writer)
	if r == nil {
		if aerr := writer.Abandon(); aerr != nil {
			fmt.Fprintln(j.errw, "loadctl:", aerr)
		}
		return err
	}
	return j.conclude(r, writer, err)
}

func newJob(out, errw io.Writer, file string, o runOptions) (*job, error) {
	opt, err := variables(o.vars, os.Environ())
	if err != nil {
		return nil, err
	}
	opt.BaseURL, opt.ServerTiming = o.target, o.timing
	s, files, err := load(file, opt)
	if err != nil {
		return nil, err
	}
	own, err := sourceAddresses(o.sources)
	if err != nil {
		return nil, err
	}
	machines, err := o.elsewhere(s)
	if err != nil {
		return nil, err
	}
	dialled, err := o.directTo(machines)
	if err != nil {
		return nil, err
	}
	faulty, err := parseFaults(o.faults)
	if err != nil {
		return nil, err
	}
	sampled, unsampled, err := monitorsOf(o.monitors)
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
	return &job{runOptions: o, own: own, machines: machines, dialled: dialled, faulty: faulty, sampled: sampled, unsampled: unsampled, id: newRunID(time.Now()), file: file, exe: exe, options: opt, scenario: s, tls: files,
		out: out, errw: errw, ui: ui, color: colorful(out, os.Getenv)}, nil
}

func parseFaults(texts []string) (all []faults.Fault, err error) {
	for _, text := range texts {
		f, err := faults.Parse(text)
		if err != nil {
			return nil, usage(err, "")
		}
		all = append(all, f)
	}
	return all, nil
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
	if err := j.reachable(); err != nil {
		return nil, err
	}
	t, err := startBundled(j.controls.early, j.exe, j.scenario.Target.Workers)
	switch {
	case j.controls.early.Err() != nil:
		t.stop()
		return nil, interrupted()
	case err != nil:
		return nil, cannot(err, "")
	}
	defer t.stop()
	j.options.BaseURL = t.baseURL
	if j.scenario, err = parse(j.file, j.scenario.Source, j.options); err != nil {
		return nil, err
	}
	return j.drive(ctx, writer)
}

// drive does the run, and shows and records it as it grows.
func (j *job) drive(ctx context.Context, writer *runfile.Writer) (*stats.Run, error) {
	if err := j.tryMachines(j.controls.early); err != nil {
		return nil, err
	}
	hosts, leave, err := j.reach(j.controls.early)
	switch {
	case err != nil && j.controls.early.Err() != nil:
		return nil, interrupted()
	case err != nil:
		return nil, err
	}
	defer leave()
	screen := j.screen(ctx)
	w := &watch{record: writer, show: screen.update}
	if j.ui != "tui" {
		w.errw = j.errw
	}
	c, err := coordinator.New(j.config(hosts, w.update, writer.Partial()))
	var result stats.Result
	if err == nil {
		result, err = c.Run(ctx)
	}
	screen.leave()
	if w.run.Layout == nil {
		return nil, neverBegan(result, err)
	}
	j.controls.then(func() {
		fmt.Fprintf(j.errw, "loadctl: still writing %s; wait for it, or what was measured is lost\n", writer.Path())
	})
	return &w.run, err
}

func (j *job) config(hosts []coordinator.Host, sink func(stats.Update), dir string) coordinator.Config {
	ceiling, warnings := j.headroom()
	return coordinator.Config{
		RunID: j.id, Scenario: j.scenario, File: j.file, BaseURL: j.options.BaseURL, TLS: j.tls,
		Authorised: j.authorised, Token: j.token,
		Agents: j.agents, Loops: j.loops, Seed: j.seed, Pacing: j.pacing, Tick: j.tick, Poller: j.poller,
		Sources: j.own, Faults: j.faulty,
		Hosts:   hosts,
		Version: buildID(), Args: withoutSecrets(os.Args, j.scenario.Secrets),
		Ceiling: ceiling, Warnings: slices.Concat(j.diagnosticWarnings(), j.hostWarnings(), warnings),
		Monitors: j.watched(), Dir: dir,
		Sink: j.losses(sink), Controls: j.controls.out, News: j.newsOf(), World: j.world(),
	}
}

// neverBegan gives a run that left no figures its exit code, and says why.
func neverBegan(result stats.Result, err error) error {
	if result.ExitCode == exitInterrupted {
		return interrupted()
	}
	if err == nil {
		err = errors.New("the run never began")
	}
	return refusedTarget(err)
}

// refusedTarget gives what stands against a run before it begins its exit code, and says what can be done.
func refusedTarget(err error) error {
	if _, ok := errors.AsType[*coordinator.UsageError](err); ok {
		return usage(err, "")
	}
	hint := ""
	if f, ok := errors.AsType[*secure.Failure](err); ok {
		hint = f.Hint()
	}
	return cannot(err, hint)
}
