package stats

import "fmt"

// A TargetCount is what a target of ours counted while a run went on: its count after
// the run less that before, at the address that was loaded, by the same instance.
type TargetCount struct {
	Requests uint64 // answered, each counted before its answer was written
	Probes   uint64 // requests about the target itself, which it counts apart; those of the counting left out
}

// Answers are what this run must have had, and may have had, of a target by the run's
// own accounts: both blocks of them, heartbeats and warm-up included. Redirects that
// were followed are answers beside that of their request. A request without an answer
// may have been answered all the same, unless it was never sent.
func (r *Run) Answers() (least, most uint64) {
	for i := range r.total.Cells {
		c := &r.total.Cells[i]
		whole := c.Classes[OK] + c.Classes[HTTPError] + c.Classes[CheckFailed] + c.Redirects
		least += whole - min(whole, c.premature())
		most += whole + c.Classes[Timeout] + c.Classes[ConnError] + c.Classes[Censored]
	}
	return least, most
}

// premature counts the answers whose status may be that of the HTTP server before the
// target, which refuses a request that is wrong without asking, or counting, it.
func (c *CellStats) premature() (n uint64) {
	for _, s := range c.Statuses {
		switch s.Status {
		case 400, 408, 411, 413, 414, 417, 426, 431, 501, 505:
			n += s.Count
		}
	}
	return n
}

// strangersShare is the share of a run's requests that others may ask of its target
// before it counts: a look by hand is no load.
const strangersShare = 0.001

// miscount holds the accounts of a run that is over against the target's own count, and
// says what is wrong with them; Valid and nothing where they agree, or nobody counted.
// Fewer answers than the run had cannot be: then the accounts are wrong. More
// can be somebody else's, who took a part of what the target can do; they degrade a
// run, when they are enough to matter. What lost agents asked for last nobody knows, unless
// it came late, so that after a loss more says nothing.
func (r *Run) miscount() (verdict, why string) {
	if !r.over() || r.Counted == nil {
		return Valid, ""
	}
	least, most := r.Answers()
	switch c := r.Counted; {
	case c.Requests+c.Probes < least:
		return Invalid, fmt.Sprintf("it gave %d answers, and the run has %d of it, which is a mistake in loadctl", c.Requests+c.Probes, least)
	case c.Requests > most && !r.unknownAny() && float64(c.Requests-most) > strangersShare*float64(most):
		return Degraded, fmt.Sprintf("it gave %d answers, and the run can have had %d at most, so others asked it too, or loadctl has miscounted", c.Requests, most)
	}
	return Valid, ""
}

// Conserved says whether the validity has nothing against a target's count.
func (r *Run) Conserved() bool {
	verdict, _ := r.miscount()
	return verdict == Valid
}

func (v *verdict) conservation(r *Run) {
	if verdict, why := r.miscount(); verdict != Valid {
		v.add(verdict, "the accounts do not agree with the target's own count: %s", why)
	}
}

// unknownAny says whether a lost agent did what nobody knows.
func (r *Run) unknownAny() bool {
	for i := range r.Agents {
		if r.Agents[i].Lost != "" && !r.Agents[i].Whole {
			return true
		}
	}
	return false
}
