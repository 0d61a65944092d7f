package fleet

import (
	"fmt"
	"slices"
	"time"
)

// A Change is what the fleet found out about a host or its agents.
type Change struct {
	Host   string
	Agents []string // the agents concerned, in fleet order
	To     State
	Window int64 // Lost: the first window that lacks these agents
	Why    string
}

// Join says that a host has come, or has come back after a broken stream. A
// lost host stays lost: it gets an error to be told.
func (f *Fleet) Join(host string, now time.Duration) error {
	h := f.Host(host)
	switch {
	case h == nil:
		return fmt.Errorf("no host %s belongs to this run", host)
	case h.State == Lost:
		return fmt.Errorf("host %s was given up (%s); its share was dealt with", host, h.Why)
	}
	h.Heard = now
	h.State = max(h.State, Joined)
	for _, a := range f.On(host) {
		a.State = max(a.State, Joined)
	}
	return nil
}

// Heard says that a host sent something, whatever it was. A late host is on
// time again.
func (f *Fleet) Heard(host string, now time.Duration) (back []Change) {
	h := f.Host(host)
	if h == nil || h.State == Lost {
		return nil
	}
	h.Heard = now
	if h.State == Late && now-h.Reported <= f.limits.NoReport {
		h.State = OK
		f.mark(host, OK)
		back = append(back, Change{Host: host, Agents: f.names(host), To: OK, Why: "it is heard of again"})
	}
	return back
}

// Waits says that something of a host has come and was not read yet, a window among it or not: what waits for us is no
// silence of the host's, and a window that waits is none that it owes.
func (f *Fleet) Waits(host string, window bool, now time.Duration) (back []Change) {
	if h := f.Host(host); window && h != nil {
		h.Reported = now
	}
	return f.Heard(host, now)
}

// Report says that a host handed in a window with what these agents did in it.
// missing are the agents that should have been in it. Windows of a lost host
// change nothing.
func (f *Fleet) Report(host string, window int64, agents []string, now time.Duration) (missing []string) {
	h := f.Host(host)
	if h == nil || h.State == Lost {
		return nil
	}
	h.Reported = now
	h.Window = max(h.Window, window+1)
	if h.State == Joined {
		h.State = OK
	}
	for _, a := range f.On(host) {
		switch {
		case a.State == Lost:
		case slices.Contains(agents, a.Name):
			a.Window = max(a.Window, window+1)
			a.State = max(a.State, OK)
		default:
			missing = append(missing, a.Name)
		}
	}
	return missing
}

// LoseAgent says that a host gave up one of its agents.
func (f *Fleet) LoseAgent(name, why string) (lost []Change) {
	a := f.Agent(name)
	if a == nil || a.State == Lost || a.State == Finished {
		return nil
	}
	a.State, a.Why = Lost, why
	return []Change{{Agents: []string{name}, To: Lost, Window: a.Window, Why: why}}
}

// LoseHost gives up a host with all its agents.
func (f *Fleet) LoseHost(name, why string) (lost []Change) {
	h := f.Host(name)
	if h == nil || h.State == Lost || h.State == Finished {
		return nil
	}
	h.State, h.Why = Lost, why
	c := Change{Host: name, To: Lost, Window: h.Window, Why: why}
	for _, a := range f.On(name) {
		if a.State == Lost || a.State == Finished {
			continue
		}
		a.State, a.Why = Lost, why
		c.Agents = append(c.Agents, a.Name)
		c.Window = min(c.Window, a.Window)
	}
	return []Change{c}
}

// Finish says that a host handed in everything.
func (f *Fleet) Finish(host string) {
	h := f.Host(host)
	if h == nil || h.State == Lost {
		return
	}
	h.State = Finished
	for _, a := range f.On(host) {
		if a.State != Lost {
			a.State = Finished
		}
	}
}

// Tick finds the silent. reporting says whether windows are due by now: before
// the first and after the last second nobody is late with one.
func (f *Fleet) Tick(now time.Duration, reporting bool) (changes []Change) {
	for _, h := range f.hosts {
		if h.State < Joined || h.State >= Lost {
			continue
		}
		if !reporting {
			h.Reported = now
		}
		changes = append(changes, f.listen(h, now)...)
	}
	return changes
}

func (f *Fleet) listen(h *Host, now time.Duration) []Change {
	silent, idle := now-h.Heard, now-h.Reported
	switch {
	case silent > f.limits.Lost:
		return f.LoseHost(h.Name, fmt.Sprintf("nothing was heard of it for %s", silent.Round(100*time.Millisecond)))
	case idle > f.limits.NoReport:
		return f.LoseHost(h.Name, fmt.Sprintf("it answers, but has handed in nothing for %s", idle.Round(100*time.Millisecond)))
	case silent > f.limits.Late && h.State != Late:
		h.State = Late
		f.mark(h.Name, Late)
		return []Change{{Host: h.Name, Agents: f.names(h.Name), To: Late,
			Why: fmt.Sprintf("nothing was heard of it for %s", silent.Round(100*time.Millisecond))}}
	}
	return nil
}

// mark sets the state of the agents of a host that are neither lost nor done.
func (f *Fleet) mark(host string, s State) {
	for _, a := range f.On(host) {
		if a.State < Lost {
			a.State = s
		}
	}
}

func (f *Fleet) names(host string) (names []string) {
	for _, a := range f.On(host) {
		if a.State < Lost {
			names = append(names, a.Name)
		}
	}
	return names
}
