package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
)

// An amount is a load: iterations a second, 50/s or 50, or connections.
type amount float64

// mostAmount is beyond what anything can ask for.
const mostAmount = 1e9

func (a *amount) Type() string { return "load" }

func (a *amount) String() string {
	if *a == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*a), 'g', -1, 64)
}

func (a *amount) Set(text string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || !(v > 0 && v <= mostAmount) {
		return fmt.Errorf("want a load above 0, such as 50/s or 50, got %q", text)
	}
	*a = amount(v)
	return nil
}

// resumable are the flags that may be given to go on with a search. Those others that it was
// begun with it goes on with.
var resumable = []string{"resume", "budget", "precision", "ui", "out", "runs", "var", "target-token", "i-am-authorised", "fleet", "yes", "help"}

// Bounds of --precision: more takes for ever, less is no figure.
const (
	finestPrecision   = 0.001
	coarsestPrecision = 0.5
)

// leastSearch is a budget in which a few trials can be made.
const leastSearch = 30 * time.Second

// validate says all that is wrong with the flags, by themselves and together.
func (o *capacityOptions) validate(file string) error {
	var wrong []error
	is := func(bad bool, format string, a ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, a...))
		}
	}
	is(!slices.Contains([]string{"plain", "json", "none"}, o.watch), "--ui %s: not one of plain, json, none", o.watch)
	is(o.given["budget"] && o.budget < leastSearch, "--budget must be at least %s, got %s", leastSearch, o.budget)
	is(o.precision < finestPrecision || o.precision > coarsestPrecision, "--precision must be from 0.1%% to 50%%, got %s", &o.precision)
	is(o.agents < 0 || o.loops < 0, "--agents and --loops must not be negative, got %d and %d", o.agents, o.loops)
	is(o.start > 0 && o.max > 0 && o.start > o.max, "--start %s is more than --max %s", &o.start, &o.max)
	for _, n := range o.held {
		is(n < 1, "--connections %d: must be at least 1", n)
	}
	switch o.over {
	case capacity.Rate:
		is(o.rate > 0, "--rate goes with --over connections; a search for the rate has --start and --max")
	case capacity.Connections:
		is(len(o.held) > 0, "--connections says what is held during a search for the rate; with --over connections they are what is searched, from --start to --max")
		is(o.peak > 0, "--peak is a rate: it does not go with --over connections")
	case "users":
		is(true, "--over users: search the rate; the users that make it are the capacity × (their response time + their pause), see docs/capacity.md")
	default:
		is(true, "--over %s: not one of rate, connections", o.over)
	}
	if o.resume != "" {
		wrong = append(wrong, begunWith(o.typed, resumable)...)
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "see `loadctl capacity --help`")
	}
	return nil
}

// begunWith refuses flags that a search has once and for all.
func begunWith(typed map[string]bool, resumable []string) (wrong []error) {
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		if !slices.Contains(resumable, name) {
			wrong = append(wrong, fmt.Errorf("--%s: a search goes on with what it was begun with; leave it out, or begin another", name))
		}
	}
	return wrong
}
