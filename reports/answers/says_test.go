package answers_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/saturation"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/text"
)

// TestEveryOutcomeSaysItsSentence: what an ending means is said in words, with its reason.
func TestEveryOutcomeSaysItsSentence(t *testing.T) {
	wants := map[string][]string{
		"capacity-found":      {"95 % confidence the true value lies between 735 and 760", "response_time: p(99)<200ms", "at its bound above it: the workers, in 3 of 3 trials, and in 2 of 7 below it", "number 22) confirmed", "1 % more load makes 82 % more bad"},
		"capacity-held":       {"Capacity 748/s with 10 000 connections held, 95 % interval", "With 10 000 connections held, at most 748 iterations a second hold every limit: ", "the most that holds every limit with 10 000 connections held", "RESULT found exit=0 connections=10000 capacity=748 "},
		"capacity-at-least":   {"≥ 400", "The generator was at its limit"},
		"capacity-nothing":    {"NOTHING HOLDS", "p99 is 240 ms with nobody else there"},
		"capacity-unstable":   {"UNSTABLE", "capacity 748/s and 721/s", "Drift: the target became slower"},
		"capacity-unfinished": {"so far", "the budget of 5m0s is spent", "about 4 minutes longer", "No trial confirmed it"},
		"capacity-broken":     {"connection refused"},
		"gate-pass":           {"PASS", "not worse than its baseline", "a change of 7.1 % or more would have been found"},
		"gate-regression":     {"REGRESSION", "Furthest beyond its margin was response time p99", "0 of 3 trials"},
		"gate-inconclusive":   {"INCONCLUSIVE", "not enough evidence either way", "Unpaired", "90 % interval", "the candidate held the SLO in 3 of 3 trials", "over stored runs"},
		"gate-invalid":        {"INVALID", "the baseline itself did not hold", "is not known"},
		"tune-better":         {"Set pool_size=24, workers=42", "cheapest that is not worse than the best", "cost 108 connections in place of 188", "Costs are in connections.", "pool_size 24 to 42, workers 42 to 73", "after a fresh start", "Erlang C"},
		"tune-cheapest":       {"the cheapest that holds the load: cost 108 connections", "cost 36 connections", "Costs are in connections.", "Set pool_size=24, workers=42 in place of"},
		"tune-unsure":         {"is the cheapest that is known to hold the load: cost 108 connections", "not known of 2 settings, such as"},
		"tune-nothing":        {"NOTHING IS KNOWN TO HOLD", "No setting is known to hold the load; it is not known of pool_size 8"},
		"tune-no-change":      {"No setting beats the current one by 2 % or more", "leave it as it is"},
		"tune-as-good":        {"No setting beats the current one by ≥ 10 %; the nearest, pool_size 42, workers 73: +8 % [6, 9].", "leave it as it is"},
		"tune-not-again":      {"was better (+40 % [40, 41]), but not after a fresh start: +1 % there"},
		"tune-capacity":       {"SLO capacity, 95 % interval", "its capacity was not"},
		"tune-unfinished":     {"no recommendation", "the budget of 30m0s is spent"},
		"tune-broken":         {"the hook of pool_size failed"},
	}
	briefs := all()
	for name, want := range wants {
		said := strings.Join(strings.Fields(terminal(t, briefs[name], text.BriefOptions{Width: 100_000})), " ")
		for _, words := range want {
			if !strings.Contains(said, words) {
				t.Errorf("%s does not say %q", name, words)
			}
		}
	}
}

// TestResultIsTheLastLine, and a program can read it.
func TestResultIsTheLastLine(t *testing.T) {
	form := regexp.MustCompile(`^RESULT [a-z-]+ exit=\d+( [a-z]+=\S+)* run=\S+$`)
	for name, b := range all() {
		lines := strings.Split(strings.TrimSuffix(terminal(t, b, text.BriefOptions{}), "\n"), "\n")
		if last := lines[len(lines)-1]; !form.MatchString(last) {
			t.Errorf("%s ends with %q", name, last)
		}
	}
}

// TestUnpairedGatesHaveNoBase: nothing is said of trials that were not made, nor of pairs.
func TestUnpairedGatesHaveNoBase(t *testing.T) {
	said := terminal(t, answers.OfGate(gates()["inconclusive"], info("gate", 3)), text.BriefOptions{Width: 200, Detail: true})
	for _, wrong := range []string{"0 of 0", "the baseline held", "median over pairs", "95 %", "each pair", "pairs  verdict"} {
		if strings.Contains(said, wrong) {
			t.Errorf("%q is said of stored runs", wrong)
		}
	}
}

// TestAFailedPercentileIsSaid, where failed requests reach into it: it is not 0 ms, and its change has no figure.
func TestAFailedPercentileIsSaid(t *testing.T) {
	g := gateOf(0.1, gate.Regression)
	m := &g.Metrics[1]
	m.Candidate, m.CandidateFailed, m.Change, m.Low, m.High, m.Confidence = 0, true, 22025.5, 22025.5, 22025.5, 0.9375
	said := terminal(t, answers.OfGate(g, info("gate", 98)), text.BriefOptions{Width: 200, Detail: true})
	for _, want := range []string{"failed", "> +1000", "93 to 95 % CI", "93 % interval"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q:\n%s", want, said)
		}
	}
}

// TestProgress: one line for the trial that ended, in the order of a search.
func TestProgress(t *testing.T) {
	var lines []string
	r := found().Result
	for _, n := range []int{1, 4, 9, 10} {
		part := r
		part.Trials = r.Trials[:n]
		if n < 9 {
			part.Capacity, part.Low, part.High = 0, 0, 0
		}
		lines = append(lines, answers.CapacityLine(part))
	}
	part := r
	part.Needs = 3 * time.Minute
	g := gates()["regression"]
	held := g
	held.Trials, held.Metrics = g.Trials[:4], nil
	lines = append(lines, answers.CapacityLine(part), answers.GateLine(held), answers.GateLine(g))
	b := better()
	broken := b
	broken.Trials = b.Trials[:5]
	lines = append(lines, answers.TuneLine(b), answers.TuneLine(broken))
	golden(t, "progress.txt", strings.Join(lines, "\n")+"\n")
	if answers.CapacityLine(capacity.Result{})+answers.GateLine(gate.Result{})+answers.TuneLine(tune.Result{}) != "" {
		t.Error("there is a line of no trial")
	}
}

// TestWhatIsAtItsBoundIsToldAsTheTrialsAboveTheCapacityHaveIt: a cold trial at an eighth of the load
// says nothing of what limits it.
func TestWhatIsAtItsBoundIsToldAsTheTrialsAboveTheCapacityHaveIt(t *testing.T) {
	c := found()
	c.Result.Trials[0].Used = false
	c.Result.Trials[0].Saturated = []trial.Saturated{{Part: "database", What: "database: 8 of 8 connections busy", Share: 1}}
	c.Saturation = bounds(c.Result)
	b := answers.OfCapacity(c, info("capacity", 0))
	if out := terminal(t, b, text.BriefOptions{Detail: true}); strings.Contains(b.Lead, "database") || strings.Contains(out, "at its bound first") || !strings.Contains(b.Lead, "at its bound above it: the workers") {
		t.Errorf("%s\n%s", b.Lead, out)
	}
}

// TestBoundsOfSingleTrialsAreNotCalledAnInterval with a confidence that nothing is behind.
func TestBoundsOfSingleTrialsAreNotCalledAnInterval(t *testing.T) {
	c := found()
	c.Result.Confidence, c.Result.Capacity, c.Result.Fits, c.Result.Limiting, c.Result.Elasticity = 0, c.Result.Low, nil, -1, 0
	b := answers.OfCapacity(c, info("capacity", 0))
	out := terminal(t, b, text.BriefOptions{Width: 400, Detail: true})
	if strings.Contains(out, "95") && (strings.Contains(out, "95 % interval") || strings.Contains(out, "95 % confidence")) || !strings.Contains(b.Verdict.Line, "735 held and 760 broke, in single trials") {
		t.Errorf("%s\n%s", b.Verdict.Line, out)
	}
}

// TestHostileNames puts markup and line ends wherever a name can be.
func TestHostileNames(t *testing.T) {
	const evil = "\"><script>alert(1)</script>|a\n# b\x1b[2J`*_[x](javascript:1)"
	i := answers.Info{Scenario: evil, File: evil, Args: []string{evil}, RunID: evil, Dir: evil, Target: evil, Baseline: evil, Tool: evil, Arrivals: evil, Environment: []brief.Fact{{Name: evil, Value: evil}}, Source: "```\n" + evil}
	c := found()
	c.Result.Why, c.Result.Flags, c.Result.Clauses[0].Expr = evil, []string{evil}, evil
	c.Result.Trials[2].Kind, c.Result.Trials[2].Note, c.Result.Trials[2].Broke = evil, evil, []string{evil}
	c.Saturation.Limits, c.Saturation.Text = []saturation.Part{{Part: evil, What: evil}}, evil
	g := gateOf(0.1, gate.Regression)
	g.Why, g.Metrics[0].Name, g.Metrics[1].Unit, g.Trials[0].Side, g.Trials[1].Note = evil, evil, evil, evil, evil
	w := better()
	w.Recommended.Setting, w.Params[0].Name, w.Params[0].Why, w.Refused[0].Why, w.CostUnit = tune.Setting{evil: evil}, evil, []string{evil}, evil, evil
	for _, b := range []*brief.Brief{answers.OfCapacity(c, i), answers.OfGate(g, i), answers.OfTune(w, i)} {
		p := page(t, b)
		if strings.Contains(p, "<script>alert") || strings.Contains(p, "<img") {
			t.Error("markup of a name is markup of the page")
		}
		if out := terminal(t, b, text.BriefOptions{Detail: true}); strings.Contains(out, "\x1b") {
			t.Error("a name moves the cursor")
		}
		checkMarkdown(t, markdown(t, b))
	}
}

// checkMarkdown: tables keep their columns, and nothing of a name is markup.
func checkMarkdown(t *testing.T, m string) {
	t.Helper()
	columns, fence := 0, ""
	for line := range strings.Lines(m) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			switch fence {
			case "":
				fence = line
			case line:
				fence = ""
			}
			continue
		}
		if fence != "" {
			continue
		}
		if strings.Contains(line, "<script") || strings.Contains(line, "\x1b") || strings.Contains(line, "[x](") {
			t.Errorf("markup of a name: %s", line)
		}
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(strings.ReplaceAll(line, `\\`, ""), `\|`, ""), "|")
		if columns > 0 && n != columns {
			t.Errorf("%d columns, not %d: %s", n, columns, line)
		}
		columns = n
	}
}

// TestNothingIsKnown: the empty results of a search that has not begun are documents too.
func TestNothingIsKnown(t *testing.T) {
	for _, b := range []*brief.Brief{answers.OfCapacity(answers.Capacity{}, answers.Info{}), answers.OfGate(gate.Result{}, answers.Info{}), answers.OfTune(tune.Result{}, answers.Info{}),
		answers.OfCapacity(answers.Capacity{Scaling: &answers.Scaling{}, Frontier: []answers.Corner{{}}}, answers.Info{})} {
		checkPage(t, b.Kind, page(t, b))
		checkMarkdown(t, markdown(t, b))
		if out := terminal(t, b, text.BriefOptions{Detail: true}); strings.Contains(out, "%!") || strings.Contains(out, "NaN") {
			t.Error(out)
		}
	}
}

// TestAnyFigures: whatever a search says, no number that is none is shown.
func TestAnyFigures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		any := func() float64 {
			return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-1, 1), rapid.Float64Range(0, 1e5), rapid.Float64Range(-1e12, 1e12)).Draw(rt, "figure")
		}
		c := found()
		r := &c.Result
		r.Outcome = rapid.SampledFrom([]capacity.Outcome{capacity.Found, capacity.AtLeast, capacity.Unfinished, capacity.Nothing, ""}).Draw(rt, "outcome")
		r.Capacity, r.Low, r.High, r.Elasticity, r.Verified, r.Confidence = any(), any(), any(), any(), any(), any()
		r.Fits[0], r.Limiting = capacity.Fit{Capacity: any(), Low: any(), High: any(), Elasticity: any(), Known: true}, rapid.IntRange(-1, 3).Draw(rt, "limiting")
		x := &r.Trials[5]
		x.Rate, x.Throughput, x.Good, x.P99 = any(), any(), any(), time.Duration(any())
		x.Counts = []trial.Count{{N: uint64(math.Abs(any())), Bad: uint64(math.Abs(any())), Clump: any()}}
		g := gateOf(0, gate.Pass)
		g.Metrics[0].Change, g.Metrics[0].Low, g.Metrics[0].High, g.Metrics[0].Margin = any(), any(), any(), any()
		w := better()
		w.Best.Gain, w.Scores[3].Gain, w.Effects[0].Low, w.Effects[0].High = any(), any(), any(), any()
		for _, b := range []*brief.Brief{answers.OfCapacity(c, info("capacity", 0)), answers.OfGate(g, info("gate", 0)), answers.OfTune(w, info("tune", 0))} {
			p := page(t, b)
			for _, bad := range []string{"NaN", "+Inf", "%!"} {
				if i := strings.Index(p, bad); i >= 0 {
					rt.Fatalf("%s: %q in %q", b.Kind, bad, p[max(0, i-80):i+20])
				}
			}
		}
	})
}

// TestElasticityIsWhatItSays: 1 % more load makes 1.01 to its power times as many bad requests.
func TestElasticityIsWhatItSays(t *testing.T) {
	for b, want := range map[float64]string{14: "15 % more", 63: "87 % more", 150: "4.45 times as many"} {
		c := found()
		c.Result.Elasticity = b
		if lead := answers.OfCapacity(c, answers.Info{}).Lead; !strings.Contains(lead, want+" bad requests") {
			t.Errorf("elasticity %v: %s", b, fmt.Sprint(lead))
		}
	}
}

// TestNoChangeGivesItsOwnReason: a margin of 10 % is not the slack of 2 %, and a gain that did not come back is not one that was not there.
func TestNoChangeGivesItsOwnReason(t *testing.T) {
	for _, name := range []string{"as-good", "not-again"} {
		b := answers.OfTune(tunings()[name], answers.Info{})
		why := tunings()[name].Why
		if got := b.Verdict.Line; !strings.EqualFold(strings.TrimSuffix(got, "."), why) || strings.Contains(got+b.Lead, "2 %") || strings.Contains(b.Lead, why) {
			t.Errorf("%s: %s / %s", name, got, b.Lead)
		}
	}
}

// TestFiguresOfTwoKindsAreNamed: only the last settings have a capacity, all others' figures are of throughput.
func TestFiguresOfTwoKindsAreNamed(t *testing.T) {
	p := page(t, answers.OfTune(tunings()["capacity"], answers.Info{}))
	for _, want := range []string{"/s throughput", "By how much throughput changes", "Throughput of closed users", "Gains of SLO capacity are the ratio of two searches"} {
		if !strings.Contains(p, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestWhatStoodBesideIsSaid with every outcome: a capacity at 10,000 connections is not one at none.
func TestWhatStoodBesideIsSaid(t *testing.T) {
	for name, c := range endings() {
		if name == "broken" {
			continue
		}
		c.Result.Beside = trial.Load{Connections: 10_000}
		b := answers.OfCapacity(c, info("capacity", 0))
		words := strings.ReplaceAll(b.Verdict.Line+" / "+b.Lead, "\u2009", " ")
		if !strings.Contains(words, "with 10 000 connections held") || !strings.Contains(words, "/ With 10 000 connections held") || !strings.Contains(b.Result, " connections=10000") {
			t.Errorf("%s: %s / %s", name, words, b.Result)
		}
		c.Result.Axis, c.Result.Beside = "connections", trial.Load{Rate: 200}
		b = answers.OfCapacity(c, info("capacity", 0))
		if words = b.Verdict.Line + " / " + b.Lead; !strings.Contains(words, " at 200/s") || !strings.Contains(words, "/ At 200/s") || !strings.Contains(b.Result, " rate=200") {
			t.Errorf("%s: %s / %s", name, words, b.Result)
		}
	}
}

// TestCostsWithoutAUnitHaveNone.
func TestCostsWithoutAUnitHaveNone(t *testing.T) {
	r := tunings()["cheapest"]
	r.CostUnit = ""
	b := answers.OfTune(r, info("tune", 0))
	if out := terminal(t, b, text.BriefOptions{Width: 400, Detail: true}); strings.Contains(out, "Costs are in") || !strings.HasSuffix(b.Verdict.Line, ": cost 108.") {
		t.Errorf("%s\n%s", b.Verdict.Line, out)
	}
}

// TestALoadThatIsToHoldGainsNothing: its line says whether it held, and of no setting that it is better by ±0 %.
func TestALoadThatIsToHoldGainsNothing(t *testing.T) {
	r := tunings()["cheapest"]
	last := &r.Trials[len(r.Trials)-1]
	last.Kind, last.Note = "hold", "held"
	if line := answers.TuneLine(r); strings.Contains(line, "%") || !strings.HasSuffix(line, " OK, held") {
		t.Error(line)
	}
}
