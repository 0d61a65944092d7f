package answers_test

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/saturation"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/stats"
)

// Made-up results: figures by a simple law, so that they are the same everywhere.

func info(name string, exit int) answers.Info {
	return answers.Info{
		Scenario: "items", File: "scenarios/items.yaml", Args: strings.Fields("loadctl " + name + " scenarios/items.yaml"), RunID: "20261124-041219-k7qa", Dir: "runs/20261124-041219-k7qa",
		Target: "http://127.0.0.1:8080", Tool: "v0.6.0", Started: time.Date(2026, 11, 24, 4, 12, 19, 0, time.UTC), Arrivals: "poisson", Exit: exit, Settle: 3 * time.Second,
		Environment: []brief.Fact{{Name: "cores", Value: "2"}, {Name: "kernel", Value: "6.1"}},
	}
}

const made = 748.0 // the capacity of the made-up target

// try is a made-up trial at a rate.
func try(n int, kind string, rate float64, length time.Duration) capacity.Tried {
	swing := math.Exp(0.25 * math.Sin(float64(7*n)))
	bad := min(0.01*math.Pow(rate/made, 60)*swing, 0.97)
	t := capacity.Tried{Used: true}
	t.Number, t.Kind, t.Rate, t.Length = n, kind, rate, length
	t.GaveUp = bad > 0.2
	t.Measured = length
	if t.GaveUp {
		t.Measured = 3400 * time.Millisecond
	}
	requests := uint64(rate * t.Measured.Seconds())
	k := uint64(bad * float64(requests))
	t.Validity, t.Requests = stats.Valid, requests
	t.Counts = []trial.Count{{N: requests, Bad: k, Clump: 6}, {N: requests, Bad: k / 400, Clump: 1}}
	t.Iterations, t.Offered, t.Throughput = rate, rate, min(rate, 800)
	t.Good = t.Throughput * (1 - bad)
	t.P50, t.P90 = ms(7+30*math.Pow(rate/800, 12)), ms(22+130*math.Pow(rate/800, 14))
	t.P99 = ms(44 + 156*math.Pow(bad/0.01, 0.3))
	t.Took = t.Measured + 5*time.Second
	t.Held = bad <= 0.01
	t.Run = fmt.Sprintf("trials/%02d", n)
	if rate > 700 {
		t.Saturated = append(t.Saturated, trial.Saturated{Part: "workers", What: "worker 0: 8 of 8 busy; those beyond wait in its queue", From: 2 * time.Second, Share: min(0.3*rate/made, 1)})
	}
	if rate > 780 {
		t.Growing, t.Slope = true, rate-780
		t.Saturated = append(t.Saturated, trial.Saturated{Part: "cpu", What: "1.97 of 2 cores", From: 3 * time.Second, Share: 0.9})
	}
	return t
}

func ms(f float64) time.Duration { return time.Duration(f * 1e6) }

func found() answers.Capacity {
	r := capacity.Result{
		Axis: "rate", Outcome: capacity.Found, Capacity: made, Low: 735, High: 760, Confidence: 0.95, Verified: 735, VerifiedBy: 22, Limiting: 0, Elasticity: 60.4,
		Clauses: []trial.Clause{{Expr: "response_time: p(99)<200ms", Allowed: 0.01}, {Expr: "failed: rate<0.1%", Allowed: 0.001}},
		Fits:    []capacity.Fit{{Capacity: made, Low: 735, High: 760, Elasticity: 60.4, Known: true}, {}},
		Took:    9*time.Minute + 12*time.Second,
	}
	n := 0
	add := func(kind string, length time.Duration, rates ...float64) {
		for _, rate := range rates {
			n++
			r.Trials = append(r.Trials, try(n, kind, rate, length))
		}
	}
	add("ramp", 5*time.Second, 100, 200, 400, 800)
	add("bracket", 8*time.Second, 566, 673, 734)
	add("refine", 30*time.Second, 766, 741, 757, 735, 752, 738, 760, 731, 755, 743, 749, 736, 762, 745)
	add("confirm", time.Minute, 735)
	add("anchor", 30*time.Second, 757)
	bad := &r.Trials[9]
	bad.Validity, bad.Reasons, bad.Used, bad.Note = stats.Invalid, []string{"the pacer was late in 4 of 30 seconds"}, false, "invalid: repeated"
	return answers.Capacity{Result: r, Saturation: bounds(r)}
}

// bounds is what the made-up trials have at their bound.
func bounds(r capacity.Result) saturation.Answer {
	var all []saturation.Loaded
	for _, t := range r.Trials {
		if t.Used {
			all = append(all, saturation.Loaded{Load: t.Rate, Told: t.Told})
		}
	}
	return saturation.Across(all, r.Low, r.High)
}

func foundWithContext() answers.Capacity {
	c := found()
	for _, n := range []int{0, 10_000, 20_000, 40_000} {
		r := c.Result
		f := 1 - float64(n)/110_000
		r.Capacity, r.Low, r.High = r.Capacity*f, r.Low*f*0.99, r.High*f*1.01
		c.Frontier = append(c.Frontier, answers.Corner{Connections: n, Result: r})
	}
	u := answers.Scaling{Trustworthy: true, Gamma: 101, Alpha: 0.031, Beta: 0.0009, Peak: 32.8, PeakLow: 29, PeakHigh: 38}
	for n := 1.0; n <= 64; n *= 1.3 {
		x := 101 * n / (1 + 0.031*(n-1) + 0.0009*n*(n-1))
		u.Users, u.Fit, u.FitLow, u.FitTop = append(u.Users, n), append(u.Fit, x), append(u.FitLow, x*0.96), append(u.FitTop, x*1.04)
		if len(u.Users)%2 == 0 {
			u.SeenUsers, u.SeenThroughput = append(u.SeenUsers, n), append(u.SeenThroughput, x*(1+0.03*math.Sin(n)))
		}
	}
	c.Scaling = &u
	return c
}

// endings are a capacity result for each outcome.
func endings() map[string]answers.Capacity {
	all := map[string]answers.Capacity{"found": foundWithContext()}
	with := func(o capacity.Outcome, change func(*capacity.Result)) {
		c := found()
		c.Result.Outcome = o
		change(&c.Result)
		c.Saturation = bounds(c.Result)
		all[strings.ReplaceAll(string(o), " ", "-")] = c
	}
	with(capacity.AtLeast, func(r *capacity.Result) {
		r.Why, r.Capacity, r.High, r.Low, r.Verified, r.VerifiedBy, r.Limiting, r.Elasticity = "the generator was at its limit at 800/s", 0, 0, 400, 400, 3, -1, 0
		r.Fits, r.Trials = []capacity.Fit{{}, {}}, r.Trials[:4]
		r.Trials[3].Validity, r.Trials[3].Generator, r.Trials[3].Used = stats.Invalid, true, false
	})
	with(capacity.Nothing, func(r *capacity.Result) {
		r.Why = "even 0.1/s breaks the limit: p99 is 240 ms with nobody else there"
		r.Capacity, r.Low, r.High, r.Verified, r.Elasticity, r.Trials, r.Fits = 0, 0, 0, 0, 0, r.Trials[:1], nil
		r.Trials[0].Held, r.Trials[0].Counts[0].Bad, r.Trials[0].P99 = false, 60, 240*time.Millisecond
	})
	held := found()
	held.Result.Beside = trial.Load{Connections: 10_000}
	all["held"] = held
	with(capacity.Unstable, func(r *capacity.Result) {
		r.Why = "the load of trial 8 was tried again at the end: 1.1 % bad at first, 4.2 % then; capacity 748/s and 721/s"
		r.Flags = []string{"drift: the target became slower by about 3.6 % in 9 min"}
	})
	with(capacity.Unfinished, func(r *capacity.Result) {
		r.Why, r.Low, r.High, r.Needs, r.Verified, r.Trials = "the budget of 5m0s is spent", 702, 790, 4*time.Minute, 0, r.Trials[:12]
	})
	with(capacity.Broken, func(r *capacity.Result) {
		*r = capacity.Result{Axis: "rate", Outcome: capacity.Broken, Why: "the target cannot be reached: connection refused", Limiting: -1, Clauses: r.Clauses, Took: 12 * time.Second,
			Trials: []capacity.Tried{{Ask: trial.Ask{Number: 1, Kind: "ramp", Load: trial.Load{Rate: 100}}, Told: trial.Told{Broken: "dial tcp 127.0.0.1:8080: connection refused", Took: 2 * time.Second}}}}
	})
	return all
}

func gateOf(slower float64, v gate.Verdict) gate.Result {
	r := gate.Result{Verdict: v, Detectable: 0.071, DetectedBy: gate.ByPairs, Seed: 42, Took: 12*time.Minute + 40*time.Second}
	r.Hold = &gate.Hold{Rate: 698, Capacity: 735, Margin: 0.05, Base: gate.Lead{Held: 3}, Candidate: gate.Lead{Held: 3}, Verdict: gate.Pass}
	if slower > 0.05 {
		r.Hold.Candidate, r.Hold.Verdict = gate.Lead{Broke: 3}, gate.Regression
	}
	metric := func(name, unit string, base, change, half, margin float64, primary bool, verdict gate.Verdict) {
		m := gate.Metric{Name: name, Unit: unit, Base: base, Candidate: base * (1 + change), Change: change, Low: change - half, High: change + half, Margin: margin, Primary: primary, Pairs: 10, Confidence: 0.9512, Noise: 0.03, Detects: 0.071, Verdict: verdict}
		if unit == "" {
			m.Candidate = base + change
		}
		r.Metrics = append(r.Metrics, m)
	}
	metric("p50", "s", 0.0112, slower, 0.016, 0.05, true, v)
	metric("p99", "s", 0.0479, slower*1.15+0.004, 0.031, 0.05, true, v)
	metric("failed", "", 0.0002, 0.0001, 0.0003, 0.001, true, gate.Pass)
	metric("throughput", "/s", 374, -0.0004, 0.001, 0.05, false, gate.Pass)
	metric("cpu", "cores", 0.81, slower*0.9, 0.02, 0.05, false, v)
	for i, f := range []float64{0, 0.025, 0.05, 0.075, 0.10, 0.15} {
		r.Operating = append(r.Operating, gate.Power{Change: f, Found: []float64{0, 0.001, 0.03, 0.84, 0.99, 1}[i]})
	}
	n := 0
	for pair := 1; pair <= 13; pair++ {
		for _, side := range []string{"base", "candidate"} {
			n++
			t := gate.Tried{Pair: pair, Held: true, Used: true}
			t.Number, t.Kind, t.Side, t.Rate = n, "pair", side, 374
			factor := 1.0 + 0.02*math.Sin(float64(3*n))
			if side == "candidate" {
				factor *= 1 + slower
			}
			if pair <= 3 {
				t.Kind, t.Rate, t.Pair = "hold", 698, 0
				t.Held = side == "base" || slower < 0.05
			}
			t.Validity, t.Measured, t.Took, t.Requests = stats.Valid, 20*time.Second, 29*time.Second, uint64(t.Rate*20)
			t.P50, t.P99 = ms(11.2*factor), ms(47.9*factor*factor)
			r.Trials = append(r.Trials, t)
		}
	}
	return r
}

// gates are a gate result for each verdict.
func gates() map[string]gate.Result {
	pass := gateOf(0.004, gate.Pass)
	regression := gateOf(0.098, gate.Regression)
	regression.Why = "response time p50 is 8.2 % to 11.4 % longer, 5 % is allowed; and it did not hold 698/s"
	inconclusive := gateOf(0.045, gate.Inconclusive)
	inconclusive.Why, inconclusive.Unpaired, inconclusive.Hold.Base = "10 trials against 12 stored runs did not decide p50", true, gate.Lead{}
	for i := range inconclusive.Metrics {
		inconclusive.Metrics[i].Confidence = 0.9
	}
	invalid := gate.Result{Verdict: gate.Invalid, Why: "the baseline itself did not hold 698/s: the environment is not what the capacity was measured in", Hold: &gate.Hold{Rate: 698, Capacity: 735, Margin: 0.05, Base: gate.Lead{Broke: 2}, Candidate: gate.Lead{Held: 1, Broke: 1}, Verdict: gate.Invalid}, Seed: 7, Took: 2 * time.Minute}
	return map[string]gate.Result{"pass": pass, "regression": regression, "inconclusive": inconclusive, "invalid": invalid}
}

// surface is throughput over pools and workers, with a plateau.
func surface(pool, workers float64) float64 {
	d := 60 * pool / (1 + 0.03*(pool-1) + 0.0009*pool*(pool-1))
	w := 45 * workers / (1 + 0.02*(workers-1) + 0.0003*workers*(workers-1))
	return math.Pow(math.Pow(d, -8)+math.Pow(w, -8), -1.0/8)
}

func better() tune.Result {
	values := []float64{8, 14, 24, 42, 73, 128}
	set := func(p, w float64) tune.Setting {
		return tune.Setting{"pool_size": fmt.Sprint(p), "workers": fmt.Sprint(w)}
	}
	score := func(p, w float64, blocks, rung int) tune.Score {
		g := surface(p, w)/surface(8, 14) - 1
		half := 0.11 / math.Sqrt(float64(blocks))
		return tune.Score{Setting: set(p, w), Gain: g, Low: g - half, High: g + half, Value: surface(p, w), Cost: p + 2*w, Blocks: blocks, Rung: rung}
	}
	r := tune.Result{Outcome: tune.Better, Fitness: "throughput", Slack: 0.02, Halving: 76, Validated: true, CostUnit: "connections", Took: 49 * time.Minute}
	r.Incumbent = score(8, 14, 31, 3)
	r.Incumbent.Low, r.Incumbent.High = 0, 0
	for i, p := range values {
		for j, w := range values {
			s := score(p, w, 1, 1)
			if s.Value > 560 {
				s = score(p, w, 4, 3)
			}
			if i == 5 && j == 5 {
				r.Refused = append(r.Refused, tune.Refused{Setting: s.Setting, Why: "constraint: pool_size * workers <= 10000"})
				continue
			}
			r.Scores = append(r.Scores, s)
		}
	}
	r.Best, r.Recommended = score(42, 73, 9, 0), score(24, 42, 9, 0)
	r.Best.Final, r.Recommended.Final = true, true
	for _, s := range []tune.Score{r.Best, r.Recommended, score(42, 42, 1, 1), score(24, 73, 1, 1)} {
		r.Plateau = append(r.Plateau, s.Setting)
	}
	r.Effects = []tune.Effect{{Params: []string{"pool_size"}, Change: 0.21, Low: 0.17, High: 0.26}, {Params: []string{"workers"}, Change: 0.06, Low: 0.02, High: 0.1}, {Params: []string{"pool_size", "workers"}, Change: -0.01, Low: -0.04, High: 0.02}}
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = fmt.Sprint(v)
	}
	r.Params = []tune.Param{{Name: "pool_size", Values: text, Why: []string{"Little: 640/s × 22 ms = 14.1 busy connections on average", "Erlang C: 24 keep waits above 5 ms below 1 %"}}, {Name: "workers", Values: text}}
	for n := 1; n <= 24; n++ {
		t := tune.Tried{Rung: 1 + n/20, Block: 1 + n/4, Used: n != 5}
		s := r.Scores[n%len(r.Scores)]
		t.Number, t.Kind, t.Setting, t.Users = n, "halving", s.Setting, 64
		t.Validity, t.Measured, t.Took, t.Throughput, t.Requests, t.P99 = stats.Valid, 20*time.Second, 26*time.Second, s.Value, uint64(s.Value*20), 91*time.Millisecond
		if n == 5 {
			t.Broken, t.Note = "apply: exit status 1: no such file", "the setting could not be applied"
		}
		r.Trials = append(r.Trials, t)
	}
	return r
}

// tunings are a tuning result for each outcome, and one of three parameters.
func tunings() map[string]tune.Result {
	same := better()
	same.Outcome, same.Best, same.Plateau = tune.NoChange, same.Incumbent, []tune.Setting{same.Incumbent.Setting}
	unfinished := better()
	unfinished.Outcome, unfinished.Why, unfinished.Effects = tune.Unfinished, "the budget of 30m0s is spent", nil
	three := better()
	three.Params = append(three.Params, tune.Param{Name: "ttl", Values: []string{"1s", "5s"}})
	for i := range three.Scores {
		three.Scores[i].Setting["ttl"] = "1s"
	}
	cheapest := better()
	cheapest.Fitness, cheapest.Effects, cheapest.Plateau, cheapest.Why = "hold", nil, nil, "the setting in force broke the limit at this load"
	nothing := cheapest
	nothing.Outcome, nothing.Why = "nothing", "no setting is known to hold the load; it is not known of pool_size 8, workers 8: could not be tried: quota"
	nothing.Undecided = 1
	unsure := cheapest
	unsure.Undecided = 2
	unsure.Why = "the cheapest that is known to hold the load is pool_size 24, workers 42: it costs 108, the one in force 188; it is not known of 2 settings, such as pool_size 8, workers 8: could not be tried: quota"
	asGood := same
	asGood.Why, asGood.Margin = "no setting beats the current one by ≥ 10 %; the nearest, pool_size 42, workers 73: +8 % [6, 9]", 0.1
	notAgain := asGood
	notAgain.Why = "the best, pool_size 42, workers 73, was better (+40 % [40, 41]), but not after a fresh start: +1 % there. It is not recommended"
	capacity := better()
	capacity.Fitness = "capacity"
	for _, s := range []*tune.Score{&capacity.Incumbent, &capacity.Best, &capacity.Recommended, &capacity.Scores[14], &capacity.Scores[22]} {
		s.Closed, s.Fitness, s.Value = s.Gain, "capacity", 0.8*s.Value
		s.Gain, s.Low, s.High = s.Gain/2, s.Low/2, s.High/2
	}
	for i := range capacity.Scores {
		capacity.Scores[i].Fitness = cmp.Or(capacity.Scores[i].Fitness, "throughput")
	}
	return map[string]tune.Result{"unsure": unsure, "as-good": asGood, "not-again": notAgain, "capacity": capacity, "cheapest": cheapest, "nothing": nothing, "better": better(), "no-change": same, "unfinished": unfinished, "three": three,
		"broken": {Outcome: tune.Broken, Why: "the hook of pool_size failed: exit status 1", Took: time.Second}}
}

// all are every made-up document by name.
func all() map[string]*brief.Brief {
	briefs := map[string]*brief.Brief{}
	exits := map[string]int{"found": 0, "held": 0, "at-least": 0, "nothing": 99, "unstable": 3, "unfinished": 3, "broken": 1, "pass": 0, "regression": 98, "inconclusive": 3, "invalid": 97}
	for name, c := range endings() {
		briefs["capacity-"+name] = answers.OfCapacity(c, info("capacity", exits[name]))
	}
	for name, r := range gates() {
		i := info("gate", exits[name])
		i.Baseline = "http://127.0.0.1:8081"
		briefs["gate-"+name] = answers.OfGate(r, i)
	}
	for name, r := range tunings() {
		briefs["tune-"+name] = answers.OfTune(r, info("tune", exits[name]))
	}
	return briefs
}
