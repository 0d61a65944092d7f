package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// fleetPart is the name of the part of this program that is a fleet.
const fleetPart = "fleet"

// A farewell is what a fleet says when a session has ended; the last one has no name.
type farewell struct {
	Name  string        `json:"name,omitempty"`
	Error string        `json:"error,omitempty"`
	Late  time.Duration `json:"late,omitempty"` // the most that a report was sent late
	CPU   time.Duration `json:"cpu,omitempty"`  // of the fleet
}

// fleet reads a shape and then invitations, a JSON value each, keeps a session for each, and ends with its input: a
// coordinator that dies takes its fleet along.
func fleet(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var s shape
	calls := json.NewDecoder(in)
	if err := calls.Decode(&s); err != nil {
		return err
	}
	f := &sessions{ctx: ctx, windows: &windows{shape: s, seconds: int64(s.Seconds)}, out: json.NewEncoder(out)}
	for {
		var i invitation
		if err := calls.Decode(&i); err != nil {
			stop()
			f.open.Wait()
			f.say(farewell{CPU: used()})
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		f.open.Go(func() { f.keep(i) })
	}
}

type sessions struct {
	ctx     context.Context
	windows *windows
	open    sync.WaitGroup

	saying sync.Mutex
	out    *json.Encoder
}

func (f *sessions) keep(i invitation) {
	s := &session{invitation: i, windows: f.windows}
	err := s.run(f.ctx)
	said := farewell{Name: i.Name, Late: s.late}
	if err != nil {
		said.Error = err.Error()
	}
	f.say(said)
}

func (f *sessions) say(w farewell) {
	f.saying.Lock()
	defer f.saying.Unlock()
	_ = f.out.Encode(w) // who no longer listens has ended
}

// used is user and system time of this process.
func used() time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
