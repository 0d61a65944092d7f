package stats

import "time"

// Limits of which seconds a generator that stood still has spoilt.
const (
	// A stall as short as straddle takes too little from the second before to mind. One
	// that is longer may also hold up answers there, which are read when it is over, and
	// requests that were late by more end in the seconds after it.
	straddle = 100 * time.Millisecond
	// longestStall is how many seconds before one may be spoilt. An agent that is silent
	// for longer is lost.
	longestStall = 15
)

// A leaving says which seconds the generator's own lateness has spoilt, and whether
// they are left out of times, rates and shares. They are while what remains is so much that
// a run may lack the rest, see partialShare; else none of them is.
//
// A request is in the second in which it ended, and its bin comes with it. So what a stall
// made late is out of times and bins alike, whenever it was meant to start.
type leaving struct {
	measured, gone int           // seconds in which something was; of those, that are spoilt or lack an agent
	out            bool          // the spoilt ones are left out
	stall          time.Duration // the last one, as long as what it made late goes on ending
	bins           binStore      // of the spoilt seconds
	splits         splitStore    // as well
	recent         []recentRows  // of those that may turn out to be
	marks          int           // see Run.Marks

	settled   Snapshot // of the first windows, those that are not excluded
	settledAt int      // how many windows these are: no stall reaches into them any more
}

// recentRows are those of a window.
type recentRows struct {
	window int64
	rowsApart
}

// LeftOut says that the generator's own lateness has spoilt the second, and that it is
// left out for that.
func (w *Window) LeftOut() bool { return w.leftOut }

// Marks is how often windows that were there already came to be left out, or no longer
// were: who keeps what is drawn of them looks again when it changes.
func (r *Run) Marks() int { return r.left.marks }

// settle puts the newest window where it belongs: to what times, rates and shares are
// taken of, or apart.
func (r *Run) settle(apart rowsApart) {
	at := len(r.Windows) - 1
	w := &r.Windows[at]
	again := r.spoil(at)
	switch {
	case w.Partial:
	case w.spoilt:
		r.left.keep(apart)
	default:
		r.bins.addRows(apart.bins)
		r.splits.add(apart.splits)
	}
	if !w.Partial {
		r.left.remember(w.Index, apart)
	}
	r.left.count(r, w)
	w.leftOut = w.spoilt && r.left.out
	switch {
	case again && r.left.out:
		r.markNewest()
	case !w.Excluded():
		r.sound.Append(w.Merged)
	}
}

// spoil marks a window that the generator has spoilt, and those before it that its stall
// reached into; it says whether there are any.
func (r *Run) spoil(at int) (again bool) {
	w, l := &r.Windows[at], &r.left
	if w.Partial {
		l.stall = 0
		return false
	}
	stall := r.stallIn(w)
	if l.stall <= straddle || !lateIn(w, max(lagFactor*r.Info.LagLimit(), straddle)) {
		l.stall = 0 // that one is over, and all it made late has ended
	}
	w.spoilt, l.stall = stall > 0 || l.stall > 0, max(l.stall, stall)
	if stall <= straddle {
		return false
	}
	from := max(r.toldAt(at, stall)-int64(secondsOf(stall)), w.Index-longestStall)
	for i := at - 1; i >= 0 && r.Windows[i].Index >= from; i-- {
		again = r.spoilLater(&r.Windows[i]) || again
	}
	return again
}

// toldAt is the window in which a stall was over: what a slow target had to answer after
// it ends in a later one, but the beat of the agent was late in it: no longer ago than a request
// took that ended now. Where no beat tells it is the one in which requests were.
func (r *Run) toldAt(at int, stall time.Duration) int64 {
	last := r.Windows[at].Index
	first := last - min(int64(secondsOf(slowest(&r.Windows[at]))), longestStall)
	for i := at; i >= 0 && r.Windows[i].Index >= first && !r.Windows[i].Partial; i-- {
		for j := range r.Windows[i].Agents {
			if r.Windows[i].Agents[j].Vitals.KernelJitter.Over(stall / 2) {
				return r.Windows[i].Index
			}
		}
	}
	return last
}

// slowest is how long a request took at most that ended in a window.
func slowest(w *Window) (took time.Duration) {
	for i := range w.Merged.Cells {
		c := &w.Merged.Cells[i]
		took = max(took, c.Response.Max(), c.Failed.Max())
	}
	return took
}

// spoilLater marks a window that had been taken for sound.
func (r *Run) spoilLater(w *Window) bool {
	measures := r.measures(w)
	if w.Partial || w.spoilt || !measures && r.unrecorded(w) {
		return false
	}
	w.spoilt = true
	r.left.gone++
	if !measures { // nothing was due or open while all of it stood still
		r.left.measured++
	}
	for _, b := range r.left.recent {
		if b.window == w.Index {
			r.bins.takeRows(b.bins)
			r.splits.take(b.splits)
			r.left.keep(b.rowsApart)
		}
	}
	return true
}

// unrecorded says that a window lies outside all recorded phases, as in a warm-up.
func (r *Run) unrecorded(w *Window) bool {
	load := r.covered(r.phases(func(p *PhaseKey) bool { return p.Recorded }))
	return load != nil && load.within(w.Begin(), w.End()) == 0
}

// stallIn is how long the generator stood still, or was late, in a window that it spoilt by
// that; 0 in all others.
func (r *Run) stallIn(w *Window) (stall time.Duration) {
	if lag := r.PacerLag(w.Merged); gradeOfLag(lag, r.Info.LagLimit()) == Grave {
		stall = lag.Max()
	}
	for i := range w.Agents {
		stall = max(stall, r.stallOf(w, &w.Agents[i]))
	}
	return stall
}

// stallOf is that of one agent. A late beat has spoilt only what was late with it.
func (r *Run) stallOf(w *Window, a *AgentWindow) (stall time.Duration) {
	if lagOfAgent(r, w, a).grade == Grave {
		stall = a.PacerLag.Max()
	}
	if a.PacerLag.CountAbove(r.Info.LagLimit()) == 0 {
		return stall
	}
	if beat := kernelJitter(r, w, a); beat.grade == Grave {
		stall = max(stall, beat.lasted)
	}
	return stall
}

// lateIn says whether a request that ended in a window had been taken up so late.
func lateIn(w *Window, by time.Duration) bool {
	for i := range w.Agents {
		if w.Agents[i].PacerLag.CountAbove(by) > 0 {
			return true
		}
	}
	return false
}

// keep keeps what is apart of a spoilt second.
func (l *leaving) keep(apart rowsApart) {
	l.bins.addRows(apart.bins)
	l.splits.add(apart.splits)
}

func (l *leaving) remember(window int64, rows rowsApart) {
	if len(l.recent) == longestStall {
		l.recent = append(l.recent[:0], l.recent[1:]...)
	}
	l.recent = append(l.recent, recentRows{window, rows})
}

func (l *leaving) count(r *Run, w *Window) {
	if !r.measures(w) && !w.spoilt {
		return
	}
	l.measured++
	if w.spoilt || w.Partial {
		l.gone++
	}
}

// balance leaves the spoilt seconds out, or takes them in again. While the run goes on they
// are held against what is planned, as gaps are: a limit that ends it early is not to
// break by what the generator did.
func (r *Run) balance() {
	seconds := float64(r.left.measured)
	if !r.over() {
		seconds += max(0, (r.Info.Planned - r.Now()).Seconds())
	}
	if out := r.left.gone > 0 && float64(r.left.gone) <= partialShare*seconds; out != r.left.out {
		r.left.out = out
		r.mark()
	}
}

// mark marks what is left out, and takes what is not together anew.
func (r *Run) mark() {
	r.left.settled, r.left.settledAt = Snapshot{}, 0
	r.markNewest()
}

// markNewest is mark where older windows are marked already: a long run with many stalls
// would else be taken together once for each.
func (r *Run) markNewest() {
	l := &r.left
	l.marks++
	for ; l.settledAt < len(r.Windows)-longestStall; l.settledAt++ {
		r.markIn(&l.settled, &r.Windows[l.settledAt])
	}
	r.sound = Snapshot{}
	r.sound.Append(&l.settled)
	for i := l.settledAt; i < len(r.Windows); i++ {
		r.markIn(&r.sound, &r.Windows[i])
	}
}

// markIn marks a window, and takes it in if it is not excluded.
func (r *Run) markIn(all *Snapshot, w *Window) {
	if w.leftOut = w.spoilt && r.left.out; !w.Excluded() {
		all.Append(w.Merged)
	}
}

// soundBins are the bins of rows in the seconds that are not excluded.
func (r *Run) soundBins(wanted func(row int) bool) Bins {
	bins := r.bins.of(wanted)
	if r.left.out {
		return bins
	}
	return bins.Merge(r.left.bins.of(wanted))
}
