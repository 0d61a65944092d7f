package upstream

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/knobs"
)

// A change is what a form asks for.
type change struct {
	set    Settings
	freeze Freeze
}

// fields are what a form can change, by the names of the command's flags.
var fields = map[string]func(c *change, value string) error{
	"delay":      func(c *change, v string) (err error) { c.set.Delay, err = ParseDelay(v); return err },
	"seed":       func(c *change, v string) error { return positive(&c.set.Seed, v) },
	"error-rate": func(c *change, v string) error { return fraction(&c.set.ErrorRate, v) },
	"reset-rate": func(c *change, v string) error { return fraction(&c.set.ResetRate, v) },
	"rate-limit": func(c *change, v string) error { return fraction(&c.set.RateLimit, v) },
	"rate-burst": func(c *change, v string) error { return whole(&c.set.RateBurst, v) },
	"slow-bytes": func(c *change, v string) error { return whole(&c.set.SlowBytes, v) },
	"body-bytes": func(c *change, v string) error { return whole(&c.set.BodyBytes, v) },
	"freeze-at":  func(c *change, v string) error { return duration(&c.freeze.At, v) },
	"freeze-for": func(c *change, v string) error { return duration(&c.freeze.For, v) },
}

// Change does what a form says, such as delay=20ms&error-rate=0.1, or nothing of it when
// any of it is wrong. Names may have _ for -. freeze-at counts from now. It holds for
// requests that arrive from now on; a freeze stops those under way too.
func (s *Simulator) Change(form string) error {
	asked, err := url.ParseQuery(form)
	if err != nil {
		return fmt.Errorf("reading the form: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := change{set: s.set}
	asked, twice := byFlag(asked)
	if asked.Has("rate-limit") && !asked.Has("rate-burst") {
		c.set.RateBurst = 0 // that of the former limit says nothing of this one
	}
	if err := errors.Join(twice, c.read(asked)); err != nil {
		return err
	}
	s.apply(c)
	return nil
}

// apply is called with the mutex held.
func (s *Simulator) apply(c change) {
	if c.set.Seed != s.set.Seed {
		s.next = 0
	}
	if c.set.RateLimit != s.set.RateLimit || c.set.burst() != s.set.burst() {
		s.limit = newLimit(c.set.RateLimit, c.set.burst())
	}
	s.set = c.set
	s.line.staff(c.set.Delay)
	s.line.freeze(c.freeze)
}

// byFlag spells all names as flags are, and reports those that a form has twice: which
// of the two would hold is anybody's guess.
func byFlag(asked url.Values) (url.Values, error) {
	all := url.Values{}
	for name, values := range asked {
		name = strings.ReplaceAll(name, "_", "-")
		all[name] = append(all[name], values...)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(all[name]) > 1 {
			errs = append(errs, fmt.Errorf("%s: is there twice", name))
		}
	}
	return all, errors.Join(errs...)
}

// read takes over what is asked, and says all that is wrong with it in the order of names.
func (c *change) read(asked url.Values) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		set, ok := fields[name]
		if !ok {
			all := slices.Sorted(maps.Keys(fields))
			errs = append(errs, fmt.Errorf("%s: there is no such setting%s; there are %s", name, knobs.Meant(name, all), strings.Join(all, ", ")))
			continue
		}
		if err := set(c, asked.Get(name)); err != nil {
			errs = append(errs, named(name, err))
		}
	}
	return errors.Join(append(errs, c.set.Validate(), c.freeze.Validate())...)
}

// named puts the name of its field before an error, unless it begins with it.
func named(name string, err error) error {
	if strings.HasPrefix(err.Error(), name+" ") {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

func duration(to *time.Duration, v string) (err error) {
	if *to, err = time.ParseDuration(v); err != nil {
		return fmt.Errorf("%q is no duration such as 3ms", v)
	}
	return nil
}

func fraction(to *float64, v string) (err error) {
	*to, err = strconv.ParseFloat(v, 64)
	return plain("number", v, err)
}

func whole(to *int, v string) (err error) {
	*to, err = strconv.Atoi(v)
	return plain("whole number", v, err)
}

func positive(to *uint64, v string) (err error) {
	*to, err = strconv.ParseUint(v, 10, 64)
	return plain("whole number from 0", v, err)
}

// plain says in plain words what strconv found.
func plain(what, v string, err error) error {
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%q is too large", v)
	case err != nil:
		return fmt.Errorf("%q is no %s", v, what)
	}
	return nil
}
