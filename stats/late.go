package stats

// A Late is one window of a host that was lost, which it had kept on its disk and handed in when the run was over. The
// window is closed: its counts are added to those of the run, and to no time, rate or share.
type Late struct {
	Host   string
	Merged *Snapshot
	Agents []AgentWindow
}

// A Settlement ends what a lost host had kept: what its loss had left unknown is known now.
type Settlement struct {
	Host string
	// Settled is, by layout cell, how many of the requests that the loss made Censored ended in what came late.
	Settled []uint64
	// Missing are counts that no window holds, as in an AgentLoss.
	Missing []CellStats  `json:",omitempty"`
	Phases  []PhaseStats `json:",omitempty"`
	Whole   bool         // nothing of what its agents did is unknown
}

// A LateTotal is what a lost host had kept.
type LateTotal struct {
	Host        string
	Windows     int
	From, Until Offset // of these windows
	Requests    uint64 // in them that were made and ended
	Settled     uint64 // requests that had been counted as censored: how they ended is in these windows
	Whole       bool
}

// late finds what came of a host, or begins it.
func (r *Run) late(host string) *LateTotal {
	for i := range r.Late {
		if r.Late[i].Host == host {
			return &r.Late[i]
		}
	}
	r.Late = append(r.Late, LateTotal{Host: host, From: Never})
	return &r.Late[len(r.Late)-1]
}

func (r *Run) lateWindow(l *Late) {
	if l.Merged == nil {
		return
	}
	r.addLost(&Snapshot{Cells: l.Merged.Cells, Phases: l.Merged.Phases, Errors: l.Merged.Errors})
	for i := range l.Agents {
		r.agent(l.Agents[i].Name, l.Host).count(&l.Agents[i])
	}
	t, w := r.late(l.Host), Window{Index: l.Merged.Window}
	if t.From == Never || w.Begin() < t.From {
		t.From = w.Begin()
	}
	t.Windows, t.Until = t.Windows+1, max(t.Until, w.End())
	for i := range l.Merged.Cells {
		t.Requests += l.Merged.Cells[i].Requests()
	}
}

// addLost adds counts that no window holds.
func (r *Run) addLost(s *Snapshot) {
	lost := Snapshot{Cells: r.Lost}
	lost.add(&Snapshot{Cells: s.Cells}, 0)
	r.Lost = lost.Cells
	r.total.add(s, MaxRunErrorGroups)
}

func (r *Run) settlement(s *Settlement) {
	t := r.late(s.Host)
	for i, n := range s.Settled {
		if i >= len(r.total.Cells) || i >= len(r.Lost) {
			break
		}
		n = min(n, r.Lost[i].Classes[Censored], r.total.Cells[i].Classes[Censored])
		r.Lost[i].Classes[Censored] -= n
		r.total.Cells[i].Classes[Censored] -= n
		t.Settled += n
	}
	r.addLost(&Snapshot{Cells: s.Missing, Phases: s.Phases})
	t.Whole = s.Whole
	for i := range r.Agents {
		if a := &r.Agents[i]; a.Host == s.Host && a.Lost != "" {
			a.Whole = s.Whole
		}
	}
}
