package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/apply"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/tuning"
)

// tellPlan says what would be done. Nothing is asked of the service, so that what is in force may
// not be known.
func (t *tuner) tellPlan() error {
	p, err := t.plan()
	if err != nil {
		return err
	}
	now := tune.Setting{}
	for i := range t.tuning.Params {
		now[t.tuning.Params[i].Name] = t.tuning.Params[i].Current
	}
	if err := p.about(t.tuning, t.file, now); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s: %s, %s; load: %s of %s, against %s\n", t.file, t.goal(), t.compared(), loadWords(p), p.Scenario, p.Target)
	for i := range p.Params {
		t.tellParam(&t.tuning.Params[i], &p.Params[i])
	}
	for i := range t.tuning.Constraints {
		fmt.Fprintf(t.out, "constraint: %s\n", t.tuning.Constraints[i].Text)
	}
	if whole := t.tuning.Cost; whole != nil {
		fmt.Fprintln(t.out, strings.TrimSuffix("cost: "+whole.Text+", in "+t.tuning.CostUnit, ", in "))
	}
	if err := t.tellLength(p); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "a setting is put in force so:")
	for _, step := range apply.Steps(t.tuning, t.file, false) {
		fmt.Fprintln(t.out, "  "+step)
	}
	t.tellNodes()
	fmt.Fprintln(t.out, "dry run: nothing was asked of the service, and nothing was changed")
	return nil
}

func (t *tuner) goal() string {
	if t.tuning.Goal == tuning.Cheapest {
		return "the cheapest setting that holds the load"
	}
	return "the setting that holds most"
}

func (t *tuner) compared() string {
	switch {
	case t.tuning.Goal == tuning.Cheapest:
		return "the cheapest is asked first"
	case t.tuning.Compare == tuning.Capacity:
		return "the last ones by the highest rate within the SLO"
	}
	return "by OK requests a second"
}

func loadWords(p *tunePlan) string {
	var all []string
	add := func(is bool, format string, a ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, a...))
		}
	}
	add(p.Load.Users > 0, "%d users", p.Load.Users)
	add(p.Load.Rate > 0, "%.4g/s", p.Load.Rate)
	add(p.Load.Connections > 0, "%d connections", p.Load.Connections)
	return strings.Join(all, ", ")
}

func (t *tuner) tellParam(of *tuning.Param, p *tune.Param) {
	now := cmp.Or(of.Current, "asked at the start")
	fmt.Fprintf(t.out, "%s: %s; in force: %s\n", p.Name, strings.Join(p.Values, " "), now)
	for _, why := range p.Why {
		fmt.Fprintln(t.out, "  "+why)
	}
	if of.Cost.Line > 0 {
		fmt.Fprintln(t.out, "  cost: "+costWords(&of.Cost, p.Values, t.tuning.CostUnit))
	}
}

// costWords are what the values of a param cost.
func costWords(c *tuning.Cost, values []string, unit string) string {
	if c.Of == nil {
		return tune.Price(c.Each, unit) + " for each"
	}
	var all []string
	for _, v := range values {
		all = append(all, v+" "+tune.Price(c.Of[v], unit))
	}
	return strings.Join(all, ", ")
}

// tellLength says how many trials there are, and how long they take. For that it does not matter which of the
// values is in force.
func (t *tuner) tellLength(p *tunePlan) error {
	guessed := *p
	guessed.Incumbent = tune.Setting{}
	for _, one := range p.Params {
		guessed.Incumbent[one.Name] = cmp.Or(p.Incumbent[one.Name], one.Values[0])
	}
	s, err := tune.New(guessed.config(t.tuning))
	if err != nil {
		return usage(fmt.Errorf("%s: %w", t.file, err), "")
	}
	r := s.Result()
	each := t.eachTrial()
	fmt.Fprintf(t.out, "%d combinations, of which constraints rule out at least %d\n", combinations(p), len(r.Refused))
	switch {
	case r.Expected > 0:
		fmt.Fprintf(t.out, "about %d trials of %s: %s", r.Expected, each, minutesOf(time.Duration(r.Expected)*each))
	case t.tuning.Goal == tuning.Cheapest:
		fmt.Fprintf(t.out, "3 to 15 trials of %s for each setting, until one holds", each)
	default:
		fmt.Fprintf(t.out, "trials of %s, then up to 4 searches for a capacity, at most %s each", each, p.Each.Budget)
	}
	if p.Budget > 0 {
		fmt.Fprintf(t.out, "; the budget is %s", p.Budget)
	}
	fmt.Fprintln(t.out, ", without what hooks take")
	notes(t.out, r.Flags, p.Flags, t.tooFew(p, r.Expected), apply.Missing(t.tuning, t.file))
	return nil
}

// tooFew says that a budget is not enough for the trials that are expected.
func (t *tuner) tooFew(p *tunePlan, expected int) (all []string) {
	if takes := time.Duration(expected) * t.eachTrial(); p.Budget > 0 && takes > p.Budget {
		all = append(all, fmt.Sprintf("the budget is %s, and about %s take %s: the tuning may end unfinished; say --budget %s, and what hooks take beside",
			p.Budget, countOf(expected, "trial", "trials"), minutesOf(takes), inMinutes(takes)))
	}
	if most := t.tuning.Budget.Trials; most > 0 && expected > most {
		all = append(all, fmt.Sprintf("budget: trials: %d are fewer than the about %d expected: the tuning may end unfinished", most, expected))
	}
	return all
}

// eachTrial is about what one takes, with what is around it.
func (t *tuner) eachTrial() time.Duration {
	return cmp.Or(t.tuning.Length, usualLength) + cmp.Or(t.tuning.Settle, usualSettle) + around
}

// notes are what is to be known before the first trial.
func notes(out io.Writer, all ...[]string) {
	for _, text := range slices.Concat(all...) {
		fmt.Fprintln(out, "note: "+text)
	}
}

// What a trial takes where the file does not say, and what is around it.
const (
	usualLength = 20 * time.Second
	usualSettle = 3 * time.Second
	around      = 2 * time.Second
)

func combinations(p *tunePlan) int {
	n := 1
	for i := range p.Params {
		n *= len(p.Params[i].Values)
	}
	return n
}

func minutesOf(d time.Duration) string { return fmt.Sprintf("%.0f minutes", max(d.Minutes(), 1)) }
