package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/agent/profile"
)

// diagnostics are directories for what the processes of a run can be asked to leave of
// themselves; "" = nothing.
type diagnostics struct {
	pprof string
	tap   string
}

// flags are how they come from `run` to hosts and agents.
func (d *diagnostics) flags(f *pflag.FlagSet) {
	f.StringVar(&d.pprof, "pprof", "", "`directory` for profiles of this process")
	f.StringVar(&d.tap, "tap", "", "`directory` for a row of each request, a file a loop")
}

// command is the arguments of a process that is to know them.
func (d *diagnostics) command(name string) []string {
	words := []string{name}
	if d.pprof != "" {
		words = append(words, "--pprof", d.pprof)
	}
	if d.tap != "" {
		words = append(words, "--tap", d.tap)
	}
	return words
}

// diagnosed makes the directories ready, begins to profile the coordinator if profiles
// are asked for, and gives what ends it. That files cannot be written is known before
// anything starts.
func (j *job) diagnosed() (stop func(), err error) {
	if err := j.tapped(); err != nil || j.pprof == "" {
		return func() {}, err
	}
	if j.pprof, err = filepath.Abs(j.pprof); err != nil {
		return nil, cannot(err, "")
	}
	p, err := profile.Start(j.pprof, "coordinator")
	if err != nil {
		return nil, cannot(err, "choose another place with --pprof")
	}
	return func() {
		if err := p.Stop(); err != nil {
			fmt.Fprintln(j.errw, "loadctl:", err)
		}
	}, nil
}

func (j *job) tapped() (err error) {
	if j.tap == "" {
		return nil
	}
	if j.tap, err = filepath.Abs(j.tap); err != nil {
		return cannot(err, "")
	}
	if err := profile.Ready(j.tap); err != nil {
		return cannot(fmt.Errorf("rows of requests: %w", err), "choose another place with --tap")
	}
	return nil
}

// diagnosticWarnings are what is to be known of a run that was looked into.
func (j *job) diagnosticWarnings() (all []string) {
	if j.pprof != "" {
		all = append(all, "agents are profiled, which interrupts them a hundred times a second: they take a little more of the processor than without --pprof")
	}
	if j.tap != "" {
		all = append(all, "agents write a row for each request, which holds them up now and then: they take a little more of the processor than without --tap")
	}
	return all
}
