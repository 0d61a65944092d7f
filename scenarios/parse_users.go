package scenarios

import (
	"slices"
	"strings"
	"time"
)

func (p *parser) users(top *object) {
	for _, e := range p.entries(top.require("users"), "users") {
		p.s.Users = append(p.s.Users, p.user(e))
	}
	if n := top.get("users"); n != nil && n.Kind == mappingNode && len(n.Content) == 0 {
		p.wrong(n, "users has no user")
	}
}

func (p *parser) user(e entry) User {
	p.goodName(e.Key, "user", e.Name)
	o := p.object(e.Value, "user "+e.Name, grammar.user)
	u := User{Name: e.Name, Wait: p.wait(o.get("wait_time"), "wait_time", true)}
	p.slow = p.readNetwork(o.get("network"), Network{})
	tasks := o.require("tasks")
	for _, t := range p.entries(tasks, "tasks") {
		u.Tasks = append(u.Tasks, p.task(t))
		u.TotalWeight += u.Tasks[len(u.Tasks)-1].Weight
	}
	if tasks != nil && u.TotalWeight == 0 {
		p.wrong(tasks, "user %s has no task with a weight above 0", e.Name)
	}
	return u
}

// goodName refuses names that could not be written in a threshold or a file name.
func (p *parser) goodName(n *node, what, name string) {
	if !isWord(name) || len(name) > 64 {
		p.wrong(n, "a %s's name has at most 64 letters, digits, - and _, got %q", what, shorten(name))
	}
}

// maxWeight keeps sums of weights small.
const maxWeight = 1_000_000

func (p *parser) task(e entry) Task {
	p.goodName(e.Key, "task", e.Name)
	o := p.object(e.Value, "task "+e.Name, grammar.task)
	t := Task{Name: e.Name, Weight: 1}
	o.count("weight", 0, &t.Weight)
	if t.Weight > maxWeight {
		p.wrong(o.get("weight"), "weight: must be at most %d, got %d", maxWeight, t.Weight)
		t.Weight = 1
	}
	if steps := o.require("steps"); steps != nil {
		t.Steps = p.steps(steps, e.Name)
	}
	return t
}

// steps reads the requests of a task, each with the pause written before it.
func (p *parser) steps(n *node, task string) []Step {
	var steps []Step
	var pause Wait
	var pauseAt *node
	for _, item := range p.list(n, "steps") {
		o := p.object(item, "step", grammar.step)
		if at := o.get("think"); at != nil && p.isPause(o, at) {
			if pauseAt != nil {
				p.wrong(at, "a pause follows a pause: write one")
			}
			pause, pauseAt = p.wait(at, "think", false), at
			continue
		}
		step := p.step(o)
		step.Think, pause, pauseAt = pause, Wait{}, nil
		steps = append(steps, step)
	}
	if pauseAt != nil {
		p.wrong(pauseAt, "a pause ends the task; wait_time is what users wait between tasks")
	}
	if len(steps) == 0 {
		p.wrong(n, "task %s has no request", task)
	}
	return steps
}

// isPause says whether a step is a pause alone, and notes when it is not.
func (p *parser) isPause(o *object, at *node) bool {
	if len(o.Entries) > 1 {
		p.wrong(at, "think is a step of its own: write - think: … before or after the request")
		return false
	}
	return true
}

// wait reads 1s, {constant: 1s}, {between: [1s, 5s]}, {exponential: 2s} or
// {pacing: 10s}; the last only where it says how iterations follow each other.
func (p *parser) wait(n *node, what string, pacing bool) Wait {
	if n = p.present(n); n == nil {
		return Wait{}
	}
	if n.Kind == scalarNode {
		return p.constantWait(n, what)
	}
	kinds := grammar.think
	if pacing {
		kinds = grammar.wait
	}
	o := p.object(n, what, kinds)
	if o.isMapping() && len(o.Entries) != 1 {
		p.hinted(n, "such as {between: [1s, 5s]}", "%s needs one of %s", what, strings.ReplaceAll(kinds.known, " ", ", "))
		return Wait{}
	}
	w := Wait{}
	for key, kind := range map[string]WaitKind{"constant": Constant, "exponential": Exponential, "pacing": Pacing} {
		if o.has(key) {
			w.Kind = kind
			o.duration(key, time.Duration(min(int(kind-Constant), 1)), &w.Min)
			w.Max = w.Min
		}
	}
	if at := o.get("between"); at != nil {
		w = p.between(at)
	}
	return w
}

func (p *parser) constantWait(n *node, what string) Wait {
	if hint := pauseHint(n.Value); hint != "" {
		p.hinted(n, hint, "%s: %q is not a duration", what, shorten(n.Value))
		return Wait{}
	}
	d, _ := p.duration(n, what, 0)
	return Wait{Kind: Constant, Min: d, Max: d}
}

func (p *parser) between(n *node) Wait {
	items := p.list(n, "between")
	if len(items) != 2 {
		if n.Kind == sequenceNode {
			p.wrong(n, "between takes two durations, such as [1s, 5s]")
		}
		return Wait{}
	}
	low, _ := p.duration(items[0], "between", 0)
	high, ok := p.duration(items[1], "between", 0)
	if ok && low > high {
		p.wrong(n, "between: %v is more than %v", low, high)
		return Wait{}
	}
	return Wait{Kind: Between, Min: low, Max: high}
}

// findTask looks a task up by name: of one user, or of all for user -1.
func (p *parser) findTask(user int, task string) (foundUser, foundTask, times int) {
	for u := range p.s.Users {
		if user >= 0 && u != user {
			continue
		}
		t := slices.IndexFunc(p.s.Users[u].Tasks, func(t Task) bool { return t.Name == task })
		if t >= 0 {
			foundUser, foundTask, times = u, t, times+1
		}
	}
	return foundUser, foundTask, times
}
