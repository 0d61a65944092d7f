package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A judged counts the seconds that could be judged.
type judged struct {
	seconds int
	next    int64 // the first window that was not looked at
}

// see counts a window, and those right before it in which there was nothing to judge as
// what was found in it lasted so many seconds.
func (j *judged) see(window int64, lasted int) {
	j.seconds += 1 + int(min(int64(max(lasted-1, 0)), window-j.next))
	j.next = window + 1
}

// badSeconds count seconds that were bad, each once: what a stall made late may end in several
// of them, which then tell of the same.
type badSeconds struct {
	seconds int
	next    int64 // behind the last that was counted
}

// count takes a window and those before it, as what was found in it lasted so many seconds.
func (s *badSeconds) count(window int64, lasted int) {
	from := window - int64(max(lasted, 1)) + 1
	if s.seconds > 0 {
		from = max(from, s.next)
	}
	s.seconds += int(window + 1 - from)
	s.next = window + 1
}

// findings are what a check found of one agent.
type findings struct {
	tally
	agent     string
	longest   time.Duration // of grave ones that say how long they lasted
	worst     finding
	worstAt   Offset
	meanwhile meanwhile // in the seconds of them
}

// A tally is in how many seconds one agent was of a grade, or a worse one.
type tally struct{ slight, grave badSeconds }

func (a *findings) count(f finding, w *Window) {
	a.slight.count(w.Index, f.seconds)
	if f.grade == Grave {
		a.grave.count(w.Index, f.seconds)
		a.longest = max(a.longest, f.lasted)
	}
	if f.grade > a.worst.grade || f.grade == a.worst.grade && f.size > a.worst.size {
		a.worst, a.worstAt = f, w.Begin()
	}
}

// against is above 0 where more is against this agent than the other.
func (a *findings) against(b *findings, r *Run, windows int) int {
	switch spoils, other := a.spoils(r, windows), b.spoils(r, windows); {
	case spoils && !other:
		return 1
	case other && !spoils:
		return -1
	}
	return cmp.Or(cmp.Compare(a.grave.seconds, b.grave.seconds), cmp.Compare(a.slight.seconds, b.slight.seconds),
		cmp.Compare(a.worst.size, b.worst.size), cmp.Compare(b.agent, a.agent))
}

// shortStall is how long a generator may stand still once in the shortest run.
const shortStall = 250 * time.Millisecond

// spoils says whether an agent makes a run of so many windows invalid. As with lag, a single
// second does not by itself: in a short run it is always more than one percent. But users of a
// closed load who stand still with the generator start nothing late, so that there a
// stall of more than a hundredth of the run does.
func (a *findings) spoils(r *Run, windows int) bool {
	most := max(shortStall, time.Duration(lateShare*float64(windows)*float64(WindowLength)))
	return isShare(a.grave.seconds, windows) || r.Layout.recordsClosed() && a.longest > most
}

// grade is that of a run of so many seconds: what one of its agents makes of it.
func (a *findings) grade(r *Run, check *windowCheck, seconds int) Grade {
	switch {
	case a.spoils(r, seconds):
		return Grave
	case isShareOf(a.slight.seconds, seconds, check.slightShare()) || a.grave.seconds > 0:
		return Slight
	}
	return Fine
}

func (a *findings) sentence(seconds, windows int) string {
	at := fmt.Sprintf("at %s", short(a.worstAt))
	if seconds > 1 {
		at = fmt.Sprintf("in %d of %d seconds, worst at %s", seconds, max(windows, seconds), short(a.worstAt))
	}
	return fmt.Sprintf("agent %s: %s%s%s", a.agent, a.worst.text, brackets(at, a.worst.figures), a.meanwhile.String())
}

// brackets stand behind a text, with a colon between what is in them; nothing where that is "".
func brackets(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ": ") + ")"
}
