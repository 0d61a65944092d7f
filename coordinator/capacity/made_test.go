package capacity

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

// A made is a target without chance: of n requests at load r, n·q·(r/C)^b are bad.
type made struct {
	capacity, b float64
	limits      []made          // of clauses beyond the first
	factor      map[int]float64 // of its capacity, up to and with this trial
	invalid     map[int]bool    // trials whose validity is so
	degraded    map[int]bool    // the same
	broken      map[int]bool    // trials that could not be made
	drops       float64         // from this load connections are dropped
	most        float64         // beyond it the generator is at its limit
	growing     float64         // beyond it requests pile up, and none is bad yet
	slope       float64         // by so much of the load
	overhead    time.Duration
}

func (m *made) try(a trial.Ask, clauses []trial.Clause) trial.Told {
	load, n := a.Rate, a.Rate
	if a.Connections > 0 {
		load = float64(a.Connections)
	}
	t := trial.Told{Validity: stats.Valid, Measured: a.Length, Took: a.Settle + a.Length + m.overhead}
	switch {
	case m.broken[a.Number]:
		return trial.Told{Broken: "connection refused", Took: time.Second}
	case m.invalid[a.Number]:
		t.Validity, t.Reasons = stats.Invalid, []string{"an agent was lost"}
	case m.degraded[a.Number]:
		t.Validity, t.Reasons = stats.Degraded, []string{"pacer lag"}
	case m.most > 0 && load > m.most:
		t.Validity, t.Generator, t.Reasons = stats.Invalid, true, []string{"send lag"}
	}
	c := m.capacity
	for last, f := range m.factor {
		if a.Number <= last {
			c = m.capacity * f
		}
	}
	share := clauses[0].Allowed * math.Pow(load/c, m.b)
	if a.GiveUp > 0 && share > a.GiveUp {
		t.Measured, t.GaveUp = 3*time.Second, true
		t.Took += t.Measured - a.Length
	}
	n *= t.Measured.Seconds()
	t.Requests = uint64(n)
	t.Counts = append(t.Counts, count(n, share))
	for i, l := range m.limits {
		t.Counts = append(t.Counts, count(n, clauses[i+1].Allowed*math.Pow(load/l.capacity, l.b)))
	}
	if m.drops > 0 && load >= m.drops {
		t.Broke = []string{"connections: 3 were dropped"}
	}
	if m.growing > 0 && load >= m.growing {
		t.Growing, t.Slope = true, m.slope*load
	}
	return t
}

func count(n, share float64) trial.Count {
	return trial.Count{N: uint64(n), Bad: uint64(math.Round(n * min(share, 1))), Clump: 10}
}

// Stories: "search" makes all trials of one on a made target; the arguments are those of the
// configuration and, in lines, the target. "stop=N" looks at it after N trials.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			c, stop := configOf(t, d)
			m := madeOf(t, d.Input)
			s := New(c)
			var b strings.Builder
			for a, ok := s.Next(); ok && len(s.tried) < stop; a, ok = s.Next() {
				s.Tell(m.try(a, c.Clauses))
			}
			show(&b, s.Result())
			return b.String()
		})
	})
}

func number(t *testing.T, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func configOf(t *testing.T, d *datadriven.TestData) (c Config, stop int) {
	stop = math.MaxInt
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "axis":
			c.Axis = a.Vals[0]
		case "start":
			c.Start = number(t, a.Vals[0])
		case "guess":
			c.Guess = Guess{number(t, a.Vals[0]), number(t, a.Vals[1])}
		case "least":
			c.Least = number(t, a.Vals[0])
		case "most":
			c.Most = number(t, a.Vals[0])
		case "rate":
			c.Rate = number(t, a.Vals[0])
		case "budget":
			c.Budget, _ = time.ParseDuration(a.Vals[0])
		case "stop":
			stop = int(number(t, a.Vals[0]))
		case "allowed":
			for i, v := range a.Vals {
				c.Clauses = append(c.Clauses, trial.Clause{Expr: fmt.Sprintf("limit %d", i+1), Allowed: number(t, v)})
			}
		default:
			t.Fatalf("unknown argument %s", a.Key)
		}
	}
	return c, stop
}

func madeOf(t *testing.T, input string) *made {
	m := &made{overhead: 1500 * time.Millisecond, factor: map[int]float64{}, invalid: map[int]bool{}, degraded: map[int]bool{}, broken: map[int]bool{}}
	for line := range strings.Lines(input) {
		f := strings.Fields(line)
		var v []float64
		for _, w := range f[1:] {
			v = append(v, number(t, w))
		}
		switch f[0] {
		case "capacity":
			m.capacity, m.b = v[0], v[1]
		case "also":
			m.limits = append(m.limits, made{capacity: v[0], b: v[1]})
		case "until":
			m.factor[int(v[0])] = v[1]
		case "invalid":
			for _, n := range v {
				m.invalid[int(n)] = true
			}
		case "degraded":
			for _, n := range v {
				m.degraded[int(n)] = true
			}
		case "broken":
			for _, n := range v {
				m.broken[int(n)] = true
			}
		case "drops":
			m.drops = v[0]
		case "generator":
			m.most = v[0]
		case "grows":
			m.growing, m.slope = v[0], v[1]
		default:
			t.Fatalf("unknown word %s", f[0])
		}
	}
	return m
}

func show(b *strings.Builder, r Result) {
	for _, t := range r.Trials {
		word := "broke"
		switch {
		case t.Broken != "":
			word = "-"
		case t.Validity == stats.Invalid:
			word = "invalid"
		case t.Held:
			word = "held"
		}
		load := t.Rate
		if r.Axis == Connections {
			load = float64(t.Connections)
		}
		fmt.Fprintf(b, "%d %s %.1f for %v: %s", t.Number, t.Kind, load, t.Length, word)
		if !t.Used {
			b.WriteString(", not used")
		}
		if t.Note != "" {
			fmt.Fprintf(b, " (%s)", t.Note)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "%s: %.1f [%.1f, %.1f], verified %.1f by %d, limit %d, elasticity %.0f, took %v, needs %v\n", r.Outcome, r.Capacity, r.Low, r.High, r.Verified, r.VerifiedBy, r.Limiting,
		r.Elasticity, r.Took.Round(time.Second), r.Needs.Round(time.Second))
	if r.Why != "" {
		fmt.Fprintf(b, "why: %s\n", r.Why)
	}
	for _, f := range r.Flags {
		fmt.Fprintf(b, "flag: %s\n", f)
	}
}
