// Package harms does harm to the generator while it measures, and asks whether the
// run says so: a measurement that was spoilt must be invalid, with the reason, and one
// that was not must not be. It refuses to harm anything but processes, groups and
// networks that it made itself.
package harms

import (
	"context"
	"regexp"
	"time"
)

// A Fault is one kind of harm.
type Fault struct {
	Name string
	What string
	// Reason is what one of the reasons of a right verdict looks like; of no harm, nil.
	Reason *regexp.Regexp
	args   []string                          // of loadctl run
	queue  []string                          // of the target, besides its service
	place  func(*try) (func(), error)        // where target and load run, before both
	harm   func(context.Context, *try) error // once the load is in full swing
}

// Clean says whether there is no harm at all, so that any alarm is false.
func (f Fault) Clean() bool { return f.Reason == nil }

const (
	rate    = 500 // requests a second
	length  = 7 * time.Second
	agents  = 2
	begins  = 2 * time.Second // into the load
	lasts   = 2 * time.Second
	pressed = 3 * time.Second // what takes CPU, not all of it
)

// reasons are what one reason of a right verdict must look like: it names the cause, not
// only that something came late. This table is the place to change when loadctl finds
// other words.
func reasons() map[string]string {
	return map[string]string{
		"stopped":   `stood still`,
		"hogs":      `programs other than agents kept .* busy`,
		"throttled": `control group was throttled`,
		"files":     `out of files`,
		"ports":     `out of ports`,
		"clock":     `wall clock of agent \S+ stepped`,
		"clock-one": `wall clock of agent local-1 stepped`,
		"killed":    `was lost at .* killed by signal`,
	}
}

// All are the faults, and no fault at last.
func All() []Fault {
	all := []Fault{
		{Name: "stopped", What: "an agent stands still for 2 s (SIGSTOP)", harm: stopAgent},
		{Name: "hogs", What: "busy processes that go before it, on every core for 3 s", harm: hogs},
		{Name: "throttled", What: "agents in a group with 1 % of a core for 3 s (cgroup)", harm: throttle},
		{Name: "files", What: "no more files than 460 (ulimit -n), and a target that stands still", place: fewFiles, queue: frozen()},
		{Name: "ports", What: "no more ports than 1,040 (in a network of its own), and a target that stands still", place: fewPorts, queue: frozen(),
			args: []string{"--sources", "127.0.0.1"}},
		{Name: "clock", What: "the wall clock steps by 500 ms", args: []string{"--fault", "clock=+500ms@3s"}},
		{Name: "clock-one", What: "the wall clock of one agent steps by 500 ms", args: []string{"--fault", "clock=+500ms@3s,agent=local-1"}},
		{Name: "killed", What: "an agent is killed (SIGKILL)", harm: killAgent},
		{Name: clean, What: "nothing is done"},
	}
	for i, f := range all {
		if text, ok := reasons()[f.Name]; ok {
			all[i].Reason = regexp.MustCompile(text)
		}
	}
	return all
}

// frozen has new connections opened for what is due meanwhile, up to 1,500 in all. What
// is planned for fits, or loadctl would refuse to run.
func frozen() []string { return []string{"--freeze-at", "2s", "--freeze-for", "3s"} }

// clean is the name of no fault.
const clean = "clean"
