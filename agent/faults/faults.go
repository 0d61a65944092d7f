// Package faults is what a run is told to get wrong on purpose, so that it can be seen
// that loadctl notices: the text of --fault, and what it does. It breaks nothing
// itself: whoever owns what is to be wrong asks here. The machine is never touched.
package faults

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Fault sets the wall clock of agents ahead (or back, where By is negative), as they
// read it, stamps of the kernel included.
type Fault struct {
	By    time.Duration
	From  stats.Offset // 0 = since before the run
	Agent string       // such as "local-1"; "" = all agents
}

// grammar is told with every mistake.
const grammar = "a fault is clock=±DURATION[@OFFSET][,agent=NAME], such as clock=+500ms@3s,agent=local-1"

// Parse reads the text of one --fault.
func Parse(text string) (Fault, error) {
	f, err := parse(text)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w; %s", text, err, grammar)
	}
	return f, nil
}

func parse(text string) (f Fault, err error) {
	what, rest, more := strings.Cut(text, ",")
	if more {
		name, ok := strings.CutPrefix(rest, "agent=")
		if !ok || name == "" || strings.Contains(name, ",") {
			return f, fmt.Errorf("%q names no agent", rest)
		}
		f.Agent = name
	}
	kind, value, _ := strings.Cut(what, "=")
	if kind != "clock" {
		return f, fmt.Errorf("there is no fault called %q", kind)
	}
	by, from, timed := strings.Cut(value, "@")
	if f.By, err = time.ParseDuration(by); err != nil || f.By == 0 {
		return f, fmt.Errorf("a clock is set by a duration other than 0, got %q", by)
	}
	if !timed {
		return f, nil
	}
	if f.From, err = time.ParseDuration(from); err != nil || f.From < 0 {
		return f, fmt.Errorf("an offset is a duration from the beginning of the run, got %q", from)
	}
	return f, nil
}

// String is what Parse reads.
func (f Fault) String() string {
	text := fmt.Sprintf("clock=%s", f.By)
	if f.By > 0 {
		text = fmt.Sprintf("clock=+%s", f.By)
	}
	if f.From > 0 {
		text += "@" + f.From.String()
	}
	if f.Agent != "" {
		text += ",agent=" + f.Agent
	}
	return text
}

// WallShift is by how much the wall clock of an agent is wrong at an offset from the
// epoch; before it, offsets are negative. nil where it never is.
func WallShift(all []Fault, agent string) func(stats.Offset) time.Duration {
	var mine []Fault
	for _, f := range all {
		if f.Agent == "" || f.Agent == agent {
			mine = append(mine, f)
		}
	}
	if mine == nil {
		return nil
	}
	return func(at stats.Offset) (by time.Duration) {
		for _, f := range mine {
			if f.From == 0 || at >= f.From {
				by += f.By
			}
		}
		return by
	}
}
