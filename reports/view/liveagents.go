package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// severity orders agents: the lost before the late before the well.
func severity(state string) int {
	switch state {
	case "lost":
		return 0
	case "late":
		return 1
	}
	return 2
}

// liveAgents adds up each agent's windows, the one in most trouble first.
func liveAgents(r *stats.Run, w []stats.Window) []LiveAgent {
	var agents []LiveAgent
	for _, name := range agentNames(r, w) {
		agents = append(agents, liveAgent(r, w, name))
	}
	slices.SortStableFunc(agents, func(a, b LiveAgent) int {
		return cmp.Or(cmp.Compare(severity(a.State), severity(b.State)), cmp.Compare(b.PacerLag, a.PacerLag), cmp.Compare(b.CPU, a.CPU))
	})
	return agents
}

func agentNames(r *stats.Run, w []stats.Window) (names []string) {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, a := range r.Agents {
		add(a.Name)
	}
	for i := range w {
		for _, a := range w[i].Agents {
			add(a.Name)
		}
	}
	return names
}

func liveAgent(r *stats.Run, w []stats.Window, name string) LiveAgent {
	v := LiveAgent{Name: name, State: "ok"}
	var cpu time.Duration
	var requests, failed uint64
	var lag, response stats.Histogram
	var newest *stats.AgentWindow
	var last *stats.Window
	for i := range w {
		for j := range w[i].Agents {
			a := &w[i].Agents[j]
			if a.Name != name {
				continue
			}
			v.Host, v.State, v.RSS, v.Connections, v.Held = a.Host, a.State, a.RSS, a.Connections, a.Held
			v.LostSamples += a.Lost
			newest, last = a, &w[i]
			cpu += a.CPU
			if w[i].Excluded() {
				continue
			}
			requests, failed = requests+a.Requests, failed+a.Failed
			lag.Merge(a.PacerLag)
			response.Merge(a.Response)
		}
	}
	v.CPU, v.PerSecond = cpu.Seconds()/float64(len(w)), float64(requests)/float64(max(len(soundOf(w)), 1))
	v.ErrorRate = share(failed, requests)
	v.Vitals = VitalsOf(w, name)
	if newest != nil {
		v.Validity = stats.JudgeWindow(r, last, newest)
	}
	v.PacerLag, v.Response = lag.Percentile(99), response.Percentile(99)
	if v.State == "" {
		v.State = "ok"
	}
	lost(r, &v)
	return v
}

func lost(r *stats.Run, v *LiveAgent) {
	for _, a := range r.Agents {
		if a.Name == v.Name && a.Lost != "" {
			v.State, v.Why = "lost", a.Lost
			v.Connections, v.Held = 0, 0
		}
	}
}
