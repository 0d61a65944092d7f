package apply

import (
	"context"
	"errors"
	"io"
	"slices"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/tuning"
)

// What a request or the target's own API has set is in the memory of a service that runs, and
// is gone with a start, whichever hook makes it. Which hook starts which service nobody says:
// after any start all of it is set again.

// inMemory says that what a hook sets may be gone with a start.
func inMemory(h *tuning.Hook) bool { return h.Kind == tuning.HTTP || h.Kind == tuning.Knob }

// startsOne says that hooks of a parameter start a service anew once it is set.
func startsOne(p *tuning.Param) bool {
	return slices.ContainsFunc(p.Apply, func(h tuning.Hook) bool { return h.Unit != "" || h.Restart != nil })
}

// early says which hooks set their values before services are started anew by the steps given.
// What would be gone waits, as a service that is down, and is to be started, takes nothing. A
// request of a parameter with a start of its own goes ahead of that start, which may read what it
// set; so do knobs of the target ahead of its reload, which keeps them.
func early(starts []step) func(*tuning.Param, *tuning.Hook) bool {
	reload := !slices.ContainsFunc(starts, func(s step) bool { return s.same != reloads })
	return func(p *tuning.Param, h *tuning.Hook) bool {
		return len(starts) == 0 || !inMemory(h) || h.Kind == tuning.HTTP && startsOne(p) || h.Kind == tuning.Knob && reload
	}
}

// late says which hooks set their values once services have been started anew.
func late(_ *tuning.Param, h *tuning.Hook) bool { return inMemory(h) }

// started are the parameters by whose hooks a job starts services anew.
func (a *Applier) started(j job) []*tuning.Param {
	if j.restart {
		return a.params()
	}
	return j.params
}

// valued are the parameters whose values a job sets: its own, and those that a start may have
// made a service forget.
func (a *Applier) valued(j job) []*tuning.Param {
	if len(a.restarts(j)) == 0 {
		return j.params
	}
	return slices.DeleteFunc(a.params(), func(p *tuning.Param) bool {
		return !slices.Contains(j.params, p) && !slices.ContainsFunc(p.Apply, func(h tuning.Hook) bool { return inMemory(&h) })
	})
}

// affected are the parameters whose values a job sets, or whose services it starts anew.
func (a *Applier) affected(j job) []*tuning.Param {
	if j.restart {
		return a.params()
	}
	return a.valued(j)
}

// params are all of the file.
func (a *Applier) params() (all []*tuning.Param) {
	for i := range a.file.Params {
		all = append(all, &a.file.Params[i])
	}
	return all
}

// onceUp has steps that follow a start ask until somebody answers: a start may be through before
// the service accepts connections, and not every file says by health when it does. Where one has
// asked in vain for all of its time, the others ask once.
func (a *Applier) onceUp(all []step) []step {
	inVain := false
	for i := range all {
		do := all[i].do
		all[i].do = func(ctx context.Context) (said string, err error) {
			for last := error(nil); ; last = err {
				said, err = do(ctx)
				switch {
				case err != nil && last != nil && ctx.Err() != nil: // what its own end did to it says nothing
					inVain = true
					return said, last
				case inVain || !isDown(err):
					return said, err
				}
				select {
				case <-ctx.Done():
				case <-time.After(a.cfg.Every):
				}
			}
		}
	}
	return all
}

// isDown says that nobody answered, as while a service starts.
func isDown(err error) bool {
	return slices.ContainsFunc([]error{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.EOF}, func(e error) bool { return errors.Is(err, e) })
}
