package upstream

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Settings are what can be changed while the simulator runs. They hold for requests that
// arrive from then on. The zero value answers at once, always.
type Settings struct {
	Delay     Delay
	Seed      uint64  // of delays, errors and resets; to change it begins their sequence anew
	ErrorRate float64 // share of items answered 500, in [0, 1]
	ResetRate float64 // share of items whose connection is reset in place of an answer, in [0, 1]
	RateLimit float64 // items a second, beyond which they are answered 429; 0 = no limit
	RateBurst int     // of these, at once; 0 = those of a second, at least 1
	SlowBytes int     // of an item's body, a second; 0 = at once
	BodyBytes int     // size of an item's body; 0 = about 100, and never less than its fields need
}

// Bounds of what a slip of the finger asks for.
const (
	leastRate = 1e-3
	mostRate  = 1e6
	mostBytes = 64 << 20
)

// Validate reports everything that is wrong with settings, by the names of the flags.
func (s Settings) Validate() error {
	return errors.Join(
		share("error-rate", s.ErrorRate),
		share("reset-rate", s.ResetRate),
		s.limit(),
		within("rate-burst", s.RateBurst, mostRate),
		within("slow-bytes", s.SlowBytes, math.MaxInt32),
		within("body-bytes", s.BodyBytes, mostBytes),
	)
}

// limit reports a rate that would let nobody through in a run, and a burst without a
// limit, which would be one that somebody believes in.
func (s Settings) limit() error {
	switch {
	case s.RateLimit == 0 && s.RateBurst > 0:
		return errors.New("rate-burst: needs a rate-limit, of which it is a part")
	case s.RateLimit != 0 && !(s.RateLimit >= leastRate && s.RateLimit <= mostRate):
		return fmt.Errorf("rate-limit: must be 0 for no limit, or between %g and %.0f, got %g", leastRate, mostRate, s.RateLimit)
	}
	return nil
}

func share(name string, f float64) error {
	if !(f >= 0 && f <= 1) {
		return fmt.Errorf("%s: must be between 0 and 1, got %g", name, f)
	}
	return nil
}

func within(name string, n, most int) error {
	if n < 0 || n > most {
		return fmt.Errorf("%s: must be between 0 and %d, got %d", name, most, n)
	}
	return nil
}

// burst is the one in force.
func (s Settings) burst() int {
	if s.RateBurst > 0 || s.RateLimit == 0 {
		return s.RateBurst
	}
	return int(math.Ceil(s.RateLimit))
}

// A Freeze is a stretch in which the simulator's time stands still, as in a pause
// of the whole process: no answer leaves, what was being served goes on where it
// stopped, and what arrived meanwhile is served when it ends.
type Freeze struct {
	At, For time.Duration // For 0: never
}

// mostFreeze bounds both.
const mostFreeze = 24 * time.Hour

// Validate reports what is wrong with a freeze.
func (f Freeze) Validate() error {
	var errs []error
	for _, of := range []struct {
		name string
		d    time.Duration
	}{{"freeze-at", f.At}, {"freeze-for", f.For}} {
		switch {
		case of.d < 0:
			errs = append(errs, fmt.Errorf("%s: must not be negative, got %s", of.name, of.d))
		case of.d > mostFreeze:
			errs = append(errs, fmt.Errorf("%s: must be at most %s, got %s", of.name, mostFreeze, of.d))
		}
	}
	return errors.Join(errs...)
}
