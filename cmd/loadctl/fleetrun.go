package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// bundledIsHere refuses the bundled target for agents that are elsewhere.
func bundledIsHere(flag string) error {
	return usage(fmt.Errorf("the bundled target listens on loopback here, where the agents of %s do not reach it", flag),
		"start it where they do, with `loadctl target serve --listen`, and name it with --target")
}

// A hire is the fleet of a command with --fleet: one that is rented for it and given back, or one that was kept. It is taken
// up when it is first needed, as a search that is over needs none.
type hire struct {
	renting
	which  string // linode, or the id of a fleet
	yes    bool
	in     io.Reader
	wanted wanted
	life   time.Duration // of what it is for

	drawn   bool // the run has the terminal for itself
	muted   atomic.Bool
	fleet   *rented.Fleet
	spec    rented.Spec
	news    chan string
	over    *time.Timer // nil = not taken up
	watched sync.WaitGroup

	mu      sync.Mutex
	changed map[string]string // what became of machines, by label
}

// onFleet does something with the fleet of --fleet, if there is one, and gives it back, whatever comes of it.
func (j *job) onFleet(life time.Duration, do func() error) (err error) {
	if j.fleet == "" {
		return do()
	}
	h := &hire{which: j.fleet, yes: j.yes, in: os.Stdin, life: life, news: make(chan string, mostNews), changed: map[string]string{}}
	h.controls, h.errw, h.drawn = j.controls, j.errw, j.ui == "tui"
	j.hired = h
	j.controls.untilUnread()
	defer func() { err = j.bothEnds(err, h.leave()) }()
	return do()
}

// mostNews is how much of what becomes of machines waits for the run that it is told in.
const mostNews = 64

// bothEnds is how a command ends whose fleet was not given back, or was.
func (j *job) bothEnds(err, left error) error {
	if left == nil {
		return err
	}
	if err == nil {
		return left
	}
	printError(j.errw, left)
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return err
	}
	return &failure{weightiest(f.code, exitCode(left)), f.err, f.hint}
}

// rent takes the fleet up, once; without --fleet there is nothing to do. ctx ends the attempt.
func (j *job) rent(ctx context.Context) error {
	h := j.hired
	if h == nil || h.fleet != nil {
		return nil
	}
	to, err := farTarget(ctx, j.scenario, j.baseURL(), j.authorised)
	if err != nil {
		return err
	}
	if err := mayLoad(ctx, coordinator.Config{Scenario: j.scenario, File: j.file, BaseURL: j.options.BaseURL, TLS: j.tls, Addresses: to, Authorised: j.authorised, Token: j.token}); err != nil {
		return err
	}
	w := plan.Wish{Agents: j.agents, Loops: j.loops}
	h.wanted = wanted{scenario: j.scenario, file: j.file, wish: w, to: to, planned: h.life, ceiling: measuredHere(j.errw, j.scenario, w)}
	if h.fleets, err = theCloud(h.say); err != nil {
		return err
	}
	if h.which == scenarios.FleetLinode {
		err = h.begin(ctx)
	} else {
		err = h.take(ctx)
	}
	if err == nil {
		h.over = h.endsAt(h.fleet.ID(), h.fleet.Expires())
		h.muted.Store(h.drawn)
		h.watched.Go(h.watch) // ends with the fleet
	}
	return err
}

// endsAt has what the fleet is for end when its time is over, as a first interrupt would: then anybody may give its machines
// back, and what they may cost was reckoned until then.
func (h *hire) endsAt(id string, at time.Time) *time.Timer {
	return time.AfterFunc(time.Until(at), func() {
		h.pass(fmt.Sprintf("the time of fleet %s is over: what it is used for is stopped", id))
		h.controls.end()
	})
}

// say tells what the fleet does, unless a dashboard is on the screen: what matters of it is a warning of the run.
func (h *hire) say(text string) {
	if !h.muted.Load() {
		fmt.Fprintln(h.errw, "loadctl:", text)
	}
}

// begin rents a fleet for this command.
func (h *hire) begin(ctx context.Context) (err error) {
	h.fleet, err = h.renting.rent(ctx, h.in, "", &h.wanted, h.yes)
	if err == nil {
		h.spec = h.fleet.Spec()
		fmt.Fprintf(h.errw, "loadctl: fleet %s is up: %s\n", h.fleet.ID(), countOf(len(h.fleet.Machines(rented.Agent)), "machine", "machines"))
	}
	return err
}

// take takes up a fleet that was kept.
func (h *hire) take(ctx context.Context) error {
	standing, err := h.standing(ctx)
	if err != nil {
		return err
	}
	f, err := rented.Open(ctx, h.fleets, h.which)
	if err != nil {
		return cannot(fmt.Errorf("fleet %s: %w", h.which, err), "`loadctl fleet ls` lists those there are")
	}
	h.fleet, h.spec = f, f.Spec()
	if err := h.fits(standing.Expires); err != nil {
		return err
	}
	for _, text := range h.wanted.warningsOf(h.spec) {
		fmt.Fprintf(h.errw, "%s: warning: %s\n", h.wanted.file, text)
	}
	fmt.Fprintf(h.errw, "loadctl: fleet %s: %s, %s, expires %s\n", h.which, countOf(len(f.Machines(rented.Agent)), "machine", "machines"), paidWords(standing), expiryOf(standing, time.Now()))
	return nil
}

// standing is what is known of the kept fleet.
func (h *hire) standing(ctx context.Context) (rented.Standing, error) {
	all, err := rented.List(ctx, h.fleets)
	if err != nil {
		return rented.Standing{}, cannot(fmt.Errorf("listing the fleets: %w", err), "")
	}
	i := slices.IndexFunc(all, func(s rented.Standing) bool { return s.ID == h.which })
	if i < 0 {
		return rented.Standing{}, usage(fmt.Errorf("--fleet %s: there is no such fleet: say linode to rent one, or the ID of one that is up", h.which), "`loadctl fleet ls` lists those there are")
	}
	return all[i], nil
}

// paidWords say until when the fleet costs no more than it has.
func paidWords(s rented.Standing) string {
	until := paidUntil(s.Bill)
	if until.IsZero() {
		return "until when it is paid is not known"
	}
	return "paid until " + clockOf(until, time.Now())
}

// fits refuses a fleet that is otherwise than the file says, or is over too soon.
func (h *hire) fits(expires time.Time) error {
	wrong := h.wanted.differences(h.spec)
	if left := time.Until(expires); !expires.IsZero() && h.life > left {
		wrong = append(wrong, fmt.Errorf("it expires at %s, in %s, and this takes %s", clockOf(expires, time.Now()), spanOf(max(left, 0)), spanOf(h.life)))
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(fmt.Errorf("fleet %s is not the one that %s needs: %w", h.which, h.wanted.file, err), "rent one by its file: --fleet linode, or `loadctl fleet up`")
	}
	return nil
}

// warningsOf are what is to be known of a fleet that is used though it was not rented by this file.
func (w *wanted) warningsOf(has rented.Spec) (all []string) {
	all = w.warnings(has.Private)
	if w.scenario.Fleet == nil {
		return all
	}
	wants := 0
	for _, r := range w.scenario.Fleet.Regions {
		wants += r.Count
	}
	if n := machinesOf(has); wants > 0 && n != wants {
		all = append(all, fmt.Sprintf("the file asks for %s, and the fleet has %d", countOf(wants, "machine", "machines"), n))
	}
	return all
}

// addresses are those of the machines that make the load.
func (h *hire) addresses() (all []ssh.Address) {
	for _, m := range h.fleet.Machines(rented.Agent) {
		all = append(all, m.SSH)
	}
	return all
}

// watch passes on what becomes of machines, to the run that is under way, until the fleet is closed.
func (h *hire) watch() {
	for c := range h.fleet.Changes() {
		text := fmt.Sprintf("machine %s of the fleet: %s", c.Label, c.What)
		h.mu.Lock()
		h.changed[c.Label] = c.What
		h.mu.Unlock()
		h.pass(text)
	}
}

// pass tells something in the run that is under way.
func (h *hire) pass(text string) {
	select {
	case h.news <- text:
	default: // so much is told already
		h.say(text)
	}
}

// lost has a machine deleted that the run has lost and goes on without, if the cloud says that something became of it, too: one
// that is silent alone may come back.
func (h *hire) lost(s *scenarios.Scenario, host string) {
	if s.Agents.OnLoss == scenarios.Fail {
		return
	}
	for _, m := range h.fleet.Machines(rented.Agent) {
		h.mu.Lock()
		what := h.changed[m.Label]
		h.mu.Unlock()
		if m.SSH.Name == host && what != "" {
			h.fleet.Lost(m.Label, "lost to its run: "+what)
		}
	}
}

// losses tells the fleet of the hosts that a run loses.
func (j *job) losses(sink func(stats.Update)) func(stats.Update) {
	h := j.hired
	if h == nil {
		return sink
	}
	return func(u stats.Update) {
		sink(u)
		if u.Lost == nil || !strings.HasPrefix(u.Lost.Why, "host ") {
			return
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(u.Lost.Why, "host "), " lost: ")
		h.lost(j.scenario, host)
	}
}

// newsOf is what is learnt of the fleet while a run goes on.
func (j *job) newsOf() <-chan string {
	if j.hired == nil {
		return nil
	}
	return j.hired.news
}

// leave gives the fleet back, or leaves up the one that was kept.
func (h *hire) leave() error {
	if h.fleet == nil {
		return nil
	}
	h.muted.Store(false)
	if h.over != nil {
		h.over.Stop()
	}
	defer h.watched.Wait()
	if h.which == scenarios.FleetLinode {
		return h.down(h.fleet.ID(), h.fleet.Down)
	}
	if err := h.fleet.Close(); err != nil {
		return cannot(fmt.Errorf("leaving fleet %s up: %w", h.which, err), "give it back with: loadctl fleet down "+h.which)
	}
	words := "what it costs is not known now"
	if s, err := h.standing(context.Background()); err == nil {
		words = fmt.Sprintf("%s, %s", s.Bill, paidWords(s))
	}
	fmt.Fprintf(h.errw, "loadctl: fleet %s stays up: %s\n  give it back: loadctl fleet down %s\n", h.which, words, h.which)
	return nil
}

// fleetWords name the machines of --fleet where no address is known yet.
func (o *runOptions) fleetWords(s *scenarios.Scenario) string {
	if o.fleet != scenarios.FleetLinode || s.Fleet == nil {
		return "fleet " + o.fleet
	}
	var words []string
	for _, r := range s.Fleet.Regions {
		words = append(words, fmt.Sprintf("%d × %s in %s", r.Count, cmp.Or(s.Fleet.Type, "?"), r.Region))
	}
	return "fleet of " + strings.Join(words, ", ")
}
