package fleet

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// Stories of a fleet and of the run it belongs to: "new" calls hosts, each of so
// many agents; "step" tells what happened, one a line with its time; "show" prints
// the book. With a policy there is a run beside the fleet that says what a loss
// means: the two meet here as they do in coordinator, and do not know each other.
func TestStoriesOfARun(t *testing.T) {
	datadriven.Walk(t, "testdata/run", func(t *testing.T, path string) {
		var w *world
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "new":
				w = newWorld(t, d)
				return ""
			case "step":
				return w.steps(d.Input)
			case "show":
				return w.show()
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

// A world is a fleet, and the run it belongs to if there is one.
type world struct {
	t     *testing.T
	fleet *Fleet
	run   *run.Machine
	each  int // agents of a host
	now   time.Duration
	told  strings.Builder
}

func newWorld(t *testing.T, d *datadriven.TestData) *world {
	w := &world{t: t, each: 1}
	var limits Limits
	c := run.Config{Lead: time.Second, Phases: []run.Phase{{
		Name: "load", Duration: time.Minute, Over: -1, Start: scenarios.Start{With: -1}, DrainWithin: 10 * time.Second}}}
	policy := false
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "hosts":
			c.Hosts = a.Vals
		case "agents":
			w.each = number(t, a.Vals[0])
		case "late":
			limits.Late = span(t, a.Vals[0])
		case "policy":
			policy, c.OnLoss = true, policyNamed(t, a.Vals[0])
		case "min":
			c.Min = number(t, a.Vals[0])
		}
	}
	w.fleet = New(limits)
	for _, h := range c.Hosts {
		w.check(w.fleet.Expect(h, 0))
	}
	if policy {
		w.run = run.New(c)
	}
	return w
}

func policyNamed(t *testing.T, name string) scenarios.OnLoss {
	policy, ok := map[string]scenarios.OnLoss{
		"fail": scenarios.Fail, "degrade": scenarios.Degrade, "redistribute": scenarios.Redistribute}[name]
	if !ok {
		t.Fatalf("unknown policy %s", name)
	}
	return policy
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func span(t *testing.T, s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) say(format string, args ...any) {
	fmt.Fprintf(&w.told, "%s %s\n", w.now, fmt.Sprintf(format, args...))
}

func (w *world) check(err error) {
	if err != nil {
		w.say("refused: %v", err)
	}
}

func (w *world) steps(input string) string {
	w.told.Reset()
	for line := range strings.Lines(input) {
		f := strings.Fields(line)
		w.now = span(w.t, f[0])
		w.step(f[1], f[2:])
	}
	if w.told.Len() == 0 {
		return "nothing\n"
	}
	return w.told.String()
}

func (w *world) step(word string, f []string) {
	switch word {
	case "expect":
		w.check(w.fleet.Expect(f[0], w.now))
	case "join":
		w.join(f[0])
	case "prepare":
		w.prepare()
	case "ready":
		w.tell(run.Ready{Host: f[0]})
	case "heard":
		w.changes(w.fleet.Heard(f[0], w.now))
	case "report":
		w.report(f[0], int64(number(w.t, f[1])), f[2:])
	case "finish":
		w.fleet.Finish(f[0])
	case "lose-agent":
		w.changes(w.fleet.LoseAgent(f[0], strings.Join(f[1:], " ")))
	case "lose-host":
		w.changes(w.fleet.LoseHost(f[0], strings.Join(f[1:], " ")))
	case "redistribute":
		w.redistribute(f)
	case "tick":
		w.tick(len(f) == 0)
	default:
		w.t.Fatalf("unknown word %q", word)
	}
}

func (w *world) join(host string) {
	if err := w.fleet.Join(host, w.now); err != nil {
		w.say("told to stop: %v", err)
		return
	}
	w.tell(run.Joined{Host: host})
}

// prepare enlists the agents of every host, as many as the story began with.
func (w *world) prepare() {
	for _, h := range w.fleet.Hosts() {
		for i := range w.each {
			w.check(w.fleet.Enlist(h.Name, fmt.Sprintf("%s-%d", h.Name, i+1)))
		}
	}
	w.fleet.Divide()
}

// report is a message like any other, and then one with a window in it.
func (w *world) report(host string, window int64, agents []string) {
	w.changes(w.fleet.Heard(host, w.now))
	if missing := w.fleet.Report(host, window, agents, w.now); len(missing) > 0 {
		w.say("window %d of %s lacks %s", window, host, strings.Join(missing, " "))
	}
}

func (w *world) redistribute(lost []string) {
	for _, a := range w.fleet.Redistribute(lost...) {
		w.say("%s now runs %s", a.Name, slots(a))
	}
}

func (w *world) tick(reporting bool) {
	w.changes(w.fleet.Tick(w.now, reporting))
	w.tell(run.Tick{})
}

// changes tells what the fleet found out, and asks the run what that means.
func (w *world) changes(found []Change) {
	for _, c := range found {
		who := strings.TrimSpace(c.Host + " [" + strings.Join(c.Agents, " ") + "]")
		if c.To != Lost {
			w.say("%s is %s: %s", who, c.To, c.Why)
			continue
		}
		w.say("%s is lost from window %d on: %s", who, c.Window, c.Why)
		w.tell(run.Lost{Host: c.Host, Agents: c.Agents, Window: c.Window, Live: len(w.fleet.Live()), Why: c.Why})
	}
}

func (w *world) tell(e run.Event) {
	if w.run == nil {
		return
	}
	for _, a := range w.run.Step(w.now, e) {
		w.do(a)
	}
}

// do is what of a run concerns its fleet.
func (w *world) do(a run.Action) {
	switch a := a.(type) {
	case run.Become:
		w.say("→ %s", a.State)
	case run.Prepare:
		w.prepare()
	case run.Say:
		if a.Event.Level == stats.Severe || a.Event.Kind == "stop" {
			w.say("say %s: %s", a.Event.Kind, a.Event.Text)
		}
	case run.Reshare:
		w.redistribute(a.Lost)
	}
}

func (w *world) show() string {
	var b strings.Builder
	for _, h := range w.fleet.Hosts() {
		fmt.Fprintf(&b, "%s %s window=%d\n", h.Name, h.State, h.Window)
		for _, a := range w.fleet.On(h.Name) {
			fmt.Fprintf(&b, "  %s %s window=%d %s\n", a.Name, a.State, a.Window, slots(a))
		}
	}
	return b.String()
}

// slots writes a share as 0/2 1/4, index and modulus.
func slots(a *Agent) string {
	if len(a.Share) == 0 {
		return "-"
	}
	var parts []string
	for _, s := range a.Share {
		parts = append(parts, fmt.Sprintf("%d/%d", s.Index, s.Of))
	}
	return strings.Join(parts, " ")
}
