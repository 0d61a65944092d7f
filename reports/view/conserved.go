package view

import "github.com/loadctl/loadctl/stats"

// Conserved holds the accounts against the target's own count.
type Conserved struct {
	Known       bool   // the target is ours, and told its count before and after
	Counted     uint64 // answers, by its count
	Probes      uint64 // answers about the target itself, which it counts apart, and a run may have asked for
	Least, Most uint64 // by the accounts
	Agrees      bool
}

func conserved(r *stats.Run) (c Conserved) {
	if r.Counted == nil {
		return c
	}
	c = Conserved{Known: true, Counted: r.Counted.Requests, Probes: r.Counted.Probes, Agrees: r.Conserved()}
	c.Least, c.Most = r.Answers()
	return c
}

// String says what the target counted, and what it had to; "" where it told nothing.
func (c Conserved) String() string {
	if !c.Known {
		return ""
	}
	counted, accounts := Group(c.Counted)+" answers", Group(c.Least)
	if c.Probes > 0 {
		counted += " and " + Group(c.Probes) + " about itself"
	}
	if c.Most > c.Least {
		accounts += " to " + Group(c.Most)
	}
	return counted + " by its own count, " + accounts + " by these accounts"
}

// SummaryConserved is null where the target told no count.
type SummaryConserved struct {
	Counted uint64 `json:"counted"` // answers of the target, by its own count
	Probes  uint64 `json:"probes"`  // those about itself, which it counts apart
	Least   uint64 `json:"least"`   // by the accounts, both blocks of them
	Most    uint64 `json:"most"`
	Agrees  bool   `json:"agrees"`
}

func (c Conserved) summary() *SummaryConserved {
	if !c.Known {
		return nil
	}
	return &SummaryConserved{c.Counted, c.Probes, c.Least, c.Most, c.Agrees}
}
