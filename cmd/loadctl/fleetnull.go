package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

func noNullRunFlag(f *pflag.FlagSet, o *runOptions) {
	f.BoolVar(&o.noNullRun, "no-null-run", false, "do not try first whether the machines of --hosts or --fleet make the load at all (see docs/hosts.md)")
}

// nullRunWithin bounds the trials of machines: three of some seconds, and what their starts may take. The program may have to
// be pushed before them, which has limits of its own.
const nullRunWithin = time.Minute

// errUnreached is of machines that cannot be reached: the run itself will say what is wrong with all of them.
var errUnreached = errors.New("not reached")

// tryMachines makes a null run of the machines that the load is to come from, which takes some seconds, and refuses a load
// that they do not make. How often closed users ask is not known before, and nothing is held against it. A null run that
// cannot be made is a warning.
func (j *job) tryMachines(ctx context.Context) error {
	if !j.far() || j.noNullRun || plan.Asked(j.scenario) == 0 {
		return nil
	}
	if err := j.rent(ctx); err != nil {
		return unlessStopped(ctx, err)
	}
	found, err := j.nullRun(ctx)
	switch {
	case ctx.Err() != nil:
		return interrupted()
	case errors.Is(err, errUnreached):
		return nil
	case err != nil:
		j.untried = fmt.Sprintf("no null run of the machines could be made: %v", err)
		fmt.Fprintf(j.errw, "loadctl: warning: %s\n", j.untried)
		return nil
	}
	if err = found.Refusal(); err != nil {
		return cannot(fmt.Errorf("null run: %w", err), "or ask for less; --no-null-run goes without this, and then the generator may be what is measured")
	}
	j.fleetCeiling = &found
	return nil
}

// unlessStopped is an error, or that somebody has interrupted what came to it.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	return err
}

// fleetHeadroom is the same as headroom of a run by other machines.
func (j *job) fleetHeadroom() (ceiling float64, warnings []string) {
	if j.untried != "" {
		return 0, []string{j.untried}
	}
	if j.fleetCeiling == nil {
		return 0, nil
	}
	if text := j.fleetCeiling.Warning(); text != "" {
		warnings = append(warnings, text)
	}
	return j.fleetCeiling.Rate, warnings
}

// nullRun makes the trials, with a null target on every machine.
func (j *job) nullRun(ctx context.Context) (c plan.FleetCeiling, err error) {
	here, err := startTarget(ctx, j.exe, "the null target", "null")
	if err != nil {
		return c, err
	}
	defer here.stop()
	stop, err := j.nullTargets(ctx, here.baseURL)
	defer stop()
	if err != nil {
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, nullRunWithin)
	defer cancel()
	return plan.FindFleetCeiling(j.scenario, len(j.addresses()), plan.FleetTrialLength, func(k plan.TrialKind, t scenarios.Trial) (plan.Tried, error) {
		t.BaseURL = here.baseURL
		tried, err := j.trial(ctx, &t)
		if err == nil {
			fmt.Fprintln(j.errw, "null run:", tried.Line(k, t.Rate))
		}
		return tried, err
	})
}

// trial is one run by all machines. Nothing of it is shown or recorded.
func (j *job) trial(ctx context.Context, t *scenarios.Trial) (plan.Tried, error) {
	o := j.options
	o.Trial = t
	s, err := parse(j.file, j.scenario.Source, o)
	if err != nil {
		return plan.Tried{}, err
	}
	hosts, leave, err := j.reach(ctx)
	if err != nil {
		return plan.Tried{}, err
	}
	defer leave()
	r := &stats.Run{}
	c, err := coordinator.New(coordinator.Config{
		RunID: newRunID(time.Now()), Scenario: s, File: j.file, BaseURL: o.BaseURL, Agents: j.agents, Loops: j.loops, Seed: 1,
		Pacing: j.pacing, Poller: j.poller, Tick: j.tick, Hosts: hosts, Version: buildID(), Sink: r.Apply,
	})
	if err != nil {
		return plan.Tried{}, err
	}
	if _, err = c.Run(ctx); err == nil && r.Layout == nil {
		err = errors.New("a trial never began")
	}
	if err != nil {
		return plan.Tried{}, err
	}
	return plan.TriedOf(r), nil
}

// The scripts of null targets. A kernel and its network are one machine, whatever it is called by: there can be one null
// target at an address of it.
const (
	whichMachine = `cat /proc/sys/kernel/random/boot_id; readlink /proc/self/ns/net`
	nullTarget   = `exec "$1" target null --listen "$2" --lifeline 3 3<&0 </dev/null`
)

// nullTargets starts a null target on each machine, at the address of the one that is here: one request of each run is made
// from here. stop ends them, and is there with an error, too.
func (j *job) nullTargets(ctx context.Context, baseURL string) (stop func(), err error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return func() {}, err
	}
	n := nullTargets{at: u.Host, seen: map[string]bool{thisMachine(): true}, cfg: ssh.Config{Who: whoami(), Executable: j.exe, Pushed: j.pushed}}
	machines := j.addresses()
	errs := make([]error, len(machines))
	var all sync.WaitGroup
	for i, a := range machines {
		all.Go(func() {
			if err := n.start(ctx, a); err != nil {
				errs[i] = fmt.Errorf("%s: %w", a, err)
			}
		})
	}
	all.Wait()
	return n.stop, errors.Join(errs...)
}

// nullTargets are those on other machines.
type nullTargets struct {
	at  string // their address
	cfg ssh.Config

	mu      sync.Mutex
	seen    map[string]bool // machines that have one
	leaving []func()
}

func (n *nullTargets) start(ctx context.Context, a ssh.Address) error {
	m, err := ssh.Login(ctx, n.cfg, a)
	if err != nil {
		return errors.Join(errUnreached, err)
	}
	n.leave(m.Close)
	path, err := m.Push(ctx)
	if err != nil {
		return errors.Join(errUnreached, err)
	}
	which, err := m.Run(ctx, whichMachine)
	if err != nil {
		return fmt.Errorf("asking which machine it is: %w", err)
	}
	if n.has(which) {
		return nil
	}
	if _, _, err = m.Serve(ctx, nullTarget, path, n.at); err != nil {
		return fmt.Errorf("starting a null target at %s there: %w", n.at, err)
	}
	return nil
}

// has says whether a machine has one already, and that it has from now on.
func (n *nullTargets) has(which string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	had := n.seen[which]
	n.seen[which] = true
	return had
}

func (n *nullTargets) leave(how func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.leaving = append(n.leaving, how)
}

// stop leaves all machines, and with that ends what was started there.
func (n *nullTargets) stop() {
	var all sync.WaitGroup
	for _, leave := range n.leaving {
		all.Go(leave)
	}
	all.Wait()
}

// thisMachine is what whichMachine says here; "" where nobody knows.
func thisMachine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	net, nerr := os.Readlink("/proc/self/ns/net")
	if err != nil || nerr != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "\n" + net
}
