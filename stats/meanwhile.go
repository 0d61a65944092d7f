package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A meanwhile is what happened to the generator in windows in which it did harm: it says
// why, as far as that can be seen, and judges nothing.
type meanwhile struct {
	vitals  Vitals
	stood   time.Duration    // longest time for which an agent was stopped
	foreign Reading[float64] // most cores' worth of work that was no agent's: loadctl's host and coordinator are among it
	next    int64            // the first window that was not looked at
}

// Limits of what is worth telling as a reason.
const (
	busyCore      = 0.95
	longStop      = 250 * time.Millisecond // no process that can run waits so long for a core
	idleShare     = 0.02                   // of a stop, that the process used at most
	throttledStop = 0.25                   // of a stop, from which on throttling may be all of it
	foreignCore   = 0.5
	softIRQCore   = 0.5
	tellGC        = 0.05
	tellSteal     = 0.01
	longSched     = 5 * time.Millisecond
)

// look takes a window, and some before it: what was late in one may have begun to wait in
// another. An agent's name limits it to that one. Each window is taken once.
func (m *meanwhile) look(r *Run, w *Window, back int64, agent string) {
	first, _ := slices.BinarySearchFunc(r.Windows, max(m.next, w.Index-back), func(w Window, i int64) int { return cmp.Compare(w.Index, i) })
	for i := first; i < len(r.Windows) && r.Windows[i].Index < w.Index; i++ {
		m.window(&r.Windows[i], agent)
	}
	if w.Index >= m.next {
		m.window(w, agent)
		m.next = w.Index + 1
	}
}

func (m *meanwhile) window(w *Window, agent string) {
	before := m.vitals
	var most Reading[time.Duration]
	for i := range w.Agents {
		if agent == "" || w.Agents[i].Name == agent {
			m.add(w, &w.Agents[i])
			most = most.Max(w.Agents[i].Vitals.ThrottledFor)
		}
	}
	// Agents of a machine are in one control group, whose time it is.
	m.vitals.ThrottledFor = before.ThrottledFor.Plus(most)
}

// add takes one agent's window.
func (m *meanwhile) add(w *Window, a *AgentWindow) {
	m.vitals.Worst(&a.Vitals)
	if a.Vitals.stoodStill() {
		m.stood = max(m.stood, a.Vitals.KernelJitter.Value)
	}
	busy := a.Vitals.Machine.Busy
	if !busy.Known {
		return
	}
	own := 0.0
	for i := range w.Agents {
		if w.Agents[i].Host == a.Host {
			own += w.Agents[i].CPU.Seconds()
		}
	}
	m.foreign = m.foreign.Max(Read(max(busy.Value-own, 0)))
}

// String is empty where nothing stands out, else begins with "; meanwhile".
func (m *meanwhile) String() string {
	var all []string
	tell := func(seen bool, format string, args ...any) {
		if seen {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	v, host := &m.vitals, &m.vitals.Machine
	tell(v.Throttled.Over(0), "its control group was throttled, for %s over all cores", short(rounded(v.ThrottledFor.Value)))
	tell(m.stood > 0, "it stood still for %s, stopped or suspended: it used no CPU time", short(rounded(m.stood)))
	tell(host.Steal.Over(tellSteal), "the hypervisor gave %s of the cores to others", percent(host.Steal.Value))
	tell(m.othersBusy(), "programs other than agents kept %.1f of %d cores busy", m.foreign.Value, host.Cores.Value)
	tell(host.BusiestCore.Over(busyCore) && !m.othersBusy(), "a core was busy for %s of the time", percent(host.BusiestCore.Value))
	tell(host.SoftIRQ.Over(softIRQCore), "the kernel's network work took %s of a core", percent(host.SoftIRQ.Value))
	tell(v.GCShare.Over(tellGC), "Go's garbage collection took %s of its CPU time", percent(v.GCShare.Value))
	tell(len(all) == 0 && v.GoJitter.Over(longSched), "Go kept a goroutine waiting for %s", short(rounded(v.GoJitter.Value)))
	tell(len(all) == 0 && v.SchedP99.Over(longSched), "1 in 100 goroutines waited more than %s to run", short(rounded(v.SchedP99.Value)))
	if len(all) == 0 {
		return ""
	}
	return meanwhileWas + strings.Join(all, ", ")
}

// meanwhileWas stands before what happened meanwhile.
const meanwhileWas = "; meanwhile "

// Told are the reasons as people read them: what happened meanwhile stands behind the first
// of those that it explains word for word, and is left out behind the others.
func (v Validity) Told() (told []string) {
	var said []string
	for _, reason := range v.Reasons {
		what, why, _ := strings.Cut(reason, meanwhileWas)
		if slices.Contains(said, why) {
			reason = what
		} else if why != "" {
			said = append(said, why)
		}
		told = append(told, reason)
	}
	return told
}

// stoodStill says whether the stall of a window was one of the whole process that nothing
// else explains: it was stopped by a signal, or its machine was suspended. A control group
// that has used up its quota stops a process too, but then says for how long.
func (v *Vitals) stoodStill() bool {
	stall := float64(v.KernelJitter.Value)
	return v.KernelJitter.Over(longStop) && v.StallCPU.Known && float64(v.StallCPU.Value) < idleShare*stall &&
		float64(v.ThrottledFor.Value) < throttledStop*stall
}

// othersBusy says whether a core was busy, and others kept as much as half of one.
func (m *meanwhile) othersBusy() bool {
	host := &m.vitals.Machine
	return host.BusiestCore.Over(busyCore) && host.Cores.Known && m.foreign.Over(foreignCore)
}
