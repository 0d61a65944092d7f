package rental

import "fmt"

// A Left is a resource that exists, or may, when all is over, and why.
type Left struct {
	Seen Seen // as it was seen last; ID 0 = it is not known whether it exists
	Why  string
}

// String is one line for people.
func (l Left) String() string {
	return fmt.Sprintf("%s %s (id %d): %s", l.Seen.Kind, l.Seen.Label, l.Seen.ID, l.Why)
}

// An Outcome is how a rental ended.
type Outcome struct {
	Interrupted bool
	Failed      string // why the fleet could not be built; "" when it was, or was not wanted
	Left        []Left // of the run, and not given back: these cost money
	Alone       []Left // bear the label or the tag of the run, not both: whoever made them has to look after them
	Unchecked   []Kind // of these no list could confirm that nothing is left
}

// Clean says that nothing of the run exists any more, and that this was seen.
func (o Outcome) Clean() bool { return len(o.Left) == 0 && len(o.Unchecked) == 0 }

// Outcome tells how it ended; it is final once the state is Over.
func (r *Rental) Outcome() Outcome { return r.outcome }
