package main

import (
	"fmt"
	"path/filepath"

	"github.com/loadctl/loadctl/agent/profile"
)

// profiled begins to profile the coordinator, if profiles are asked for, and gives
// what ends it. That files cannot be written is known before anything starts.
func (j *job) profiled() (stop func(), err error) {
	if j.pprof == "" {
		return func() {}, nil
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

// profileWarning is what is to be known of a run that was profiled.
func (j *job) profileWarning() []string {
	if j.pprof == "" {
		return nil
	}
	return []string{"agents are profiled, which interrupts them a hundred times a second: they take a little more of the processor than without --pprof"}
}
