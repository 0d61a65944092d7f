package tune

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// Stories: "new" makes a tuning from parameters, one a line, the value in force in brackets; "run" makes it to
// its end in a world of rules, one a line, later ones over earlier ones: the settings it is of, the trials, and what
// comes of them. Which trials were made is printed block by block, then what was decided.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var c Config
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "new":
				c = configOf(t, d)
				return mistakes(c)
			case "run":
				return story(t, c, rulesOf(d.Input))
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func mistakes(c Config) string {
	if err := c.Validate(); err != nil {
		return err.Error() + "\n"
	}
	return ""
}

func configOf(t *testing.T, d *datadriven.TestData) Config {
	c := Config{Incumbent: Setting{}, Load: trial.Load{Users: 64}, Seed: 1}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "goal":
			c.Goal = Goal(a.Vals[0])
		case "budget":
			c.Budget, _ = time.ParseDuration(a.Vals[0])
		case "not":
			c.Allowed = func(s Setting) (bool, string) {
				return values(c.Params, s) != a.Vals[0], words(a.Vals[1])
			}
		case "limit":
			c.Clauses = []trial.Clause{{Expr: "response_time: p(99)<200ms", Allowed: 0.01, Time: true}}
		case "checks":
			c.Clauses = []trial.Clause{{Expr: "checks: rate>99%", Allowed: 0.01}}
		case "unit":
			c.CostUnit = words(a.Vals[0])
		case "trials":
			c.MaxTrials, _ = strconv.Atoi(a.Vals[0])
		default:
			t.Fatalf("unknown %s", a.Key)
		}
	}
	for line := range strings.Lines(d.Input) {
		p := Param{CostEach: 1}
		for i, w := range strings.Fields(line) {
			v := strings.Trim(w, "[]")
			switch {
			case i == 0:
				p.Name = w
				continue
			case strings.HasPrefix(w, "costs="):
				p.Costs = append(p.Costs, numbers(w[6:])...)
				continue
			case v != w:
				c.Incumbent[p.Name] = v
			}
			p.Values = append(p.Values, v)
		}
		c.Params = append(c.Params, p)
	}
	return c
}

func numbers(list string) (all []float64) {
	for w := range strings.SplitSeq(list, ",") {
		v, _ := strconv.ParseFloat(w, 64)
		all = append(all, v)
	}
	return all
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// A rule says what comes of some trials.
type rule map[string]string

func rulesOf(input string) (all []rule) {
	for line := range strings.Lines(input) {
		r := rule{}
		for _, w := range strings.Fields(line) {
			k, v, _ := strings.Cut(w, "=")
			r[k] = words(v)
		}
		all = append(all, r)
	}
	return all
}

func (r rule) is(a trial.Ask) bool {
	for name, v := range a.Setting {
		if want, ok := r[name]; ok && want != v {
			return false
		}
	}
	from, to := r.number("from", 0), r.number("to", math.Inf(1))
	if _, fresh := r["fresh"]; fresh && !a.Restart {
		return false
	}
	return float64(a.Number) >= from && float64(a.Number) <= to
}

func (r rule) number(key string, otherwise float64) float64 {
	if v, err := strconv.ParseFloat(r[key], 64); err == nil {
		return v
	}
	return otherwise
}

// told is what comes of a trial; throughput is a hair apart from trial to trial.
func told(rules []rule, a trial.Ask) trial.Told {
	now := trial.Told{Validity: stats.Valid, Took: 24 * time.Second, Throughput: 100, Counts: []trial.Count{{N: 1000, Clump: 1}}}
	for _, r := range rules {
		if !r.is(a) {
			continue
		}
		now.Throughput = r.number("x", now.Throughput)
		now.Failed = r.number("failed", now.Failed)
		now.Counts[0].Bad = uint64(r.number("bad", float64(now.Counts[0].Bad)))
		now.Broken = r["broken"]
		if why, ok := r["invalid"]; ok {
			now.Validity, now.Reasons = stats.Invalid, []string{why}
		}
		_, now.Generator = r["generator"]
		_, now.Growing = r["growing"]
	}
	now.Throughput *= 1 + 0.001*math.Sin(float64(a.Number*a.Number))
	return now
}

func story(t *testing.T, c Config, rules []rule) string {
	r := run(t, c, func(a trial.Ask) trial.Told { return told(rules, a) })
	var b strings.Builder
	line, last := "", -1
	flush := func() {
		if line != "" {
			fmt.Fprintln(&b, line)
		}
	}
	for _, v := range r.Trials {
		if v.Block != last || v.Kind == kindHold {
			flush()
			line, last = fmt.Sprintf("%d %s:", v.Number, v.Kind), v.Block
			if v.Restart {
				line = fmt.Sprintf("%d %s, fresh:", v.Number, v.Kind)
			}
		}
		line += " " + short(r, v)
	}
	flush()
	fmt.Fprintf(&b, "%s: %s\n", r.Outcome, r.Why)
	fmt.Fprintf(&b, "%s\n", r.Sentence())
	for _, v := range r.Refused {
		fmt.Fprintf(&b, "refused %s: %s\n", r.words(v.Setting), v.Why)
	}
	for _, v := range r.Effects {
		fmt.Fprintf(&b, "effect %s %+.1f %% [%.1f, %.1f]\n", strings.Join(v.Params, " × "), 100*v.Change, 100*v.Low, 100*v.High)
	}
	for _, v := range r.Flags {
		fmt.Fprintf(&b, "flag %s\n", v)
	}
	return b.String()
}

// short is a setting as values, "now" the one in force, with what was made of the trial.
func short(r Result, v Tried) string {
	s := values(r.Params, v.Setting)
	if r.words(v.Setting) == r.words(r.Incumbent.Setting) {
		s = "now"
	}
	if v.Note != "" {
		s += " (" + v.Note + ")"
	}
	return s
}

func values(params []Param, s Setting) string {
	var all []string
	for _, p := range params {
		all = append(all, s[p.Name])
	}
	return strings.Join(all, "/")
}
