package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/ceilings"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
)

// A shelf is where what a null run finds of one load on this machine is kept.
type shelf struct {
	store ceilings.Store
	key   string
	place plan.Place // of the load
}

// errNoCache is why nothing can be kept.
var errNoCache = errors.New("this user has no directory for caches; name one with LOADCTL_CACHE")

// shelfOf finds the place of a load; not ok where it has none here, or asks nothing.
func shelfOf(s *scenarios.Scenario, w plan.Wish, set plan.Setting) (sh shelf, ok bool) {
	f := machine.Facts()
	places, err := plan.Fit(plan.NeedOf(s), w, []plan.Machine{f.Machine})
	if err != nil || !s.Asks() {
		return shelf{}, false
	}
	set.Against = plan.AgainstOf(s)
	return shelf{ceilings.Store{Dir: cacheDir()}, plan.CeilingKey(f, places[0], s.RequestsKey(), set), places[0]}, true
}

// usualSetting is what loads are made with unless `run` is told otherwise.
func usualSetting() plan.Setting {
	return plan.Setting{Version: buildID(), Pacing: "auto", Poller: "auto", Tick: time.Millisecond}
}

// cacheDir is LOADCTL_CACHE, or the user's; empty without one.
func cacheDir() string {
	if dir := os.Getenv("LOADCTL_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "loadctl")
}

// get is what was kept, nil where nothing was. A cache that cannot be read is told, and
// no more than that.
func (s shelf) get(errw io.Writer) *plan.Ceiling {
	if s.store.Dir == "" {
		return nil
	}
	c, err := s.store.Get(s.key)
	if err != nil {
		fmt.Fprintf(errw, "loadctl: warning: %v; it counts as not measured\n", err)
	}
	return c
}

// put keeps what was found, or tells why it cannot.
func (s shelf) put(errw io.Writer, c plan.Ceiling) {
	err := errNoCache
	if s.store.Dir != "" {
		err = s.store.Put(s.key, c)
	}
	if err != nil {
		fmt.Fprintf(errw, "loadctl: warning: %v; the next time it is measured again\n", err)
	}
}

// ceiling is what is known of this machine for the run; nil where nothing is, and for a run
// that other machines make. A run itself never measures it.
func (j *job) ceiling() *plan.Ceiling {
	if j.far() {
		return nil
	}
	set := plan.Setting{Version: buildID(), Pacing: j.pacing, Poller: j.poller, Tick: cmp.Or(j.tick, time.Millisecond)}
	s, ok := shelfOf(j.scenario, plan.Wish{Agents: j.agents, Loops: j.loops}, set)
	if !ok {
		return nil
	}
	return s.get(j.errw)
}

// headroom gives a run the ceiling of its machine, or of its machines, and what is to be said of it.
func (j *job) headroom() (ceiling float64, warnings []string) {
	if j.far() {
		return j.fleetHeadroom()
	}
	c := j.ceiling()
	if c == nil {
		return 0, nil
	}
	if text := c.Warning(plan.Asked(j.scenario)); text != "" {
		warnings = append(warnings, text)
	}
	return c.Rate, warnings
}
