package rental

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// A Reach is how far an instance has to come to be ready. Other kinds are ready once they are made.
type Reach uint8

// The reaches. Agents are the instances that have to register.
const (
	ToRegister Reach = iota // its agent is registered
	ToInstall               // what it runs is installed
	ToLogin                 // it can be logged in to
	ToRun                   // it runs
)

// A Want is one resource that is to be: a slot that stays the same when what fills it is replaced.
type Want struct {
	Kind   Kind
	Role   string // 1 to 12 lower case letters
	Number int    // 1 to 9999 within the role
	Reach  Reach  // of instances
}

// A Config says what is to be rented. Zero means the default.
type Config struct {
	Run       string    // 8 characters, of Run8
	Expires   time.Time // goes into the tags; needed when something is wanted and no journal tells it
	Wants     []Want    // none = only give back
	MinAgents int       // so many agents are enough; 0 = all
	Journal   []Line    // of an earlier life of this run
	Fresh     bool      // the run was named just now, so that without a journal nothing of it can exist
	Limits    Limits
}

// Limits are what is waited for, and how much is done at once. Zero means the default.
type Limits struct {
	AskWithin      time.Duration // answer of one request; 60 s
	CreateWithin   time.Duration // from the first request for a resource until it exists; 10 min
	BootWithin     time.Duration // from its id until it runs; 5 min
	LoginWithin    time.Duration // from there until it can be logged in to, twice, with a reboot between; 3 min
	InstallWithin  time.Duration // from there until what it runs is installed; 60 s
	RegisterWithin time.Duration // from there until its agent is registered, twice, with a new start between; 30 s
	ReplaceWithin  time.Duration // deletion of what is to be replaced; 5 min
	SurveyWithin   time.Duration // the first lists, or the first that count; 2 min
	Settle         time.Duration // after which a list shows all that was asked for before, and a request is done or never will be; 60 s
	NetworkWithin  time.Duration // deletion of a network, which the cloud refuses while anything seems to hang on it; 20 min
	BackWithin     time.Duration // giving everything back; 30 min
	ListEvery      time.Duration // between two lists of one kind; 5 s
	CreateEvery    time.Duration // between two creations; 1 s
	Creating       int           // creations under way; 5
	Removing       int           // deletions under way; 10
	PerSlot        int           // replacements of one slot; 2
}

// BackWithin is how long giving everything back may take by default.
const BackWithin = 30 * time.Minute

func (l Limits) withDefaults() Limits {
	l.AskWithin = cmp.Or(l.AskWithin, time.Minute)
	l.CreateWithin = cmp.Or(l.CreateWithin, 10*time.Minute)
	l.BootWithin = cmp.Or(l.BootWithin, 5*time.Minute)
	l.LoginWithin = cmp.Or(l.LoginWithin, 3*time.Minute)
	l.InstallWithin = cmp.Or(l.InstallWithin, time.Minute)
	l.RegisterWithin = cmp.Or(l.RegisterWithin, 30*time.Second)
	l.ReplaceWithin = cmp.Or(l.ReplaceWithin, 5*time.Minute)
	l.SurveyWithin = cmp.Or(l.SurveyWithin, 2*time.Minute)
	l.Settle = cmp.Or(l.Settle, time.Minute)
	l.NetworkWithin = cmp.Or(l.NetworkWithin, 20*time.Minute)
	l.BackWithin = cmp.Or(l.BackWithin, BackWithin)
	l.ListEvery = cmp.Or(l.ListEvery, 5*time.Second)
	l.CreateEvery = cmp.Or(l.CreateEvery, time.Second)
	l.Creating = cmp.Or(l.Creating, 5)
	l.Removing = cmp.Or(l.Removing, 10)
	l.PerSlot = cmp.Or(l.PerSlot, 2)
	return l
}

// Validate tells all that is wrong.
func (c Config) Validate() error {
	var errs []error
	if !isRun8(c.Run) {
		errs = append(errs, fmt.Errorf("run %q: must be 8 characters of a to z and 2 to 7", c.Run))
	}
	if len(c.Wants) > 0 && (c.Expires.Unix() <= 0 || c.Expires.Unix() >= latestExpiry) {
		errs = append(errs, errors.New("expires: must be told when something is wanted"))
	}
	if n := c.agents(); c.MinAgents < 0 || c.MinAgents > n {
		errs = append(errs, fmt.Errorf("min agents %d: must be 0 to %d, the agents that are wanted", c.MinAgents, n))
	}
	k, err := Know(c.Journal)
	if errs = append(errs, err, c.validateWants()); k.Run != "" && k.Run != c.Run {
		errs = append(errs, fmt.Errorf("the journal is of run %s, not of %s", k.Run, c.Run))
	}
	return errors.Join(errs...)
}

func (c Config) validateWants() error {
	var errs []error
	seen := map[Want]int{}
	for i, w := range c.Wants {
		if err := (Name{Run: Run8(c.Run), Role: w.Role, Number: w.Number}).Validate(); err != nil {
			errs = append(errs, fmt.Errorf("wants[%d]: %w", i, err))
		}
		if rank(w.Kind) < 0 {
			errs = append(errs, fmt.Errorf("wants[%d]: %q is no kind of resource", i, w.Kind))
		}
		w.Reach = 0
		if first, twice := seen[w]; twice {
			errs = append(errs, fmt.Errorf("wants[%d]: the same as wants[%d]", i, first))
		}
		seen[w] = i
	}
	return errors.Join(errs...)
}

func (w Want) agent() bool { return w.Kind == Instance && w.Reach == ToRegister }

// agents counts those that are wanted.
func (c Config) agents() (n int) {
	for _, w := range c.Wants {
		if w.agent() {
			n++
		}
	}
	return n
}

// replacements is how many the whole fleet may have: a fifth of its instances, at least one.
func (c Config) replacements() int {
	n := 0
	for _, w := range c.Wants {
		if w.Kind == Instance {
			n++
		}
	}
	return max(1, n/5)
}
