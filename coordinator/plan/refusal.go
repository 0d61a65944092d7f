package plan

import "fmt"

// A Subject is what a load does not fit into.
type Subject uint8

// The subjects of refusals.
const (
	Machines  Subject = iota // there is none
	Files                    // one agent may not open so many
	Processes                // too many agents for one machine
	Memory                   // of a machine
	Ports                    // too few source addresses for the connections
	TimeWait                 // too few for those that closed connections keep
	Families                 // the target has addresses of IPv4 and IPv6
	UsersCap                 // max_vus is less than the loops
	AgentsMin                // fewer agents than the scenario wants
)

// A Refusal is a load that does not fit: it says what, where and what to do.
type Refusal struct {
	Subject Subject
	Text    string
}

func (r *Refusal) Error() string { return r.Text }

func refuse(s Subject, format string, args ...any) error {
	return &Refusal{Subject: s, Text: fmt.Sprintf(format, args...)}
}
