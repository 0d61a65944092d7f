package gate

import "github.com/loadctl/loadctl/coordinator/trial"

// The hold is decided by leads: a candidate that broke the SLO in three trials more than it
// held it has lost, one that is three ahead has won. With the base, two are enough to say
// that the machine is not what it was.
const (
	candidateLead = 3
	baseLead      = 2
	mostHolds     = 15 // trials of a side
)

func (l *Lead) add(held bool) {
	if held {
		l.Held++
	} else {
		l.Broke++
	}
}

func (l Lead) lead() int { return l.Held - l.Broke }
func (l Lead) all() int  { return l.Held + l.Broke }

// broke says whether a trial broke the SLO, by the point estimate of each clause: what
// is far from the limit is sure anyway, and what is near it is decided by the lead.
func broke(t *trial.Told, clauses []trial.Clause) bool {
	if t.Growing || t.GaveUp || len(t.Broke) > 0 {
		return true
	}
	for i, c := range t.Counts {
		if i < len(clauses) && c.Share() > clauses[i].Allowed {
			return true
		}
	}
	return false
}

// foundBy is the probability that a candidate which breaks a trial with probability p is found
// a regression: the walk of its lead, from 0, reaches −3 before +3 and before the
// trials are used up. It is a chain of seven states.
func foundBy(p float64) float64 {
	at := [2*candidateLead + 1]float64{candidateLead: 1}
	for range mostHolds {
		next := [len(at)]float64{0: at[0], len(at) - 1: at[len(at)-1]}
		for i := 1; i < len(at)-1; i++ {
			next[i-1] += p * at[i]
			next[i+1] += (1 - p) * at[i]
		}
		at = next
	}
	return at[0]
}
