package gate

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// Stories: "gate" begins one with the words after it; "tell" answers a trial a line with what came of
// it ("held", "broke", "p50=7ms p99=50ms", "invalid", "generator", "broken"), and prints what was asked; "3 held" answers
// three. "result" prints what is known.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var g *Gate
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "gate":
				g = New(storyConfig(t, d))
				return saidOf(g)
			case "tell":
				return tellAll(t, g, d.Input)
			case "result":
				return resultOf(g.Result())
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func storyConfig(t *testing.T, d *datadriven.TestData) Config {
	c := Config{Clauses: []trial.Clause{{Expr: "response_time: p(99)<100ms", Allowed: 0.01}}, Capacity: 1000, Seed: 1}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "hold":
			c.Hold = true
		case "compare":
			c.Compare = true
		case "short":
			c.Short = true
		case "capacity":
			c.Capacity, _ = strconv.ParseFloat(a.Vals[0], 64)
		case "budget":
			c.Budget, _ = time.ParseDuration(a.Vals[0])
		case "primary":
			c.Primary = a.Vals
		case "elasticity":
			c.Elasticity, _ = strconv.ParseFloat(a.Vals[0], 64)
		case "stored":
			n, _ := strconv.Atoi(a.Vals[0])
			c.Stored = storedRuns(n, 0.01)
		default:
			t.Fatalf("unknown word %s", a.Key)
		}
	}
	return c
}

// storedRuns differ by spread from each other, in turn up and down, over five days.
func storedRuns(n int, spread float64) (all []StoredRun) {
	for i := range n {
		by := 1 + spread*float64(i%3-1)
		all = append(all, StoredRun{ID: strconv.Itoa(i), Time: time.Date(2026, 1, 1+i%5, 0, 0, 0, 0, time.UTC), Host: "ci", Trials: 5,
			Values: map[string]float64{"p50": 0.005 * by, "p99": 0.04 * by, "failed": 0}})
	}
	return all
}

func saidOf(g *Gate) string {
	a, ok := g.Next()
	if !ok {
		return "over\n"
	}
	return fmt.Sprintf("%d %s %s at %g/s for %v\n", a.Number, a.Kind, a.Side, a.Rate, a.Length)
}

func tellAll(t *testing.T, g *Gate, input string) string {
	var out strings.Builder
	for line := range strings.Lines(input) {
		words := strings.Fields(line)
		times := 1
		if n, err := strconv.Atoi(words[0]); err == nil {
			times, words = n, words[1:]
		}
		for range times {
			a, ok := g.Next()
			if !ok {
				out.WriteString("over\n")
				break
			}
			g.Tell(toldOf(t, a, words))
			fmt.Fprintf(&out, "%d %s %s: %s\n", a.Number, a.Kind, a.Side, strings.Join(words, " "))
		}
	}
	return out.String() + "next: " + saidOf(g)
}

func toldOf(t *testing.T, a trial.Ask, words []string) trial.Told {
	told := trial.Told{Validity: stats.Valid, Requests: 10000, Counts: []trial.Count{{N: 10000, Bad: 20, Clump: 5}}, Throughput: a.Rate,
		P50: 5 * time.Millisecond, P99: 40 * time.Millisecond, Measured: a.Length, Took: a.Settle + a.Length + overhead}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "held":
		case "broke":
			told.Counts[0].Bad = 500
		case "growing":
			told.Growing = true
		case "p50":
			told.P50, _ = time.ParseDuration(v)
		case "p99":
			told.P99, _ = time.ParseDuration(v)
		case "slower":
			if by, _ := strconv.ParseFloat(v, 64); a.Side == Candidate {
				told.P50, told.P99 = time.Duration(float64(told.P50)*by), time.Duration(float64(told.P99)*by)
			}
		case "losing":
			if a.Side == Candidate {
				told.Counts[0].Bad = 500
			}
		case "invalid":
			told.Validity, told.Reasons = stats.Invalid, []string{"the generator was late"}
		case "generator":
			told.Validity, told.Generator, told.Reasons = stats.Invalid, true, []string{"the generator was late"}
		case "broken":
			return trial.Told{Broken: "connection refused", Took: time.Second}
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return told
}

func resultOf(r Result) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s\n", r.Verdict, r.Why)
	if r.Broken != "" {
		fmt.Fprintf(&out, "could not be tried: %s\n", r.Broken)
	}
	if r.Hold != nil {
		fmt.Fprintf(&out, "hold %s: base %d/%d, candidate %d/%d\n", r.Hold.Verdict, r.Hold.Base.Held, r.Hold.Base.Broke, r.Hold.Candidate.Held, r.Hold.Candidate.Broke)
	}
	for _, m := range r.Metrics {
		if m.Primary {
			fmt.Fprintf(&out, "%s %s: %+.4f [%+.4f, %+.4f], %d pairs, detects %.4f\n", m.Name, m.Verdict, m.Change, m.Low, m.High, m.Pairs, m.Detects)
		}
	}
	for _, f := range r.Flags {
		out.WriteString("flag: " + f + "\n")
	}
	fmt.Fprintf(&out, "detectable %.3f%s\n", r.Detectable, strings.TrimSuffix(" by "+r.DetectedBy, " by "))
	return out.String()
}
