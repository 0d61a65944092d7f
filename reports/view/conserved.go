package view

import (
	"fmt"

	"github.com/loadctl/loadctl/stats"
)

// Conserved holds the accounts against the target's own count.
type Conserved struct {
	Known       bool   // the target is ours, and told its count before and after
	Counted     uint64 // answers, by its count
	Least, Most uint64 // by the accounts
	Agrees      bool
}

func conserved(r *stats.Run) (c Conserved) {
	if r.Counted == nil {
		return c
	}
	c = Conserved{Known: true, Counted: r.Counted.Requests, Agrees: r.Conserved()}
	c.Least, c.Most = r.Answers()
	return c
}

// String says what the target counted, and what it had to; "" where it told nothing.
func (c Conserved) String() string {
	switch {
	case !c.Known:
		return ""
	case c.Least == c.Most:
		return fmt.Sprintf("%s answers by its own count, %s by these accounts", Group(c.Counted), Group(c.Least))
	}
	return fmt.Sprintf("%s answers by its own count, %s to %s by these accounts", Group(c.Counted), Group(c.Least), Group(c.Most))
}

// SummaryConserved is null where the target told no count.
type SummaryConserved struct {
	Counted uint64 `json:"counted"` // answers of the target, by its own count
	Least   uint64 `json:"least"`   // by the accounts, both blocks of them
	Most    uint64 `json:"most"`
	Agrees  bool   `json:"agrees"`
}

func (c Conserved) summary() *SummaryConserved {
	if !c.Known {
		return nil
	}
	return &SummaryConserved{c.Counted, c.Least, c.Most, c.Agrees}
}
